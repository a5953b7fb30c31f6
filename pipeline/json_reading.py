"""Find the one JSON object in a model's reply that has the wanted shape. Broken JSON is repaired by json-repair."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import json_repair
from pydantic import BaseModel, ValidationError

from pipeline.errors import SchemaError

M = TypeVar("M", bound=BaseModel)
# Places where an object may begin; more are hostile. Longer or more nested, a repair may take seconds.
_STARTS, _BRACES, _REPAIRED_CHARS = 60, 120, 6_000
_WRAPPED = 3
# json-repair declares ValueError alone, but it also asserts and indexes.
_REPAIR_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
# An object whose last value is closed was not cut off. A brace in the middle of a text has other characters before it.
_CLOSED = re.compile(r"(?:(?<!\\)[\"'\]”]|:\s*(?:true|false|null|none|[\d.]+))[\s,]*(?:\}[\s,]*)+$", re.IGNORECASE)
_SEPARATORS, _LETTERS, _NUMBER = re.compile(r"[\s-]+"), re.compile(r"[a-z]+"), re.compile(r"\d{1,6}")


def read_object(text: str, model: type[M]) -> M:
    """Return the object in `text` that validates as `model`. Raises SchemaError if there is none, or several different.

    Words around it are ignored, and so are wrappers: a key, a list, a string that holds JSON. Keys may be in any case.
    """
    problems: list[str] = []
    found: list[M] = []
    for value in _objects(text):
        found += [read for read in _read(value, model, problems, _WRAPPED) if read not in found]
    if not found:
        found = _read(_repaired(text, problems), model, problems, _WRAPPED)
    if len(found) > 1:
        raise SchemaError("more than one JSON object")
    if not found:
        raise SchemaError(problems[0] if problems else "no JSON object")
    return found[0]


def object_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the JSON objects in a text that stand in no other one, if there are not too many."""
    # Constrained decoding may leave raw line breaks inside strings; `strict=False` accepts them.
    decoder = json.JSONDecoder(strict=False)
    at = -1
    for _ in range(_STARTS):
        at = text.find("{", at + 1)
        if at < 0:
            return
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            continue
        yield at, end
        at = end - 1


def name_of(value: object) -> object:
    """Return a name of the schema as it is wanted: "Not stated" is "not_stated". What is no text stays as it is."""
    return "_".join(_LETTERS.findall(value.casefold())) if isinstance(value, str) else value


def number_of(value: object) -> object:
    """Return the number in a text such as "[1]"; anything else as it is."""
    found = _NUMBER.search(value) if isinstance(value, str) else None
    return int(found[0]) if found else value


def _read(value: object, model: type[M], problems: list[str], wrapped: int) -> list[M]:
    """Return a value as `model`, or what is wrapped in it; add why the value itself is not one."""
    if isinstance(value, dict):
        try:
            return [model.model_validate(value)]
        except ValidationError as error:
            problems.append(_places(error))
    inside = list(_inside(value)) if wrapped else []
    return [read for part in inside for read in _read(part, model, problems, wrapped - 1)]


def _inside(value: object) -> Iterator[object]:
    parts: Iterable[object] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        if isinstance(part, str) and part.lstrip().startswith(("{", "[")):
            yield from _objects(part)
        elif isinstance(part, dict | list):
            yield part


def _objects(text: str) -> Iterator[object]:
    """Yield the values of all JSON objects in a text that stand in no other one."""
    if text.lstrip().startswith('"'):
        text = _unquoted(text.strip())
    for start, end in object_spans(text):
        yield json.loads(text[start:end], strict=False, object_pairs_hook=_without_doubles)


def _unquoted(text: str) -> str:
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, str) else text


def _repaired(text: str, problems: list[str]) -> object:
    """Return the repaired object of a text; None if there is none, or if it was cut off: half a sentence may lie."""
    start, end = text.find("{"), text.rfind("}") + 1
    if start < 0:
        return None
    candidate = text[start:end]
    if not _CLOSED.search(candidate) or candidate.count("{") > _BRACES or len(candidate) > _REPAIRED_CHARS:
        problems.insert(0, "broken or truncated JSON")
        return None
    try:
        repaired = json_repair.repair_json(candidate, return_objects=True, skip_json_loads=True)
    except _REPAIR_ERRORS:
        return None
    return _named(repaired)


def _named(value: object) -> object:
    """Return a value with the keys of all its objects named as they are wanted."""
    if isinstance(value, dict):
        return _without_doubles([(str(key), _named(inner)) for key, inner in value.items()])
    return [_named(inner) for inner in value] if isinstance(value, list) else value


def _without_doubles(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises SchemaError for a key with two values: which one is meant is not known."""
    named: dict[str, Any] = {}
    for key, value in pairs:
        name = _SEPARATORS.sub("_", key.strip().casefold())
        if name in named and named[name] != value:
            raise SchemaError("a key with two values")
        named[name] = value
    return named


def _places(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'reply'}: {e['type']}" for e in error.errors()[:5])
