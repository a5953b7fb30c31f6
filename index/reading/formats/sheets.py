"""Excel to Markdown. Builds run it in worker processes (`index.ingestion`)."""

import io
import zipfile
from itertools import islice
from typing import Any

from index.errors import UnreadableDocumentError
from index.reading.formats.archives import refuse_bombs
from index.reading.formats.content import Content

# No ordinary document of the largest allowed size has more rows or columns.
_MAX_ROWS, _MAX_COLUMNS = 5_000, 50


def xlsx(raw: bytes) -> Content:
    """Return a workbook: a section for each sheet. Every row repeats the column names, so it can be read alone."""
    import openpyxl  # noqa: PLC0415

    refuse_bombs(raw)
    try:
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        sections = [f"## {sheet.title}\n\n{_sheet(sheet)}" for sheet in book.worksheets]
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile, OSError, SyntaxError) as error:
        raise UnreadableDocumentError("broken workbook") from error
    return Content(None, "\n\n".join(sections), named_anchors=True)


def _sheet(sheet: Any) -> str:  # noqa: ANN401 - openpyxl has no types
    rows = [
        ["" if value is None else " ".join(str(value).split()) for value in row[:_MAX_COLUMNS]]
        for row in islice(sheet.iter_rows(values_only=True), _MAX_ROWS)
    ]
    filled = [row for row in rows if any(row)]
    if not filled:
        return ""
    names, *lines = filled
    if not lines:
        return " ".join(names)
    return "\n".join(
        "- "
        + "; ".join(f"{name}: {value}" if name else value for name, value in zip(names, line, strict=False) if value)
        for line in lines
    )
