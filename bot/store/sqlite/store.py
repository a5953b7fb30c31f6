"""The embedded store: everything that Citedesk remembers, in one SQLite file."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from bot.store.records import Conversation, Counts, Feedback, Outgoing, Settled
from bot.store.sqlite.curated import CuratedTable, GapTable
from bot.store.sqlite.database import Connection, Database
from bot.store.sqlite.posted import PeopleTable, PostedTable, TurnTable
from bot.store.sqlite.queues import JobQueue
from bot.store.sqlite.reviews import ReviewTable
from pipeline.types import Trace


class SqliteStore:
    """The tables, and what is written to several of them at once."""

    def __init__(self, file: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = Database(file, now)
        self.inbox = JobQueue(self._database, "inbox")
        self.outbox = JobQueue(self._database, "outbox")
        self.reviews = ReviewTable(self._database, self.outbox)
        self.curated = CuratedTable(self._database)
        self.gaps = GapTable(self._database)
        self.posted = PostedTable(self._database)
        self.people = PeopleTable(self._database)
        self.turns = TurnTable(self._database)

    async def open(self) -> Self:
        """Open the file, creating or migrating it. Raises StoreError."""
        await self._database.open()
        return self

    async def close(self) -> None:
        """Finish what waits and close the file."""
        await self._database.close()

    async def settle(self, key: str, settled: Settled, *, dead: bool = False) -> bool:
        """End a question with everything it leaves behind; False, and nothing written, if it has ended already."""

        def together(connection: Connection) -> bool:
            if not self.inbox.end(connection, key, "dead" if dead else "done"):
                return False
            self._leave(connection, settled)
            return True

        return await self._database.run(together)

    async def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Put messages into the outbox; one that is known by its key is not sent again."""

        def put(connection: Connection) -> None:
            for message in outgoing:
                self.outbox.put(connection, [message.key], message.model_dump_json())

        await self._database.run(put)

    async def give_up(self, key: str, instead: Sequence[Outgoing]) -> None:
        """Bury a message that cannot be delivered, and send others instead."""

        def together(connection: Connection) -> None:
            if self.outbox.end(connection, key, "dead"):
                for message in instead:
                    self.outbox.put(connection, [message.key], message.model_dump_json())

        await self._database.run(together)

    async def owns_thread(self, where: Conversation) -> bool:
        """Tell whether this person has asked in this thread before."""
        return bool(
            await self._database.rows(
                "SELECT 1 FROM threads WHERE tenant_id = ? AND channel_id = ? AND thread_id = ? AND user_id = ?",
                (where.tenant_id, where.channel_id, where.thread_id, where.user_id),
            )
        )

    async def save_request(self, trace: Trace) -> None:
        """Keep a request's trace."""
        await self._database.run(lambda connection: self._request(connection, trace))

    async def set_verdict(self, request_id: str, verdict: str) -> None:
        """Change the verdict of a stored request."""
        await self._database.write(
            "UPDATE requests SET verdict = ?, trace = json_set(trace, '$.verdict', ?) WHERE request_id = ?",
            (verdict, verdict, request_id),
        )

    async def request(self, request_id: str) -> Trace | None:
        """Return a request's trace."""
        rows = await self._database.rows("SELECT trace FROM requests WHERE request_id = ?", (request_id,))
        return Trace.model_validate_json(rows[0][0]) if rows else None

    async def requests_since(self, since: datetime) -> list[Trace]:
        """Return the traces of the requests finished since then, oldest first."""
        at = since.astimezone(UTC).isoformat(timespec="microseconds")
        rows = await self._database.rows("SELECT trace FROM requests WHERE at >= ? ORDER BY at", (at,))
        return [Trace.model_validate_json(row[0]) for row in rows]

    async def outcomes_by_day(self, days: int) -> list[tuple[str, str, int]]:
        """Return (day, outcome, count) of the last days, oldest first; days are of UTC."""
        return await self._database.rows(
            "SELECT substr(at, 1, 10), outcome, count(*) FROM requests WHERE at >= ? GROUP BY 1, 2 ORDER BY 1, 2",
            (self._database.stamp(-days * 86_400),),
        )

    async def save_feedback(self, feedback: Feedback) -> int:
        """Keep a user's latest judgement; return how many people now find this answer bad."""

        def keep(connection: Connection) -> int:
            connection.execute(
                "INSERT OR REPLACE INTO feedback (request_id, user_id, at, helpful, reason, note, answer_hash) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    feedback.request_id,
                    feedback.user_id,
                    self._database.stamp(),
                    int(feedback.helpful),
                    feedback.reason,
                    feedback.note,
                    feedback.answer_hash,
                ),
            )
            return int(
                connection.execute(
                    "SELECT count(DISTINCT user_id) FROM feedback WHERE helpful = 0 AND answer_hash = ? "
                    "AND answer_hash != ''",
                    (feedback.answer_hash,),
                ).fetchone()[0]
            )

        return await self._database.run(keep)

    async def complaints(self, request_id: str) -> list[Feedback]:
        """Return what those say who find the same answer bad as the one to this request, oldest first."""
        rows = await self._database.rows(
            "SELECT f.request_id, f.user_id, f.reason, f.note, f.answer_hash FROM feedback f JOIN feedback g "
            "ON g.answer_hash = f.answer_hash WHERE g.request_id = ? AND f.helpful = 0 AND f.reason != '' "
            "GROUP BY f.request_id, f.user_id ORDER BY f.at",
            (request_id,),
        )
        return [
            Feedback(request_id=r[0], user_id=r[1], helpful=False, reason=r[2], note=r[3], answer_hash=r[4])
            for r in rows
        ]

    async def feedback_counts(self, days: int) -> tuple[int, int]:
        """Return how many found an answer helpful and how many did not."""
        rows = await self._database.rows(
            "SELECT count(*) FILTER (WHERE helpful), count(*) FILTER (WHERE NOT helpful) FROM feedback WHERE at >= ?",
            (self._database.stamp(-days * 86_400),),
        )
        return rows[0][0], rows[0][1]

    async def counts(self) -> Counts:
        """Return the last day's outcomes, what waits, and what was given up."""
        outcomes = await self._database.rows(
            "SELECT outcome, count(*) FROM requests WHERE at >= ? GROUP BY outcome ORDER BY outcome",
            (self._database.stamp(-86_400),),
        )
        waiting = await self._database.rows("SELECT count(*) FROM reviews WHERE state = 'open'")
        inbox, outbox = await self.inbox.length(), await self.outbox.length()
        return Counts(dict(outcomes), waiting[0][0], inbox.waiting, outbox.waiting, inbox.dead + outbox.dead)

    async def purge(self, review_text_days: int, gap_text_days: int, turn_text_days: int) -> None:
        """Forget texts that have been kept long enough."""
        await self.reviews.purge(review_text_days)
        await self.gaps.purge(gap_text_days)
        await self.turns.purge(turn_text_days)
        await self.posted.purge(review_text_days)
        await self._database.write(
            "UPDATE feedback SET note = '' WHERE note != '' AND at < ?",
            (self._database.stamp(-review_text_days * 86_400),),
        )

    def _leave(self, connection: Connection, settled: Settled) -> None:
        if settled.trace:
            self._request(connection, settled.trace)
        if settled.review:
            self.reviews.put(connection, settled.review)
        if settled.gap:
            self.gaps.put(connection, settled.gap, settled.embedder, settled.gap_vector)
        for message in settled.outgoing:
            self.outbox.put(connection, [message.key], message.model_dump_json())
        if where := settled.thread:
            connection.execute(
                "INSERT OR IGNORE INTO threads VALUES (?, ?, ?, ?, ?)",
                (where.tenant_id, where.channel_id, where.thread_id, where.user_id, self._database.stamp()),
            )

    def _request(self, connection: Connection, trace: Trace) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                trace.request_id,
                self._database.stamp(),
                trace.tenant_id,
                trace.user_id,
                trace.outcome,
                trace.verdict,
                trace.model_dump_json(),
            ),
        )
