"""Excel to Markdown. Builds run it in worker processes (`index.ingestion`)."""

from index.reading.formats.archives import opened
from index.reading.formats.content import Content
from index.reading.formats.grids import markdown_of
from index.reading.formats.properties import properties


def xlsx(raw: bytes) -> Content:
    """Return a workbook: a section for each visible sheet, in which every row repeats the names of its columns.

    Hidden sheets, rows and columns, formulas without a result and what lies beyond the limits are named as unread.
    """
    # Late: these load openpyxl, which takes longer than all other converters together.
    from index.reading.formats.sheet_rows import sheet_rows  # noqa: PLC0415
    from index.reading.formats.workbooks import Workbook  # noqa: PLC0415

    sections: list[str] = []
    unread: list[tuple[str, str]] = []
    with opened(raw, "workbook") as archive:
        book = Workbook(archive)
        title, updated = properties(archive)
        for sheet in book.sheets():
            part = f"sheet {sheet.name}"
            if sheet.is_hidden:
                unread.append((part, "hidden"))
                continue
            rows, left_out = sheet_rows(archive, book, sheet)
            unread += [(part, reason) for reason in left_out]
            if any(row.filled for row in rows):
                sections.append(f"## {sheet.name}\n\n{markdown_of(rows, first=False)}")
    return Content(title, "\n\n".join(sections), named_anchors=True, updated=updated, unread=tuple(unread))
