"""Word's tables: every cell of a merged area has its text, header rows are one, keys and values become a list."""

from collections.abc import Callable, Iterator, Sequence

from lxml import etree

from index.reading.formats.archives import attribute, local
from index.reading.formats.cells import MIN_COLUMNS_WITH_KEY, Row, has_mixed_values, header_depth, may_be_header
from index.reading.formats.grids import keyed
from index.reading.formats.tables import table

ReadCell = Callable[[etree._Element], str]
_OFF = ("0", "false", "off", "none")
# Word's own limit of columns.
_MAX_SPAN = 63


def table_rows(element: etree._Element, read: ReadCell) -> tuple[list[Row], int]:
    """Return the rows of a table, and how many of them are marked as header rows."""
    rows: list[Row] = []
    headers = 0
    above: dict[int, str] = {}
    for row in within(element, "tr"):
        if _is_on(row, "hidden") or row.find("{*}trPr/{*}del") is not None:
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
        headers += _is_on(row, "tblHeader") and headers == len(rows) - 1
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


def table_text(rows: Sequence[Row], headers: int) -> str:
    """Return a table as Markdown."""
    parts: list[str] = []
    rows = list(rows)
    # A first row of one merged cell is the table's title.
    while len(rows) > 1 and rows[0].spans and rows[0].is_alone and len(rows[0].cells) > 1:
        parts.append(rows.pop(0).text)
        headers = max(0, headers - 1)
    if not headers and _is_keys_and_values(rows):
        parts.append("\n".join(f"- {keyed(row)}" for row in rows))
        return "\n\n".join(parts)
    depth = headers or max(1, header_depth(rows, first=True))
    names = _names(rows, depth)
    for label, group in _groups(rows[depth:]):
        parts += [f"**{label}**"] if label else []
        parts.append(table([names, *(row.cells for row in group)]).strip("\n"))
    return "\n\n".join(parts)


def _names(rows: Sequence[Row], headers: int) -> tuple[str, ...]:
    """Return the names of the columns; those of several header rows are joined."""
    columns = zip(*[row.cells for row in rows[:headers]], strict=True)
    return tuple(" / ".join(dict.fromkeys(name for name in names if name)) for names in columns)


def _groups(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Yield the rows below each merged row, with its text; a table without such rows is one group."""
    label, group = "", []
    for row in rows:
        if row.spans and row.is_alone and len(row.cells) > 1:
            if group or label:
                yield label, group
            label, group = row.text, []
        else:
            group.append(row)
    if group or label or not rows:
        yield label, group


def _is_keys_and_values(rows: Sequence[Row]) -> bool:
    if len(rows[0].cells) >= MIN_COLUMNS_WITH_KEY:
        return False
    return not may_be_header(rows[0]) or has_mixed_values(rows)


def _is_on(row: etree._Element, mark: str) -> bool:
    found = row.find(f"{{*}}trPr/{{*}}{mark}")
    return found is not None and (attribute(found, "val") or "1") not in _OFF


def _number(element: etree._Element | None, otherwise: int) -> int:
    said = attribute(element, "val") or ""
    return min(int(said), _MAX_SPAN) if said.isdecimal() else otherwise
