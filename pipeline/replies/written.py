"""Compare a value with the text that it was read from by guesses."""

import re
from typing import Any

from pipeline.errors import SchemaError

TRUNCATED = "truncated: the JSON object is not closed"
# What a guess may add and leave out between the characters of a value.
_MARKS = re.compile(r"""(?:[\s,"'`\u2018-\u201e]|\\[nrtb]|\\(?!u[0-9a-fA-F]{4}))+""")
_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_CLOSING = {'"': re.compile(r'(?<!\\)"'), "'": re.compile(r"(?<!\\)'"), "“": re.compile("”")}
_ESCAPED, _NUMBER = re.compile(r"\\u([0-9a-fA-F]{4})"), re.compile(r"[-+]?\d[-+.\deE]*")
_TRUE, _FALSE, _NULL = (re.compile(word, re.IGNORECASE) for word in ("true", "false", "null|none"))


def end_of(value: dict[str, Any], text: str) -> int:
    """Return where `value` ends in the text that begins with it.

    Raises SchemaError if the text says something else: if it holds another word or number, has another bracket or
    colon, or leaves a string or the object open. Quotes, commas, escapes and comments may differ.
    """
    walk = _Walk(text)
    walk.over(value)
    return walk.at


class _Walk:
    """Goes through a text beside the value that was read from it."""

    def __init__(self, text: str) -> None:
        self.at = 0
        self._text = text

    def over(self, value: Any) -> None:  # noqa: ANN401 - any JSON value
        if isinstance(value, dict):
            self._bracket("{")
            for key, member in value.items():
                self._string(key)
                self._bracket(":")
                self.over(member)
            self._bracket("}")
        elif isinstance(value, list):
            self._bracket("[")
            for member in value:
                self.over(member)
            self._bracket("]")
        elif isinstance(value, str):
            self._string(value)
        else:
            self._literal(value)

    def _bracket(self, bracket: str) -> None:
        self._skip()
        self._take(bracket)

    def _string(self, value: str) -> None:
        opening = self._skip().lstrip(" \t\r\n,")[:1]
        letters = _MARKS.sub("", value)
        for letter in letters:
            self._pass(_MARKS)
            self._take(letter)
        if letters and opening in _CLOSING:
            after = self.at
            closing = _CLOSING[opening].search(self._pass(_MARKS))
            if not closing:
                raise self._difference()
            self.at = after + closing.end()

    def _literal(self, value: float | bool | None) -> None:  # noqa: FBT001 - a JSON literal
        self._skip()
        if value is None or isinstance(value, bool):
            written = self._pass(_NULL if value is None else _TRUE if value else _FALSE)
            is_same = bool(written)
        else:
            written = self._pass(_NUMBER)
            is_same = written == str(value) or _is_float(written, value)
        if not is_same:
            raise self._difference()

    def _take(self, letter: str) -> None:
        escaped = _ESCAPED.match(self._text, self.at)
        written = chr(int(escaped[1], 16)) if escaped else self._text[self.at : self.at + 1]
        if written != letter:
            raise self._difference()
        self.at += len(escaped[0]) if escaped else 1

    def _skip(self) -> str:
        """Go past marks and comments. Return the marks after the last comment."""
        marks = self._pass(_MARKS)
        while not marks.strip(" \t\r\n,") and self._pass(_COMMENT):
            marks = self._pass(_MARKS)
        return marks

    def _pass(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def _difference(self) -> SchemaError:
        return SchemaError(TRUNCATED if self.at >= len(self._text) else "broken JSON")


def _is_float(written: str, value: float) -> bool:
    try:
        return float(written) == float(value)
    except (ValueError, OverflowError):
        return False
