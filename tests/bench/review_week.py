"""Simulate a week of reviews: 300 people ask 600 questions a day, and six reviewers decide what comes to them.

usage: python tests/bench/review_week.py DATA OUT [REPLIES]

DATA is ../shared/data: the questions and pages of `zulip` and `plausible-docs`. OUT keeps the index between runs.
Without REPLIES no model is asked. With the folder of replayed replies (../shared/data/model-replies), which
../shared/bench/replay.py serves, every fifth question gets a subtly false draft. Desk and store are real, the clock
and the people are not: a few questions are asked often (Zipf) and in other words, every third asker without an answer
presses for a person, one in twenty takes the question back, and each hour a reviewer decides each open review.
"""

import asyncio
import json
import logging
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import structlog

from bot.app import build_embedder, build_process_state, build_use_cases
from bot.desk.permissions import Names
from bot.desk.use_cases import UseCases
from bot.settings import Settings, load_settings
from bot.store.records import Asked, Conversation, Decision, Outgoing, Review, ReviewFilter
from bot.store.sqlite.store import SqliteStore
from bot.surfaces.review_board import Boards
from index.builder import BuildRules, build

_PEOPLE, _A_DAY, _DAYS, _HOURS = 300, 600, 5, 8
_REVIEWERS = tuple(f"R{number}" for number in range(6))
_ESCALATES, _WITHDRAWS, _APPROVES, _WRITES = 0.33, 0.05, 0.85, 0.5
_PORT = 8765
_REWORDED: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    lambda text: text,
    lambda text: text[:1].lower() + text[1:].rstrip("?"),
    lambda text: f"Hi, {text[:1].lower()}{text[1:]}",
    lambda text: text.replace("can I", "could I").replace("Can I", "Could I"),
    lambda text: text.replace("I'm", "I am").replace("don't", "do not").replace("can't", "cannot"),
    lambda text: f"{text.rstrip('?')} please?",
)


