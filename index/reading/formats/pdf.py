"""PDF to Markdown. Builds run it in worker processes (`index.ingestion`)."""

from collections.abc import Iterator
from typing import Any

from index.errors import UnreadableDocumentError
from index.markdown import with_anchor
from index.reading.formats.content import Content
from index.reading.formats.lines import escaped

# No ordinary document of the largest allowed size has more.
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
    return "\n".join(escaped(line.strip()) for line in lines).strip()
