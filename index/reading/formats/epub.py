"""E-books (EPUB) to Markdown: their chapters are pages of HTML."""

import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote

from bs4 import BeautifulSoup
from lxml import etree

from index.errors import UnreadableDocumentError
from index.reading.formats.archives import local, opened, xml
from index.reading.formats.content import Content
from index.reading.formats.encoding import decoded
from index.reading.formats.html_page import html_text
from index.reading.formats.properties import real_title
from index.reading.formats.stray_rules import refuse_names, refuse_tags

_DAY_CHARS = 10


def epub(raw: bytes) -> Content:
    """Return the chapters of a book in reading order, without its table of contents."""
    with opened(raw, "book") as archive:
        root = xml(archive, "META-INF/container.xml").find(".//{*}rootfile")
        if root is None:
            raise UnreadableDocumentError("broken book")
        part = root.get("full-path", "")
        package = xml(archive, part)
        refuse_names(e.get(attribute, "") for e in package.iter("{*}meta") for attribute in ("name", "property"))
        try:
            chapters = [_chapter(page) for page in _pages(archive, package, part)]
        except RecursionError as error:
            raise UnreadableDocumentError("nested too deeply") from error
        said = {
            local(e) if e.get("property") is None else e.get("property"): e.text or "" for e in package.iter("{*}*")
        }
        updated = said.get("dcterms:modified", "")[:_DAY_CHARS] or None
        return Content(real_title(said.get("title", "")), "\n\n".join(chapters), named_anchors=True, updated=updated)


def _chapter(page: bytes) -> str:
    soup = BeautifulSoup(decoded(page), "html.parser")
    refuse_tags(soup("meta"))
    return html_text(soup)


def _pages(archive: zipfile.ZipFile, package: etree._Element, part: str) -> Iterator[bytes]:
    """Yield the pages in their order, each once, without those that only list the others."""
    items = {item.get("id"): item for item in package.iterfind("{*}manifest/{*}item")}
    for name in dict.fromkeys(
        reference.get("idref")
        for reference in package.iterfind("{*}spine/{*}itemref")
        if reference.get("linear") != "no"
    ):
        item = items.get(name)
        if item is None or "nav" in item.get("properties", "").split():
            continue
        if item.get("media-type") in ("application/xhtml+xml", "text/html"):
            yield archive.read(
                posixpath.normpath(posixpath.join(posixpath.dirname(part), unquote(item.get("href", ""))))
            )
