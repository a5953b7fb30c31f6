"""PDF, Word, PowerPoint and Excel to Markdown. Builds run it in worker processes (`index.ingestion`)."""

import io
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import Any

from bs4 import BeautifulSoup

from index.errors import UnreadableDocumentError
from index.markdown import with_anchor
from index.reading.markup import Content, html_text

# No ordinary document of the largest allowed size unpacks to more, or has more rows, columns or pages.
_MAX_UNPACKED = 200_000_000
_MAX_ROWS, _MAX_COLUMNS = 5_000, 50
_MAX_PAGES = 3_000


def pdf(raw: bytes) -> Content:
    """Return a PDF's text: a section for each page, named as in the outline, whose anchor opens that page."""
    import pypdfium2  # noqa: PLC0415 - each converter loads its own library

    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        raise UnreadableDocumentError("broken or locked PDF") from error
    title = document.get_metadata_value("Title").strip() or None
    names = {page: name for name, page in _outline(document)}
    sections = [
        f"## {with_anchor(names.get(page, f'Page {page + 1}'), f'page={page + 1}')}\n\n{text}"
        for page in range(min(len(document), _MAX_PAGES))
        if (text := _page_text(document, page))
    ]
    if not sections:
        raise UnreadableDocumentError("no text in it: scanned pages need text recognition first")
    return Content(title, "\n\n".join(sections), named_anchors=True)


def _outline(document: Any) -> Iterator[tuple[str, int]]:  # noqa: ANN401 - pypdfium2 has no types
    for bookmark in document.get_toc():
        target = bookmark.get_dest()
        page = target.get_index() if target else None
        if page is not None and bookmark.get_title().strip():
            yield " ".join(bookmark.get_title().split()), page


def _page_text(document: Any, number: int) -> str:  # noqa: ANN401
    text = str(document[number].get_textpage().get_text_bounded())
    # PDFium replaces a hyphen at a line's end by U+FFFE; the word continues on the next line.
    lines = text.replace("\ufffe\r\n", "").replace("\ufffe", "").replace("\r\n", "\n").split("\n")
    return "\n".join(_escaped(line.strip()) for line in lines).strip()


def _escaped(line: str) -> str:
    # Plain text may begin with "#"; it is no heading.
    return f"\\{line}" if line.startswith("#") else line


def docx(raw: bytes) -> Content:
    """Return a Word document with its headings, lists and tables."""
    import mammoth  # noqa: PLC0415

    _refuse_bombs(raw)
    try:
        result = mammoth.convert_to_html(io.BytesIO(raw), convert_image=mammoth.images.img_element(lambda _image: {}))
    except (KeyError, ValueError, zipfile.BadZipFile, OSError) as error:
        raise UnreadableDocumentError("broken Word document") from error
    soup = BeautifulSoup(result.value, "html.parser")
    heading = soup.find(["h1", "h2"])
    return Content(heading.get_text(" ", strip=True) if heading else None, html_text(soup), named_anchors=True)


def pptx(raw: bytes) -> Content:
    """Return a presentation: a section for each slide, with its tables and notes."""
    import pptx as library  # noqa: PLC0415

    _refuse_bombs(raw)
    try:
        slides = list(library.Presentation(io.BytesIO(raw)).slides)
    except (KeyError, ValueError, zipfile.BadZipFile, OSError, AttributeError) as error:
        raise UnreadableDocumentError("broken presentation") from error
    sections = [_slide(number, slide) for number, slide in enumerate(slides, 1)]
    title = slides[0].shapes.title.text_frame.text if slides and slides[0].shapes.title else None
    return Content(title, "\n\n".join(sections), named_anchors=True)


def _slide(number: int, slide: Any) -> str:  # noqa: ANN401 - python-pptx has no types
    title = slide.shapes.title
    name = " ".join(title.text_frame.text.split()) if title is not None and title.has_text_frame else ""
    parts = [f"## {name or f'Slide {number}'}"]
    for shape in slide.shapes:
        if shape.has_text_frame and (title is None or shape.shape_id != title.shape_id):
            parts += [f"- {_escaped(text)}" for p in shape.text_frame.paragraphs if (text := p.text.strip())]
        elif getattr(shape, "has_table", False) and shape.has_table:
            parts.append(_table([[cell.text for cell in row.cells] for row in shape.table.rows]))
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame):
        parts.append(notes.text.strip())
    return "\n".join(part for part in parts if part)


def xlsx(raw: bytes) -> Content:
    """Return a workbook: a section for each sheet. Every row repeats the column names, so it can be read alone."""
    import openpyxl  # noqa: PLC0415

    _refuse_bombs(raw)
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


def _table(rows: list[list[str]]) -> str:
    cells = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join(["", lines[0], "|" + " --- |" * len(cells[0]), *lines[1:], ""]) if lines else ""


def _refuse_bombs(raw: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UnreadableDocumentError("broken archive") from error
    if unpacked > _MAX_UNPACKED:
        raise UnreadableDocumentError(f"unpacks to {unpacked:,} bytes, more than {_MAX_UNPACKED:,}")
