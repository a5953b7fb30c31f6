"""The blocks of all pages as one text: sentences and tables go on over columns and pages, footnotes come after it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from index.reading.formats.pdf.outline import Item
from index.reading.formats.pdf.paragraphs import Paragraph, continues
from index.reading.formats.pdf.table_rows import Table, with_header

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
            if number in notes:
                continue
            rest = _joined(flow, last, item) if last >= 0 else item
            if rest is not None:
                flow.append(rest)
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


def _joined(flow: list[Item], last: int, item: Item) -> Item | None:
    """Join an item, or what goes on of it, to the last one; return what is left of it as an item of its own."""
    before = flow[last]
    if isinstance(before, Table) and isinstance(item, Table):
        flow[last], rest = with_header(before, item)
        return rest
    if isinstance(before, Paragraph) and isinstance(item, Paragraph) and _goes_on(before, item):
        flow[last] = replace(before, more=(*before.more, item))
        return None
    return item


def _goes_on(before: Paragraph, after: Paragraph) -> bool:
    """Tell whether a paragraph goes on with another in the next column or on the next page."""
    end = (before.more or (before,))[-1]
    moved = after.page != end.page or after.top < end.lines[-1].y - 2 * after.size
    return moved and after.page <= end.page + 1 and continues(before, after)
