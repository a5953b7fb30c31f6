"""Find the JSON objects in a text, and the values inside one."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

# A value that a model gave twice under one key. No field of a reply accepts it.
CONFLICT: Final = object()
# An object begins with a key or is empty; an object inside a JSON string begins with an escaped key.
_START = re.compile(r'\{\s*["}]|"\s*\{\s*\\')
_CAMEL, _SEPARATORS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])"), re.compile(r"[\s\-]+")
# A text of broken objects is read at most this many times over.
_READINGS = 8


@dataclass(frozen=True, slots=True)
class Found:
    """An object, or a JSON string that may hold one, at text[start:end]."""

    start: int
    end: int
    value: Any


def objects(text: str) -> Iterator[Found]:
    """Yield the objects of `text` that are valid JSON and in no other one. The time is linear in the text's length.

    Raw line breaks in strings are accepted. Keys come in snake_case.
    """
    at, read = 0, 0
    while start := _START.search(text, at):
        try:
            value, at = _DECODER.raw_decode(text, start.start())
        except ValueError as error:
            stopped = getattr(error, "pos", start.start())
            read += stopped - start.start()
            at = start.start() + 1 if read < _READINGS * len(text) else max(stopped, start.start() + 1)
        except RecursionError:
            return
        else:
            yield Found(start.start(), at, value)


def decoded(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON value that `text` is. Raises ValueError or RecursionError."""
    return _DECODER.decode(text)


def inner(value: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON value
    """Yield the values directly inside `value`: those of an object or a list, or the objects written in a string."""
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, str):
        yield from (found.value for found in objects(value))


def plain_key(name: str) -> str:
    """Return a key in snake_case: chunk_id for "chunk_id", "Chunk ID" and "chunkId"."""
    return _SEPARATORS.sub("_", _CAMEL.sub("_", name.strip())).lower()


def _with_plain_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in pairs:
        key = plain_key(name)
        plain[key] = value if key not in plain or plain[key] == value else CONFLICT
    return plain


_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_with_plain_keys)
