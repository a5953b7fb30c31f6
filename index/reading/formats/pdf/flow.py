"""The blocks of all pages as one text: sentences and tables go on over columns and pages, footnotes come after it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from index.reading.formats.pdf.outline import Item
from index.reading.formats.pdf.paragraphs import Paragraph, continues
from index.reading.formats.pdf.table_rows import Table

_NOTE = re.compile(r"\d{1,3}\b|[*†‡§¹²³]")
_SMALLER = 0.92
_LOWER_PART = 0.5


def flowing(pages: Iterable[tuple[Sequence[Item], float]], body: float) -> list[Item]:
    """Return the items of all pages, which come with the page's height."""
    flow: list[Item] = []
    last = -1
    for items, height in pages:
        notes = _notes(items, height, body)
        for number, item in enumerate(items):
            whole = _whole(flow[last], item) if last >= 0 and number not in notes else None
            if whole is not None:
                flow[last] = whole
            elif number not in notes:
                flow.append(item)
                last = len(flow) - 1
        flow.extend(items[number] for number in notes)
    return flow


def _notes(items: Sequence[Item], height: float, body: float) -> list[int]:
    """Return which items of a page are footnotes: smaller, low on the page, with a mark or after one with a mark."""
    found: list[int] = []
    for number, item in enumerate(items):
        if not isinstance(item, Paragraph) or item.size > body * _SMALLER or item.top < height * _LOWER_PART:
            continue
        if _NOTE.match(item.text) or number - 1 in found:
            found.append(number)
    return found


def _whole(before: Item, after: Item) -> Item | None:
    """Return two items as one, if the second goes on with the first in the next column or on the next page."""
    if isinstance(before, Table) and isinstance(after, Table):
        if before.page == after.page or len(before.rows[0]) != len(after.rows[0]):
            return None
        return replace(before, rows=before.rows + after.rows[after.rows[0] == before.rows[0] :])
    if not isinstance(before, Paragraph) or not isinstance(after, Paragraph):
        return None
    end = (before.more or (before,))[-1]
    moved = after.page != end.page or after.top < end.lines[-1].y - 2 * after.size
    if not moved or after.page > end.page + 1 or not continues(before, after):
        return None
    return replace(before, more=(*before.more, after))


