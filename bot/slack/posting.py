"""Review cards: composing them, and keeping the posted ones as their reviews stand."""

from collections.abc import Sequence

import structlog

from bot.review_desk import ReviewDesk
from bot.slack.clients import Workspaces
from bot.slack.optional import TROUBLE, error_of
from bot.slack.outgoing import card_outgoing, to_asker, under_card
from bot.slack.render import asked_back_message, decided_message, escalated_message
from bot.slack.review_blocks import answer_of_asker_message, decided_card, reminder_message, review_card
from bot.store.records import Outgoing, Review

_log = structlog.get_logger(__name__)


class Cards:
    """The messages around reviews. `default_channel` takes the cards of channels that have none of their own."""

    def __init__(self, reviews: ReviewDesk, workspaces: Workspaces, default_channel: str) -> None:
        self._reviews = reviews
        self._workspaces = workspaces
        self._default_channel = default_channel

    async def card(self, review: Review) -> Outgoing:
        """Return the card of a new review."""
        channel = self._reviews.desk.channel(review.conversation.channel_id).reviewers_channel
        show_draft = await self._reviews.card_may_show_draft(review)
        return card_outgoing(review, channel or self._default_channel, review_card(review, show_draft=show_draft))

    async def cards(self, review: Review) -> Sequence[Outgoing]:
        """Return what a new review that nobody waits for sends out."""
        return [await self.card(review)]

    async def escalated(self, review: Review) -> Sequence[Outgoing]:
        """Return what goes out when an asker wants a person: a word to the asker, and the card."""
        told = to_asker(
            f"escalated:{review.review_id}", review.review_id, review.conversation, escalated_message(review.review_id)
        )
        return [told, await self.card(review)]

    async def reminder(self, review: Review) -> Sequence[Outgoing]:
        """Return the reminder under a card."""
        place = await self._reviews.desk.store.reviews.card(review.review_id)
        key = f"reminder:{review.review_id}"
        return [under_card(key, review, place, reminder_message(review))] if place else []

    async def refresh(self, review: Review) -> None:
        """Show a review as it stands now. The review stands, whether its card can be updated or not."""
        place = await self._reviews.desk.store.reviews.card(review.review_id)
        if place is None:
            return
        show_draft = await self._reviews.card_may_show_draft(review)
        show = review_card if review.state == "open" else decided_card
        card = show(review, show_draft=show_draft)
        try:
            client = await self._workspaces.client(review.conversation.tenant_id)
            await client.chat_update(channel=place[0], ts=place[1], text=card.text, blocks=list(card.blocks))
        except TROUBLE as error:
            _log.warning("card_not_updated", review_id=review.review_id, reason=error_of(error))

    @staticmethod
    def decided(review: Review) -> Sequence[Outgoing]:
        """Return what the asker gets at the end of a review; nobody asked for a second look at an approved answer."""
        if review.curated_id and review.state != "edited":
            return ()
        where = review.conversation
        message = to_asker(f"decided:{review.review_id}", review.review_id, where, decided_message(review))
        return [message.model_copy(update={"session": "active" if where.thread_id else ""})]

    @staticmethod
    def asked_back(review: Review) -> Sequence[Outgoing]:
        """Return a reviewer's question to the asker."""
        key = f"asked:{review.review_id}:{len(review.exchange)}"
        return [to_asker(key, review.review_id, review.conversation, asked_back_message(review))]

    @staticmethod
    def answer_of_asker(review: Review, card: tuple[str, str] | None) -> Sequence[Outgoing]:
        """Return the asker's answer, for the thread of the card."""
        key = f"answered:{review.review_id}:{len(review.exchange)}"
        return [under_card(key, review, card, answer_of_asker_message(review))] if card else []
