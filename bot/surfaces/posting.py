"""Work on the outbox: post each message, try it again later, or give it up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from bot.desk.questions import QuestionDesk
from bot.desk.review_views import Delivery, delivery_of
from bot.settings import DeliverySettings
from bot.store.lease import Lease
from bot.store.port import Tables
from bot.store.records import Job, Outgoing
from bot.surfaces.attempt import Attempt, Posted, PostError
from bot.surfaces.card_placing import CardPlacing
from bot.surfaces.product import ChatProduct
from bot.surfaces.review_board import Boards

_log = structlog.get_logger(__name__)
# Lines of a review's history that change nothing on its cards.
_NOT_ON_CARDS = frozenset({"opened", "reminded"})


@dataclass(frozen=True, slots=True)
class Posting:
    """Posts the messages of one chat product. A message that is given up becomes a dead letter.

    `now` returns the time in UTC.
    """

    product: ChatProduct
    questions: QuestionDesk
    settings: DeliverySettings
    boards: Boards
    cards: CardPlacing
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def deliver(self, job: Job, lease: Lease) -> None:
        """Post one message and store where it was posted, or that it was not."""
        outbox, message = self.questions.store.outbox, Outgoing.model_validate_json(job.payload)
        if job.attempts == 1 and await self._is_late(message):
            await outbox.finish(job)
            return
        try:
            if message.checks:
                await self._check(job, message)
                return
            posted = await self.product.post(message, Attempt(job, lease, outbox, self.settings.post_s))
        except PostError as error:
            await self._not_posted(job, message, error)
        else:
            await self._posted(job, message, posted)

    async def _check(self, job: Job, message: Outgoing) -> None:
        """Delete all copies of a message but the one that counts."""
        outbox = self.questions.store.outbox
        if kept := await outbox.posted(message.checks):
            await self.product.remove_copies(message.model_copy(update={"key": message.checks}), kept)
        await outbox.finish(job)

    async def _is_late(self, message: Outgoing) -> bool:
        """Tell whether a message is the card of a review that has ended."""
        review = await self.questions.store.reviews.get(message.card_of) if message.card_of else None
        return review is not None and review.state != "open"

    async def _posted(self, job: Job, message: Outgoing, posted: Posted) -> None:
        async with self.questions.store.transaction() as tx:
            before = await _delivery(tx, message)
            is_ours = await tx.outbox.finish(job, posted.message_id)
            if is_ours:
                await _note_place(tx, message, posted)
                is_doubtful = job.attempts > 1 or message.resumed
                if is_doubtful and self.product.finds_copies and posted.message_id:
                    await tx.outbox.send([check_of(message)], self.settings.check_s)
            after = await _delivery(tx, message)
        if not is_ours:
            await self._lost(job, message, posted)
            return
        if message.asked_at:
            waited = self.now() - datetime.fromisoformat(message.asked_at)
            self.questions.metrics.replied(waited.total_seconds())
        if message.card_of:
            self.cards.unplaced.posted(message)
        if after != before or await self._has_changed(message):
            await self._refresh(message)

    async def _lost(self, job: Job, message: Outgoing, posted: Posted) -> None:
        """Delete the own copy of a message that another worker has taken over, unless it is the one that counts.

        Where the other one finds this copy, or posts in its place, it may be the one that counts soon.
        """
        kept = await self.questions.store.outbox.posted(job.key)
        may_count = self.product.finds_copies or posted.is_shared
        is_second = kept != posted.message_id if kept else not may_count
        _log.warning("message_taken_over", request_id=message.request_id, attempts=job.attempts, retracted=is_second)
        if is_second and posted.message_id:
            await self.product.retract(message, posted)

    async def _has_changed(self, message: Outgoing) -> bool:
        """Tell whether a message is a card whose review has changed since it was opened."""
        events = await self.questions.store.reviews.events(message.card_of) if message.card_of else ()
        return any(event.what not in _NOT_ON_CARDS for event in events)

    async def _not_posted(self, job: Job, message: Outgoing, error: PostError) -> None:
        _log.warning("post_failed", request_id=message.request_id, reason=error.reason, attempts=job.attempts)
        store = self.questions.store
        if error.is_passing and job.attempts < self.settings.attempts:
            await store.outbox.retry(job, error.retry_after or self.settings.pause_s(job.attempts))
            return
        instead = await self.cards.instead_of(message, error.reason) if message.card_of else None
        async with store.transaction() as tx:
            before = await _delivery(tx, message)
            is_ours = await tx.outbox.bury(job)
            if is_ours:
                await tx.outbox.send(error.instead)
                if instead:
                    await instead.send(tx)
            after = await _delivery(tx, message)
        if is_ours and not message.card_of and not message.checks:
            await self.questions.delivery_failed(message.request_id)
        if after != before:
            await self._refresh(message)

    async def _refresh(self, message: Outgoing) -> None:
        """Update the cards of the review that a message belongs to. The message itself is settled by now."""
        review_id = message.card_of or message.decides
        try:
            await self.boards.refresh_stored(review_id)
        except Exception as error:  # noqa: BLE001 - the message must not be posted again because a card is not updated
            _log.error("card_not_updated", review_id=review_id, error=type(error).__name__)


def check_of(message: Outgoing) -> Outgoing:
    """Return the job that looks for copies of a message which was tried more than once (pure)."""
    return message.model_copy(
        update={"key": f"check:{message.key}", "checks": message.key, "card_of": "", "decides": "", "text": ""}
    )


async def _note_place(tx: Tables, message: Outgoing, posted: Posted) -> None:
    if message.card_of:
        await tx.reviews.set_card(message.card_of, message.surface, posted.channel_id, posted.message_id)
        return
    for message_id in posted.answer_ids:
        await tx.posted.put(message.channel_id, message_id, message.request_id)


async def _delivery(store: Tables, message: Outgoing) -> Delivery:
    return await delivery_of(store, message.decides) if message.decides else ""
