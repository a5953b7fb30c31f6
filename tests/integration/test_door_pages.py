"""The pages that install the app in Slack, and the demo's page, visited by hand with what no browser sends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp

from bot.http_door import listening
from bot.sandbox.server import Sandbox
from bot.settings import ServerSettings, SlackSettings
from bot.slack.http import routes
from bot.slack.oauth import INSTALL_PATH, REDIRECT_PATH, STATE_SECONDS, oauth_settings
from bot.slack.stored_installations import StoredInstallations, StoredStates
from bot.slack.token_keys import TokenKeys, new_key
from bot.store.sqlite.store import SqliteStore

_OF_A_PAGE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@asynccontextmanager
async def _pages(store: SqliteStore) -> AsyncIterator[str]:
    slack = SlackSettings(client_id="1.2", client_secret="s", public_url="https://bot.example")
    installations = StoredInstallations(store, "1.2", TokenKeys.of(new_key()))
    oauth = oauth_settings(slack, installations, StoredStates(store.sign_in_states, STATE_SECONDS))
    app = AsyncApp(name="citedesk", signing_secret="s", oauth_settings=oauth)
    async with listening(ServerSettings(port=0), routes(slack, lambda: app)) as url:
        yield url


@pytest.fixture
def now() -> list[datetime]:
    """Return the time of the store, to be changed."""
    return [datetime.now(UTC)]


@pytest.fixture
async def store(tmp_path: Path, now: list[datetime]) -> AsyncIterator[SqliteStore]:
    """Return an empty store."""
    store = await SqliteStore(tmp_path / "citedesk.sqlite", lambda: now[0]).open()
    yield store
    await store.close()


async def test_the_installation_pages_run_nothing_and_stand_in_no_frame(store: SqliteStore) -> None:
    async with _pages(store) as url, aiohttp.ClientSession() as session:
        for page in (INSTALL_PATH, f"{REDIRECT_PATH}?error=%3Cscript%3Ealert(1)%3C/script%3E"):
            async with session.get(url + page) as response:
                assert response.status == 200
                assert "<script>" not in await response.text()
                assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
                assert {name: response.headers[name] for name in _OF_A_PAGE} == _OF_A_PAGE


@pytest.mark.parametrize(
    ("query", "cookie"),
    [
        ("", ""),
        ("?state=x&code=y", ""),
        ("?state=x&code=y", "slack-app-oauth-state=x"),
        ("?state=%00&code=%ff", "slack-app-oauth-state=x"),
        ("?state=x&state=y&code=" + "z" * 4_000, "slack-app-oauth-state=x; slack-app-oauth-state=y"),
        ("?state[]=x&code[]=y", "="),
    ],
)
async def test_a_redirect_that_nobody_began_is_refused(query: str, cookie: str, store: SqliteStore) -> None:
    async with (
        _pages(store) as url,
        aiohttp.ClientSession() as session,
        session.get(url + REDIRECT_PATH + query, headers={"Cookie": cookie}, data=b"{") as response,
    ):
        assert response.status in {400, 401}


async def test_visits_are_limited_and_states_that_have_expired_make_room(
    store: SqliteStore, now: list[datetime]
) -> None:
    async with _pages(store) as url, aiohttp.ClientSession() as session:
        statuses = []
        for _ in range(130):
            async with session.get(url + INSTALL_PATH) as response:
                statuses.append(response.status)
        assert statuses == [200] * 120 + [429] * 10
    count = "SELECT count(*) FROM sign_in_states"
    assert await store._database.rows(count) == [(120,)]
    now[0] += timedelta(seconds=STATE_SECONDS + 1)
    await store.sign_in_states.issue("new", STATE_SECONDS)
    assert await store._database.rows(count) == [(1,)]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "[::1"}, 400),
        ({"Host": ""}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 400),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_the_demo_takes_no_action_from_another_page(headers: dict[str, str], status: int) -> None:
    async with (
        Sandbox() as sandbox,
        aiohttp.ClientSession() as session,
        session.post(
            f"{sandbox.url}/sandbox/post",
            data=b'{"user": "U0ASKER", "channel": "C0SUPPORT", "text": "x"}',
            headers={"Content-Type": "application/json"} | headers,
        ) as response,
    ):
        assert response.status == status
        assert sandbox.workspace.messages == []
        assert "Set-Cookie" not in response.headers
