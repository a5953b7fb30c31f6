"""Replicas are killed and frozen, the database crashes, connections are cut: each question has one visible reply."""

import asyncio
import random
import re
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.cluster import LEASE_S, Cluster, cluster
from support.engines import postgres as postgres_engine
from support.engines import seaweed as seaweed_engine
from support.engines import valkey as valkey_engine
from support.engines.postgres import PostgresServer
from support.engines.seaweed import Seaweed
from support.engines.valkey import Valkey
from support.models import shared_embedder
from support.size import sized
from support.workspace import ASKER, REVIEWS, SUPPORT, shown

from bot.app import build_for_all
from bot.sandbox.webapi import Fault
from bot.sandbox.workspace import BOT_USER_ID, Message
from bot.settings import Settings, load_settings
from index.builder import BuildRules, build

_QUESTIONS = sized(2000, 200)
_KILLS, _FREEZES = sized((100, 50), (6, 4))
_DISTURBANCES = sized({"crash": 10, "cut": 50, "forget": 10}, {"crash": 1, "cut": 5, "forget": 2})
_SWITCHES = sized(20, 4)
_SEED = 20261128
_ANSWERABLE = (
    "When does the first payment reminder go out?",
    "How do I switch on two-step login?",
    "How long is an invitation valid?",
)
_ASKED = (*_ANSWERABLE, "Can I get my money back?", "Is there a Linux app?", "?", "What number has the handbook?")
_NUMBER = re.compile(r"(?:the number|as handbook) (\d+)")
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


@pytest.fixture
def counters() -> Iterator[Valkey]:
    """Return a server of shared limits and answers, which the test restarts."""
    if problem := valkey_engine.missing():
        pytest.skip(problem)
    with valkey_engine.valkey() as server:
        yield server


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seaweed]:
    """Return a server of object storage, whose credentials are in the environment."""
    if problem := seaweed_engine.missing():
        pytest.skip(problem)
    with seaweed_engine.seaweed() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@dataclass(frozen=True)
class _Editor:
    """Changes a document again and again, and publishes what was built of it."""

    settings: Settings
    articles: Path
    numbers: list[int] = field(default_factory=list)

    async def publish(self, number: int) -> None:
        """Write the number into a document, twice, and make that the live snapshot of all."""
        text = f"# Number of the handbook\n\nThe handbook has the number {number}. Quote it as handbook {number}.\n"
        (self.articles / "handbook.md").write_text(text, encoding="utf-8")
        folder, embedder = self.settings.data_dir, shared_embedder()
        await asyncio.to_thread(
            build_for_all, self.settings, lambda: build([self.articles], folder, embedder, BuildRules())
        )
        self.numbers.append(number)

    async def edit(self, dice: random.Random) -> None:
        """Publish _SWITCHES times."""
        for number in range(1, _SWITCHES + 1):
            await asyncio.sleep(dice.uniform(*_BETWEEN_S))
            await self.publish(number)


async def test_each_question_has_one_reply_whatever_fails(
    tmp_path: Path, articles: Path, database: PostgresServer, counters: Valkey, storage: Seaweed
) -> None:
    dice = random.Random(_SEED)
    own_articles = Path(shutil.copytree(articles, tmp_path / "articles"))
    shared = {
        "store": {"url": database.url},
        "shared": {"url": counters.url},
        "snapshots": {
            "url": f"{storage.url}/chaos",
            "endpoint": storage.endpoint,
            "region": "us-east-1",
            "poll_s": 1.0,
        },
    }
    editor = _Editor(
        load_settings(data_dir=tmp_path / "builder", index={"paths": [own_articles]}, **shared), own_articles
    )
    await editor.publish(0)
    folders = [tmp_path / f"replica-{number}" for number in range(3)]
    settings = {"channels": {_REVIEWED: {"auto_answer": False}}, **shared}
    async with cluster(folders, own_articles, storage.environment, **settings) as running:
        losing = Fault(after=True, drop=True)
        running.sandbox.api.fault = lambda m: losing if m in _POSTING and dice.random() < _LOST else None
        asked, *_ = await asyncio.gather(
            _ask(running, dice), _break(running, dice), _disturb(database, counters, dice), editor.edit(dice)
        )
        await running.ready()
        await _until_all_are_answered(running, asked)
        counts = Counter(len(_replies(running, question)) for question in asked)
        cards = Counter(str(m.metadata) for m in running.sandbox.workspace.messages if m.channel == REVIEWS)
        doubled = [[_told(m) for m in found] for q in asked if len(found := _replies(running, q)) > 1]
        told = [(q.text, shown(_replies(running, q)[0])) for q in asked if q.channel == SUPPORT]
        logs = [replica.log.read_text() for replica in running.replicas]
    print(
        f"\n{len(asked)} questions, {_KILLS} kills, {_FREEZES} freezes, {_DISTURBANCES}: "
        f"replies a question {dict(counts)}, "
        f"{sum(log.count('message_taken_over') for log in logs)} messages taken over, "
        f"{sum(log.count('second_copy_deleted') for log in logs)} second copies deleted by a check"
    )
    assert not doubled
    assert counts == {1: len(asked)}
    assert set(cards.values()) == {1}
    assert len(cards) == len({question.text for question in asked if question.channel == _REVIEWED})
    assert not any("Traceback" in log for log in logs)
    assert not [text for _, text in told if "cannot answer right now" in text]
    numbers = [{int(number) for number in _NUMBER.findall(text)} for question, text in told if "handbook" in question]
    assert all(len(found) == 1 for found in numbers)
    assert set.union(*numbers) <= set(editor.numbers)
    assert len(set.union(*numbers)) > _SWITCHES / 2


def _told(message: Message) -> str:
    """Return what tells copies of a message apart: an answer has a key, and steps that were left behind have none."""
    key = ((message.metadata or {}).get("event_payload") or {}).get("key", "no key")
    return f"{message.ts} {key} {'streaming' if message.is_streaming else ''} {message.text[:40]}"


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


async def _disturb(database: PostgresServer, counters: Valkey, dice: random.Random) -> None:
    """Crash the database, cut every connection to it, and lose what is shared beside it, in random order."""
    kinds = [kind for kind, count in _DISTURBANCES.items() for _ in range(count)]
    for kind in dice.sample(kinds, len(kinds)):
        await asyncio.sleep(dice.uniform(*_BETWEEN_S))
        match kind:
            case "crash":
                await asyncio.to_thread(database.stop, signal.SIGQUIT)
                await asyncio.to_thread(database.start)
            case "cut":
                await asyncio.to_thread(database.run, _CUT)
            case _:
                await asyncio.to_thread(counters.kill)
                await asyncio.sleep(dice.uniform(0.0, 2.0))
                await asyncio.to_thread(counters.start)


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
