"""Tables of HTML pages as rows, in which every cell of a merged area has its text."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from bs4 import Tag

from index.reading.formats.cells import MAX_CELLS, MAX_COLUMNS, Row
from index.reading.formats.grids import keyed
from index.reading.formats.html_code import are_consecutive, code_text, language
from index.reading.formats.row_tables import table_text

_PARTS = frozenset({"thead", "tbody", "tfoot"})
_ORDER = {"thead": 0, "tfoot": 2}
_BLOCKS = ("table", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote")
_PAIR = 2

Read = Callable[[Tag], str]


@dataclass(slots=True)
class _Grid:
    """The rows of a table so far, and the cells that reach into later rows: column to text and rows left."""

    rows: list[Row] = field(default_factory=list)
    below: dict[int, tuple[str, int]] = field(default_factory=dict)
    cells: int = 0

    def add(self, row: Tag, read: Read, unseen: Collection[int]) -> None:
        """Add a row."""
        found: dict[int, str] = {column: text for column, (text, _) in self.below.items()}
        self.below = {column: (text, left - 1) for column, (text, left) in self.below.items() if left > 1}
        spans: list[tuple[int, int]] = []
        column = 0
        for cell in cells(row, unseen):
            while column in found:
                column += 1
            width, height = _span(cell, "colspan", MAX_COLUMNS), _span(cell, "rowspan", MAX_CELLS)
            if column >= MAX_COLUMNS:
                break
            covered = range(column, min(column + width, MAX_COLUMNS))
            text = read(cell)
            found.update(dict.fromkeys(covered, text))
            if height != 1:
                self.below.update(dict.fromkeys(covered, (text, height - 1)))
            spans += [(column, covered[-1])] if len(covered) > 1 else []
            column = covered[-1] + 1
        self.rows.append(Row(tuple(found.get(n, "") for n in range(max(found, default=-1) + 1)), spans=tuple(spans)))
        self.cells += len(self.rows[-1].cells)


def data_table(table: Tag, read: Read, unseen: Collection[int]) -> str:
    """Return a table of data as Markdown; `read` gives the text of a cell on one line. "" if it holds nothing."""
    grid = _Grid()
    headers = 0
    first_column = True
    part = None
    for row in rows(table, unseen):
        if row.parent is not part:
            # A cell never reaches out of its part of the table.
            part, grid.below = row.parent, {}
        if grid.cells >= MAX_CELLS:
            break
        before = len(grid.rows)
        grid.add(row, read, unseen)
        if headers == before and _is_header(row, unseen):
            headers += 1
        else:
            first_column = first_column and _begins_with_header(row, unseen)
    # A table of header cells only is a list of names, all but the first row of which are values.
    headers = headers if headers < len(grid.rows) else 1
    width = max((len(row.cells) for row in grid.rows), default=0)
    made = [Row((row.cells + ("",) * width)[:width], spans=row.spans) for row in grid.rows]
    headers = len([row for row in made[:headers] if row.filled])
    return _written([row for row in made if row.filled], headers, first_column=first_column)


def _written(found: Sequence[Row], headers: int, *, first_column: bool) -> str:
    if not found:
        return ""
    if headers or not first_column:
        return table_text(found, headers)
    if len(found[0].cells) <= _PAIR:
        return "\n".join(f"\n**{row.text}**\n" if row.spans else f"- {keyed(row)}" for row in found)
    return table_text([Row(("",) * len(found[0].cells)), *found], 1)


def rows(table: Tag, unseen: Collection[int]) -> list[Tag]:
    """Return the rows of a table, not those of tables within it: head, bodies, foot."""
    found: list[tuple[int, Tag]] = []
    for part in _children(table, unseen):
        if part.name == "tr":
            found.append((1, part))
        elif part.name in _PARTS:
            found += [(_ORDER.get(part.name, 1), row) for row in _children(part, unseen) if row.name == "tr"]
    return [row for _, row in sorted(found, key=lambda placed: placed[0])]


def cells(row: Tag, unseen: Collection[int]) -> list[Tag]:
    """Return the cells of a row."""
    return [cell for cell in _children(row, unseen) if cell.name in ("td", "th")]


def is_layout(table: Tag, unseen: Collection[int]) -> bool:
    """Tell whether a table only places text on the page: it has one row or column of blocks, or holds whole blocks."""
    if table.get("role") in ("presentation", "none"):
        return True
    all_cells = [cells(row, unseen) for row in rows(table, unseen)]
    if sum(map(len, all_cells)) <= 1 or (len(all_cells) == 1 and table.find("th") is None):
        return True
    return table.find(_BLOCKS) is not None and (
        table.find("th") is None or table.find(["table", "h1", "h2", "h3"]) is not None
    )


def code_of(table: Tag, unseen: Collection[int]) -> tuple[str, str] | None:
    """Return the code and its language if the table holds the numbers of lines beside lines of code; else None."""
    found = [cells(row, unseen) for row in rows(table, unseen)]
    if not found or any(len(row) != _PAIR for row in found):
        return None
    first = found[0][1].find(["pre", "code"])
    is_code = first is not None or table.find_parent("pre") is not None or _is_code_cell(found[0][1])
    numbers = [word for number, _ in found for word in (_number(number) or number.get_text(" ")).split()]
    if not is_code or not are_consecutive(numbers):
        return None
    named = first if isinstance(first, Tag) else table
    return "\n".join(code_text(code, unseen) for _, code in found), language(named)


def _number(cell: Tag) -> str:
    return str(cell.get("data-line-number") or cell.get("data-line") or "")


def _is_code_cell(cell: Tag) -> bool:
    return "code" in " ".join(cell.get("class") or ())


def _is_header(row: Tag, unseen: Collection[int]) -> bool:
    if isinstance(row.parent, Tag) and row.parent.name == "thead":
        return True
    found = [cell for cell in cells(row, unseen) if cell.name == "th" or cell.get_text(strip=True)]
    # One header cell over all columns is the name of what is below it.
    return bool(found) and all(cell.name == "th" for cell in found) and len(cells(row, unseen)) > 1


def _begins_with_header(row: Tag, unseen: Collection[int]) -> bool:
    found = cells(row, unseen)
    return bool(found) and found[0].name == "th"


def _children(tag: Tag, unseen: Collection[int]) -> Iterator[Tag]:
    return (child for child in tag.children if isinstance(child, Tag) and id(child) not in unseen)


def _span(cell: Tag, name: str, most: int) -> int:
    said = str(cell.get(name, "1")).strip()[:10]
    count = int(said) if said.isdecimal() else 1
    return min(max(count, name == "colspan"), most) or most
