"""The serving process is killed again and again while questions arrive from Teams: no question is lost."""

import asyncio
import random
import socket
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
from support.models import shared_embedder
from support.process import UNLIMITED_AND_HASTY, BotProcess, context
from support.size import sized
from support.teams import REVIEWS, FakeConnector, connector

from bot.settings import Settings, load_settings
from index.builder import BuildRules, build

_KILLS = sized(50, 15)
_SEED = 20261125
_QUESTIONS = (
    "When does the first payment reminder go out?",
    "How long is an invitation valid?",
    "Can I get my money back?",
    "Is there a Linux app?",
    "?",
)
_PATIENCE_S = 120.0
# A message that Teams took so shortly before a kill may not be known to be posted: Teams tells nobody what it has.
_IN_FLIGHT_S = 0.25


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _settings(data_dir: Path, articles: Path, port: int) -> Settings:
    return load_settings(
        data_dir=data_dir,
        index={"paths": [articles]},
        # Every answer begins as a stream that shows its steps, which a kill leaves behind unfinished.
        teams={"anonymous": True, "reviewers_conversation": REVIEWS, "progress_after_s": 0.02},
        access={"reviewers": ["reviewer"]},
        server={"port": port},
        **UNLIMITED_AND_HASTY,
    )


async def _deliver(teams: FakeConnector, activity: dict[str, Any]) -> None:
    """Send an activity until it is taken, and once more: the bot may have stored it and died before its answer."""
    taken = 0
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while taken < 2:
            try:
                async with session.post(f"{teams.bot_url}/api/messages", json=activity) as response:
                    taken += response.status == 202
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.05)


async def test_killed_at_any_moment_every_question_ends_in_a_reply(tmp_path: Path, articles: Path) -> None:
    await asyncio.to_thread(build, [articles], tmp_path, shared_embedder(), BuildRules())
    dice, port = random.Random(_SEED), _free_port()
    kills: list[tuple[float, float]] = []
    sending: list[asyncio.Task[None]] = []
    async with connector() as teams:
        teams.bot_url = f"http://127.0.0.1:{port}"
        bot = BotProcess(context(), _settings(tmp_path, articles, port))
        bot.start()
        for _ in range(_KILLS):
            if dice.random() < 0.9:
                await bot.ready()
            for _ in range(dice.randint(1, 3)):
                question = teams.question(dice.choice(_QUESTIONS), "asker", f"a:{len(sending)}")
                sending.append(asyncio.create_task(_deliver(teams, question)))
                await asyncio.sleep(dice.uniform(0.0, 0.1))
            await asyncio.sleep(dice.uniform(0.0, 0.6))
            begun = time.monotonic()
            await asyncio.to_thread(bot.kill)
            kills.append((begun, time.monotonic()))
            bot.start()
        await bot.ready()
        await asyncio.wait_for(asyncio.gather(*sending), _PATIENCE_S)
        await teams.until(lambda: all(teams.messages(f"a:{number}") for number in range(len(sending))), _PATIENCE_S)
        await bot.idle(_PATIENCE_S)
        assert await bot.stop() == 0
        replies = [teams.messages(f"a:{number}") for number in range(len(sending))]
        cards = teams.messages(REVIEWS)
    counts = Counter(map(len, replies))
    streams = sum("streaminfo" in str(message.get("entities")) for messages in replies for message in messages)
    print(f"\n{_KILLS} kills, {len(sending)} questions, replies a question: {dict(counts)}, {streams} ended a stream")
    _assert_doubled_by_kills_only([*replies, *_by_review(cards).values()], kills)
    assert "Traceback" not in (tmp_path / "bot.log").read_text()


def _assert_doubled_by_kills_only(groups: list[list[dict[str, Any]]], kills: list[tuple[float, float]]) -> None:
    for early in (message for messages in groups for message in messages[:-1]):
        # Between the beginning and the end of a kill, or a moment before.
        assert any(begun - _IN_FLIGHT_S < early["at"] <= ended for begun, ended in kills), "doubled, and not by a kill"


def _by_review(cards: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for card in cards:
        found.setdefault(card["attachments"][0]["content"]["body"][-1]["text"], []).append(card)
    return found
