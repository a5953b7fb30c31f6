"""Tables of documents and slides as Markdown: several header rows become one, keys and values a list."""

from collections.abc import Iterator, Sequence

from index.reading.formats.cells import MIN_COLUMNS_WITH_KEY, Row, has_mixed_values, header_depth, may_be_header
from index.reading.formats.grids import keyed
from index.reading.formats.lines import table


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
        if label:
            # Below the last rows, or above another merged row, it is a note.
            parts.append(f"**{label}**" if group else label)
        if group or not label:
            parts.append(table([names, *(row.cells for row in group)]).strip("\n"))
    return "\n\n".join(parts)


def _names(rows: Sequence[Row], headers: int) -> tuple[str, ...]:
    """Return the names of the columns; those of several header rows are joined."""
    columns = zip(*[row.cells for row in rows[:headers]], strict=True)
    return tuple(" / ".join(dict.fromkeys(name for name in names if name)) for names in columns)


def _groups(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Yield the rows below each merged row, with its text; a table without such rows is one group."""
    label = ""
    group: list[Row] = []
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
