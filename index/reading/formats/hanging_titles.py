"""Titles of plain text that stand in capitals at the margin, above indented text, as in manual pages and contracts."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

_CHARS, _WORDS, _LETTERS = 90, 14, 3
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3})*")
_END = re.compile(r"[.,:;!?]$")
# One line in capitals may be a name or a warning.
_LEAST = 2


def with_hanging_titles(lines: Sequence[str]) -> list[str]:
    """Return lines with these titles as headings and the text below each at the margin."""
    titles = [at for at, line in enumerate(lines) if _is_title(line) and _hangs(lines, at)]
    if len(titles) < _LEAST:
        return list(lines)
    made = list(lines[: titles[0]])
    for at, end in pairwise((*titles, len(lines))):
        number = _NUMBER.match(lines[at])
        level = 2 + (number[0].count(".") if number else 0)
        made += [f"{'#' * min(6, level)} {lines[at]}", "", *_at_margin(lines[at + 1 : end])]
    return made


def _at_margin(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines as far to the left as the first of them hangs; the footer of a page may stand at the margin."""
    hangs = _indent(next(filter(None, lines), ""))
    return (line[min(hangs, _indent(line)) :] for line in lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_title(line: str) -> bool:
    is_short = len(line) <= _CHARS and len(line.split()) <= _WORDS
    return is_short and line.isupper() and not _END.search(line) and sum(map(str.isalpha, line)) >= _LETTERS


def _hangs(lines: Sequence[str], at: int) -> bool:
    """Tell whether a line stands at the margin, with a blank line above and indented text below."""
    below = lines[at + 1] or lines[at + 2] if at + 2 < len(lines) else ""
    return not (at and lines[at - 1]) and not lines[at][:1].isspace() and below[:1].isspace()
