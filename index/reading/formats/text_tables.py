"""Tables of plain text, whose columns stand below one another: those with a ruling line below their header."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from index.reading.formats.cells import MAX_CELLS
from index.reading.formats.lines import table

_RULE = re.compile(r"\s*([-=])\1+(?: +\1{2,})+\s*$")
_RUN = re.compile(r"[-=]+")
_HEADER_LINES = 3


def with_tables(lines: Sequence[str]) -> list[str]:
    """Return lines with the tables among them in Markdown."""
    made: list[str] = []
    at = 0
    while at < len(lines):
        found = _table(lines, at, made) if _RULE.match(lines[at]) else None
        if found is None:
            made.append(lines[at])
            at += 1
            continue
        header, rows, at = found
        del made[len(made) - header :]
        made += table(rows).split("\n")
    return made


def _table(lines: Sequence[str], at: int, above: Sequence[str]) -> tuple[int, list[list[str]], int] | None:
    """Return how many of the lines above belong to a table, its rows, and where it ends; None if there is none."""
    starts = [run.start() for run in _RUN.finditer(lines[at])]
    header = _header(above)
    names = [line for line in header if not _RULE.match(line)]
    body = list(_body(lines, at + 1))
    if not names or not body or len(starts) * len(body) > MAX_CELLS:
        return None
    if not all(_fits(line, starts) for line in (*names, *body)):
        return None
    rows = [_joined([_cells(line, starts) for line in names])]
    for line in body:
        cells = _cells(line, starts)
        if cells[0] or len(rows) == 1:
            rows.append(cells)
        else:
            rows[-1] = _joined([rows[-1], cells])
    end = at + 1 + len(body)
    return len(header), rows, end + (end < len(lines) and _RULE.match(lines[end]) is not None)


def _header(above: Sequence[str]) -> list[str]:
    """Return the lines right above: up to a blank line, or with a ruling line at their top."""
    found: list[str] = []
    for line in reversed(above[-_HEADER_LINES - 1 :]):
        if not line.strip():
            return found[::-1]
        found.append(line)
        if _RULE.match(line):
            return found[::-1]
    return found[::-1] if len(found) <= _HEADER_LINES else []


def _body(lines: Sequence[str], start: int) -> Iterator[str]:
    for at in range(start, len(lines)):
        if not lines[at].strip() or _RULE.match(lines[at]):
            return
        yield lines[at]


def _fits(line: str, starts: Sequence[int]) -> bool:
    """Tell whether no word of a line reaches over the beginning of a column."""
    return all(line[start - 1 : start].isspace() or start > len(line) for start in starts[1:])


def _cells(line: str, starts: Sequence[int]) -> list[str]:
    return [line[start:end].strip() for start, end in pairwise((0, *starts[1:], len(line) + starts[-1]))]


def _joined(rows: Sequence[Sequence[str]]) -> list[str]:
    return [" ".join(filter(None, cells)) for cells in zip(*rows, strict=True)]
