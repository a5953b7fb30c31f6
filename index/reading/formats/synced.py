"""An article of a service (Confluence, Zendesk, Notion), as a sync keeps it: a JSON object."""

from collections.abc import Callable
from typing import Literal

from bs4 import BeautifulSoup
from pydantic import BaseModel, ConfigDict, ValidationError

from index.errors import UnreadableDocumentError
from index.reading.formats.content import Content
from index.reading.formats.html_page import html_text
from index.reading.formats.notion_blocks import notion
from index.reading.formats.storage_format import storage

Form = Literal["html", "storage", "blocks"]


class SyncedArticle(BaseModel):
    """An article and what its service says about it; `groups` may read it, `form` is how the body is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Form
    title: str
    url: str | None
    updated: str | None
    groups: list[str]
    body: str


def synced(raw: bytes) -> Content:
    """Return an article. Raises UnreadableDocumentError."""
    try:
        article = SyncedArticle.model_validate_json(raw)
    except ValidationError as error:
        raise UnreadableDocumentError("not an article as a sync keeps it") from error
    if not article.groups:
        raise UnreadableDocumentError("nobody may read it")
    text = _READINGS[article.form](article.body)
    return Content(article.title, text, article.url, article.groups, named_anchors=True, updated=article.updated)


def _html(body: str) -> str:
    return html_text(BeautifulSoup(body, "html.parser"))


_READINGS: dict[Form, Callable[[str], str]] = {"html": _html, "storage": storage, "blocks": notion}
