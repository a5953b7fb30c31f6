"""Replicas are killed and frozen, the database crashes, connections are cut: each question has one visible reply."""

import asyncio
import random
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cluster import LEASE_S, Cluster, cluster
from support.engines import postgres as postgres_engine
from support.engines.postgres import PostgresServer
from support.size import sized
from support.workspace import ASKER, REVIEWS, SUPPORT

from bot.sandbox.webapi import Fault
from bot.sandbox.workspace import BOT_USER_ID, Message

_QUESTIONS = sized(2000, 200)
_KILLS, _FREEZES, _CRASHES, _CUTS = sized((100, 50, 10, 50), (6, 4, 1, 5))
_SEED = 20261128
_ANSWERABLE = (
    "When does the first payment reminder go out?",
    "How do I switch on two-step login?",
    "How long is an invitation valid?",
)
_ASKED = (*_ANSWERABLE, "Can I get my money back?", "Is there a Linux app?", "?")
# In this conversation a person approves every answer first.
_REVIEWED = "D0ASKER"
_POSTING = frozenset({"chat.postMessage", "chat.stopStream", "chat.update"})
_LOST = 0.05
_BETWEEN_S = sized((0.5, 4.0), (0.5, 3.0))
_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'citedesk'"
_PATIENCE_S = 300.0


@pytest.fixture
def database() -> Iterator[PostgresServer]:
    """Return a server of its own, which the test restarts."""
    if problem := postgres_engine.missing():
        pytest.skip(problem)
    with postgres_engine.postgres() as server:
        yield server


async def test_each_question_has_one_reply_whatever_fails(
    indexed: Path, tmp_path: Path, articles: Path, database: PostgresServer
) -> None:
    dice = random.Random(_SEED)
    folder = Path(shutil.copytree(indexed, tmp_path / "data"))
    settings = {"channels": {_REVIEWED: {"auto_answer": False}}, "store": {"url": database.url}}
    async with cluster([folder] * 3, articles, **settings) as running:
        losing = Fault(after=True, drop=True)
        running.sandbox.api.fault = lambda m: losing if m in _POSTING and dice.random() < _LOST else None
        asked, *_ = await asyncio.gather(_ask(running, dice), _break(running, dice), _disturb(database, dice))
        await running.ready()
        await _until_all_are_answered(running, asked)
        counts = Counter(len(_replies(running, question)) for question in asked)
        cards = Counter(str(m.metadata) for m in running.sandbox.workspace.messages if m.channel == REVIEWS)
        logs = [replica.log.read_text() for replica in running.replicas]
    print(
        f"\n{len(asked)} questions, {_KILLS} kills, {_FREEZES} freezes, {_CRASHES} crashes of the database, {_CUTS} "
        f"times all connections cut: replies a question {dict(counts)}, "
        f"{sum(log.count('message_taken_over') for log in logs)} messages taken over, "
        f"{sum(log.count('second_copy_deleted') for log in logs)} second copies deleted by a check"
    )
    assert counts == {1: len(asked)}
    assert set(cards.values()) == {1}
    assert len(cards) == len({question.text for question in asked if question.channel == _REVIEWED})
    assert not any("Traceback" in log for log in logs)


async def _ask(running: Cluster, dice: random.Random) -> list[Message]:
    asked = []
    for _ in range(_QUESTIONS):
        in_review = dice.random() < 0.1
        words = f"@Citedesk {dice.choice(_ANSWERABLE if in_review else _ASKED)}"
        asked.append(await running.sandbox.acts.post(ASKER, _REVIEWED if in_review else SUPPORT, words, None))
        await asyncio.sleep(dice.uniform(0.0, 0.12))
    return asked


async def _break(running: Cluster, dice: random.Random) -> None:
    """Kill and freeze replicas in random order, one at a time, so that two can work meanwhile."""
    for what in dice.sample(["kill"] * _KILLS + ["freeze"] * _FREEZES, _KILLS + _FREEZES):
        number = dice.randrange(len(running.replicas))
        if what == "kill":
            await running.restart(number)
            await running.replicas[number].ready()
        else:
            await running.freeze(number, LEASE_S + dice.uniform(0.5, 2.0))
        await asyncio.sleep(dice.uniform(0.0, 0.4))


async def _disturb(database: PostgresServer, dice: random.Random) -> None:
    """Crash and restart the database, and cut every connection to it, in random order."""
    for what in dice.sample(["crash"] * _CRASHES + ["cut"] * _CUTS, _CRASHES + _CUTS):
        await asyncio.sleep(dice.uniform(*_BETWEEN_S))
        if what == "crash":
            await asyncio.to_thread(database.stop, signal.SIGQUIT)
            await asyncio.to_thread(database.start)
        else:
            await asyncio.to_thread(database.run, _CUT)


def _replies(running: Cluster, question: Message) -> list[Message]:
    messages = running.sandbox.workspace.messages
    return [m for m in messages if m.thread_ts == question.ts and m.user == BOT_USER_ID]


async def _until_all_are_answered(running: Cluster, asked: list[Message]) -> None:
    """Return when every event is acknowledged and nothing is left to do, the checks included."""
    end = asyncio.get_running_loop().time() + _PATIENCE_S
    while running.sandbox.acts._tasks or not all(any(m.metadata for m in _replies(running, q)) for q in asked):
        left = sum(not _replies(running, q) for q in asked)
        assert asyncio.get_running_loop().time() < end, f"{left} unanswered"
        await asyncio.sleep(0.3)
    await running.replicas[0].idle(_PATIENCE_S)
