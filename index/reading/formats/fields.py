"""Metadata of any notation (YAML, TOML, JSON) as pairs of key and value, so that no key is lost."""

import json
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from index.errors import UnreadableDocumentError

_MAX_DEPTH = 32
_DEEP = "its metadata is nested too deeply"


@dataclass(frozen=True, slots=True)
class Fields:
    """Keys and values in their order; a key may occur twice. A value is a scalar, a list or Fields."""

    pairs: tuple[tuple[str, Any], ...] = ()

    def first(self, *keys: str) -> Any:  # noqa: ANN401 - the value as the file gives it
        """Return the value of the first of these keys that is there; case, spaces, "-" and "_" do not matter."""
        found = {bare(key): value for key, value in reversed(self.pairs) if value is not None and value != ""}
        return next((found[key] for key in keys if key in found), None)

    def everywhere(self, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
        """Yield each value at any depth, with the keys that lead to it."""
        for key, value in self.pairs:
            yield (*path, key), value
            yield from _inside(value, (*path, key))


def bare(key: str) -> str:
    """Return the letters and digits of a key in lower case, without accents and hidden characters."""
    return "".join(c for c in unicodedata.normalize("NFKD", key).casefold() if c.isalnum())


def from_yaml(text: str) -> Any:  # noqa: ANN401 - any value
    """Return a YAML document as Fields, list or text; every scalar is text. Raises UnreadableDocumentError."""
    # Events, because a loader expands aliases, drops keys that occur twice and nests as deeply as the text does.
    open_items: list[list[Any]] = [[]]
    try:
        for event in yaml.parse(text, Loader=yaml.CBaseLoader):
            _take(event, open_items)
    except yaml.YAMLError as error:
        raise UnreadableDocumentError(
            "front matter is not valid YAML (put a value that holds a colon in quotes)"
        ) from error
    if len(open_items[0]) > 1:
        raise UnreadableDocumentError("front matter is not valid YAML (more than one document)")
    return open_items[0][0] if open_items[0] else ""


def from_toml(text: str) -> Any:  # noqa: ANN401 - any value
    """Return a TOML document as Fields. Raises UnreadableDocumentError."""
    try:
        return _fields(tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        raise UnreadableDocumentError("front matter between +++ is not valid TOML") from error


def from_json(text: str) -> tuple[Any, int]:
    """Return the JSON value at the beginning of a text, and where it ends. Raises UnreadableDocumentError."""
    try:
        return _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableDocumentError("not valid JSON") from error


_DECODER = json.JSONDecoder(object_pairs_hook=lambda pairs: Fields(tuple(pairs)))


def _take(event: yaml.Event, open_items: list[list[Any]]) -> None:
    match event:
        case yaml.AliasEvent():
            raise UnreadableDocumentError("front matter uses a YAML alias (*name): write the value itself")
        case yaml.ScalarEvent():
            open_items[-1].append(event.value)
        case yaml.CollectionStartEvent():
            if len(open_items) > _MAX_DEPTH:
                raise UnreadableDocumentError(_DEEP)
            open_items.append([])
        case yaml.MappingEndEvent():
            items = open_items.pop()
            if not all(isinstance(key, str) for key in items[::2]):
                raise UnreadableDocumentError("front matter has a key that is no text (put braces in quotes)")
            open_items[-1].append(Fields(tuple(zip(items[::2], items[1::2], strict=True))))
        case yaml.SequenceEndEvent():
            items = open_items.pop()
            open_items[-1].append(items)
        case _:
            pass


def _fields(value: Any) -> Any:  # noqa: ANN401 - any value
    if isinstance(value, dict):
        return Fields(tuple((key, _fields(item)) for key, item in value.items()))
    return [_fields(item) for item in value] if isinstance(value, list) else value


def _inside(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - any value
    if len(path) > _MAX_DEPTH:
        raise UnreadableDocumentError(_DEEP)
    if isinstance(value, Fields):
        yield from value.everywhere(path)
    elif isinstance(value, list):
        # A list counts as a level, so that lists in lists end, too.
        for item in value:
            yield from _inside(item, (*path, "") if isinstance(item, list) else path)
