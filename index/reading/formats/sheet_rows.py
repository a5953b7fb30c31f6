"""The rows of a sheet as a person sees them: hidden ones left out, merged cells filled."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from zipfile import ZipFile

from lxml import etree
from openpyxl.utils.cell import column_index_from_string, range_boundaries

from index.reading.formats.archives import elements, local, related, xml
from index.reading.formats.cells import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Row
from index.reading.formats.workbooks import Sheet, Workbook

_MAX_FILLED = 1_000_000
_OFF = (None, "0", "false")
_WORDS = {
    "hidden row": "{}",
    "hidden column": "{}",
    "formula": "{} without a result: open and save it in Excel",
    "error": "{} such as #REF!",
    "row": f"{{}} beyond the first {MAX_ROWS:,} rows or {MAX_CELLS:,} cells",
    "cell": f"{{}} beyond the first {MAX_COLUMNS} columns",
}


@dataclass(slots=True)
class _Found:
    """What a pass over a sheet has found so far; rows and columns count from 1."""

    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    bold: set[int] = field(default_factory=set)
    headers: set[int] = field(default_factory=set)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    cells: int = 0
    spans: dict[int, list[tuple[int, int]]] = field(default_factory=dict)


def sheet_rows(archive: ZipFile, book: Workbook, sheet: Sheet) -> tuple[list[Row], list[str]]:
    """Return the rows of a sheet, and in words what of it is left out."""
    found = _read(archive, book, sheet)
    left_out = _left_out(found)
    _fill(found)
    return list(_visible(found)), left_out


def _read(archive: ZipFile, book: Workbook, sheet: Sheet) -> _Found:
    found = _Found()
    last = 0
    for element in elements(archive, sheet.part, "row", "col", "mergeCell", "autoFilter"):
        name = local(element)
        if name == "row":
            last = _read_row(found, book, element, last)
        elif name == "mergeCell":
            left, top, right, bottom = range_boundaries(element.get("ref"))
            found.merged.append((top, left, bottom, right))
        elif name == "autoFilter":
            found.headers.add(range_boundaries(element.get("ref"))[1])
        elif element.get("hidden") not in _OFF:
            end = min(int(element.get("max", 0)), MAX_COLUMNS)
            found.hidden_columns.update(range(int(element.get("min", 0)), end + 1))
    for kind, part in related(archive, sheet.part).values():
        if kind == "table" and (table := xml(archive, part)).get("headerRowCount", "1") != "0":
            found.headers.add(range_boundaries(table.get("ref"))[1])
    return found


def _read_row(found: _Found, book: Workbook, element: etree._Element, last: int) -> int:
    number = int(element.get("r") or last + 1)
    if len(found.rows) >= MAX_ROWS or found.cells >= MAX_CELLS:
        found.problems["row"] += element.find("{*}c/{*}v") is not None
        return number
    cells: dict[int, str] = {}
    is_bold = True
    for column, cell in _cells(element):
        shown = book.cell(cell)
        if shown.problem or (shown.text and column > MAX_COLUMNS):
            found.problems[shown.problem or "cell"] += 1
        elif shown.text:
            cells[column] = shown.text
            is_bold &= shown.is_bold
    if cells:
        found.rows[number] = cells
        found.cells += len(cells)
        found.bold |= {number} if is_bold else set()
        found.hidden_rows |= {number} if element.get("hidden") not in _OFF else set()
    return number


def _cells(row: etree._Element) -> Iterator[tuple[int, etree._Element]]:
    column = 0
    for cell in row.iterfind("{*}c"):
        place = cell.get("r")
        column = column_index_from_string(place.rstrip("0123456789")) if place else column + 1
        yield column, cell


def _left_out(found: _Found) -> list[str]:
    """Return in words what is hidden, has no result or is too much."""
    columns = {column for cells in found.rows.values() for column in cells} & found.hidden_columns
    counts = {"hidden row": len(found.hidden_rows), "hidden column": len(columns), **found.problems}
    return [_WORDS[what].format(_counted(count, what)) for what, count in counts.items() if count]


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _fill(found: _Found) -> None:
    """Give every cell of a merged area its text. An area with nothing beside it is a title and stays one row."""
    bottom, right = max(found.rows, default=0), max((max(cells) for cells in found.rows.values()), default=0)
    left_to_fill = _MAX_FILLED
    for top, left, last_row, last_column in found.merged:
        text = found.rows.get(top, {}).get(left)
        rows, columns = range(top, min(last_row, bottom) + 1), range(left, min(last_column, right) + 1)
        left_to_fill -= len(rows) * len(columns)
        if text is None or left_to_fill < 0:
            continue
        is_title = len(columns) > 1 and all(set(found.rows.get(row, ())) <= set(columns) for row in rows)
        for row in rows[:1] if is_title else rows:
            found.rows.setdefault(row, {}).update(dict.fromkeys(columns, text))
            if len(columns) > 1:
                found.spans.setdefault(row, []).append((columns[0], columns[-1]))


def _visible(found: _Found) -> Iterator[Row]:
    """Yield the rows from the first to the last; a run of blank ones is one."""
    shown = sorted({column for cells in found.rows.values() for column in cells} - found.hidden_columns)
    columns = [n for n in range(shown[0], shown[-1] + 1) if n not in found.hidden_columns] if shown else []
    places = {column: at for at, column in enumerate(columns)}
    is_apart, above = False, min(found.rows, default=0)
    for number in sorted(found.rows):
        is_apart |= number - above > 1
        above = number
        if number in found.hidden_rows:
            continue
        if is_apart:
            yield Row(("",) * len(columns))
            is_apart = False
        cells = found.rows[number]
        spans = [[places[n] for n in range(a, b + 1) if n in places] for a, b in found.spans.get(number, ())]
        yield Row(
            tuple(cells.get(column, "") for column in columns),
            number in found.headers or number in found.bold,
            tuple((at[0], at[-1]) for at in spans if len(at) > 1),
        )
