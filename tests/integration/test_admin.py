"""Admin commands, refusals of payloads that are not ours, installation, and Socket Mode kept alive."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from pydantic import SecretStr
from slack_sdk.oauth.installation_store import Installation
from support.models import shared_embedder
from support.workspace import ADMIN, ASKER, REVIEWER, SUPPORT, Desk, shown, workspace

from bot.cli.demo import demo_settings
from bot.cli.doctor import diagnose
from bot.sandbox.delivery import signature
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import TEAM_ID
from bot.server import running_bot
from bot.settings import Settings
from bot.slack.clients import ForeignWorkspaceError, InstalledWorkspaces
from bot.slack.http import EVENTS_PATH
from bot.slack.oauth import SCOPES
from bot.slack.stored_installations import StoredInstallations
from bot.slack.token_keys import TokenKeys, new_key
from bot.store.sqlite.store import SqliteStore
from index.builder import BuildRules, build
from index.retrieval import LastBuild
from index.snapshot import SnapshotFolder

_KEY = new_key()
_ANSWERABLE = "When does the first payment reminder go out?"


async def test_rollback_serves_the_index_before_and_says_when_there_is_none(
    own_data: Path, articles: Path, own_desk: Desk
) -> None:
    (none,) = await own_desk.command(ADMIN, "/citedesk rollback")
    assert "There is no earlier snapshot to go back to." in none.text
    await asyncio.to_thread(build, [articles], own_data, shared_embedder(), BuildRules())
    newest = own_desk.bot.use_cases.operations.retriever.manifest().name
    (done,) = await own_desk.command(ADMIN, "/citedesk rollback")
    assert "again" in done.text
    assert own_desk.bot.use_cases.operations.retriever.manifest().name < newest
    assert "7 days" in shown(await own_desk.exactly_one_reply(await own_desk.ask(_ANSWERABLE)))


async def test_why_usage_and_reviews_answer_those_whom_they_concern(approval_desk: Desk) -> None:
    reply = await approval_desk.exactly_one_reply(await approval_desk.ask(_ANSWERABLE, ADMIN, "D0ADMIN"))
    await approval_desk.ask("Can I get my money back?")
    await approval_desk.card()
    assert reply.metadata is not None
    request_id = reply.metadata["event_payload"]["request_id"]
    (why,) = await approval_desk.command(ADMIN, f"/citedesk why {request_id}")
    assert "answered" in shown(why)
    assert "retrieve" in shown(why)
    assert _ANSWERABLE not in shown(why)
    (unknown,) = await approval_desk.command(ADMIN, "/citedesk why r-404")
    assert "I know no request" in unknown.text
    (usage,) = await approval_desk.command(ADMIN, "/citedesk usage")
    assert "2 questions by 2 people" in shown(usage)
    (mine,) = await approval_desk.command(REVIEWER, "/citedesk reviews")
    assert "Can I get my money back?" in shown(mine)
    (nobodys,) = await approval_desk.command(ASKER, "/citedesk reviews")
    assert "No review is waiting for you" in shown(nobodys)


async def test_why_the_last_build_failed_is_told_to_admins_only(own_data: Path, own_desk: Desk) -> None:
    SnapshotFolder(own_data).note(LastBuild(at="2026-11-27T03:00:00", error="cannot read /srv/secret/leads.md"))
    (admins,) = await own_desk.command(ADMIN, "/citedesk status")
    assert "/srv/secret/leads.md" in shown(admins)
    (others,) = await own_desk.command(ASKER, "/citedesk status")
    assert "reading them on 27 Nov 2026, 03:00 UTC failed: an admin can see why" in shown(others)
    assert "/srv/secret" not in shown(others)


@pytest.mark.parametrize("command", ["reindex", "rollback", "why r-1", "usage", "gaps"])
async def test_what_is_for_admins_is_refused_to_everybody_else(command: str, own_desk: Desk) -> None:
    (refusal,) = await own_desk.command(REVIEWER, f"/citedesk {command}")
    assert "Only admins may do this" in refusal.text


async def _posted(desk: Desk, body: str, kind: str = "application/json") -> int:
    headers = signature(desk.sandbox.credentials.signing_secret, body, int(time.time())) | {"Content-Type": kind}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{desk.bot.url}{EVENTS_PATH}", data=io.BytesIO(body.encode()), headers=headers) as response,
    ):
        return response.status


_FORM = "application/x-www-form-urlencoded"
_EVENT: dict[str, Any] = {"type": "app_mention", "user": ASKER, "ts": "1.1", "text": "hi there you", "channel": SUPPORT}
_FOREIGN: tuple[tuple[str, str], ...] = (
    (
        json.dumps({"team_id": "T0OTHER", "type": "event_callback", "event_id": "E1", "event": _EVENT}),
        "application/json",
    ),
    (
        urlencode({"command": "/citedesk", "text": "ask", "team_id": "T0OTHER", "user_id": ADMIN, "trigger_id": "t"}),
        _FORM,
    ),
    (
        urlencode(
            {
                "payload": json.dumps(
                    {
                        "type": "block_actions", "team": {"id": "T0OTHER"}, "user": {"id": REVIEWER}, "trigger_id": "t",
                        "channel": {"id": SUPPORT}, "actions": [{"action_id": "review_approve", "value": "r-1"}],
                    }
                )
            }
        ),
        _FORM,
    ),
)  # fmt: skip


@pytest.mark.parametrize(("body", "kind"), _FOREIGN, ids=["event", "command", "button"])
async def test_signed_payloads_of_foreign_workspaces_are_refused_and_change_nothing(
    body: str, kind: str, own_data: Path, articles: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with workspace(own_data, articles, "http") as desk:
        before = list(desk.sandbox.api.calls)
        # Acknowledged, or Slack would send it again. Bolt refuses it, as it knows no token for it.
        assert await _posted(desk, body, kind) == 200
        assert [record.name for record in caplog.records] == ["slack_bolt.AsyncMultiTeamsAuthorization"]
        await desk.settled()
        assert desk.sandbox.workspace.messages == []
        assert desk.sandbox.api.calls == before


_INCOMPLETE = (
    '{"type": "event_callback", "team_id": "T0SANDBOX", "event_id": "E", "event": {"type": "app_home_opened"}}'
)
_MALFORMED = (
    "", "{", "[]", "null", "7", '"x"', '{"type": "event_callback"}',
    '{"type": "event_callback", "team_id": "T0SANDBOX", "event": 7}',
    '{"type": "event_callback", "team_id": "T0SANDBOX", "event": {"type": "app_mention", "user": {}, "ts": []}}',
    '{"type": "block_actions", "team": {"id": "T0SANDBOX"}, "actions": [{"action_id": "review_approve"}]}',
    '{"type": "event_callback", "team_id": {"a": 1}, "event": {}}',
    '{"type": "block_actions", "team": {"id": "T0SANDBOX"}, "actions": "x"}',
    '{"type": "view_submission", "team": {"id": "T0SANDBOX"}, "view": {"callback_id": "review_edited"}}',
)  # fmt: skip


@pytest.mark.parametrize("kind", ["application/json", _FORM, "text/plain"])
async def test_signed_payloads_of_no_known_shape_do_no_harm(
    kind: str, own_data: Path, articles: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with workspace(own_data, articles, "http") as desk:
        bodies = [*_MALFORMED, *(urlencode({"payload": text}) for text in _MALFORMED), "a" * 200_000]
        assert [body for body in bodies if await _posted(desk, body, kind) != 400] == []
        # An event of a known kind is acknowledged, or Slack would send it again.
        opened = _INCOMPLETE if kind == "application/json" else urlencode({"payload": _INCOMPLETE})
        assert await _posted(desk, opened, kind) == 200
        long = json.dumps(
            {"team_id": TEAM_ID, "type": "event_callback", "event_id": "E", "event": {**_EVENT, "text": "x" * 900_000}}
        )
        assert await _posted(desk, long) == 200
        assert await _posted(desk, "x" * 2_000_000) == 413
        question = await desk.ask(_ANSWERABLE)
        assert "7 days" in shown(await desk.exactly_one_reply(question))
    assert "Traceback" not in "".join(capfd.readouterr())


@asynccontextmanager
async def _installable(data: Path, articles: Path) -> AsyncIterator[tuple[Sandbox, Settings]]:
    async with Sandbox() as sandbox:
        installed = {
            "bot_token": None, "client_id": "1.2", "client_secret": "s3cret", "public_url": "https://desk.example/",
            "token_keys": _KEY,
        }  # fmt: skip
        settings = demo_settings(data, articles, sandbox, slack_extra=installed)
        slack = settings.slack.model_copy(update={"signing_secret": SecretStr(sandbox.credentials.signing_secret)})
        yield sandbox, settings.model_copy(update={"slack": slack})


async def test_installed_by_a_browser_it_serves_the_workspace_and_forged_returns_are_refused(
    own_data: Path, articles: Path
) -> None:
    async with _installable(own_data, articles) as (sandbox, settings), running_bot(settings) as bot:
        await asyncio.wait_for(sandbox.socket.connected.wait(), 10)
        desk = Desk(sandbox, bot, settings)
        question = await desk.ask(_ANSWERABLE)
        await desk.settled()
        assert desk.replies(question) == []
        await _install(bot.url, sandbox)
        assert "7 days" in shown(await desk.exactly_one_reply(await desk.ask(_ANSWERABLE)))
        kept = StoredInstallations(desk.store, "1.2", TokenKeys.of(_KEY))
        workspaces = InstalledWorkspaces(settings.slack, kept)
        with pytest.raises(ForeignWorkspaceError):
            await workspaces.client("T0OTHER")


async def test_a_token_that_is_about_to_end_is_rotated_and_kept(own_data: Path, articles: Path) -> None:
    async with _installable(own_data, articles) as (sandbox, settings):
        opened = await SqliteStore(own_data / "s.sqlite").open()
        store = StoredInstallations(opened, "1.2", TokenKeys.of(_KEY))
        sandbox.api.codes.add("xoxe-1-old")
        ending = {"bot_refresh_token": "xoxe-1-old", "bot_token_expires_at": int(time.time()) + 60}
        await store.async_save(_installation("xoxb-old", **ending))
        workspaces = InstalledWorkspaces(settings.slack, store)
        assert (await workspaces.client(TEAM_ID)).token == sandbox.credentials.bot_token
        kept = await store.async_find_bot(enterprise_id=None, team_id=TEAM_ID)
        assert kept is not None
        assert kept.bot_token == sandbox.credentials.bot_token
        assert kept.bot_refresh_token != "xoxe-1-old"
        assert (await workspaces.client(TEAM_ID)).token == sandbox.credentials.bot_token
        assert "xoxe-1-old" not in sandbox.api.codes
        await opened.close()


def _installation(token: str, **rotation: Any) -> Installation:  # noqa: ANN401 - fields of the library
    return Installation(
        app_id="A0CITEDESK", team_id=TEAM_ID, user_id=ADMIN, bot_token=token, bot_id="B0CITEDESK",
        bot_user_id="U0CITEDESK", bot_scopes="chat:write", **rotation,
    )  # fmt: skip


async def _install(url: str, sandbox: Sandbox) -> None:
    """Go to the install page, on to Slack, and come back with a code: once forged, once real."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/slack/install") as page:
            text = await page.text()
            assert page.status == 200
            asked = parse_qs(urlsplit(text.partition('<a href="')[2].partition('"')[0].replace("&amp;", "&")).query)
            cookie = page.headers["Set-Cookie"].partition(";")[0]
        assert asked["redirect_uri"] == ["https://desk.example/slack/oauth_redirect"]
        assert asked["scope"][0].split(",") == sorted(SCOPES)
        sandbox.api.codes.add("code-1")
        state = asked["state"][0]
        for query, kept in (
            ("code=code-1&state=forged", cookie), (f"code=code-1&state={state}", "x=y"), ("", cookie),
        ):  # fmt: skip
            async with session.get(f"{url}/slack/oauth_redirect?{query}", headers={"Cookie": kept}) as refused:
                assert refused.status == 400
        back = f"{url}/slack/oauth_redirect?code=code-1&state={state}"
        async with session.get(back, headers={"Cookie": cookie}) as done:
            assert done.status == 200
        async with session.get(back, headers={"Cookie": cookie}) as again:
            assert again.status == 401


