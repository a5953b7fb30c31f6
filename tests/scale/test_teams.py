"""Teams behind several replicas that are killed, frozen and cut off, while Teams loses responses after posting."""

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.cluster import LEASE_S, TeamsCluster, teams_cluster
from support.engines import postgres as postgres_engine
from support.engines.postgres import PostgresServer
from support.models import shared_embedder
from support.size import SIZE, sized
from support.teams import REVIEWS

from index.builder import BuildRules, build

_QUESTIONS = sized(600, 40)
_KILLS, _FREEZES, _CUTS = sized((40, 20, 20), (3, 2, 3))
_SEED = 20261128
_ASKED = (
    "When does the first payment reminder go out?",
    "How do I switch on two-step login?",
    "How long is an invitation valid?",
    "Can I get my money back?",
    "Is there a Linux app?",
    "?",
)
_LOST = 0.05
_CHANNEL = "19:support@thread.tacv2"
# In these channels a person approves every answer first. Each has reviewers of its own, so that none joins a review
# that waits in another one.
_REVIEWED = {
    f"19:reviewed{number}@thread.tacv2": {"auto_answer": False, "reviewers": [f"reviewer-{number}"]}
    for number in range(sized(30, 4))
}
# How many questions of ten are asked in a personal chat, in a channel, and in one of the others.
_PARTS = (4, 4, 2)
_ANCHOR = "One moment…"
# The questions of this test are spread over the time that the replicas are killed and frozen.
_PAUSE_S = sized(0.6, 0.4)
_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'citedesk'"
_PATIENCE_S = 180.0


@pytest.fixture
def database() -> Iterator[PostgresServer]:
    """Return a server of its own, whose connections the test cuts."""
    if problem := postgres_engine.missing():
        pytest.skip(problem)
    with postgres_engine.postgres() as server:
        yield server


@dataclass(frozen=True)
class _Seen:
    """What people see in the end, by conversation, and what went on meanwhile."""

    conversations: list[list[dict[str, Any]]] = field(default_factory=list)
    cards: list[dict[str, Any]] = field(default_factory=list)
    logs: str = ""
    lost: Counter[str] = field(default_factory=Counter)

    @property
    def answers(self) -> list[list[dict[str, Any]]]:
        """The messages of each conversation, without anchors that were left behind."""
        return [[m for m in messages if m.get("text") != _ANCHOR] for messages in self.conversations]

    @property
    def left_behind(self) -> int:
        """How many anchors nobody completed: Teams had posted them and their ids were lost."""
        return sum(m.get("text") == _ANCHOR for messages in (*self.conversations, self.cards) for m in messages)

    def figures(self) -> str:
        """Return the figures of a run."""
        doubled = sum(len(cards) > 1 for cards in _by_review(self.cards).values())
        return (
            f"\n{len(self.conversations)} questions, {_KILLS} kills, {_FREEZES} freezes, {_CUTS} cuts, "
            f"responses lost {dict(self.lost)}: answers a question {dict(Counter(map(len, self.answers)))}, "
            f"{doubled} of {len(_by_review(self.cards))} cards twice, {self.left_behind} anchors left behind, "
            f"{self.logs.count('message_taken_over')} messages taken over"
        )


async def test_with_anchors_each_question_has_one_answer_and_each_review_one_card(
    tmp_path: Path, articles: Path, database: PostgresServer
) -> None:
    seen = await _run(tmp_path, articles, database, anchors=True)
    print(seen.figures())
    assert Counter(map(len, seen.answers)) == {1: _QUESTIONS}
    assert seen.cards
    assert set(map(len, _by_review(seen.cards).values())) == {1}
    assert "Traceback" not in seen.logs


@pytest.mark.skipif(SIZE == "small", reason="measures what anchors are for")
async def test_without_anchors_no_question_stays_without_an_answer(
    tmp_path: Path, articles: Path, database: PostgresServer
) -> None:
    seen = await _run(tmp_path, articles, database, anchors=False)
    print(seen.figures())
    assert not [messages for messages in seen.answers if not messages]
    assert seen.left_behind == 0
    assert "Traceback" not in seen.logs


