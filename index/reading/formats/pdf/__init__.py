"""PDF to Markdown. Builds run it in worker processes (`index.ingestion`).

PDFium reads characters with their places; the rest is done here, because a question is answered from what belongs
together: columns one after the other, a table's rows with their header, sentences over the break of a page, and each
heading with what stands below it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from index.errors import UnreadableDocumentError
from index.markdown import with_anchor
from index.reading.formats.content import Content
from index.reading.formats.pdf.blocks import blocks
from index.reading.formats.pdf.contents import without_contents
from index.reading.formats.pdf.flow import flowing
from index.reading.formats.pdf.furniture import without_furniture
from index.reading.formats.pdf.headings import body_size, largest_text, typographic, without_typewriter
from index.reading.formats.pdf.metadata import named_title, updated
from index.reading.formats.pdf.outline import Bookmark, Heading, Item, bookmarks, with_headings
from index.reading.formats.pdf.page import Page
from index.reading.formats.pdf.paragraphs import Paragraph
from index.reading.formats.pdf.reading import read_page

# No ordinary document of the largest allowed size has more.
_MAX_PAGES = 3_000
_NO_TEXT = "a picture without text: needs text recognition first"


def pdf(raw: bytes) -> Content:
    """Return a PDF's text: a section for each heading and page, whose anchor opens the page."""
    document = _opened(raw)
    numbers = range(1, min(len(document), _MAX_PAGES) + 1)
    read = without_typewriter([read_page(document, number) for number in numbers])
    body = body_size(read)
    pages = without_furniture(read, body)
    if not any(page.words for page in pages):
        raise UnreadableDocumentError("no text in it: scanned pages need text recognition first")
    names = bookmarks(document)
    items = flowing([(_items(page, names, len(pages)), page.height) for page in pages], body)
    text = "\n\n".join(_sections(items, typographic(items, body, outlined=bool(names))))
    unread = tuple((f"page {page.number}", _NO_TEXT) for page in pages if page.pictured and not page.words)
    title = named_title(document) or largest_text(items, body)
    return Content(title, text, named_anchors=True, updated=updated(document), unread=unread)


def _opened(raw: bytes) -> Any:  # noqa: ANN401 - pypdfium2 has no types
    import pypdfium2  # noqa: PLC0415 - each converter loads its own library

    try:
        document = pypdfium2.PdfDocument(raw)
        if document.get_formtype():
            document.init_forms()
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise UnreadableDocumentError("locked with a password" if locked else "broken or locked PDF") from error
    return document


def _items(page: Page, names: Sequence[Bookmark], count: int) -> list[Item]:
    here = [name for name in names if name.page == page.number]
    return with_headings(list(blocks(without_contents(page, count))), here, page.bottom + page.height)


def _sections(items: Sequence[Item], levels: dict[int, int]) -> Iterator[str]:
    """Yield headings and blocks as Markdown. Each page begins a section, with the heading of the last if it goes on."""
    level, name, page = 2, "", 0
    for number, item in enumerate(items):
        if isinstance(item, Heading):
            level, name, page = item.level, item.name, item.page
        elif number in levels and isinstance(item, Paragraph):
            level, name, page = levels[number], item.text, item.page
        elif item.page != page:
            page = item.page
            yield _heading(level, name or f"Page {page}", page)
            yield item.markdown
            continue
        else:
            yield item.markdown
            continue
        yield _heading(level, name, page)


def _heading(level: int, name: str, page: int) -> str:
    return f"{'#' * level} {with_anchor(name, f'page={page}')}"