async def test_after_the_workspace_hung_up_events_arrive_again(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, slack_extra={"silence_s": 2.0}) as desk:
        desk.sandbox.socket.connected.clear()
        await desk.sandbox.socket.close()
        await asyncio.wait_for(desk.sandbox.socket.connected.wait(), 20)
        assert "7 days" in shown(await desk.exactly_one_reply(await desk.ask(_ANSWERABLE)))


async def test_doctor_names_the_scopes_that_are_missing_and_what_they_are_for(own_data: Path, articles: Path) -> None:
    async with Sandbox() as sandbox:
        settings = demo_settings(own_data, articles, sandbox)
        good = {d.what: d for d in await diagnose(settings)}
        assert good["slack"].ok
        assert good["socket"].ok
        sandbox.api.granted = sandbox.api.granted - {"usergroups:read"}
        bad = {d.what: d for d in await diagnose(settings)}
        assert not bad["slack"].ok
        assert "usergroups:read (which groups an asker is in)" in bad["slack"].words
        wrong = settings.model_copy(
            update={"slack": settings.slack.model_copy(update={"app_token": SecretStr("xapp-no")})}
        )
        assert (
            "Slack refuses the app token (invalid_auth)" in {d.what: d.words for d in await diagnose(wrong)}["socket"]
        )
