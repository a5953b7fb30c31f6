import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlite_utils
from support.builders import draft

from bot.store.records import Asked, Conversation, Feedback, Gap, Outgoing, Review, Settled
from bot.store.sqlite.database import StoreError
from bot.store.sqlite.migrations import migrations
from bot.store.sqlite.store import SqliteStore
from pipeline.types import Failure, NeedsReview, Trace

_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)
_REVIEW = Review(
    review_id="r-1",
    question="How?",
    conversation=_WHERE,
    case=NeedsReview(reason=Failure.UNVERIFIED, draft=draft(), sources=()),
)
_GAP = Gap(request_id="r-1", tenant_id="T1", user_id="U1", question="How?", reason="x")
_TRACE = Trace(
    request_id="r-1", tenant_id="T1", user_id="U1", channel_id="C1", route="slack", outcome="answered", verdict="OK"
)


class _Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


async def _decide(store: SqliteStore, reviewer: str, answer: str = "yes") -> Review | None:
    update = {"state": "approved", "decided_by": reviewer, "answer": answer}
    return await store.reviews.change("r-1", reviewer, "approved", lambda review: review.model_copy(update=update))


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: _Clock) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore(tmp_path / "s.sqlite", clock).open()
    yield opened
    await opened.close()


async def test_an_event_is_claimed_once_under_any_of_its_keys(store: SqliteStore) -> None:
    assert await store.inbox.add(["event:1", "message:1"], "{}")
    assert not await store.inbox.add(["event:1", "message:1"], "{}")
    assert not await store.inbox.add(["event:2", "message:1"], "{}")
    assert await store.inbox.add(["event:3", "message:3"], "{}")


async def test_of_many_deliveries_at_once_one_is_claimed(store: SqliteStore) -> None:
    claims = await asyncio.gather(*(store.inbox.add([f"event:{n}", "message:1"], "{}") for n in range(50)))
    assert sum(claims) == 1


async def test_unfinished_events_come_back_after_a_restart_and_finished_ones_lose_their_text(
    store: SqliteStore, tmp_path: Path
) -> None:
    await store.inbox.add(["a"], '{"text": "first words"}')
    await store.inbox.add(["b"], '{"text": "second words"}')
    await store.inbox.finish("a")
    again = await SqliteStore(tmp_path / "s.sqlite").open()
    assert [job.payload for job in await again.inbox.claim("w", 60.0, 9)] == ['{"text": "second words"}']
    await again.close()
    assert "first words" not in "".join(
        str(row) for row in sqlite3.connect(tmp_path / "s.sqlite").execute("SELECT * FROM inbox")
    )


async def test_a_review_is_decided_once_and_every_step_is_kept(store: SqliteStore) -> None:
    assert await store.reviews.open(_REVIEW)
    assert not await store.reviews.open(_REVIEW)
    wins = await asyncio.gather(*(_decide(store, f"R{n}") for n in range(20)))
    assert len([win for win in wins if win]) == 1
    review = await store.reviews.get("r-1")
    assert review is not None
    assert review.decided_by == next(win.decided_by for win in wins if win)
    assert [event.what for event in await store.reviews.events("r-1")] == ["opened", "approved"]


