"""Reviews and their history. Every change is a compare-and-set on an open review: of two at once, one wins."""

from collections.abc import Callable, Sequence

from bot.store.records import Outgoing, Review, ReviewEvent, ReviewFilter
from bot.store.sqlite.database import Connection, Database
from bot.store.sqlite.queues import JobQueue

Change = Callable[[Review], Review]
Render = Callable[[Review], Sequence[Outgoing]]


def nothing(_: Review) -> Sequence[Outgoing]:
    """Send nothing."""
    return ()


class ReviewTable:
    """The table `reviews` and the append-only table `review_events`."""

    def __init__(self, database: Database, outbox: JobQueue) -> None:
        self._database = database
        self._outbox = outbox

    async def open(self, review: Review, outgoing: Sequence[Outgoing] = ()) -> bool:
        """Store a new review and what is said about it; False if this request has one already."""
        return await self._database.run(lambda connection: self.put(connection, review, outgoing))

    def put(self, connection: Connection, review: Review, outgoing: Sequence[Outgoing] = ()) -> bool:
        """Do what `open` does, inside a transaction that does more."""
        now = self._database.stamp()
        opened = review.model_copy(update={"opened_at": now})
        added = connection.execute(
            "INSERT OR IGNORE INTO reviews (review_id, at, tenant_id, state, review) VALUES (?, ?, ?, 'open', ?)",
            (review.review_id, now, review.conversation.tenant_id, opened.model_dump_json()),
        ).rowcount
        if added:
            self._event(connection, review.review_id, review.conversation.user_id, "opened")
            self._send(connection, outgoing)
        return bool(added)

    async def get(self, review_id: str) -> Review | None:
        """Return a review as it stands."""
        rows = await self._database.rows("SELECT review FROM reviews WHERE review_id = ?", (review_id,))
        return Review.model_validate_json(rows[0][0]) if rows else None

    async def change(
        self, review_id: str, user_id: str, what: str, change: Change, render: Render = nothing
    ) -> Review | None:
        """Return the changed review, or None if it is not open any more.

        `change` may raise; then nothing happens. What `render` returns is sent if the change is kept.
        """

        def compare_and_set(connection: Connection) -> Review | None:
            row = connection.execute(
                "SELECT review FROM reviews WHERE review_id = ? AND state = 'open'", (review_id,)
            ).fetchone()
            if row is None:
                return None
            changed = change(Review.model_validate_json(row[0]))
            if changed.state != "open":
                changed = changed.model_copy(update={"decided_at": self._database.stamp(), "awaits_asker": False})
            connection.execute(
                "UPDATE reviews SET state = ?, review = ?, decided_at = ? WHERE review_id = ?",
                (changed.state, changed.model_dump_json(), changed.decided_at, review_id),
            )
            self._event(connection, review_id, user_id, what)
            self._send(connection, render(changed))
            return changed

        return await self._database.run(compare_and_set)

    async def listed(self, wanted: ReviewFilter) -> list[Review]:
        """Return reviews, oldest first while open, newest first once decided."""
        marks = ",".join("?" * len(wanted.states))
        order = "at" if wanted.states == ("open",) else "at DESC"
        claimed = "AND json_extract(review, '$.claimed_by') = ?" if wanted.claimed_by else ""
        rows = await self._database.rows(
            f"SELECT review FROM reviews WHERE state IN ({marks}) {claimed} ORDER BY {order} LIMIT ?",  # noqa: S608
            (*wanted.states, *([wanted.claimed_by] if wanted.claimed_by else []), wanted.limit),
        )
        return [Review.model_validate_json(row[0]) for row in rows]

    async def awaiting(self, tenant_id: str, channel_id: str, thread_id: str, user_id: str) -> Review | None:
        """Return the open review that waits for a word of this person in this thread."""
        rows = await self._database.rows(
            "SELECT review FROM reviews WHERE state = 'open' AND tenant_id = ? "
            "AND json_extract(review, '$.awaits_asker') AND json_extract(review, '$.conversation.user_id') = ? "
            "AND ((json_extract(review, '$.conversation.channel_id') = ? "
            "AND json_extract(review, '$.conversation.thread_id') = ?) "
            "OR (json_extract(review, '$.conversation.thread_id') = '' AND ? LIKE 'D%')) ORDER BY at DESC LIMIT 1",
            (tenant_id, user_id, channel_id, thread_id, channel_id),
        )
        return Review.model_validate_json(rows[0][0]) if rows else None

    async def due(self, remind_s: float, expire_s: float) -> tuple[list[Review], list[Review]]:
        """Return the open reviews to remind of, once each, and those whose time is over."""
        remind, expire = self._database.stamp(-remind_s), self._database.stamp(-expire_s)
        rows = await self._database.rows(
            "SELECT review, at < ?, reminded_at IS NULL FROM reviews WHERE state = 'open' AND at < ? ORDER BY at",
            (expire, max(remind, expire)),
        )
        found = [(Review.model_validate_json(review), over, fresh) for review, over, fresh in rows]
        return [r for r, over, fresh in found if fresh and not over], [r for r, over, _ in found if over]

    async def remind(self, review_id: str, outgoing: Sequence[Outgoing]) -> None:
        """Note that the reviewers were reminded, and send the reminder, once."""

        def once(connection: Connection) -> None:
            noted = connection.execute(
                "UPDATE reviews SET reminded_at = ? WHERE review_id = ? AND reminded_at IS NULL",
                (self._database.stamp(), review_id),
            ).rowcount
            if noted:
                self._event(connection, review_id, "", "reminded")
                self._send(connection, outgoing)

        await self._database.run(once)

    async def set_card(self, review_id: str, surface: str, channel: str, card_id: str) -> None:
        """Remember where a review's card was posted in a chat product."""
        await self._database.write(
            "INSERT OR REPLACE INTO review_cards VALUES (?, ?, ?, ?)", (review_id, surface, channel, card_id)
        )

    async def card(self, review_id: str, surface: str) -> tuple[str, str] | None:
        """Return channel and id of a review's card in a chat product."""
        rows = await self._database.rows(
            "SELECT channel, card_id FROM review_cards WHERE review_id = ? AND surface = ?", (review_id, surface)
        )
        return (rows[0][0], rows[0][1]) if rows else None

    async def note(self, review_id: str, user_id: str, what: str) -> None:
        """Add a line to a review's history."""
        await self._database.run(lambda connection: self._event(connection, review_id, user_id, what))

    async def events(self, review_id: str) -> list[ReviewEvent]:
        """Return a review's history, oldest first."""
        rows = await self._database.rows(
            "SELECT review_id, at, user_id, what FROM review_events WHERE review_id = ? ORDER BY id", (review_id,)
        )
        return [ReviewEvent(review_id=r[0], at=r[1], user_id=r[2], what=r[3]) for r in rows]

    async def purge(self, days: int) -> int:
        """Empty the texts of reviews decided more than `days` days ago; return how many."""
        return await self._database.write(
            "UPDATE reviews SET review = json_set(review, '$.question', '', '$.answer', '', '$.note', '', "
            "'$.exchange', json('[]'), '$.case.draft', NULL, '$.case.findings', json('[]')) "
            "WHERE decided_at < ? AND json_extract(review, '$.question') != ''",
            (self._database.stamp(-days * 86_400),),
        )

    def _send(self, connection: Connection, outgoing: Sequence[Outgoing]) -> None:
        for message in outgoing:
            self._outbox.put(connection, [message.key], message.model_dump_json())

    def _event(self, connection: Connection, review_id: str, user_id: str, what: str) -> None:
        connection.execute(
            "INSERT INTO review_events (review_id, at, user_id, what) VALUES (?, ?, ?, ?)",
            (review_id, self._database.stamp(), user_id, what),
        )
