"""Slack's requests over HTTP that are no questions: the look at the certificate, and those of other workspaces."""

import io
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from support.workspace import ADMIN, REVIEWER, SUPPORT, Desk, shown, workspace

from bot.sandbox.delivery import signature
from bot.sandbox.server import Sandbox
from bot.sandbox.webapi import Fault
from bot.slack.http import EVENTS_PATH
from bot.surfaces.words import ENGLISH

_FORM = "application/x-www-form-urlencoded"
_BOLTS_WORDS = ("We apologize", "reinstall", "no longer available", "Unhandled")


async def _posted(desk: Desk, body: str, *, signed: bool = True, kind: str = _FORM) -> tuple[int, str]:
    signs = signature(desk.sandbox.credentials.signing_secret, body, int(time.time())) if signed else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{desk.bot.url}{EVENTS_PATH}", data=io.BytesIO(body.encode()), headers={"Content-Type": kind, **signs}
        ) as response,
    ):
        return response.status, await response.text()


@pytest.mark.parametrize("signed", [True, False])
async def test_slacks_look_at_the_certificate_is_answered(
    signed: bool,  # noqa: FBT001
    own_data: Path,
    articles: Path,
) -> None:
    async with workspace(own_data, articles, "http") as desk:
        body = urlencode({"ssl_check": "1", "token": "x"})
        assert await _posted(desk, body, signed=signed) == (200, "")
        assert (await desk.store.inbox.length()).waiting == 0


@pytest.mark.parametrize(
    "body",
    [
        urlencode({"ssl_check": "0", "token": "x"}),
        urlencode({"token": "x"}),
        urlencode({"ssl_check": "1", "x": "x" * 2000}),
        urlencode({"command": "/citedesk", "text": "ssl_check=1", "team_id": "T0SANDBOX", "user_id": ADMIN}),
    ],
)
async def test_nothing_else_is_answered_without_a_signature(body: str, own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, "http") as desk:
        assert (await _posted(desk, body, signed=False))[0] == 401


def _button(response_url: str, team: str, home: str) -> dict[str, Any]:
    return {
        "type": "block_actions", "team": {"id": team}, "user": {"id": REVIEWER, "team_id": home}, "trigger_id": "t",
        "channel": {"id": SUPPORT}, "message": {"ts": "1.1"}, "response_url": response_url,
        "actions": [{"action_id": "review_approve", "value": "r-1"}],
    }  # fmt: skip


def _menu(response_url: str, team: str, home: str) -> dict[str, Any]:
    message = {"type": "message", "ts": "1.1", "text": "x"}
    return _button(response_url, team, home) | {
        "type": "message_action", "callback_id": "ask_about_this", "message": message,
    }  # fmt: skip


@pytest.mark.parametrize("make", [_button, _menu], ids=["button", "message menu"])
@pytest.mark.parametrize("team", ["T0OTHER", "T0SANDBOX"], ids=["elsewhere", "in a shared channel"])
async def test_buttons_and_menus_tell_a_foreign_workspace_in_our_words_why_nothing_happens(
    make: Any,  # noqa: ANN401
    team: str,
    own_data: Path,
    articles: Path,
) -> None:
    async with workspace(own_data, articles, "http") as desk:
        token = desk.sandbox.workspace.new_response_url(SUPPORT, REVIEWER)
        payload = make(f"{desk.sandbox.url}/response/{token}", team, "T0OTHER")
        assert await _posted(desk, urlencode({"payload": json.dumps(payload)})) == (200, "")
        assert [(m.text, m.visible_to) for m in desk.sandbox.workspace.messages] == [(ENGLISH("stranger"), REVIEWER)]


@pytest.mark.parametrize("text", ["", "help", "status", "ask Who pays?", "no such command"])
async def test_commands_tell_a_foreign_workspace_in_our_words_why_nothing_happens(
    text: str, own_data: Path, articles: Path
) -> None:
    async with workspace(own_data, articles, "http") as desk:
        token = desk.sandbox.workspace.new_response_url(SUPPORT, ADMIN)
        form = {
            "command": "/citedesk", "text": text, "team_id": "T0OTHER", "user_id": ADMIN, "trigger_id": "t",
            "channel_id": SUPPORT, "response_url": f"{desk.sandbox.url}/response/{token}",
        }  # fmt: skip
        status, body = await _posted(desk, urlencode(form))
        told = [body, *map(shown, desk.sandbox.workspace.messages)]
        assert status == 200
        assert "".join(told).count(ENGLISH("stranger")) == 1
        assert [words for words in _BOLTS_WORDS if words in "".join(told)] == []


async def test_a_foreign_command_over_socket_mode_is_answered_in_our_words(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        form = {"command": "/citedesk", "text": "status", "team_id": "T0OTHER", "user_id": ADMIN, "trigger_id": "t"}
        answer = await desk.sandbox.socket.send("slash_commands", form, 0, "")
        assert answer.body == {"text": ENGLISH("stranger")}


async def test_until_slack_is_reached_its_events_are_put_off_and_it_delivers_them_again(
    own_data: Path, articles: Path
) -> None:
    async with Sandbox() as sandbox:
        sandbox.api.fault = lambda _: Fault(drop=True)
        async with workspace(own_data, articles, "http", sandbox) as desk:
            assert (await _posted(desk, json.dumps(_EVENT), kind="application/json"))[0] == 503
            async with aiohttp.ClientSession() as session, session.get(f"{desk.bot.url}/healthz") as response:
                assert (response.status, (await response.json())["socket"]) == (503, False)


_EVENT = {
    "team_id": "T0SANDBOX", "type": "event_callback", "event_id": "E1",
    "event": {"type": "app_mention", "user": ADMIN, "ts": "1.1", "text": "hi there you", "channel": SUPPORT},
}  # fmt: skip
