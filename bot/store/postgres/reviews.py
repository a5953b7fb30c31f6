"""The table `reviews`, the append-only table `review_events`, and `review_cards`."""

from typing import Any

from bot.store.postgres.database import Executor, iso, stamp
from bot.store.postgres.scopes import IN_SCOPE, scope_values
from bot.store.records import Conversation, Review, ReviewEvent, ReviewFilter

_PURGED_AT_ONCE = 500


class ReviewTable:
    """`bot.store.port.Reviews` in PostgreSQL. What a review is looked up by is in columns beside its text."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def open(self, review: Review) -> bool:
        """Store a new review. Return False if one with this id is stored already, and was not taken back."""
        opened = review.model_copy(update={"opened_at": await stamp(self._database)})
        added = await self._database.write(
            "INSERT INTO reviews (at, tenant_id, state, review, claimed_by, awaits_asker, request_ids, has_texts, "
            "review_id) VALUES (%s, %s, 'open', %s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (review_id) DO UPDATE SET at = excluded.at, state = 'open', review = excluded.review, "
            "claimed_by = excluded.claimed_by, awaits_asker = excluded.awaits_asker, "
            "request_ids = excluded.request_ids, has_texts = excluded.has_texts, "
            "decided_at = NULL, reminded_at = NULL WHERE reviews.state = 'withdrawn'",
            (opened.opened_at, review.conversation.tenant_id, *columns_of(opened)),
        )
        if added:
            await self._event(review.review_id, review.conversation.user_id, "opened")
        return added > 0

    async def get(self, review_id: str) -> Review | None:
        """Return a review; None if there is none with this id."""
        return await self._one("WHERE review_id = %s", review_id)

    async def locked(self, review_id: str) -> Review | None:
        """Return an open review to change in this transaction; None if it is not open."""
        return await self._one("WHERE review_id = %s AND state = 'open' FOR NO KEY UPDATE", review_id)

    async def save(self, review: Review, user_id: str, what: str) -> Review:
        """Store a changed review, with `what` as a line of its history. Return it with its time of decision, if any."""
        if review.state != "open":
            decided_at = await stamp(self._database)
            review = review.model_copy(update={"decided_at": decided_at, "awaits_asker": False})
        await self._database.write(
            "UPDATE reviews SET state = %s, decided_at = %s, review = %s, claimed_by = %s, awaits_asker = %s, "
            "request_ids = %s, has_texts = %s WHERE review_id = %s",
            (review.state, review.decided_at, *columns_of(review)),
        )
        await self._event(review.review_id, user_id, what)
        return review

    async def replace(self, review: Review) -> None:
        """Store a review that lost what names a person, without a line in its history."""
        await self._database.write(
            "UPDATE reviews SET state = %s, review = %s, claimed_by = %s, awaits_asker = %s, request_ids = %s, "
            "has_texts = %s WHERE review_id = %s",
            (review.state, *columns_of(review)),
        )

    async def listed(self, wanted: ReviewFilter) -> list[Review]:
        """Return reviews by the time of their opening: oldest first if only open ones are wanted, else newest first."""
        order = "at, number" if wanted.states == ("open",) else "at DESC, number DESC"
        claimed = "AND claimed_by = %s" if wanted.claimed_by else ""
        ending = "AND right(review_id, length(%s)) != %s" if wanted.except_ending else ""
        return await self._all(
            f"WHERE state = ANY(%s) {claimed} {ending} AND {IN_SCOPE} ORDER BY {order} LIMIT %s",
            list(wanted.states),
            *([wanted.claimed_by] if wanted.claimed_by else []),
            *([wanted.except_ending] * 2 if wanted.except_ending else []),
            *scope_values(wanted.scope),
            wanted.limit,
        )

    async def open_in(self, tenant_id: str) -> list[Review]:
        """Return the open reviews of a tenant, oldest first. Other transactions that ask for them wait."""
        await self._database.lock(f"open reviews {tenant_id}")
        return await self._all("WHERE state = 'open' AND tenant_id = %s ORDER BY at, number", tenant_id)

    async def decided_in(self, tenant_id: str, days: int) -> list[Review]:
        """Return the reviews of a tenant decided in the last days, the last decision first, 1,000 at most."""
        return await self._all(
            "WHERE state IN ('approved', 'edited', 'rejected') AND tenant_id = %s "
            "AND decided_at > citedesk.now() - make_interval(days => %s) ORDER BY decided_at DESC LIMIT 1000",
            tenant_id,
            days,
        )

    async def without_card(self) -> list[Review]:
        """Return the open reviews whose `card_after` has passed, oldest first."""
        now = await stamp(self._database)
        waiting = await self._all("WHERE state = 'open' ORDER BY at, number")
        return [review for review in waiting if review.card_after and review.card_after <= now]

    async def asked_by(self, tenant_id: str, request_id: str) -> Review | None:
        """Return the open review that waits for a request, to change in this transaction; None if there is none."""
        return await self._one(
            "WHERE state = 'open' AND tenant_id = %s AND request_ids @> ARRAY[%s] FOR NO KEY UPDATE",
            tenant_id,
            request_id,
        )

    async def awaiting(self, where: Conversation) -> Review | None:
        """Return the newest open review that waits for an answer of this person in this thread.

        If the question was asked by a slash command, any direct message of the person is the answer. Such a review has
        the user id as its channel.
        """
        waiting = await self._all(
            "WHERE state = 'open' AND tenant_id = %s AND awaits_asker ORDER BY at DESC, number DESC", where.tenant_id
        )
        return next((review for review in waiting if _is_answered_in(review.conversation, where)), None)

    async def due(self, remind_s: float, expire_s: float) -> tuple[list[Review], list[Review]]:
        """Return two lists of open reviews: those older than `remind_s` seconds without a reminder, and the expired."""
        rows = await self._database.rows(
            "SELECT review, at < citedesk.now() - make_interval(secs => %(expire)s), reminded_at IS NULL FROM reviews "
            "WHERE state = 'open' AND at < citedesk.now() - make_interval(secs => least(%(remind)s, %(expire)s)) "
            "ORDER BY at, number",
            {"remind": remind_s, "expire": expire_s},
        )
        found = [(Review.model_validate_json(review), expired, due) for review, expired, due in rows]
        return [r for r, expired, due in found if due and not expired], [r for r, expired, _ in found if expired]

    async def remind(self, review_id: str) -> bool:
        """Record the reminder of a review. Return False if there was one before."""
        noted = await self._database.write(
            "UPDATE reviews SET reminded_at = citedesk.now() WHERE review_id = %s AND reminded_at IS NULL", (review_id,)
        )
        if noted:
            await self._event(review_id, "", "reminded")
        return noted > 0

    async def set_card(self, review_id: str, surface: str, channel: str, card_id: str) -> None:
        """Store where the card of a review was posted in a chat product."""
        await self._database.write(
            "INSERT INTO review_cards (review_id, surface, channel, card_id) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (review_id, surface, channel, card_id) DO UPDATE SET number = DEFAULT",
            (review_id, surface, channel, card_id),
        )

    async def card(self, review_id: str, surface: str) -> tuple[str, str] | None:
        """Return channel and message id of a review's newest card in a chat product; None if it was not posted."""
        return next(iter(await self.cards(review_id, surface)), None)

    async def cards(self, review_id: str, surface: str) -> list[tuple[str, str]]:
        """Return channel and message id of each card of a review in a chat product, the newest first."""
        rows = await self._database.rows(
            "SELECT channel, card_id FROM review_cards WHERE review_id = %s AND surface = %s ORDER BY number DESC",
            (review_id, surface),
        )
        return [(row[0], row[1]) for row in rows]

    async def of_card(self, surface: str, channel: str, card_id: str) -> Review | None:
        """Return the review whose card is this message; None if it is no card."""
        return await self._one(
            "JOIN review_cards USING (review_id) WHERE surface = %s AND channel = %s AND card_id = %s",
            surface,
            channel,
            card_id,
        )

    async def events(self, review_id: str) -> list[ReviewEvent]:
        """Return the history of a review, oldest first."""
        rows = await self._database.rows(
            "SELECT review_id, at, user_id, what FROM review_events WHERE review_id = %s ORDER BY id", (review_id,)
        )
        return [ReviewEvent(review_id=r[0], at=iso(r[1]), user_id=r[2], what=r[3]) for r in rows]

    async def purge(self, days: int) -> int:
        """Empty the texts of reviews that ended more than `days` days ago; return how many."""
        purged = 0
        while texts := await self._old_texts(days):
            for text in texts:
                emptied = _without_texts(Review.model_validate_json(text))
                purged += await self._database.write(
                    "UPDATE reviews SET review = %s, has_texts = false WHERE review_id = %s AND has_texts "
                    "AND state != 'open'",
                    (emptied.model_dump_json(), emptied.review_id),
                )
        return purged

    async def _old_texts(self, days: int) -> list[str]:
        rows = await self._database.rows(
            "SELECT review FROM reviews WHERE has_texts AND state != 'open' "
            "AND decided_at < citedesk.now() - make_interval(days => %s) LIMIT %s",
            (days, _PURGED_AT_ONCE),
        )
        return [row[0] for row in rows]

    async def _one(self, which: str, *values: Any) -> Review | None:  # noqa: ANN401 - values of a statement
        return next(iter(await self._all(which, *values)), None)

    async def _all(self, which: str, *values: Any) -> list[Review]:  # noqa: ANN401
        rows = await self._database.rows(f"SELECT review FROM reviews {which}", values)  # noqa: S608
        return [Review.model_validate_json(row[0]) for row in rows]

    async def _event(self, review_id: str, user_id: str, what: str) -> None:
        await self._database.write(
            "INSERT INTO review_events (review_id, user_id, what) VALUES (%s, %s, %s)", (review_id, user_id, what)
        )


def columns_of(review: Review) -> tuple[object, ...]:
    """Return the values of the columns from `review` to `has_texts`, and the id."""
    return (
        review.model_dump_json(),
        review.claimed_by,
        review.awaits_asker,
        [ask.request_id for ask in review.asks],
        bool(review.question),
        review.review_id,
    )


def _is_answered_in(asked: Conversation, where: Conversation) -> bool:
    """Tell whether what a person says here answers what they were asked back."""
    is_here = (asked.channel_id, asked.thread_id) == (where.channel_id, where.thread_id)
    return asked.user_id == where.user_id and (is_here or (asked.channel_id == where.user_id and where.private))


def _without_texts(review: Review) -> Review:
    case = review.case.model_copy(update={"draft": None, "findings": (), "meanwhile": None})
    joined = tuple(asker.model_copy(update={"question": ""}) for asker in review.joined)
    emptied = {"question": "", "own_words": "", "answer": "", "note": "", "exchange": (), "rejected_before": None}
    return review.model_copy(update={**emptied, "case": case, "joined": joined})
