"""`citedesk store migrate`: a store in a file becomes one in a database, also if the copy is killed on its way."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from support.builders import draft
from support.clock import Clock

psycopg = pytest.importorskip("psycopg", reason="the extra `cluster` is not installed")

from bot.desk.review_changes import opened  # noqa: E402
from bot.store.copying import TABLES  # noqa: E402
from bot.store.postgres.store import PostgresStore  # noqa: E402
from bot.store.records import (  # noqa: E402
    Conversation,
    CuratedAnswer,
    Feedback,
    Gap,
    Installed,
    KeptTurn,
    Outgoing,
    Review,
    ReviewFilter,
    Snapshot,
)
from bot.store.sqlite.store import SqliteStore  # noqa: E402
from pipeline.types import Citation, Failure, NeedsReview, Trace  # noqa: E402

_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)
_CASE = NeedsReview(reason=Failure.UNVERIFIED, draft=draft(), sources=())
_REVIEW = Review(review_id="r-1", question="How?", conversation=_WHERE, case=_CASE)
_CITATION = Citation(marker=1, chunk_id="k", quote="so")
_REQUESTS = 20_000


async def _no_messages(_: Review) -> list[Outgoing]:
    return []


def _curated(number: int) -> CuratedAnswer:
    return CuratedAnswer(
        curated_id=f"c-{number}", tenant_id="T1", question="How?", answer="So [1].", citations=(_CITATION,),
        sources=(), approved_by="R", approved_at="2026-11-01",
    )  # fmt: skip


async def _fill(folder: Path) -> None:
    """Write a store of everything, with what is awkward to copy."""
    clock = Clock()
    store = await SqliteStore(folder / "citedesk.sqlite", clock).open()
    for number in range(30):
        clock.move(minutes=1)
        review = _REVIEW.model_copy(update={"review_id": f"r-{number}", "question": f"How \0 {number}?"})
        await opened(store, review, _no_messages)
        await store.reviews.set_card(f"r-{number}", "slack", "C1", f"{number}.1")
        await store.reviews.set_card(f"r-{number}", "slack", "C0", f"{number}.0")
        if number % 2:
            await store.reviews.save(review.model_copy(update={"state": "approved", "answer": "So."}), "R", "approved")
        await store.inbox.add([f"event:{number}", f"message:{number}"], '{"text": "\0"}')
        message = Outgoing(
            key=f"m-{number}", request_id="r", surface="slack", tenant_id="T1", channel_id="C1", text="x"
        )
        await store.outbox.send([message])
        await store.curated.save(_curated(number), "e", bytes(range(256)))
        gap = Gap(
            request_id=f"r-{number}", tenant_id="T1", user_id="U1", question="a\0b", reason="x", nearest=("P", "Q")
        )
        await store.gaps.put(gap, "e", b"\0\xff")
        await store.turns.put(KeptTurn(request_id=f"r-{number}", where=_WHERE, question="How?", answer="\\N\t\n\\."))
        await store.people.put(f"U{number}", "Zoë \U0001f600")
        await store.feedback.save(
            Feedback(request_id=f"r-{number}", user_id="U1", helpful=number % 3 == 0, reason="wrong", answer_hash="h")
        )
        await store.posted.put("C1", f"{number}.9", f"r-{number}")
        await store.threads.asked(_WHERE.model_copy(update={"thread_id": f"{number}.0"}))
        await store.versions.bump("curated")
    await _fill_once(store)
    await store.close()
    with closing(sqlite3.connect(folder / "citedesk.sqlite")) as file, file:
        file.executemany(
            "INSERT INTO requests VALUES (?, '2026-11-02T00:00:00.000000+00:00', 'T1', 'U1', 'answered', 'OK', ?)",
            ((f"q-{number}", _trace(f"q-{number}").model_dump_json()) for number in range(_REQUESTS)),
        )


async def _fill_once(store: SqliteStore) -> None:
    (job,) = await store.outbox.claim("w", 60.0, 1)
    await store.outbox.anchor(job, "a-1")
    await store.outbox.finish(job, "p-1")
    await store.installations.save(Installed("app", "T1", "U1", "{}"))
    await store.snapshots.put(Snapshot(name="s-1", uri="file:///s-1"))
    await store.requests.save(_trace("r-verdict"))
    await store.requests.set_verdict("r-verdict", "DELIVERY_FAILED")


def _trace(request_id: str) -> Trace:
    return Trace(
        request_id=request_id, tenant_id="T1", user_id="U1", channel_id="C1", route="slack", outcome="answered",
        verdict="OK",
    )  # fmt: skip


def _migrate(folder: Path, url: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "CITEDESK_STORE__URL": url}
    citedesk = "from bot.cli.main import main; main()"
    command = [sys.executable, "-c", citedesk, "store", "migrate", "--data-dir", str(folder)]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # noqa: S603 - ourselves


def _ended(folder: Path, url: str) -> tuple[int, str]:
    process = _migrate(folder, url)
    out, _ = process.communicate(timeout=120)
    return process.returncode, out


def _copied(url: str) -> int:
    """Return how many rows are copied so far."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('citedesk.store_copy')").fetchone() == (None,):
            return 0
        row = connection.execute("SELECT sum(value::bigint) FROM citedesk.store_copy, jsonb_each_text(rows)").fetchone()
        return int(row[0] or 0) if row else 0


