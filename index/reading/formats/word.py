"""Word to Markdown. Builds run it in worker processes (`index.ingestion`)."""

import io
import zipfile

from bs4 import BeautifulSoup

from index.errors import UnreadableDocumentError
from index.reading.formats.archives import refuse_bombs
from index.reading.formats.content import Content
from index.reading.formats.html_page import html_text


def docx(raw: bytes) -> Content:
    """Return a Word document with its headings, lists and tables."""
    import mammoth  # noqa: PLC0415

    refuse_bombs(raw)
    try:
        result = mammoth.convert_to_html(io.BytesIO(raw), convert_image=mammoth.images.img_element(lambda _image: {}))
    except (KeyError, ValueError, zipfile.BadZipFile, OSError) as error:
        raise UnreadableDocumentError("broken Word document") from error
    soup = BeautifulSoup(result.value, "html.parser")
    heading = soup.find(["h1", "h2"])
    return Content(heading.get_text(" ", strip=True) if heading else None, html_text(soup), named_anchors=True)