async def _run(folder: Path, articles: Path, database: PostgresServer, *, anchors: bool) -> _Seen:
    dice = random.Random(_SEED)
    folders = [folder / f"replica-{number}" for number in range(3)]
    await asyncio.to_thread(build, [articles], folders[0], shared_embedder(), BuildRules())
    for each in folders[1:]:
        shutil.copytree(folders[0], each)
    # In a personal chat every answer begins as a stream that shows its steps, in a channel none does.
    teams = {"anonymous": True, "reviewers_conversation": REVIEWS, "progress_after_s": 0.02, "anchors": anchors}
    lost: Counter[str] = Counter()

    def loses(method: str, activity: dict[str, Any]) -> bool:
        is_lost = dice.random() < _LOST
        lost[f"{method} {activity['type']}"] += is_lost
        return is_lost

    settings = {
        "teams": teams,
        "access": {"reviewers": ["reviewer"]},
        "channels": _REVIEWED,
        "store": {"url": database.url},
    }
    async with teams_cluster(folders, articles, **settings) as running:
        running.teams.loses = loses
        places, *_ = await asyncio.gather(_ask(running, dice), _break(running, dice), _cut(database, dice))
        await running.ready()
        await running.teams.until(lambda: all(running.teams.messages(place) for place in places), _PATIENCE_S)
        await running.replicas[0].idle(_PATIENCE_S)
        logs = "".join(replica.log.read_text() for replica in running.replicas)
        conversations = [running.teams.messages(place) for place in places]
        return _Seen(conversations, running.teams.messages(REVIEWS), logs, lost)


async def _ask(running: TeamsCluster, dice: random.Random) -> list[str]:
    """Ask each question in a personal chat or a thread of its own; return the conversations."""
    places, sending = [], []
    for number in range(_QUESTIONS):
        channel = dice.choices(("", _CHANNEL, dice.choice(list(_REVIEWED))), _PARTS)[0]
        place = f"{channel};messageid={number}" if channel else f"a:{number}"
        places.append(place)
        question = running.teams.question(dice.choice(_ASKED), "asker", place)
        sending.append(asyncio.create_task(_deliver(running.balancer, question)))
        await asyncio.sleep(dice.uniform(0.0, _PAUSE_S))
    async with asyncio.timeout(_PATIENCE_S):
        await asyncio.gather(*sending)
    return places


async def _deliver(balancer: str, activity: dict[str, Any]) -> None:
    """Send an activity until it is taken, and once more, as Teams does if it never hears the response."""
    taken = 0
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as session:
        while taken < 2:
            try:
                async with session.post(f"{balancer}/api/messages", json=activity) as response:
                    taken += response.status == 202
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.2)


async def _break(running: TeamsCluster, dice: random.Random) -> None:
    """Kill and freeze replicas in random order, one at a time, so that two can work meanwhile."""
    for what in dice.sample(["kill"] * _KILLS + ["freeze"] * _FREEZES, _KILLS + _FREEZES):
        number = dice.randrange(len(running.replicas))
        if what == "kill":
            await running.restart(number)
            await running.replicas[number].ready()
        else:
            await running.freeze(number, LEASE_S + dice.uniform(0.5, 2.0))
        await asyncio.sleep(dice.uniform(0.0, 0.4))


async def _cut(database: PostgresServer, dice: random.Random) -> None:
    """End every connection to the database, again and again."""
    for _ in range(_CUTS):
        await asyncio.sleep(dice.uniform(0.5, 4.0))
        await asyncio.to_thread(database.run, _CUT)


def _by_review(cards: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for card in (message for message in cards if message.get("attachments")):
        found.setdefault(card["attachments"][0]["content"]["body"][-1]["text"], []).append(card)
    return found
