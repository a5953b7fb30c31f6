"""Simulate a week of reviews: 300 people ask 600 questions a day, and six reviewers decide what comes to them.

usage: python tests/bench/review_week.py DATA OUT [REPLIES]

DATA is ../shared/data: the questions and pages of `zulip` and `plausible-docs`. OUT keeps the index between runs.
DAYS, five without it, is the number of days: `DAYS=2 python tests/bench/review_week.py ...`.
Without REPLIES no model is asked. With the folder of replayed replies (../shared/data/model-replies), which
../shared/bench/replay.py serves, every fifth question gets a subtly false draft. Desk and store are real, the clock
and the people are not: a few questions are asked often (Zipf) and in other words, every third asker without an answer
presses for a person and every tenth who gets what a person answered before, one in twenty takes the question back, and
each hour a reviewer decides each open review that has a card. Each ask and each review has dice of its own, so two
versions see the same days. What was searched for is not searched for again: the index does not change.
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
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import structlog

from bot.app import build_embedder, build_process_state, build_use_cases
from bot.desk.permissions import Names
from bot.desk.questions import QuestionDesk
from bot.desk.use_cases import UseCases
from bot.settings import Settings, load_settings
from bot.store.records import Asked, Conversation, Decision, Outgoing, Review, ReviewFilter
from bot.store.sqlite.store import SqliteStore
from bot.surfaces.review_board import Boards
from index.builder import BuildRules, build

_PEOPLE, _A_DAY, _DAYS, _HOURS = 300, 600, int(os.environ.get("DAYS", "5")), 8
_REVIEWERS = tuple(f"R{number}" for number in range(6))
_ESCALATES, _WITHDRAWS, _APPROVES, _WRITES = 0.33, 0.05, 0.85, 0.5
_ASKS_AGAIN = 0.1
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
    """The simulation.

    `waiting` are the threads whose asker waits for a person, and since when; `overnight` counts those who waited until
    another day.
    """

    use_cases: UseCases
    boards: Boards
    board: _Board
    clock: _Clock
    questions: list[str]
    waiting: dict[str, datetime] = field(default_factory=dict)
    overnight: int = 0
    asked: int = 0

    async def day(self) -> _Day:
        """Ask and decide through one working day."""
        day, before = _Day(), await self.reviews()
        for _ in range(_HOURS):
            for _ in range(_A_DAY // _HOURS):
                await self._ask(day)
                self.clock.now += timedelta(seconds=3600 * _HOURS / _A_DAY)
            await self._decide(day)
        day.cards = await self.reviews() - before
        self.clock.now += timedelta(hours=24 - _HOURS)
        return day

    async def next_morning(self) -> int:
        """Decide what waits after the last day; return how many decisions that took."""
        day = _Day()
        self.clock.now += timedelta(hours=_HOURS)
        await self._decide(day)
        return day.by_reviewer.total()

    async def reviews(self) -> int:
        """Return the number of reviews so far."""
        states = ("open", "approved", "edited", "rejected", "expired", *(("withdrawn",) if _can_withdraw() else ()))
        found = await self.use_cases.questions.store.reviews.listed(ReviewFilter(states=states, limit=100_000))
        return len(found)

    def _question(self, dice: random.Random) -> str:
        weights = [1 / rank for rank in range(1, len(self.questions) + 1)]
        return dice.choice(_REWORDED)(dice.choices(self.questions, weights)[0])

    async def _ask(self, day: _Day) -> None:
        self.asked += 1
        dice, thread = random.Random(f"ask {self.asked}"), f"{self.asked}.0"
        where = Conversation(
            surface="week", tenant_id="T1", user_id=f"U{dice.randrange(_PEOPLE)}", channel_id="C1",
            thread_id=thread, private=False,
        )  # fmt: skip
        asked, request_id, desk = Asked(text=self._question(dice), where=where), f"r-{self.asked}", self.desk
        presses, gives_up = dice.random(), dice.random() < _WITHDRAWS
        reply = await desk.ask(request_id, asked, (), lambda _: None)
        await desk.store.inbox.add([request_id], asked.model_dump_json())
        (job,) = await desk.store.inbox.claim("week", 60.0, 1)
        await desk.settle(job, asked, reply, [])
        outcome = reply.outcome
        is_remembered = getattr(outcome, "form", None) == "remembered"
        day.outcomes["remembered" if is_remembered else outcome.kind] += 1
        is_waiting = reply.review is not None
        chance = _ESCALATES if outcome.kind == "not_enough_info" else _ASKS_AGAIN if is_remembered else 0.0
        if presses < chance:
            await desk.escalate(request_id, asked, self.boards.escalated)
            is_waiting = True
        if is_waiting:
            day.to_a_person += 1
            self.waiting[thread] = self.clock.now
            if _can_withdraw() and gives_up:
                await self._withdraw(request_id, where, day)

    async def _withdraw(self, request_id: str, where: Conversation, day: _Day) -> None:
        from bot.desk import asker_changes  # noqa: PLC0415 - older versions have none

        if await asker_changes.withdraw_deleted(self.use_cases.reviews, where.tenant_id, request_id):
            day.withdrawn += 1
            del self.waiting[where.thread_id]

    async def _decide(self, day: _Day) -> None:
        reviews = self.use_cases.reviews
        for review in await self.desk.store.reviews.open_in("T1"):
            if str(getattr(review, "card_after", "")) > self.clock.now.isoformat(timespec="microseconds"):
                continue
            dice = random.Random(f"review {review.review_id}")
            reviewer = dice.choice(_REVIEWERS)
            decision = _verdict(review, reviewer, dice)
            await reviews.decide(review.review_id, decision, await self.boards.decided_by(reviewer))
            day.by_reviewer[reviewer] += 1
        for thread in self.board.told & self.waiting.keys():
            self.overnight += self.waiting.pop(thread).date() != self.clock.now.date()

    @property
    def desk(self) -> QuestionDesk:
        """The desk of the askers."""
        return self.use_cases.questions


def _verdict(review: Review, reviewer: str, dice: random.Random) -> Decision:
    if review.case.draft:
        return Decision(state="approved" if dice.random() < _APPROVES else "rejected", reviewer_id=reviewer)
    if dice.random() >= _WRITES:
        return Decision(state="rejected", reviewer_id=reviewer)
    # The box is ticked for a question that was asked in a channel; older versions have none.
    box = {"remember": True} if "remember" in Decision.model_fields else {}
    return Decision(state="edited", reviewer_id=reviewer, answer="Ask the operators.", sent_anyway=True, **box)


class _Kept:
    """A part of the pipeline whose results depend on the arguments alone: each is computed once."""

    def __init__(self, part: Any) -> None:  # noqa: ANN401 - the parts have no common type
        self._part = part
        self._known: dict[Any, Any] = {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        found = getattr(self._part, name)
        return found if name not in _PURE else partial(self._once, name, found)

    def _once(self, name: str, call: Callable[..., Any], *args: Any, **named: Any) -> Any:  # noqa: ANN401
        try:
            key = (name, args, tuple(sorted(named.items())))
            hash(key)
        except TypeError:
            return call(*args, **named)
        if key not in self._known:
            self._known[key] = call(*args, **named)
        return self._known[key]


_PURE = frozenset({"search", "words", "rarities", "answer", "closest", "suggestions"})


def _search_once(pipeline: Any) -> None:  # noqa: ANN401 - a pipeline of any version
    for name in ("retriever", "quoter"):
        object.__setattr__(pipeline, name, _Kept(getattr(pipeline, name)))


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
        limits={"per_user": many, "per_tenant": many, "per_user_presses": many, "per_user_reviews": many},
        **({"llm": llm} if llm else {}),
    )


async def _week(data: Path, out: Path, llm: dict[str, Any], *, is_built: bool) -> None:
    settings = _settings(data, out, llm)
    embedder = build_embedder(settings)
    if not is_built:
        build(settings.index.paths, out, embedder, BuildRules())
    clock, board = _Clock(), _Board()
    with tempfile.TemporaryDirectory() as folder:
        store = await SqliteStore(Path(folder) / "week.sqlite", clock).open()
        use_cases = build_use_cases(settings, store, embedder, _Everybody(), build_process_state(settings, store))
        boards = Boards(use_cases.reviews)
        boards.add("week", board)
        found = [str(row["question"]) for name in _SETS for row in _rows(data / name / _FILE)]
        # One row of the data is "??", which asks nothing.
        questions = [text for text in found if any(map(str.isalnum, text))]
        random.Random(7).shuffle(questions)
        _search_once(use_cases.questions.pipeline)
        week = _Week(use_cases, boards, board, clock, questions)
        sys.stdout.write(_HEAD)
        outcomes = Counter[str]()
        for number in range(1, _DAYS + 1):
            day = await week.day()
            outcomes += day.outcomes
            sys.stdout.write(_row(number, day))
            sys.stdout.flush()
        late = await week.next_morning()
        sys.stdout.write(
            f"outcomes: {dict(outcomes)}; decided on the next morning: {late}; waited overnight: {week.overnight}; "
            f"askers without an outcome: {len(week.waiting)}\n"
        )
        await use_cases.questions.pipeline.aclose()
        await store.close()


_HEAD = (
    "| day | answered | remembered | not enough info | to a person | cards | withdrawn | decisions a reviewer |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
)


def _row(number: int, day: _Day) -> str:
    each = median(day.by_reviewer[reviewer] for reviewer in _REVIEWERS)
    outcomes = (day.outcomes[kind] for kind in ("answered", "remembered", "not_enough_info"))
    figures = (*outcomes, day.to_a_person, day.cards, day.withdrawn)
    return f"| {' | '.join(map(str, (number, *figures, each)))} |\n"


def main() -> None:
    """Run the week and print a table."""
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    is_built = any(out.rglob("CURRENT"))
    os.environ["HF_HUB_OFFLINE"] = "1"
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if len(sys.argv) > 3:
        with _replaying(data, Path(sys.argv[3])) as llm:
            asyncio.run(_week(data, out, llm, is_built=is_built))
    else:
        asyncio.run(_week(data, out, {}, is_built=is_built))


if __name__ == "__main__":
    main()
