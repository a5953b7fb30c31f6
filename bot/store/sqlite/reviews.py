"""The table `reviews`, the append-only table `review_events`, and `review_cards`."""

from bot.store.records import Conversation, Review, ReviewEvent, ReviewFilter
from bot.store.sqlite.database import Executor
from bot.store.sqlite.scopes import IN_SCOPE, scope_values


class ReviewTable:
    """`bot.store.port.Reviews` in SQLite. Transactions run one at a time, so `locked` needs no lock of its own."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def open(self, review: Review) -> bool:
        """Store a new review. Return False if one with this id is stored already, and was not taken back."""
        now = self._database.stamp()
        opened = review.model_copy(update={"opened_at": now})
        added = await self._database.write(
            "INSERT INTO reviews (review_id, at, tenant_id, state, review) VALUES (?, ?, ?, 'open', ?) "
            "ON CONFLICT (review_id) DO UPDATE SET at = excluded.at, state = 'open', review = excluded.review, "
            "decided_at = NULL, reminded_at = NULL WHERE state = 'withdrawn'",
            (review.review_id, now, review.conversation.tenant_id, opened.model_dump_json()),
        )
        if added:
            await self._event(review.review_id, review.conversation.user_id, "opened")
        return added > 0

    async def get(self, review_id: str) -> Review | None:
        """Return a review; None if there is none with this id."""
        rows = await self._database.rows("SELECT review FROM reviews WHERE review_id = ?", (review_id,))
        return Review.model_validate_json(rows[0][0]) if rows else None

    async def locked(self, review_id: str) -> Review | None:
        """Return an open review to change in this transaction; None if it is not open."""
        rows = await self._database.rows(
            "SELECT review FROM reviews WHERE review_id = ? AND state = 'open'", (review_id,)
        )
        return Review.model_validate_json(rows[0][0]) if rows else None

    async def save(self, review: Review, user_id: str, what: str) -> Review:
        """Store a changed review, with `what` as a line of its history. Return it with its time of decision, if any."""
        if review.state != "open":
            review = review.model_copy(update={"decided_at": self._database.stamp(), "awaits_asker": False})
        await self._database.write(
            "UPDATE reviews SET state = ?, review = ?, decided_at = ? WHERE review_id = ?",
            (review.state, review.model_dump_json(), review.decided_at, review.review_id),
        )
        await self._event(review.review_id, user_id, what)
        return review

    async def replace(self, review: Review) -> None:
        """Store a review that lost what names a person, without a line in its history."""
        await self._database.write(
            "UPDATE reviews SET state = ?, review = ? WHERE review_id = ?",
            (review.state, review.model_dump_json(), review.review_id),
        )

    async def listed(self, wanted: ReviewFilter) -> list[Review]:
        """Return reviews by the time of their opening: oldest first if only open ones are wanted, else newest first."""
        marks = ",".join("?" * len(wanted.states))
        order = "at" if wanted.states == ("open",) else "at DESC"
        claimed = "AND json_extract(review, '$.claimed_by') = ?" if wanted.claimed_by else ""
        ending = "AND substr(review_id, -length(?)) != ?" if wanted.except_ending else ""
        rows = await self._database.rows(
            f"SELECT review FROM reviews WHERE state IN ({marks}) {claimed} {ending} AND {IN_SCOPE} "  # noqa: S608
            f"ORDER BY {order} LIMIT ?",
            (
                *wanted.states,
                *([wanted.claimed_by] if wanted.claimed_by else []),
                *([wanted.except_ending] * 2 if wanted.except_ending else []),
                *scope_values(wanted.scope),
                wanted.limit,
            ),
        )
        return [Review.model_validate_json(row[0]) for row in rows]

    async def open_in(self, tenant_id: str) -> list[Review]:
        """Return the open reviews of a tenant, oldest first."""
        rows = await self._database.rows(
            "SELECT review FROM reviews WHERE state = 'open' AND tenant_id = ? ORDER BY at", (tenant_id,)
        )
        return [Review.model_validate_json(row[0]) for row in rows]

    async def decided_in(self, tenant_id: str, days: int) -> list[Review]:
        """Return the reviews of a tenant decided in the last days, the last decision first, 1,000 at most."""
        rows = await self._database.rows(
            "SELECT review FROM reviews WHERE state IN ('approved', 'edited', 'rejected') AND tenant_id = ? "
            "AND decided_at > ? ORDER BY decided_at DESC LIMIT 1000",
            (tenant_id, self._database.stamp(-days * 86_400)),
        )
        return [Review.model_validate_json(row[0]) for row in rows]

    async def without_card(self) -> list[Review]:
        """Return the open reviews whose `card_after` has passed, oldest first."""
        rows = await self._database.rows(
            "SELECT review FROM reviews WHERE state = 'open' AND nullif(json_extract(review, '$.card_after'), '') <= ? "
            "ORDER BY at",
            (self._database.stamp(),),
        )
        return [Review.model_validate_json(row[0]) for row in rows]

    async def asked_by(self, tenant_id: str, request_id: str) -> Review | None:
        """Return the open review that waits for a request, the first one or one that joined; None if there is none."""
        rows = await self._database.rows(
            "SELECT review FROM reviews WHERE state = 'open' AND tenant_id = ? "
            "AND (coalesce(nullif(json_extract(review, '$.first_request_id'), ''), review_id) = ? OR EXISTS "
            "(SELECT 1 FROM json_each(review, '$.joined') WHERE json_extract(value, '$.request_id') = ?))",
            (tenant_id, request_id, request_id),
        )
        return Review.model_validate_json(rows[0][0]) if rows else None

    async def awaiting(self, where: Conversation) -> Review | None:
        """Return the newest open review that waits for an answer of this person in this thread.

        If the question was asked by a slash command, any direct message of the person is the answer. Such a review has
        the user id as its channel.
        """
        rows = await self._database.rows(
            "SELECT review FROM reviews WHERE state = 'open' AND tenant_id = ? "
            "AND json_extract(review, '$.awaits_asker') AND json_extract(review, '$.conversation.user_id') = ? "
            "AND ((json_extract(review, '$.conversation.channel_id') = ? "
            "AND json_extract(review, '$.conversation.thread_id') = ?) "
            "OR (json_extract(review, '$.conversation.channel_id') = ? AND ?)) ORDER BY at DESC LIMIT 1",
            (where.tenant_id, where.user_id, where.channel_id, where.thread_id, where.user_id, where.private),
        )
        return Review.model_validate_json(rows[0][0]) if rows else None

    async def due(self, remind_s: float, expire_s: float) -> tuple[list[Review], list[Review]]:
        """Return two lists of open reviews: those older than `remind_s` seconds without a reminder, and the expired."""
        remind, expire = self._database.stamp(-remind_s), self._database.stamp(-expire_s)
        rows = await self._database.rows(
            "SELECT review, at < ?, reminded_at IS NULL FROM reviews WHERE state = 'open' AND at < ? ORDER BY at",
            (expire, max(remind, expire)),
        )
        found = [(Review.model_validate_json(review), expired, due) for review, expired, due in rows]
        return [r for r, expired, due in found if due and not expired], [r for r, expired, _ in found if expired]

    async def remind(self, review_id: str) -> bool:
        """Record the reminder of a review. Return False if there was one before."""
        noted = await self._database.write(
            "UPDATE reviews SET reminded_at = ? WHERE review_id = ? AND reminded_at IS NULL",
            (self._database.stamp(), review_id),
        )
        if noted:
            await self._event(review_id, "", "reminded")
        return noted > 0

    async def set_card(self, review_id: str, surface: str, channel: str, card_id: str) -> None:
        """Store where the card of a review was posted in a chat product."""
        await self._database.write(
            "INSERT OR REPLACE INTO review_cards VALUES (?, ?, ?, ?)", (review_id, surface, channel, card_id)
        )

    async def card(self, review_id: str, surface: str) -> tuple[str, str] | None:
        """Return channel and message id of a review's newest card in a chat product; None if it was not posted."""
        return next(iter(await self.cards(review_id, surface)), None)

    async def cards(self, review_id: str, surface: str) -> list[tuple[str, str]]:
        """Return channel and message id of each card of a review in a chat product, the newest first."""
        rows = await self._database.rows(
            "SELECT channel, card_id FROM review_cards WHERE review_id = ? AND surface = ? ORDER BY rowid DESC",
            (review_id, surface),
        )
        return [(row[0], row[1]) for row in rows]

    async def of_card(self, surface: str, channel: str, card_id: str) -> Review | None:
        """Return the review whose card is this message; None if it is no card."""
        rows = await self._database.rows(
            "SELECT review FROM reviews JOIN review_cards USING (review_id) "
            "WHERE surface = ? AND channel = ? AND card_id = ?",
            (surface, channel, card_id),
        )
        return Review.model_validate_json(rows[0][0]) if rows else None

    async def events(self, review_id: str) -> list[ReviewEvent]:
        """Return the history of a review, oldest first."""
        rows = await self._database.rows(
            "SELECT review_id, at, user_id, what FROM review_events WHERE review_id = ? ORDER BY id", (review_id,)
        )
        return [ReviewEvent(review_id=r[0], at=r[1], user_id=r[2], what=r[3]) for r in rows]

    async def purge(self, days: int) -> int:
        """Empty the texts of reviews that ended more than `days` days ago; return how many."""
        return await self._database.write(
            "UPDATE reviews SET review = json_set(review, '$.question', '', '$.own_words', '', '$.answer', '', "
            "'$.note', '', '$.exchange', json('[]'), '$.case.draft', NULL, '$.case.findings', json('[]'), "
            "'$.case.meanwhile', NULL, '$.rejected_before', NULL, '$.joined', (SELECT json_group_array("
            "json_set(value, '$.question', '')) FROM json_each(review, '$.joined'))) "
            "WHERE decided_at < ? AND json_extract(review, '$.question') != ''",
            (self._database.stamp(-days * 86_400),),
        )

    async def _event(self, review_id: str, user_id: str, what: str) -> None:
        await self._database.write(
            "INSERT INTO review_events (review_id, at, user_id, what) VALUES (?, ?, ?, ?)",
            (review_id, self._database.stamp(), user_id, what),
        )