def _kill_once_it_copies(folder: Path, url: str) -> int:
    before, process = _copied(url), _migrate(folder, url)
    try:
        deadline = time.monotonic() + 60
        while _copied(url) <= before and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
    finally:
        process.kill()
        process.communicate()
    return _copied(url) - before


async def test_a_copy_that_is_killed_again_and_again_goes_on_and_is_whole(tmp_path: Path, postgres_url: str) -> None:
    await _fill(tmp_path)
    gained = [_kill_once_it_copies(tmp_path, postgres_url) for _ in range(5)]
    assert all(gained)
    assert sum(gained) < _REQUESTS
    code, out = _ended(tmp_path, postgres_url)
    assert (code, len(out.splitlines())) == (0, len(TABLES) + 1), out
    old = await SqliteStore(tmp_path / "citedesk.sqlite").open()
    new = await PostgresStore(postgres_url).open()
    everything = ReviewFilter(states=("open", "approved"), limit=1000)
    assert len(await new.reviews.listed(everything)) == 30
    assert await new.reviews.listed(everything) == await old.reviews.listed(everything)
    for number in (0, 17):
        assert await new.reviews.cards(f"r-{number}", "slack") == await old.reviews.cards(f"r-{number}", "slack")
        assert await new.reviews.events(f"r-{number}") == await old.reviews.events(f"r-{number}")
    assert await new.requests.get("r-verdict") == await old.requests.get("r-verdict")
    assert await new.requests.get(f"q-{_REQUESTS - 1}") is not None
    assert await new.feedback.complaints("r-1") == await old.feedback.complaints("r-1")
    assert await new.curated.live() == await old.curated.live()
    assert await new.outbox.posted("m-0") == "p-1"
    assert await new.versions.number("curated") == 30
    claimed = [job.key for job in await new.inbox.claim("w", 60.0, 99)]
    assert claimed == [job.key for job in await old.inbox.claim("w", 60.0, 99)]
    # What comes now comes after what was copied.
    await new.inbox.add(["late"], "{}")
    assert (await opened(new, _REVIEW.model_copy(update={"review_id": "late"}), _no_messages)) is not None
    for store in (old, new):
        await store.close()
    assert _ended(tmp_path, postgres_url) == (0, "This store is copied already.\n")


async def test_a_database_with_other_data_is_left_alone(tmp_path: Path, postgres_url: str) -> None:
    store = await SqliteStore(tmp_path / "citedesk.sqlite").open()
    await store.people.put("U1", "Sam")
    await store.close()
    served = await PostgresStore(postgres_url).open()
    await served.people.put("U2", "Robin")
    code, out = _ended(tmp_path, postgres_url)
    assert code == 1
    assert "holds other data, in its table people" in out
    assert await served.people.names(["U1", "U2"]) == {"U2": "Robin"}
    await served.close()


async def test_the_copy_of_another_store_is_not_mixed_with_this_one(tmp_path: Path, postgres_url: str) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        await (await SqliteStore(tmp_path / name / "citedesk.sqlite").open()).close()
    assert _ended(tmp_path / "a", postgres_url)[0] == 0
    code, out = _ended(tmp_path / "b", postgres_url)
    assert (code, "the copy of another store" in out) == (1, True)


async def test_a_store_that_changed_between_two_runs_is_found_out(tmp_path: Path, postgres_url: str) -> None:
    await _fill(tmp_path)
    assert _kill_once_it_copies(tmp_path, postgres_url)
    with closing(sqlite3.connect(tmp_path / "citedesk.sqlite")) as file, file:
        file.execute("UPDATE inbox SET state = 'dead', payload = NULL WHERE key = 'event:3'")
    code, out = _ended(tmp_path, postgres_url)
    assert code == 1
    assert "table inbox differs" in out


async def test_a_store_that_is_in_use_is_not_copied(tmp_path: Path, postgres_url: str) -> None:
    await (await SqliteStore(tmp_path / "citedesk.sqlite").open()).close()
    with closing(sqlite3.connect(tmp_path / "citedesk.sqlite", isolation_level=None)) as file:
        file.execute("BEGIN IMMEDIATE")
        code, out = _ended(tmp_path, postgres_url)
    assert code == 1
    assert "locked" in out


def test_without_a_database_or_a_store_the_command_says_what_is_missing(tmp_path: Path, postgres_url: str) -> None:
    code, out = _ended(tmp_path, "")
    assert (code, "store.url" in out) == (2, True)
    code, out = _ended(tmp_path, postgres_url)
    assert (code, "no store to copy" in out) == (1, True)
    code, out = _ended(tmp_path, "mysql://u:hunter2@h/d")
    assert (code, "begins with postgresql://" in out, "hunter2" in out) == (2, True, False)
