"""The embedded store: one SQLite file, one thread that talks to it."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlite_utils import Database

from bot.store.migrations import migrations
from bot.store.records import Counts, Decision, Review, ReviewEvent
from index.errors import CitedeskError
from pipeline.types import Trace

T = TypeVar("T")
_BUSY_MS = 5000


class StoreError(CitedeskError):
    """The store's file cannot be opened or is not ours."""

    code = "STORE_UNAVAILABLE"


class SqliteStore:
    """Every method runs on the store's own thread, so that callers never block the event loop."""

    def __init__(self, file: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._file = file
        self._now = now
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._db: Database

    async def open(self) -> Self:
        """Open the file, creating or migrating it. Raises StoreError."""
        await self._run(self._connect)
        return self

    async def close(self) -> None:
        """Write what is pending and end the thread."""
        await self._run(self._close)
        self._thread.shutdown()

    async def claim(self, keys: Sequence[str], payload: str) -> bool:
        """Store an event under its keys; False if any of them is known, that is, a redelivery."""

        def insert() -> bool:
            with self._db.atomic():
                marks = ",".join("?" * len(keys))
                if self._one(f"SELECT count(*) FROM inbox WHERE key IN ({marks})", keys):  # noqa: S608
                    return False
                for position, key in enumerate(keys):
                    self._db.execute(
                        "INSERT INTO inbox VALUES (?, ?, ?, ?)",
                        (key, "done" if position else "received", self._stamp(), None if position else payload),
                    )
            return True

        return await self._run(insert)

    async def finish(self, key: str) -> None:
        """Mark an event as answered and forget its text."""
        await self._write("UPDATE inbox SET state = 'done', payload = NULL WHERE key = ?", (key,))

    async def unfinished(self) -> list[str]:
        """Return the payloads of events that were stored and not answered, oldest first."""
        rows = await self._rows("SELECT payload FROM inbox WHERE state = 'received' ORDER BY received_at", ())
        return [row[0] for row in rows]

    async def save_request(self, trace: Trace) -> None:
        """Keep a request's trace."""
        await self._write(
            "INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                trace.request_id,
                self._stamp(),
                trace.tenant_id,
                trace.user_id,
                trace.outcome,
                trace.verdict,
                trace.model_dump_json(),
            ),
        )

    async def set_verdict(self, request_id: str, verdict: str) -> None:
        """Change the verdict of a stored request."""
        await self._write(
            "UPDATE requests SET verdict = ?, trace = json_set(trace, '$.verdict', ?) WHERE request_id = ?",
            (verdict, verdict, request_id),
        )

    async def request(self, request_id: str) -> Trace | None:
        """Return a request's trace."""
        rows = await self._rows("SELECT trace FROM requests WHERE request_id = ?", (request_id,))
        return Trace.model_validate_json(rows[0][0]) if rows else None

    async def requests_since(self, since: datetime) -> list[Trace]:
        """Return the traces of the requests finished since then, oldest first."""
        rows = await self._rows("SELECT trace FROM requests WHERE at >= ? ORDER BY at", (since.isoformat(),))
        return [Trace.model_validate_json(row[0]) for row in rows]

    async def open_review(self, review: Review) -> bool:
        """Store a new review; False if this request has one already."""

        def insert() -> bool:
            with self._db.atomic():
                added = self._db.execute(
                    "INSERT OR IGNORE INTO reviews VALUES (?, ?, ?, 'open', ?, NULL, NULL, NULL)",
                    (review.review_id, self._stamp(), review.conversation.tenant_id, review.model_dump_json()),
                ).rowcount
                if added:
                    self._event(review.review_id, review.conversation.user_id, "opened")
            return bool(added)

        return await self._run(insert)

    async def set_card(self, review_id: str, channel: str, card_id: str) -> None:
        """Remember where a review's card was posted."""
        await self._write(
            "UPDATE reviews SET card_channel = ?, card_id = ? WHERE review_id = ?", (channel, card_id, review_id)
        )

    async def card(self, review_id: str) -> tuple[str, str] | None:
        """Return channel and id of a review's card."""
        rows = await self._rows(
            "SELECT card_channel, card_id FROM reviews WHERE review_id = ? AND card_id IS NOT NULL", (review_id,)
        )
        return (rows[0][0], rows[0][1]) if rows else None

    async def review(self, review_id: str) -> Review | None:
        """Return a review as it stands."""
        rows = await self._rows("SELECT review FROM reviews WHERE review_id = ?", (review_id,))
        return Review.model_validate_json(rows[0][0]) if rows else None

    async def decide(self, review_id: str, decision: Decision) -> bool:
        """Decide an open review; False if somebody was faster. Of two at once, one wins."""

        def compare_and_set() -> bool:
            with self._db.atomic():
                row = self._db.execute(
                    "SELECT review FROM reviews WHERE review_id = ? AND state = 'open'", (review_id,)
                ).fetchone()
                if row is None:
                    return False
                decided = Review.model_validate_json(row[0]).model_copy(
                    update={
                        "state": decision.state,
                        "answer": decision.answer,
                        "note": decision.note,
                        "decided_by": decision.reviewer_id,
                    }
                )
                self._db.execute(
                    "UPDATE reviews SET state = ?, review = ?, decided_at = ? WHERE review_id = ?",
                    (decision.state, decided.model_dump_json(), self._stamp(), review_id),
                )
                self._event(review_id, decision.reviewer_id, decision.state)
            return True

        return await self._run(compare_and_set)

    async def review_events(self, review_id: str) -> list[ReviewEvent]:
        """Return a review's history, oldest first."""
        rows = await self._rows(
            "SELECT review_id, at, user_id, what FROM review_events WHERE review_id = ? ORDER BY id", (review_id,)
        )
        return [ReviewEvent(review_id=r[0], at=r[1], user_id=r[2], what=r[3]) for r in rows]

    async def save_feedback(self, request_id: str, user_id: str, *, helpful: bool) -> None:
        """Keep a user's latest judgement of an answer."""
        await self._write(
            "INSERT OR REPLACE INTO feedback VALUES (?, ?, ?, ?)",
            (request_id, user_id, self._stamp(), int(helpful)),
        )

    async def counts(self) -> Counts:
        """Return the last day's outcomes and how many reviews wait."""
        since = (self._now() - timedelta(days=1)).isoformat()
        outcomes = await self._rows(
            "SELECT outcome, count(*) FROM requests WHERE at >= ? GROUP BY outcome ORDER BY outcome", (since,)
        )
        waiting = await self._rows("SELECT count(*) FROM reviews WHERE state = 'open'", ())
        return Counts({row[0]: row[1] for row in outcomes}, waiting[0][0])

    async def purge(self, days: int) -> int:
        """Empty the texts of reviews decided more than `days` days ago; return how many."""
        before = (self._now() - timedelta(days=days)).isoformat()

        def blank() -> int:
            with self._db.atomic():
                return int(
                    self._db.execute(
                        "UPDATE reviews SET review = json_set(review, '$.question', '', '$.answer', '', '$.note', '', "
                        "'$.case.draft', NULL, '$.case.findings', json('[]')) "
                        "WHERE decided_at < ? AND json_extract(review, '$.question') != ''",
                        (before,),
                    ).rowcount
                )

        return await self._run(blank)

    def _connect(self) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._db = Database(sqlite3.connect(self._file, timeout=_BUSY_MS / 1000))
            self._db.enable_wal()
            self._db.execute("PRAGMA foreign_keys = ON")
            migrations.apply(self._db)
            self._file.chmod(0o600)
        except (sqlite3.DatabaseError, OSError) as error:
            raise StoreError(f"the store {self._file} cannot be opened: {error}") from error

    def _close(self) -> None:
        self._db.close()

    def _stamp(self) -> str:
        return self._now().isoformat()

    def _event(self, review_id: str, user_id: str, what: str) -> None:
        self._db.execute(
            "INSERT INTO review_events (review_id, at, user_id, what) VALUES (?, ?, ?, ?)",
            (review_id, self._stamp(), user_id, what),
        )

    def _one(self, sql: str, values: Sequence[Any]) -> Any:  # noqa: ANN401 - whatever the column holds
        return self._db.execute(sql, list(values)).fetchone()[0]

    async def _rows(self, sql: str, values: Sequence[Any]) -> list[Any]:
        return await self._run(lambda: self._db.execute(sql, values).fetchall())

    async def _write(self, sql: str, values: Sequence[Any]) -> None:
        def write() -> None:
            with self._db.atomic():
                self._db.execute(sql, list(values))

        await self._run(write)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
