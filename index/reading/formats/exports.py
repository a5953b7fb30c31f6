"""Exports of help centres: a JSON line for each article."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup

from index.errors import UnreadableDocumentError
from index.reading.formats.content import Content
from index.reading.formats.encoding import decoded
from index.reading.formats.html_page import html_text
from index.reading.formats.markdown_page import reduced


@dataclass(frozen=True, slots=True)
class Article:
    """One article of an export: its line, its own id if it has one, and its content or the reason why there is none."""

    line: int
    key: str | None
    content: Content | str


def articles(raw: bytes) -> Iterator[Article]:
    """Yield the articles of an export: a JSON line each, with title, body, and maybe id, url, groups."""
    for number, line in enumerate(decoded(raw).split("\n"), 1):
        if line.strip():
            try:
                yield _article(line, number)
            except UnreadableDocumentError as error:
                yield Article(number, None, str(error))


def _article(line: str, number: int) -> Article:
    try:
        fields = json.loads(line)
        title, body = str(fields["title"]), str(fields["body"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnreadableDocumentError("not a JSON object with title and body") from error
    is_html = bool(BeautifulSoup(body, "html.parser").find(["p", "div", "ul", "ol", "h1", "h2", "h3", "table", "br"]))
    text = html_text(BeautifulSoup(body, "html.parser")) if is_html else reduced(body)
    key, url = fields.get("id"), fields.get("url")
    content = Content(title, text, str(url) if url else None, fields.get("groups"), named_anchors=True)
    return Article(number, str(key) if isinstance(key, str | int) else None, content)
