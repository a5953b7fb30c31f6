"""Word's tables as rows, in which every cell of a merged area has its text."""

from collections.abc import Callable, Iterator

from lxml import etree

from index.reading.formats.archives import attribute, is_on, local
from index.reading.formats.cells import Row

# Word's own limit of columns.
_MAX_SPAN = 63


def table_rows(element: etree._Element, read: Callable[[etree._Element], str]) -> tuple[list[Row], int]:
    """Return the rows of a table, and how many of them are marked as header rows."""
    rows: list[Row] = []
    headers = 0
    above: dict[int, str] = {}
    for row in within(element, "tr"):
        if is_on(row.find("{*}trPr/{*}hidden")) or row.find("{*}trPr/{*}del") is not None:
            continue
        cells: dict[int, str] = {}
        spans: list[tuple[int, int]] = []
        column = _number(row.find("{*}trPr/{*}gridBefore"), 0)
        for cell in within(row, "tc"):
            width = _number(cell.find("{*}tcPr/{*}gridSpan"), 1)
            merge = cell.find("{*}tcPr/{*}vMerge")
            goes_on = merge is not None and attribute(merge, "val") != "restart"
            text = above.get(column, "") if goes_on else read(cell)
            cells.update(dict.fromkeys(range(column, column + width), text))
            spans += [(column, column + width - 1)] if width > 1 else []
            column += width
        above = cells
        rows.append(Row(tuple(cells.get(n, "") for n in range(max(cells, default=-1) + 1)), spans=tuple(spans)))
        headers += is_on(row.find("{*}trPr/{*}tblHeader")) and headers == len(rows) - 1
    width = max((len(row.cells) for row in rows), default=0)
    filled = [Row((row.cells + ("",) * width)[:width], spans=row.spans) for row in rows]
    return [row for row in filled if row.filled], headers


def within(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield the rows of a table or the cells of a row, also those in content controls and tracked insertions."""
    for child in element:
        found = local(child)
        if found == name:
            yield child
        elif found in {"sdt", "sdtContent", "customXml", "ins"}:
            yield from within(child, name)


def _number(element: etree._Element | None, otherwise: int) -> int:
    said = attribute(element, "val") or ""
    return min(int(said), _MAX_SPAN) if said.isdecimal() else otherwise
