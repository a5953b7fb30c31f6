"""HTML to Markdown that holds what a reader of the page sees."""

import re

from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

from index.errors import UnreadableDocumentError
from index.markdown import first_heading, with_anchor
from index.reading.formats import page_metadata
from index.reading.formats.content import Content
from index.reading.formats.encoding import decoded

_NOT_CONTENT = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form")


def html(raw: bytes) -> Content:
    """Return the main part of a page, with the anchors of its headings."""
    said, soup = page_metadata.parsed(decoded(raw))
    title = soup.title.get_text(" ", strip=True) if soup.title else None
    canonical = soup.find("link", rel="canonical")
    try:
        text = html_text(soup)
    except RecursionError as error:
        raise UnreadableDocumentError("HTML is nested too deeply") from error
    url = str(canonical["href"]) if isinstance(canonical, Tag) and canonical.has_attr("href") else None
    title = said.title or title or first_heading(text)
    return Content(title, text, said.url or url, said.access, named_anchors=True, updated=said.updated)


def html_text(soup: BeautifulSoup) -> str:
    """Return the Markdown of a page's main part."""
    for tag in soup(_NOT_CONTENT):
        tag.decompose()
    main = soup.find("main") or soup.find("article") or soup.body or soup
    return str(_Converter(table_infer_header=True, heading_style="ATX", bullets="-").convert_soup(main)).strip()


class _Converter(MarkdownConverter):
    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802 - markdownify's name
        anchor = el.get("id") or (el.a.get("id") or el.a.get("name") if el.a else None)
        marked = (
            with_anchor(text.strip(), str(anchor))
            if anchor and text.strip() and not re.search(r"[\s{}]", str(anchor))
            else text
        )
        return str(super().convert_hN(n, el, marked, parent_tags))  # type: ignore[misc]