@dataclass
class _Clock:
    now: datetime = field(default_factory=lambda: datetime(2026, 11, 2, 9, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now


class _Everybody:
    """A workspace in which everybody may read everything."""

    async def groups_of(self, tenant_id: str, user_id: str) -> frozenset[str]:  # noqa: ARG002
        """Return no groups."""
        return frozenset()

    async def audience_of(self, where: Conversation) -> frozenset[str] | None:  # noqa: ARG002
        """Return no groups."""
        return frozenset()


class _Board:
    """A board that counts cards, and keeps who was told a decision and where."""

    def __init__(self) -> None:
        self.told: set[str] = set()

    async def place(self, review: Review) -> Conversation | None:
        """Return the conversation of the question."""
        return review.conversation

    async def cards(self, view: Any) -> Sequence[Outgoing]:  # noqa: ANN401, ARG002 - a view of any version
        """Return no card: the store counts reviews."""
        return []

    reminder = cards

    def direct_card(self, *_: object) -> Sequence[Outgoing]:
        """Return no card."""
        return []

    unreached = cards_refused = direct_card

    async def refresh(self, view: Any) -> None:  # noqa: ANN401
        """Show nothing."""

    def escalated(self, *_: object) -> Sequence[Outgoing]:
        """Return no message."""
        return []

    def decided(self, review: Review, names: Names) -> Sequence[Outgoing]:  # noqa: ARG002
        """Keep the place of the question."""
        self.told.add(review.conversation.thread_id)
        where = review.conversation
        key = f"{review.review_id}:{where.thread_id}"
        return [
            Outgoing(key=key, request_id=review.review_id, surface="week", tenant_id="T1", channel_id="C", text="x")
        ]

    def asked_back(self, review: Review, names: Names) -> Sequence[Outgoing]:  # noqa: ARG002
        """Return no message."""
        return []

    def answer_of_asker(self, review: Review, card: tuple[str, str], names: Names) -> Sequence[Outgoing]:  # noqa: ARG002
        """Return no message."""
        return []


@dataclass
class _Day:
    """What one day brought."""

    outcomes: Counter[str] = field(default_factory=Counter)
    to_a_person: int = 0
    cards: int = 0
    withdrawn: int = 0
    by_reviewer: Counter[str] = field(default_factory=Counter)


@dataclass
class _Week:
    """The simulation. `waiting` are the threads whose asker waits for a person."""

    use_cases: UseCases
    boards: Boards
    board: _Board
    clock: _Clock
    dice: random.Random
    questions: list[str]
    waiting: dict[str, Conversation] = field(default_factory=dict)
    asked: int = 0

    async def day(self) -> _Day:
        """Ask and decide through one working day."""
        day, before = _Day(), await self._reviews()
        for _ in range(_HOURS):
            for _ in range(_A_DAY // _HOURS):
                await self._ask(day)
                self.clock.now += timedelta(seconds=3600 * _HOURS / _A_DAY)
            await self._decide(day)
        day.cards = await self._reviews() - before
        self.clock.now += timedelta(hours=24 - _HOURS)
        return day

    async def _reviews(self) -> int:
        states = ("open", "approved", "edited", "rejected", "expired", *(("withdrawn",) if _can_withdraw() else ()))
        found = await self.use_cases.questions.store.reviews.listed(ReviewFilter(states=states, limit=100_000))
        return len(found)

    def _question(self) -> str:
        weights = [1 / rank for rank in range(1, len(self.questions) + 1)]
        return self.dice.choice(_REWORDED)(self.dice.choices(self.questions, weights)[0])

    async def _ask(self, day: _Day) -> None:
        self.asked += 1
        thread = f"{self.asked}.0"
        where = Conversation(
            surface="week", tenant_id="T1", user_id=f"U{self.dice.randrange(_PEOPLE)}", channel_id="C1",
            thread_id=thread, private=False,
        )  # fmt: skip
        asked, request_id, desk = Asked(text=self._question(), where=where), f"r-{self.asked}", self.use_cases.questions
        reply = await desk.ask(request_id, asked, (), lambda _: None)
        await desk.store.inbox.add([request_id], asked.model_dump_json())
        (job,) = await desk.store.inbox.claim("week", 60.0, 1)
        await desk.settle(job, asked, reply, [])
        day.outcomes[reply.outcome.kind] += 1
        is_waiting = reply.review is not None
        if reply.outcome.kind == "not_enough_info" and self.dice.random() < _ESCALATES:
            await desk.escalate(request_id, asked, self.boards.escalated)
            is_waiting = True
        if is_waiting:
            day.to_a_person += 1
            self.waiting[thread] = where
            if _can_withdraw() and self.dice.random() < _WITHDRAWS:
                await self._withdraw(request_id, where, day)

    async def _withdraw(self, request_id: str, where: Conversation, day: _Day) -> None:
        from bot.desk import asker_changes  # noqa: PLC0415 - older versions have none

        if await asker_changes.withdraw_deleted(self.use_cases.reviews, where.tenant_id, request_id):
            day.withdrawn += 1
            del self.waiting[where.thread_id]

    async def _decide(self, day: _Day) -> None:
        reviews = self.use_cases.reviews
        for review in await self.use_cases.questions.store.reviews.open_in("T1"):
            reviewer = self.dice.choice(_REVIEWERS)
            state = self._verdict(review)
            answer = "Ask the operators." if state == "edited" else ""
            decision = Decision(state=state, reviewer_id=reviewer, answer=answer, sent_anyway=state == "edited")
            await reviews.decide(review.review_id, decision, await self.boards.decided_by(reviewer))
            day.by_reviewer[reviewer] += 1
        for thread in self.board.told & self.waiting.keys():
            del self.waiting[thread]

    def _verdict(self, review: Review) -> str:
        if review.case.draft:
            return "approved" if self.dice.random() < _APPROVES else "rejected"
        return "edited" if self.dice.random() < _WRITES else "rejected"


def _can_withdraw() -> bool:
    return find_spec("bot.desk.asker_changes") is not None


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@contextmanager
def _replaying(data: Path, replies: Path) -> Iterator[dict[str, Any]]:
    """Serve the replies; yield the settings of the model."""
    server = data.parent / "bench" / "replay.py"
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for file in sorted(replies.glob("*.jsonl")) for row in _rows(file)]
        ids = sorted({row["id"] for row in rows})
        false = set(ids[::5])
        served = [row | {"kind": "x"} for row in rows if (row["kind"] == "subtle") == (row["id"] in false)]
        mixed, asked = Path(folder) / "replies.jsonl", Path(folder) / "questions.jsonl"
        mixed.write_text("".join(f"{json.dumps(row)}\n" for row in served), encoding="utf-8")
        asked.write_text("".join(f"{json.dumps(row)}\n" for name in _SETS for row in _rows(data / name / _FILE)))
        process = subprocess.Popen([sys.executable, str(server), str(_PORT), str(mixed), str(asked), "x"])  # noqa: S603
        time.sleep(1)
        try:
            yield {
                "provider": "openai", "base_url": f"http://127.0.0.1:{_PORT}/v1", "api_key": "none", "model": "replay",
            }  # fmt: skip
        finally:
            process.terminate()


_SETS, _FILE = ("zulip", "plausible-docs"), "questions.jsonl"


def _settings(data: Path, out: Path, llm: dict[str, Any]) -> Settings:
    many = "1000000/minute"
    return load_settings(
        data_dir=out,
        index={"paths": [data / name / "docs" for name in _SETS]},
        access={"reviewers": list(_REVIEWERS)},
        limits={"per_user": many, "per_tenant": many},
        **({"llm": llm} if llm else {}),
    )


async def _week(data: Path, out: Path, llm: dict[str, Any]) -> None:
    settings = _settings(data, out, llm)
    embedder = build_embedder(settings)
    if not (out / "CURRENT").exists():
        build(settings.index.paths, out, embedder, BuildRules())
    clock, dice, board = _Clock(), random.Random(7), _Board()
    with tempfile.TemporaryDirectory() as folder:
        store = await SqliteStore(Path(folder) / "week.sqlite", clock).open()
        use_cases = build_use_cases(settings, store, embedder, _Everybody(), build_process_state(settings, store))
        boards = Boards(use_cases.reviews)
        boards.add("week", board)
        questions = [row["question"] for name in _SETS for row in _rows(data / name / _FILE)]
        dice.shuffle(questions)
        week = _Week(use_cases, boards, board, clock, dice, questions)
        sys.stdout.write(_HEAD)
        outcomes = Counter[str]()
        for number in range(1, _DAYS + 1):
            day = await week.day()
            outcomes += day.outcomes
            sys.stdout.write(_row(number, day))
            sys.stdout.flush()
        sys.stdout.write(f"outcomes: {dict(outcomes)}; askers without an outcome: {len(week.waiting)}\n")
        await use_cases.questions.pipeline.aclose()
        await store.close()


_HEAD = (
    "| day | answered | not enough info | to a person | cards | withdrawn | decisions a reviewer |\n"
    "| --- | --- | --- | --- | --- | --- | --- |\n"
)


def _row(number: int, day: _Day) -> str:
    each = median(day.by_reviewer[reviewer] for reviewer in _REVIEWERS)
    figures = (day.outcomes["answered"], day.outcomes["not_enough_info"], day.to_a_person, day.cards, day.withdrawn)
    return f"| {' | '.join(map(str, (number, *figures, each)))} |\n"


def main() -> None:
    """Run the week and print a table."""
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    os.environ["HF_HUB_OFFLINE"] = "1"
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if len(sys.argv) > 3:
        with _replaying(data, Path(sys.argv[3])) as llm:
            asyncio.run(_week(data, out, llm))
    else:
        asyncio.run(_week(data, out, {}))


if __name__ == "__main__":
    main()
