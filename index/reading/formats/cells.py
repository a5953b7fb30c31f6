"""Rows of a sheet, and which of them are a header."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# A worker needs about 6 s to read and cut so many cells into chunks; it has 20 s as shipped.
MAX_CELLS = 250_000
MAX_ROWS, MAX_COLUMNS = 100_000, 200
HEADER_CHARS = 80
# A table of two columns may be keys and values; from three columns on the first row names the columns.
MIN_COLUMNS_WITH_KEY = 3
_MIN_ROWS_BELOW_TWO_HEADERS = 3
_ENDS_SENTENCE = re.compile(r"[.!?:;]$")
_YEAR = re.compile(r"(?:19|20)\d\d|\d{4}-\d{2}(?:-\d{2})?")
_VALUE = re.compile(
    r"(?P<date>\d{4}-\d{2}(?:-\d{2})?(?: \d{2}:\d{2}(?::\d{2})?)?|\d{1,2}[./]\d{1,2}[./]\d{2,4})"
    r"|(?P<time>\d{1,2}:\d{2}(?::\d{2})?)"
    r"|(?P<phone>\+\d[\d\s()/-]+|\d+(?:[ /-]\d+)+)"
    r"|(?P<number>[-+(~≈<>≤≥]*(?:[A-Z]{3}|[€$£¥])? ?\d[\d.,:'/\s-]*(?:%|[€$£¥]|[^\W\d_]{1,5})?\)?)"
    r"|(?P<address>\S+@\S+|https?://\S+)"
    r"|(?P<choice>true|false|yes|no|ja|nein)|(?P<none>-|n/a)",
    re.IGNORECASE,
)
_NO_DIGIT = re.compile(r"[^\d.]")
_VALUE_CHARS = 60
_MOST = 0.8
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet: its cells, and what marks it.

    `marked` says that it looks like a header: bold, or the first row of a filter or a defined table. `spans` are the
    first and last columns of cells that are merged over several columns; each of these columns has the cell's text.
    """

    cells: tuple[str, ...]
    marked: bool = False
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def filled(self) -> tuple[int, ...]:
        """The numbers of the columns that hold something."""
        return tuple(n for n, cell in enumerate(self.cells) if cell)

    @property
    def is_alone(self) -> bool:
        """Whether one cell, merged or not, is all that the row holds."""
        filled = self.filled
        return len(filled) == 1 or any(a <= filled[0] and filled[-1] <= b for a, b in self.spans)

    @property
    def text(self) -> str:
        """The first cell that holds something."""
        return next((cell for cell in self.cells if cell), "")


def ends_sentence(text: str) -> bool:
    """Tell whether a text ends as a sentence or a lead-in does."""
    return _ENDS_SENTENCE.search(text) is not None


def kind_of(cell: str) -> str | None:
    """Return what kind of value a cell holds, such as "date" or "number"; None for words."""
    found = _VALUE.fullmatch(cell) if len(cell) <= _VALUE_CHARS else None
    return found.lastgroup if found else None


def is_value(cell: str) -> bool:
    """Tell whether a cell holds a number, date, amount, address or yes or no, rather than words."""
    return kind_of(cell) is not None


def amount(cell: str) -> float | None:
    """Return the number in a cell such as "1,299.00 EUR"; None for other cells."""
    digits = _NO_DIGIT.sub("", cell) if kind_of(cell) == "number" else ""
    return float(digits) if digits.strip(".") and digits.count(".") <= 1 else None


def header_depth(rows: Sequence[Row], *, first: bool) -> int:
    """Return how many of the first rows are the header: 0, 1 or 2. `first` as in `grids.markdown_of`."""
    if len(rows) == 1 or not may_be_header(rows[0]):
        return 0
    if len(rows) >= _MIN_ROWS_BELOW_TWO_HEADERS and may_be_header(rows[1]) and _groups_columns(rows):
        return 2
    width = len(rows[0].cells)
    if (rows[0].marked and not rows[1].marked) or _asks(rows):
        return 1
    if width < MIN_COLUMNS_WITH_KEY and has_mixed_values(rows):
        return 0
    if first or _contrasts(rows[0], rows[1:]):
        return 1
    return int(width >= MIN_COLUMNS_WITH_KEY and len(rows[0].filled) == width)


def has_mixed_values(rows: Sequence[Row]) -> bool:
    """Tell whether the last column holds values of several kinds, as one of keys and values does."""
    kinds = Counter(kind_of(row.cells[-1]) for row in rows[1:] if row.cells[-1])
    del kinds["none"]
    return bool(kinds) and max(kinds.values()) < _MOST * kinds.total()


def _asks(rows: Sequence[Row]) -> bool:
    """Tell whether the first column holds questions below a name."""
    first, *below = (row.cells[0] for row in rows)
    return bool(first) and not first.endswith("?") and all(cell.endswith("?") for cell in below)


def may_be_header(row: Row) -> bool:
    """Tell whether a row holds words or years only."""
    filled = [cell for cell in row.cells if cell]
    return all(_YEAR.fullmatch(cell) or (len(cell) <= HEADER_CHARS and not is_value(cell)) for cell in filled)


def _contrasts(header: Row, rows: Sequence[Row]) -> bool:
    """Tell whether a column holds values below a word or a year."""
    return any(
        _contrast(name, [row.cells[column] for row in rows if row.cells[column]], is_first=column == 0)
        for column, name in enumerate(header.cells)
    )


def _contrast(name: str, below: Sequence[str], *, is_first: bool) -> bool:
    """Tell whether most cells of a column, or all of the first one, are values and the one above is none."""
    if not name or not below or (is_value(name) and all(_YEAR.fullmatch(cell) for cell in below)):
        return False
    if len(below) == 1:
        # Two rows may be keys and values as well; an amount below a word is rather a column.
        return not is_first and kind_of(below[0]) == "number"
    share = sum(map(is_value, below)) / len(below)
    return share == 1 if is_first else share > _HALF


def _groups_columns(rows: Sequence[Row]) -> bool:
    """Tell whether the first row groups the columns that the second row names."""
    upper, lower = rows[0], rows[1]
    if upper.spans:
        is_below_key = lower.cells[0] in ("", upper.cells[0])
        return len(lower.filled) > 1 and (is_below_key or _contrasts(lower, rows[2:]))
    gaps = [n for n, cell in enumerate(upper.cells) if not cell and lower.cells[n] and any(upper.cells[:n])]
    return bool(gaps) and _contrasts(lower, rows[2:])
