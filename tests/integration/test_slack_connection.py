"""The connection to Slack: idle, broken, renewed, refused, and not there when the bot starts."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from support.teams import REVIEWS, connector
from support.waiting import until
from support.workspace import Desk, shown, workspace

from bot.app import store_file
from bot.cli.demo import demo_settings
from bot.sandbox.delivery import DisconnectReason
from bot.sandbox.server import Sandbox
from bot.sandbox.webapi import Fault
from bot.server import running_bot
from bot.settings import Settings
from index.errors import SettingsError

_ANSWERABLE = "When does the first payment reminder go out?"
_FAST = {"silence_s": 2.0, "timeout_s": 2.0}


async def _health(url: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz") as response:
        return response.status, await response.json()


async def _healthy(desk: Desk, *, socket: bool) -> bool:
    return (await _health(desk.bot.url))[1]["socket"] is socket


async def _until_socket(desk: Desk, *, state: bool) -> None:
    for _ in range(400):
        if await _healthy(desk, socket=state):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"the connection never became {state}")


def _unreachable(_: str) -> Fault:
    return Fault(drop=True)


@asynccontextmanager
async def _fast(data: Path, articles: Path, **slack: float) -> AsyncIterator[Desk]:
    async with workspace(data, articles, slack_extra={**_FAST, **slack}) as desk:
        yield desk


async def test_an_idle_connection_whose_pings_are_answered_is_left_alone(own_data: Path, articles: Path) -> None:
    async with _fast(own_data, articles) as desk:
        # Three times the silence after which a connection counts as broken.
        await until(lambda: desk.sandbox.socket.pings >= 12)
        assert desk.sandbox.socket.opened == 1
        assert await _healthy(desk, socket=True)


async def test_a_connection_that_answers_no_pings_is_replaced_and_health_tells_so(
    own_data: Path, articles: Path
) -> None:
    async with _fast(own_data, articles) as desk:
        desk.sandbox.api.fault = _unreachable
        desk.sandbox.socket.answers_pings = False
        await _until_socket(desk, state=False)
        desk.sandbox.socket.answers_pings = True
        desk.sandbox.api.fault = lambda _: None
        await _until_socket(desk, state=True)
        assert "7 days" in shown(await desk.exactly_one_reply(await desk.ask(_ANSWERABLE)))


async def test_health_says_not_connected_through_an_outage_and_connected_after_it(
    own_data: Path, articles: Path
) -> None:
    # With the silence of the default settings, which is longer than this outage.
    async with _fast(own_data, articles, silence_s=60.0) as desk:
        desk.sandbox.api.fault = _unreachable
        await desk.sandbox.socket.close()
        await _until_socket(desk, state=False)
        assert (await _health(desk.bot.url))[0] == 503
        desk.sandbox.api.fault = lambda _: None
        await _until_socket(desk, state=True)
        assert "7 days" in shown(await desk.exactly_one_reply(await desk.ask(_ANSWERABLE)))


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
async def test_when_slack_says_goodbye_there_is_one_new_connection_and_questions_arrive(
    reason: DisconnectReason, own_data: Path, articles: Path
) -> None:
    async with _fast(own_data, articles) as desk:
        await desk.sandbox.socket.disconnect(reason)
        await until(lambda: desk.sandbox.socket.opened > 1 and desk.sandbox.socket.open_count == 1)
        assert "7 days" in shown(await desk.exactly_one_reply(await desk.ask(_ANSWERABLE)))
        assert desk.sandbox.socket.open_count == 1


async def test_an_address_that_slack_takes_no_more_is_not_tried_for_ever(own_data: Path, articles: Path) -> None:
    async with _fast(own_data, articles) as desk:
        tickets, desk.sandbox.api.socket_tickets = desk.sandbox.api.socket_tickets, _Refusing(1)
        assert tickets == set()
        await desk.sandbox.socket.close()
        await until(lambda: desk.sandbox.socket.opened > 1)
        assert "7 days" in shown(await desk.exactly_one_reply(await desk.ask(_ANSWERABLE)))


class _Refusing(set[str]):
    """Tickets of which the first few are refused."""

    def __init__(self, refused: int) -> None:
        super().__init__()
        self._left = refused

    def add(self, ticket: str) -> None:
        self._left -= 1
        if self._left < 0:
            super().add(ticket)


async def test_a_connection_that_delivers_nothing_for_long_is_renewed(own_data: Path, articles: Path) -> None:
    async with _fast(own_data, articles, quiet_s=1.0) as desk:
        await until(lambda: desk.sandbox.socket.opened >= 2)
        assert await _healthy(desk, socket=True)


async def test_an_eleventh_connection_is_refused_as_slack_does() -> None:
    async with Sandbox() as sandbox, aiohttp.ClientSession() as session:
        for number in range(11):
            sandbox.api.socket_tickets.add(str(number))
        lines = [await session.ws_connect(f"{sandbox.url}/link/?ticket={number}") for number in range(11)]
        assert [(await line.receive_json())["type"] for line in lines] == ["hello"] * 10 + ["disconnect"]


async def test_without_slack_at_the_start_teams_answers_and_slack_follows_once_it_is_there(
    own_data: Path, articles: Path
) -> None:
    async with Sandbox() as sandbox, connector() as teams:
        sandbox.api.fault = _unreachable
        settings = demo_settings(
            own_data,
            articles,
            sandbox,
            slack_extra=_FAST,
            channels={"a:asker": {"auto_answer": False}},
            teams={"anonymous": True, "reviewers_conversation": REVIEWS, "service_url": teams.url},
        )
        async with running_bot(settings) as bot:
            teams.talk_to(bot)
            assert (await _health(bot.url))[1]["socket"] is False
            await teams.reply(teams.question(_ANSWERABLE, "asker", "a:asker"))
            assert len(await teams.until(lambda: teams.all(REVIEWS, 1))) == 1
            sandbox.api.fault = lambda _: None
            await asyncio.wait_for(sandbox.socket.connected.wait(), 20)
            desk = Desk(sandbox, bot, settings)
            assert "Review needed" in (await desk.card()).text
            assert "7 days" in shown(await desk.exactly_one_reply(await desk.ask(_ANSWERABLE)))
            await bot.readiness.look()
            assert (await _health(bot.url))[1]["socket"] is True


async def test_cards_that_cannot_be_queued_do_not_keep_slack_from_connecting(own_data: Path, articles: Path) -> None:
    async with Sandbox() as sandbox, connector() as teams:
        sandbox.api.fault = _unreachable
        settings = demo_settings(
            own_data,
            articles,
            sandbox,
            slack_extra=_FAST,
            channels={"a:asker": {"auto_answer": False}},
            teams={"anonymous": True, "reviewers_conversation": REVIEWS, "service_url": teams.url},
        )
        async with running_bot(settings) as bot:
            teams.talk_to(bot)
            await teams.reply(teams.question(_ANSWERABLE, "asker", "a:asker"))
            with sqlite3.connect(store_file(settings)) as database:
                database.execute("CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'full'); END")
            sandbox.api.fault = lambda _: None
            await asyncio.wait_for(sandbox.socket.connected.wait(), 20)
            with sqlite3.connect(store_file(settings)) as database:
                database.execute("DROP TRIGGER full")
            desk = Desk(sandbox, bot, settings)
            assert "7 days" in shown(await desk.exactly_one_reply(await desk.ask(_ANSWERABLE)))
            await bot.readiness.look()
            assert (await _health(bot.url))[1]["socket"] is True


def _with(settings: Settings, **tokens: str) -> Settings:
    secrets = {name: SecretStr(token) for name, token in tokens.items()}
    return settings.model_copy(update={"slack": settings.slack.model_copy(update=secrets)})


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        ({"bot_token": "xoxb-wrong"}, r"setting slack\.bot_token: Slack refuses it \(invalid_auth\)"),
        ({"app_token": "xapp-wrong"}, r"setting slack\.app_token: Slack refuses it \(invalid_auth\)"),
        ({"bot_token": "xapp-1", "app_token": "xoxb-1"}, "are swapped"),
    ],
)
async def test_a_wrong_token_ends_the_start_with_one_line(
    tokens: dict[str, str], words: str, own_data: Path, articles: Path
) -> None:
    async with Sandbox() as sandbox:
        settings = _with(demo_settings(own_data, articles, sandbox), **tokens)
        with pytest.raises(SettingsError, match=words) as refused:
            async with running_bot(settings):
                pass
        assert "\n" not in str(refused.value)
