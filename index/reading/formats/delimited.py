"""CSV and TSV to Markdown, in the same form as sheets."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, islice

from index.errors import UnreadableDocumentError
from index.reading.formats.cells import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Row
from index.reading.formats.content import Content
from index.reading.formats.encoding import decoded
from index.reading.formats.grids import markdown_of
from index.reading.formats.stray_rules import refuse_above_rows

# The first one counts if several cut as many rows: a comma stands in many texts and numbers, a tab in none.
_DELIMITERS = "\t;|,"
_SAMPLE_CHARS, _SAMPLE_ROWS = 100_000, 200
_DECLARED = re.compile(r"sep=(.)[ \t]*\n", re.IGNORECASE)
_FIELD_CHARS = 1_000_000


def delimited(raw: bytes) -> Content:
    """Return a CSV or TSV file, in which every row repeats the names of its columns."""
    text = decoded(raw)
    declared = _DECLARED.match(text)
    text = text[declared.end() :] if declared else text
    sign = declared[1] if declared else delimiter(text)
    refuse_above_rows(text[:_SAMPLE_CHARS].splitlines(), sign)
    rows, left_out = _rows(text, sign)
    return Content(None, markdown_of(rows, first=True), named_anchors=True, unread=tuple(left_out))


def delimiter(text: str) -> str:
    """Return the character that cuts most rows into the same number of cells, at least two."""
    return max(_DELIMITERS, key=lambda sign: _rows_alike(text[:_SAMPLE_CHARS], sign))


def _rows_alike(sample: str, sign: str) -> int:
    widths = Counter(len(cells) for cells in islice(_cut(sample, sign), _SAMPLE_ROWS))
    return max((count for width, count in widths.items() if width > 1), default=0)


def _cut(text: str, sign: str) -> Iterator[list[str]]:
    csv.field_size_limit(_FIELD_CHARS)
    try:
        yield from csv.reader(text.splitlines(keepends=True), delimiter=sign, skipinitialspace=True)
    except csv.Error as error:
        raise UnreadableDocumentError("broken CSV: a cell of more than a million characters") from error


def _rows(text: str, sign: str) -> tuple[list[Row], list[tuple[str, str]]]:
    """Return the rows, all of one width, and what lies beyond the limits."""
    cut = [[" ".join(cell.split()) for cell in cells[: MAX_COLUMNS + 1]] for cells in _cut(text, sign)]
    held = [sum(map(bool, cells)) for cells in cut]
    rows = sum(cells <= MAX_CELLS for cells in islice(accumulate(held), MAX_ROWS))
    left_out = []
    if rows < len(cut):
        left_out.append((f"rows after {rows:,}", f"{len(cut) - rows:,} rows too many"))
    if any(len(cells) > MAX_COLUMNS for cells in cut):
        left_out.append((f"columns after {MAX_COLUMNS}", "too many"))
    width = min(max(map(len, cut), default=0), MAX_COLUMNS)
    return [Row(tuple([*cells, *[""] * width][:width])) for cells in cut[:rows]], left_out
