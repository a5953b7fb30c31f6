"""The tables `[[index.services]]`."""

from typing import Any

import pytest

from bot.app import services
from bot.settings import load_settings
from index.errors import SettingsError

_WIKI = {"kind": "confluence", "name": "wiki", "url": "https://example.atlassian.net", "spaces": ["HELP"]}
_NOTES = {"kind": "notion", "name": "notes", "readers": ["staff"]}


def _loaded(*tables: dict[str, Any]) -> Any:  # noqa: ANN401
    return services(load_settings(index={"services": tables}))


def test_notion_answers_for_everybody_at_one_address() -> None:
    wiki, notes = _loaded(_WIKI, _NOTES)
    assert (wiki.url, notes.url) == ("https://example.atlassian.net", "https://api.notion.com")


def test_the_address_of_confluence_may_be_that_of_its_pages() -> None:
    (wiki,) = _loaded(_WIKI | {"url": "https://example.atlassian.net/wiki/"})
    assert wiki.url == "https://example.atlassian.net"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (_WIKI | {"url": ""}, "give the address of the site"),
        (_WIKI | {"url": "example.atlassian.net"}, "give the address of the site"),
        (_WIKI | {"spaces": []}, "spaces: name what is read"),
        (_WIKI | {"kind": "zendesk"}, "locales: name what is read"),
        (_WIKI | {"name": "../up"}, "name"),
        (_WIKI | {"token": "secret"}, "token"),
        (_WIKI | {"token_env": "not a name"}, "token_env"),
        (_WIKI | {"kind": "sharepoint"}, "kind"),
        (_NOTES | {"readers": []}, "Notion does not tell who may read a page"),
    ],
)
def test_a_table_that_cannot_work_is_refused(table: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        _loaded(table)
    assert "secret" not in str(caught.value)


def test_two_services_of_one_name_are_refused() -> None:
    with pytest.raises(SettingsError, match="two services are called wiki"):
        _loaded(_WIKI, _WIKI)
