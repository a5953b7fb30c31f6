"""What is true of the SQLite store alone; tests/contracts/test_store.py has what is true of every store."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlite_utils
from support.builders import draft

from bot.desk.review_changes import opened
from bot.slack.outgoing import SlackPayload
from bot.store.port import StoreError
from bot.store.records import Asked, Conversation, Outgoing, Review
from bot.store.sqlite.database import Database
from bot.store.sqlite.migrations import migrations
from bot.store.sqlite.store import SqliteStore
from bot.teams.outgoing import TeamsPayload
from pipeline.types import Failure, Finding, FindingCode, NeedsReview, Trace

_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)
_REVIEW = Review(
    review_id="r-1",
    question="How?",
    conversation=_WHERE,
    case=NeedsReview(reason=Failure.UNVERIFIED, draft=draft(), sources=()),
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    found = await SqliteStore(tmp_path / "s.sqlite").open()
    yield found
    await found.close()


async def _no_messages(_: Review) -> list[Outgoing]:
    return []


async def test_finished_jobs_lose_their_text(store: SqliteStore, tmp_path: Path) -> None:
    await store.inbox.add(["a"], '{"text": "first words"}')
    await store.inbox.withdraw("a")
    with sqlite3.connect(tmp_path / "s.sqlite") as file:
        assert "first words" not in "".join(str(row) for row in file.execute("SELECT * FROM inbox"))
    file.close()


async def test_the_history_of_a_review_cannot_be_changed(store: SqliteStore, tmp_path: Path) -> None:
    await opened(store, _REVIEW, _no_messages)
    other = sqlite3.connect(tmp_path / "s.sqlite")
    for statement in ("UPDATE review_events SET what = 'x'", "DELETE FROM review_events"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(statement)
    other.close()


async def test_a_transaction_that_is_left_idle_is_rolled_back_so_that_others_can_write(tmp_path: Path) -> None:
    database = await Database(tmp_path / "s.sqlite", idle_s=0.1).open()

    async def idle() -> None:
        async with database.transaction() as transaction:
            await transaction.write("INSERT INTO people VALUES ('U1', 'Sam')")
            # Returns only once the transaction has been rolled back.
            await asyncio.to_thread(transaction.ended.wait)
            await transaction.write("INSERT INTO people VALUES ('U2', 'Robin')")

    with pytest.raises(StoreError, match="ended"):
        await idle()
    assert await database.rows("SELECT * FROM people") == []
    await database.close()


async def test_a_transaction_that_cannot_begin_raises_and_the_next_one_works(tmp_path: Path) -> None:
    database = await Database(tmp_path / "s.sqlite", busy_s=0.1).open()
    other = sqlite3.connect(tmp_path / "s.sqlite")
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with asyncio.timeout(5), database.transaction() as transaction:
            await transaction.write("INSERT INTO people VALUES ('U1', 'Sam')")

    with pytest.raises(StoreError, match="ended"):
        await write()
    other.rollback()
    other.close()
    await write()
    assert await database.rows("SELECT user_id FROM people") == [("U1",)]
    await database.close()


async def test_a_full_disk_ends_a_transaction_with_an_error(tmp_path: Path) -> None:
    database = await Database(tmp_path / "s.sqlite").open()
    (pages,) = (await database.rows("PRAGMA page_count"))[0]
    await database.rows(f"PRAGMA max_page_count = {pages + 2}")

    async def fill() -> None:
        async with asyncio.timeout(5), database.transaction() as transaction:
            for number in range(50):
                await transaction.write("INSERT INTO people VALUES (?, ?)", (f"U{number}", "x" * 3000))

    with pytest.raises(StoreError):
        await fill()
    assert await database.rows("SELECT user_id FROM people") == []
    await database.close()


async def test_a_transaction_that_has_ended_takes_no_statement(tmp_path: Path) -> None:
    database = await Database(tmp_path / "s.sqlite").open()
    async with database.transaction() as transaction:
        await transaction.write("INSERT INTO people VALUES ('U1', 'Sam')")
    async with asyncio.timeout(5):
        with pytest.raises(StoreError, match="ended"):
            await transaction.rows("SELECT 1")
    await database.close()


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


async def test_messages_that_wait_in_an_older_store_are_still_posted(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    old = sqlite_utils.Database(file)
    migrations.apply(old, stop_before="006_payloads_by_product")
    common = {"request_id": "r-1", "tenant_id": "T1", "channel_id": "C1", "thread_id": "1.0", "text": "hi"}
    block = {"type": "section"}
    slack = {
        **common, "key": "a", "surface": "slack", "body": [block], "response_url": "", "service_url": "",
        "card_of": "", "stream_id": "9.9", "apologise_to": "U1", "session": "active",
        "before": [{"text": "part", "body": [block]}],
    }  # fmt: skip
    teams = {**common, "key": "b", "surface": "teams", "body": [{"type": "message"}], "service_url": "https://x/"}
    with old.conn:
        for at, message in enumerate((slack, teams)):
            old.execute(
                "INSERT INTO outbox (key, state, received_at, due_at, payload) VALUES (?, 'waiting', ?, '2026', ?)",
                [message["key"], f"2026-{at}", json.dumps(message)],
            )
    old.close()
    store = await SqliteStore(file).open()
    first, second = (Outgoing.model_validate_json(job.payload) for job in await store.outbox.claim("w", 10.0, 9))
    own = SlackPayload.model_validate(first.payload)
    assert (first.surface, first.progress_id, first.thread_id) == ("slack", "9.9", "1.0")
    assert (own.blocks, own.before[0].text, own.before[0].blocks) == ((block,), "part", (block,))
    assert (own.apologise_to, own.session, own.response_url) == ("U1", "active", "")
    assert TeamsPayload.model_validate(second.payload) == TeamsPayload(
        activity={"type": "message"}, service_url="https://x/"
    )
    await store.close()


async def test_findings_of_checks_that_are_gone_can_still_be_read(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    old = sqlite_utils.Database(file)
    migrations.apply(old, stop_before="007_codes_of_the_second_reader")
    finding = Finding(code=FindingCode.NOT_STATED, span="It is 600.")
    case = _REVIEW.case.model_copy(update={"findings": (finding,)})
    review = _REVIEW.model_copy(update={"case": case, "question": 'What does "INJECTION" mean?'})
    trace = Trace(
        request_id="r-1", tenant_id="T1", user_id="U1", channel_id="C1", route="slack", outcome="needs_review",
        verdict="UNVERIFIED", findings=(FindingCode.NOT_STATED, FindingCode.LEAK),
    )  # fmt: skip
    stored_review = review.model_dump_json().replace('"NOT_STATED"', '"WEAK_SUPPORT"')
    stored_trace = trace.model_dump_json().replace('"NOT_STATED"', '"WEAK_SUPPORT"').replace('"LEAK"', '"INJECTION"')
    with old.conn:
        old.execute("INSERT INTO reviews VALUES ('r-1', '2026', 'T1', 'open', ?, NULL, NULL)", [stored_review])
        old.execute("INSERT INTO requests VALUES ('r-1', '2026', 'T1', 'U1', 'x', 'x', ?)", [stored_trace])
    old.close()
    store = await SqliteStore(file).open()
    assert await store.reviews.get("r-1") == review
    assert await store.requests.get("r-1") == trace
    await store.close()


async def test_a_thread_in_which_several_people_had_asked_is_nobodys(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    old = sqlite_utils.Database(file)
    migrations.apply(old, stop_before="008_threads_of_one_asker")
    rows = [("1.0", "U1"), ("2.0", "U1"), ("2.0", "U2")]
    with old.conn:
        for thread, user in rows:
            old.execute("INSERT INTO threads VALUES ('T1', 'C1', ?, ?, '2026')", [thread, user])
    old.close()
    store = await SqliteStore(file).open()
    where = _REVIEW.conversation.model_copy(update={"tenant_id": "T1", "channel_id": "C1"})
    owned = [
        await store.threads.owns(where.model_copy(update={"thread_id": thread, "user_id": user}))
        for thread, user in rows
    ]
    assert owned == [True, False, False]
    await store.close()


async def test_reviews_cards_and_history_outlive_the_new_state_withdrawn(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    old = sqlite_utils.Database(file)
    migrations.apply(old, stop_before="010_withdrawn_reviews")
    with old.conn:
        old.execute(
            "INSERT INTO reviews VALUES ('r-1', '2026', 'T1', 'open', ?, NULL, NULL)", [_REVIEW.model_dump_json()]
        )
        old.execute("INSERT INTO review_cards VALUES ('r-1', 'slack', 'C1', '1.1')")
        old.execute("INSERT INTO review_events VALUES (1, 'r-1', '2026', 'U1', 'opened')")
    old.close()
    store = await SqliteStore(file).open()
    assert await store.reviews.of_card("slack", "C1", "1.1") == _REVIEW
    assert [event.what for event in await store.reviews.events("r-1")] == ["opened"]
    await store.close()


async def test_a_file_that_is_no_database_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "s.sqlite").write_text("not a database at all, just words that fill a page" * 50)
    with pytest.raises(StoreError, match=r"s\.sqlite cannot be opened"):
        await SqliteStore(tmp_path / "s.sqlite").open()


async def test_only_the_owner_may_read_the_file(store: SqliteStore, tmp_path: Path) -> None:
    await store.counts()
    assert (tmp_path / "s.sqlite").stat().st_mode & 0o077 == 0
