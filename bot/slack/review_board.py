"""Slack's review board: compose the cards, and update the posted ones."""

from collections.abc import Sequence

import structlog

from bot.desk.permissions import Names
from bot.desk.reviews import ReviewDesk, ReviewView
from bot.slack.best_effort import TROUBLE, error_of
from bot.slack.clients import Workspaces
from bot.slack.outgoing import SlackPayload, card_outgoing, to_asker, under_card
from bot.slack.payloads import SURFACE
from bot.slack.render import SlackMessage, asked_back_message, decided_message, escalated_message
from bot.slack.review_cards import answer_of_asker_message, decided_card, reminder_message, review_card
from bot.store.records import Outgoing, Review

_log = structlog.get_logger(__name__)


class SlackReviewBoard:
    """`bot.surfaces.review_board.Board` in Slack.

    `default_channel` takes the cards of channels that have none of their own; "" means no cards.
    """

    def __init__(self, reviews: ReviewDesk, workspaces: Workspaces, default_channel: str) -> None:
        self._reviews = reviews
        self._workspaces = workspaces
        self._default_channel = default_channel

    async def cards(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the card of a review; none for another product's review where the workspace is not known."""
        review = view.review
        tenant, channel = self._tenant_of(review), self._default_channel
        if review.conversation.surface == SURFACE:
            channel = self._reviews.questions.channel(review.conversation).reviewers_channel or channel
        return [card_outgoing(review, tenant, channel, _card(view))] if tenant and channel else []

    async def reminder(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the reminder under a card."""
        review = view.review
        place = await self._reviews.questions.store.reviews.card(review.review_id, SURFACE)
        key = f"reminder:{review.review_id}"
        return [under_card(key, review, self._tenant_of(review), place, reminder_message(review))] if place else []

    async def refresh(self, view: ReviewView) -> None:
        """Update the posted card of a review. A failure is logged: the review itself is stored."""
        review, card = view.review, _card(view)
        place = await self._reviews.questions.store.reviews.card(review.review_id, SURFACE)
        if place is None:
            return
        try:
            client = await self._workspaces.client(self._tenant_of(review))
            await client.chat_update(channel=place[0], ts=place[1], text=card.text, blocks=list(card.blocks))
        except TROUBLE as error:
            _log.warning("card_not_updated", review_id=review.review_id, reason=error_of(error))

    def escalated(self, review: Review) -> Sequence[Outgoing]:
        """Return the word to the asker that a person has the question now."""
        said = escalated_message(review.review_id)
        return [to_asker(f"escalated:{review.review_id}", review.review_id, review.conversation, said)]

    def decided(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return what the asker gets at the end of a review."""
        where = review.conversation
        payload = SlackPayload(session="active" if where.thread_id else "")
        key = f"decided:{review.review_id}"
        return [to_asker(key, review.review_id, where, decided_message(review, names), payload)]

    def asked_back(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return a reviewer's question to the asker."""
        key = f"asked:{review.review_id}:{len(review.exchange)}"
        return [to_asker(key, review.review_id, review.conversation, asked_back_message(review, names))]

    def answer_of_asker(self, review: Review, card: tuple[str, str], names: Names) -> Sequence[Outgoing]:
        """Return the asker's answer, for the thread of the card."""
        key = f"answered:{review.review_id}:{len(review.exchange)}"
        return [under_card(key, review, self._tenant_of(review), card, answer_of_asker_message(review, names))]

    def _tenant_of(self, review: Review) -> str:
        where = review.conversation
        return where.tenant_id if where.surface == SURFACE else self._workspaces.only


def _card(view: ReviewView) -> SlackMessage:
    show = review_card if view.review.state == "open" else decided_card
    return show(view.review, show_draft=view.show_draft, names=view.names)
