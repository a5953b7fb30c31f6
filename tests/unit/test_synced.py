"""Articles of services as a sync keeps them."""

import json

import pytest

from index.errors import UnreadableDocumentError
from index.reading.formats.synced import synced

_ARTICLE = {
    "form": "html",
    "title": "Fees",
    "url": "https://help.example.com/1",
    "updated": "2026-11-03",
    "groups": ["leads"],
    "body": "<h2>Abroad</h2><p>Nine euro.</p>",
}


def test_an_article_keeps_what_its_service_says_about_it() -> None:
    content = synced(json.dumps(_ARTICLE).encode())
    assert (content.title, content.url, content.updated, content.access) == (
        "Fees",
        "https://help.example.com/1",
        "2026-11-03",
        ["leads"],
    )
    assert content.text == "## Abroad\n\nNine euro."


@pytest.mark.parametrize(
    "change", [{"form": "pdf"}, {"groups": None}, {"groups": []}, {"body": 3}, {"access": "everyone"}]
)
def test_what_is_no_such_article_is_read_by_nobody(change: dict[str, object]) -> None:
    with pytest.raises(UnreadableDocumentError):
        synced(json.dumps(_ARTICLE | change).encode())


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff\xfe", b"{" * 100_000])
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableDocumentError):
        synced(raw)
