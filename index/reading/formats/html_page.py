"""HTML to Markdown that holds what a reader of the page sees."""

import re

from bs4 import BeautifulSoup, Tag

from index.errors import UnreadableDocumentError
from index.markdown import code_apart, first_heading
from index.reading.formats import page_metadata
from index.reading.formats.content import Content
from index.reading.formats.encoding import decoded
from index.reading.formats.html_hidden import left_out
from index.reading.formats.html_main import content
from index.reading.formats.html_markdown import PageConverter, flattened
from index.reading.formats.lines import apart

_HEAD_BYTES = 4_096
_TITLE_CHARS = 1_000
_CHARSET = re.compile(rb"<meta\b[^>]{0,400}?\bcharset\s*=\s*[\"']?\s*([\w:.-]{2,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([\w:.-]{2,40})", re.IGNORECASE)
# What browsers take these for.
_READ_AS = {"iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}
_UTF_16 = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_SPACES = re.compile(r"(?<=[^\s|]) {2,}(?=\S)")
_SEPARATOR = re.compile(r"\s+[-–—/·•>]\s+|\s*[|»«]\s*|:\s+")  # noqa: RUF001


def html(raw: bytes) -> Content:
    """Return the main part of a page, with the anchors of its headings."""
    said, soup = page_metadata.parsed(decoded(raw, _declared(raw)))
    canonical = soup.find("link", rel="canonical")
    url = str(canonical["href"]) if isinstance(canonical, Tag) and canonical.has_attr("href") else None
    title = said.title or _title(soup)
    try:
        text = html_text(soup)
    except RecursionError as error:
        raise UnreadableDocumentError("HTML is nested too deeply") from error
    title = title or first_heading(text)
    return Content(title, text, said.url or url, said.access, named_anchors=True, updated=said.updated)


def html_text(soup: BeautifulSoup) -> str:
    """Return the Markdown of a page's main part. The page is changed where it is nested deeply."""
    text = _text(soup)
    if not text and (without := soup("noscript")):
        for tag in without:
            tag.name = "div"
        text = _text(soup)
    return text


def _text(soup: BeautifulSoup) -> str:
    unseen = left_out(soup)
    flattened(soup, unseen)
    tags, gone = content(soup, unseen)
    converter = PageConverter(gone)
    text = "\n\n".join(str(converter.convert_soup(tag)).strip() for tag in tags)
    return apart("\n".join(run if is_code else _tidy(run) for run, is_code in code_apart(text))).strip()


def _tidy(text: str) -> str:
    return "\n".join(_SPACES.sub(" ", line.rstrip()) for line in text.split("\n"))


def _declared(raw: bytes) -> str | None:
    """Return the encoding that a page names, unless its bytes are UTF-8, which no other text is by chance."""
    start = raw[:_HEAD_BYTES]
    if start[:2] in _UTF_16:
        return _UTF_16[start[:2]]
    found = _CHARSET.search(start) or _XML_ENCODING.match(start)
    if found is None or _is_utf8(raw):
        return None
    name = found[1].decode().lower()
    return _READ_AS.get(name, name)


def _is_utf8(raw: bytes) -> bool:
    try:
        return not raw.isascii() and bool(raw.decode())
    except UnicodeDecodeError:
        return False


def _title(soup: BeautifulSoup) -> str | None:
    """Return the page's title: without the name of the site if a first heading confirms the rest."""
    title = " ".join(soup.title.get_text(" ")[:_TITLE_CHARS].split()) if soup.title else ""
    parts = _SEPARATOR.split(title)
    known = {parts[0], parts[-1], *(title[: found.start()] for found in _SEPARATOR.finditer(title))}
    headings = (" ".join(tag.get_text(" ").split()).rstrip(" ¶#") for tag in soup("h1"))
    return next((words for words in headings if words and words in known), title) or None
