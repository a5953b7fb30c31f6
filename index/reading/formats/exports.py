"""Exports of help centres: a JSON line for each article, a list of articles, or an object that holds such a list."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from bs4 import BeautifulSoup

from index.errors import UnreadableDocumentError
from index.reading.documents import UnmappedReaders
from index.reading.formats import front_matter
from index.reading.formats.access_rules import access_of
from index.reading.formats.access_words import RULES, is_public
from index.reading.formats.content import Content
from index.reading.formats.encoding import decoded
from index.reading.formats.fields import Fields, bare, from_json
from index.reading.formats.html_page import html_text
from index.reading.formats.markdown_page import reduced
from index.reading.formats.metadata import refuse_draft, updated_day
from index.reading.formats.stray_rules import refuse_tags

# Names as Zendesk, Intercom, Freshdesk, Help Scout and HubSpot write them; the first that is there counts.
_TITLE = ("title", "name", "htmltitle")
_BODY = ("body", "bodyhtml", "content", "html", "text", "description", "descriptiontext")
_URL = ("htmlurl", "publicurl", "url", "link")
# Zendesk: who may edit an article; no one reads it for that.
_NOT_READERS = frozenset({"permission_group_id"})
_SEGMENTS = ("usersegmentids", "usersegmentid", "usersegment")
_ARTICLES = "articles"
_NO_ARTICLE = "not a JSON object with title and body"
# Freshdesk counts: 1 is a draft, 2 is published.
_FRESHDESK_DRAFT = 1


@dataclass(frozen=True, slots=True)
class Article:
    """One article of an export: its line, its own id if it has one, and its content or the reason why there is none.

    In a list of articles, `line` is the place in the list, from 1.
    """

    line: int
    key: str | None
    content: Content | str


def articles(raw: bytes) -> Iterator[Article]:
    """Yield the articles of an export. Raises UnreadableDocumentError if it is one list and cannot be read."""
    text = decoded(raw).strip()
    whole = _whole(text)
    if whole is not None:
        for number, fields in enumerate(whole, 1):
            yield _article(fields, number)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _article(_parsed(line), number)


def _whole(text: str) -> list[Any] | None:
    """Return the articles of a text that is a single JSON value; None if it is lines."""
    try:
        value, end = from_json(text)
    except UnreadableDocumentError:
        if text.startswith("[") and "\n" in text:
            raise UnreadableDocumentError("a list of articles that is not valid JSON") from None
        return None
    if text[end:].strip():
        return None
    return value if isinstance(value, list) else _held(value) if isinstance(value, Fields) else [value]


def _held(value: Fields) -> list[Any]:
    """Return the articles in an object: its `articles`, else its only list of objects; else it is an article itself."""
    if isinstance(value.first(*_BODY), str):
        return [value]
    lists = {bare(key): item for key, item in value.pairs if isinstance(item, list) and _is_objects(item)}
    if _ARTICLES not in lists and len(lists) != 1:
        return [value]
    found: list[Any] = lists.get(_ARTICLES) or next(iter(lists.values()))
    around = Fields(tuple((key, item) for key, item in value.pairs if bare(key) not in lists or bare(key) in RULES))
    others = Fields(tuple((key, item) for key, item in value.pairs if item is not found))
    if access_of(around) is not None or any(_is_rule(path[-1], said) for path, said in others.everywhere()):
        raise UnreadableDocumentError("`access` stands beside the list of articles: write it in each article")
    return found


def _is_rule(key: str, value: object) -> bool:
    return bare(key) in RULES and value not in (None, "", []) and not is_public(value)


def _is_objects(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, Fields) for item in items)


def _parsed(line: str) -> Any:  # noqa: ANN401 - any value
    try:
        value, end = from_json(line.strip())
    except UnreadableDocumentError:
        return None
    return None if line.strip()[end:] else value


def _article(fields: Any, number: int) -> Article:  # noqa: ANN401 - any value
    if not isinstance(fields, Fields):
        return Article(number, None, _NO_ARTICLE)
    try:
        content = _content(fields)
    except UnreadableDocumentError as error:
        return Article(number, None, str(error))
    except RecursionError:
        return Article(number, None, "nested too deeply")
    key = fields.first("id")
    return Article(number, str(key) if isinstance(key, str | int) else None, content)


def _content(fields: Fields) -> Content:
    _refuse_draft(fields)
    access = _readers(fields)
    title, body, address = (fields.first(*names) for names in (_TITLE, _BODY, _URL))
    if not isinstance(title, str | int) or not isinstance(body, str):
        raise UnreadableDocumentError(_NO_ARTICLE)
    page = BeautifulSoup(body, "html.parser")
    if access is None:
        _refuse_in_body(body, page)
    is_html = page.find(["p", "div", "ul", "ol", "h1", "h2", "h3", "table", "br"]) is not None
    content = Content(str(title), html_text(page) if is_html else reduced(body), access=access, named_anchors=True)
    return replace(content, url=address if isinstance(address, str) else None, updated=updated_day(fields))


def _refuse_in_body(body: str, page: BeautifulSoup) -> None:
    refuse_tags(page("meta"))
    text = front_matter.below_comments(body)
    if not text.startswith("<") and front_matter.split(text)[0].access is not None:
        raise UnreadableDocumentError("an access rule stands in its text: write it beside `title`")


def _refuse_draft(fields: Fields) -> None:
    refuse_draft(fields)
    is_freshdesk = fields.first("descriptiontext", "folderid") is not None
    if is_freshdesk and fields.first("status") == _FRESHDESK_DRAFT:
        raise UnreadableDocumentError("a draft: it says `status: 1`")


def _readers(fields: Fields) -> list[str] | UnmappedReaders | None:
    """Return the groups that an article names, or its segment of users, which no group here is known to be."""
    named = access_of(fields, _NOT_READERS)
    segments = [value for path, value in fields.everywhere() if bare(path[-1]) in _SEGMENTS]
    if named is None and any(segment not in (None, "", []) for segment in segments):
        return UnmappedReaders(
            "only a segment of users may read it (`user_segment_id`): give it groups by a rule in `index.access`, "
            "or by `groups` in the line"
        )
    return named