async def test_the_history_of_a_review_cannot_be_changed(store: SqliteStore, tmp_path: Path) -> None:
    await store.reviews.open(_REVIEW)
    other = sqlite3.connect(tmp_path / "s.sqlite")
    for statement in ("UPDATE review_events SET what = 'x'", "DELETE FROM review_events"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(statement)
    other.close()


async def test_texts_of_decided_reviews_are_purged_after_their_days(store: SqliteStore, clock: _Clock) -> None:
    await store.reviews.open(_REVIEW)
    await _decide(store, "R", "It is so.")
    assert await store.reviews.purge(90) == 0
    clock.time += timedelta(days=91)
    assert await store.reviews.purge(90) == 1
    assert await store.reviews.purge(90) == 0
    review = await store.reviews.get("r-1")
    assert review is not None
    assert (review.question, review.answer, review.case.draft, review.decided_by) == ("", "", None, "R")


async def test_traces_and_feedback_are_kept_and_counted(store: SqliteStore) -> None:
    await store.save_request(_TRACE)
    await store.save_request(_TRACE.model_copy(update={"request_id": "r-2", "outcome": "needs_review"}))
    await store.reviews.open(_REVIEW)
    good = Feedback(request_id="r-1", user_id="U1", helpful=True, answer_hash="h")
    assert await store.save_feedback(good) == 0
    assert await store.save_feedback(good.model_copy(update={"helpful": False})) == 1
    assert await store.save_feedback(good.model_copy(update={"helpful": False, "user_id": "U2"})) == 2
    assert await store.request("r-1") == _TRACE
    assert await store.request("r-9") is None
    counts = await store.counts()
    assert counts.outcomes == {"answered": 1, "needs_review": 1}
    assert counts.open_reviews == 1


async def test_what_readers_say_is_kept_for_its_days_and_the_judgement_for_good(
    store: SqliteStore, clock: _Clock
) -> None:
    bad = Feedback(request_id="r-1", user_id="U1", helpful=False, reason="wrong", note="It is 600.", answer_hash="h")
    await store.save_feedback(bad)
    await store.save_feedback(bad.model_copy(update={"request_id": "r-2", "user_id": "U2", "note": "No."}))
    assert [c.note for c in await store.complaints("r-2")] == ["It is 600.", "No."]
    clock.time += timedelta(days=91)
    await store.purge(90, 30, 1)
    assert [(c.reason, c.note) for c in await store.complaints("r-1")] == [("wrong", ""), ("wrong", "")]


async def test_leases_retries_and_dead_letters(store: SqliteStore, clock: _Clock) -> None:
    for key in ("a", "b", "c"):
        await store.inbox.add([key], f'"{key}"')
    assert [job.key for job in await store.inbox.claim("w1", 10.0, 2)] == ["a", "b"]
    assert [job.key for job in await store.inbox.claim("w2", 10.0, 9)] == ["c"]
    clock.time += timedelta(seconds=8)
    await store.inbox.renew("w1", 10.0)
    clock.time += timedelta(seconds=4)
    assert [(job.key, job.attempts) for job in await store.inbox.claim("w3", 10.0, 9)] == [("c", 2)]
    await store.inbox.release("w1")
    assert [(job.key, job.attempts) for job in await store.inbox.claim("w3", 10.0, 1)] == [("a", 2)]
    await store.inbox.retry("a", 60.0)
    assert [job.key for job in await store.inbox.claim("w4", 10.0, 9)] == ["b"]
    assert await store.inbox.bury("a")
    assert not await store.inbox.finish("a")
    assert not await store.inbox.replace("a", '"new"')
    assert not await store.inbox.add(["a"], '"again"')
    length = await store.inbox.length()
    assert (length.waiting, length.dead) == (2, 1)


async def test_the_end_of_a_question_is_written_whole_or_not_at_all(store: SqliteStore) -> None:
    out = Outgoing(key="r-1", request_id="r-1", tenant_id="T1", channel_id="C1", text="hi")
    await store.inbox.add(["q"], '"q"')
    with pytest.raises(sqlite3.ProgrammingError):
        await store.settle("q", Settled(trace=_TRACE, review=_REVIEW, outgoing=(out,), gap=_GAP, gap_vector=object()))  # type: ignore[arg-type]
    assert await store.request("r-1") is None
    assert (await store.outbox.length()).waiting == 0
    assert (await store.inbox.length()).waiting == 1
    assert await store.settle("q", Settled(trace=_TRACE, review=_REVIEW, outgoing=(out,), thread=_WHERE))
    assert not await store.settle("q", Settled(outgoing=(out.model_copy(update={"key": "other"}),)))
    assert (await store.outbox.length()).waiting == 1
    assert await store.owns_thread(_WHERE)
    assert not await store.owns_thread(_WHERE.model_copy(update={"user_id": "U2"}))


async def test_a_store_of_the_first_version_is_taken_up_with_what_it_had_not_answered(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    old = sqlite_utils.Database(file)
    migrations.apply(old, stop_before="002_outbox_and_desk")
    event = {"type": "app_mention", "user": "U1", "ts": "1.1", "text": "How?", "channel": "C1"}
    body = json.dumps({"team_id": "T1", "event_id": "E1", "event": event})
    review = _REVIEW.model_dump_json()
    with old.conn:
        old.execute("INSERT INTO inbox VALUES ('slack:event:E1', 'received', '2026-11-01', ?)", [body])
        old.execute("INSERT INTO reviews VALUES ('r-1', '2026-11-01', 'T1', 'open', ?, NULL, NULL, NULL)", [review])
        old.execute("INSERT INTO review_events VALUES (1, 'r-1', '2026-11-01', 'U1', 'opened')")
    old.close()
    store = await SqliteStore(file).open()
    (job,) = await store.inbox.claim("w", 10.0, 9)
    asked = Asked.model_validate_json(job.payload)
    assert (asked.text, asked.where.thread_id, asked.where.private) == ("How?", "1.1", False)
    assert await store.reviews.get("r-1") == _REVIEW
    assert len(await store.reviews.events("r-1")) == 1
    await store.close()


async def test_a_file_that_is_no_database_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite").write_text("not a database at all, just words that fill a page" * 50)
    with pytest.raises(StoreError, match=r"s\.sqlite cannot be opened"):
        await SqliteStore(tmp_path / "s.sqlite").open()


async def test_only_the_owner_may_read_the_file(store: SqliteStore, tmp_path: Path) -> None:
    await store.counts()
    assert (tmp_path / "s.sqlite").stat().st_mode & 0o077 == 0


async def test_a_verdict_can_be_changed_and_requests_are_read_back_by_time(store: SqliteStore, clock: _Clock) -> None:
    await store.save_request(_TRACE)
    clock.time += timedelta(days=2)
    await store.save_request(_TRACE.model_copy(update={"request_id": "r-2"}))
    await store.set_verdict("r-1", Failure.DELIVERY_FAILED)
    known = await store.request("r-1")
    assert known is not None
    assert known.verdict == "DELIVERY_FAILED"
    found = await store.requests_since(clock.time - timedelta(days=1))
    assert [trace.request_id for trace in found] == ["r-2"]
