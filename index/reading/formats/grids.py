"""A sheet's cells to Markdown: find its tables, and write each row as a list item that repeats the column names.

A reader sees at a glance which cells are a title, a header or a key. Here the same is told by marks (bold type, merged
cells, filters, defined tables) and by form: numbers and dates do not stand in a header.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from index.reading.formats.cells import (
    HEADER_CHARS,
    MIN_COLUMNS_WITH_KEY,
    Row,
    amount,
    ends_sentence,
    header_depth,
    is_value,
)
from index.reading.formats.lines import escaped

_HEADING_CHARS = 80
_REMARK_WORDS = 3
_MAX_ADDENDS = 100
_SMALLEST = 0.005

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows that belong together, and whether other tables follow on the sheet."""

    rows: tuple[Row, ...]
    is_last: bool = True


def markdown_of(rows: Sequence[Row], *, first: bool) -> str:
    """Return the tables of a sheet as Markdown; `first` says that a first row of text is the header, as in CSV."""
    header: Names | None = None
    parts: list[str] = []
    tables = list(_tables(rows))
    for number, found in enumerate(tables, 1):
        lines, header = _written(_Table(found, number == len(tables)), header, first=first)
        parts.append("\n".join(lines).strip("\n"))
    return "\n\n".join(parts)


def _tables(rows: Sequence[Row]) -> Iterator[tuple[Row, ...]]:
    """Yield the tables of a sheet, apart by blank rows and, where both sides are tables of their own, blank columns."""
    run: list[Row] = []
    for row in [*rows, Row(())]:
        if row.filled:
            run.append(row)
        elif run:
            yield from _side_by_side(run)
            run = []


def _side_by_side(rows: Sequence[Row]) -> Iterator[tuple[Row, ...]]:
    used = sorted({n for row in rows for n in row.filled})
    first = used[0]
    for before, after in pairwise(used):
        if after - before > 1 and before > first and after < used[-1] and _begins_with_names(rows, after):
            yield _columns(rows, first, before)
            first = after
    yield _columns(rows, first, used[-1])


def _begins_with_names(rows: Sequence[Row], column: int) -> bool:
    """Tell whether a column holds names, as the first one of a table does, and no values."""
    names = [row.cells[column] for row in rows if row.cells[column]]
    return len(names) > 1 and not any(is_value(name) for name in names)


def _columns(rows: Sequence[Row], first: int, last: int) -> tuple[Row, ...]:
    cut = [
        Row(
            row.cells[first : last + 1],
            row.marked,
            tuple((max(a, first) - first, min(b, last) - first) for a, b in row.spans if a <= last and b >= first),
        )
        for row in rows
    ]
    return tuple(row for row in cut if row.filled)


def _written(table: _Table, header: Names | None, *, first: bool) -> tuple[list[str], Names | None]:
    """Return the lines of a table, and the names of its columns for the rows below a blank one."""
    rows = table.rows
    if len(rows[0].cells) == 1:
        return _column(table), header
    lines: list[str] = []
    start = 0
    while start < len(rows) and rows[start].is_alone:
        lines += _title(rows[start].text, is_last=table.is_last and start == len(rows) - 1)
        start += 1
    if start == len(rows):
        return lines, header
    depth = header_depth(rows[start:], first=first)
    if depth:
        header = _names(rows[start : start + depth])
    elif start or (header and len(header) != len(rows[0].cells)):
        header = None
    return [*lines, *_body(rows[start + depth :], header)], header


def _column(table: _Table) -> list[str]:
    """Return the lines of a table of one column: a title, remarks, or a list."""
    if len(table.rows) == 1:
        return _title(table.rows[0].text, is_last=table.is_last)
    is_prose = any(ends_sentence(row.text) for row in table.rows)
    return [f"{escaped(row.text)}\n" if is_prose else f"- {escaped(row.text)}" for row in table.rows]


def _title(text: str, *, is_last: bool) -> list[str]:
    if is_last or len(text) > _HEADING_CHARS or ends_sentence(text):
        return [escaped(text), ""]
    return [f"### {text}", ""]


def _names(rows: Sequence[Row]) -> Names:
    """Return the names of the columns; those of two header rows are joined."""
    if len(rows) == 1:
        return tuple(cell.rstrip(":") for cell in rows[0].cells)
    names: list[str] = []
    group = ""
    for upper, lower in zip(rows[0].cells, rows[1].cells, strict=True):
        group = upper or (group if lower else "")
        names.append(" / ".join(dict.fromkeys(part for part in (group, lower) if part)))
    return tuple(names)


def _body(rows: Sequence[Row], header: Names | None) -> Iterator[str]:
    above: Row | None = None
    for number, row in enumerate(rows):
        if header is None:
            yield "- " + keyed(row)
        elif row.is_alone:
            yield from _alone(row, header, is_last=number == len(rows) - 1)
            above = None
        else:
            above = row if _is_total(row, rows[:number]) else _with_key(row, above)
            yield "- " + _named(header, above)


def _alone(row: Row, header: Names, *, is_last: bool) -> Iterator[str]:
    """Yield a row of one cell: a heading within the table, a remark below it, or a row of which little is known."""
    text = row.text
    if (row.spans or row.marked) and not is_last and not ends_sentence(text) and len(text) <= _HEADING_CHARS:
        yield from ("", f"#### {text}", "")
    elif row.spans or ":" in text or len(text.split()) > _REMARK_WORDS:
        yield from ("", escaped(text), "")
    else:
        yield "- " + _named(header, row)


def _with_key(row: Row, above: Row | None) -> Row:
    """Return a row with the key of the row above, if only the key is left blank: a reader sees it go on."""
    if above is None or row.cells[0] or len(row.cells) < MIN_COLUMNS_WITH_KEY:
        return row
    same_form = bool(above.cells[0]) and row.filled == above.filled[1:]
    named = bool(row.cells[1]) and not is_value(row.cells[1])
    return replace(row, cells=(above.cells[0], *row.cells[1:])) if same_form and named else row


def _is_total(row: Row, above: Sequence[Row]) -> bool:
    """Tell whether a number of a row is the sum of those above it, so that no single key above stands for it."""
    if row.cells[0]:
        return False
    return any(_is_sum(row.cells[at], [other.cells[at] for other in above[-_MAX_ADDENDS:]]) for at in row.filled)


def _is_sum(cell: str, above: Sequence[str]) -> bool:
    total = amount(cell)
    numbers = [amount(other) for other in reversed(above)]
    if not total:
        return False
    sums = accumulate(number or 0 for number in numbers)
    return any(n > 0 and abs(found - total) < _SMALLEST for n, found in enumerate(sums))


def _named(header: Names, row: Row) -> str:
    pairs = zip(header, row.cells, strict=False)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)


def keyed(row: Row) -> str:
    """Return a row of a table without column names: its first cell says what the others are."""
    key, *values = [cell for cell in row.cells if cell]
    if not values or not row.cells[0] or is_value(key) or len(key) > HEADER_CHARS:
        return escaped("; ".join([key, *values]))
    return f"{key}{'' if key[-1] in ':?!' else ':'} {'; '.join(values)}"
