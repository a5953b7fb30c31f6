"""Read an object that is almost JSON. The library json-repair guesses; the guess must hold all that was written."""

import json
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from json_repair import repair_json

from pipeline.errors import SchemaError
from pipeline.replies.json_objects import decoded, plain_key
from pipeline.replies.written import TRUNCATED, end_of

# json-repair needs quadratic time for some texts: 8 s for 20,000 characters of {", under a second within these limits.
_MAX_CHARS, _MAX_BRACKETS, _MAX_DEPTH, _MAX_OBJECTS = 6_000, 120, 10, 3
_COMMENT = r"(?:(?://|#)[^\n]{0,300}+(?=\n)|/\*(?:[^*]|\*(?!/)){0,300}+\*/)"
_START = re.compile(rf"\{{(?:\s|{_COMMENT})*+[\"'“]?\w[\w \-]*+[\"'”]?\s*+:")
# A key in quotes, after the start of its object or after a value that ends properly.
_QUOTED_KEY = re.compile(
    r"""(?:\{|(?:["'”\]}\d]|null|None|[Tt]rue|[Ff]alse)\s*,)\s*["'“](\w+)["'”]\s*:""",
)
_MEMBER = re.compile(r"""["'”]\s*:\s*["'“\[{\d]""")
_BRACKET = re.compile(r"[][{}()]")


def repaired_objects(text: str, names: frozenset[str]) -> Iterator[Any]:
    """Yield the objects of `text`, repaired. Raises SchemaError for one that is cut off or cannot be repaired.

    A repair may change quotes, commas, escapes, comments and how literals are spelt. It may not close an object that
    the text leaves open, because a sentence cut in its middle can say something else. It may not lose a word, a number
    or one of two values with the same key. It may not make a key of a string's words: only the keys in `names` may
    stand without quotes.
    """
    end = text.rfind("}") + 1
    at = 0
    for _ in range(_MAX_OBJECTS):
        start = _START.search(text, at)
        if not start:
            return
        source = text[start.start() : end]
        if not source:
            raise SchemaError(TRUNCATED)
        value = _repaired(source)
        at = start.start() + end_of(value, source)
        if _is_split_in_the_right_places(value, source, names):
            yield decoded(json.dumps(value))
        elif names & {plain_key(key) for key in value}:
            raise SchemaError("broken JSON")
    raise SchemaError("too many broken JSON objects")


def _repaired(source: str) -> dict[str, Any]:
    if len(source) > _MAX_CHARS or not _has_few_brackets(source):
        raise SchemaError("broken JSON, too long to repair")
    try:
        value = repair_json(source, return_objects=True, skip_json_loads=True)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # The library declares ValueError alone, but it also asserts and indexes.
        raise SchemaError("broken JSON") from None
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict):
        raise SchemaError("broken JSON")
    return first


def _has_few_brackets(source: str) -> bool:
    steps = [1 if bracket in "{[(" else -1 for bracket in _BRACKET.findall(source)]
    return steps.count(1) <= _MAX_BRACKETS and max(accumulate(steps), default=0) <= _MAX_DEPTH


def _is_split_in_the_right_places(value: Any, source: str, names: frozenset[str]) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether every key was written as a key, and no string swallowed one."""
    if isinstance(value, str):
        return not _MEMBER.search(value)
    if isinstance(value, list):
        return all(_is_split_in_the_right_places(member, source, names) for member in value)
    if not isinstance(value, dict):
        return True
    quoted = set(_QUOTED_KEY.findall(source)) if value.keys() - names else set()
    return all(
        (plain_key(key) in names or key in quoted) and _is_split_in_the_right_places(member, source, names)
        for key, member in value.items()
    )
