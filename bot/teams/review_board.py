"""The review board in Teams: renders cards for the outbox and updates posted cards."""

from collections.abc import Sequence
from dataclasses import replace

import aiohttp
import structlog

from bot.desk.outlook import Outlook
from bot.desk.permissions import Names
from bot.desk.review_views import ReviewView
from bot.desk.reviews import ReviewDesk
from bot.settings import TeamsSettings
from bot.store.records import Conversation, Outgoing, Review
from bot.teams.cards import TeamsMessage
from bot.teams.connector import Connector
from bot.teams.outgoing import to_asker, to_reviewers
from bot.teams.payloads import SURFACE
from bot.teams.render import asked_back_message, decided_message, escalated_message
from bot.teams.review_cards import answer_of_asker_message, decided_card, review_card

_log = structlog.get_logger(__name__)


class TeamsReviewBoard:
    """`bot.surfaces.review_board.Board` in Teams.

    A card goes to the reviewers' conversation of the question's channel, else to that of all reviewers.
    """

    def __init__(self, reviews: ReviewDesk, connector: Connector, settings: TeamsSettings) -> None:
        self._reviews = reviews
        self._connector = connector
        self._settings = settings

    async def place(self, review: Review) -> Conversation | None:
        """Return the conversation in which the card of a review stands or will stand; None if none is set for it."""
        posted = await self._reviews.questions.store.reviews.card(review.review_id, SURFACE)
        conversation = posted[0] if posted else self._conversation_of(review)
        if not conversation:
            return None
        return Conversation(
            surface=SURFACE,
            tenant_id=review.conversation.tenant_id,
            user_id="",
            channel_id=conversation,
            thread_id="",
            private=False,
            service_url=self._url_of(review),
        )

    async def cards(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the card of a review, or nothing if no conversation is set for it."""
        review, conversation = view.review, self._conversation_of(view.review)
        if not conversation:
            return []
        key, url = f"card:teams:{review.review_id}", self._url_of(review)
        return [to_reviewers(key, review, url, conversation, card_of(view), is_card=True)]

    async def reminder(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the card of a review again, because the first one has scrolled away."""
        key = f"reminder:teams:{view.review.review_id}"
        return [card.model_copy(update={"key": key}) for card in await self.cards(view)]

    async def refresh(self, view: ReviewView) -> None:
        """Update the posted card of a review. A failure is only logged, because the review itself is stored."""
        review = view.review
        place = await self._reviews.questions.store.reviews.card(review.review_id, SURFACE)
        if place is None:
            return
        try:
            await self._connector.update(self._url_of(review), *place, card_of(view).activity)
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.warning("card_not_updated", review_id=review.review_id, error=type(error).__name__)

    def escalated(self, review: Review, outlook: Outlook) -> Sequence[Outgoing]:
        """Return the confirmation to the asker that a person has the question now, and what to expect."""
        key, message = f"escalated:{review.review_id}", escalated_message(review.review_id, outlook)
        return [to_asker(key, review.review_id, review.conversation, message)]

    def decided(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return the message to the asker about a decided or expired review."""
        key = f"decided:{review.review_id}"
        return [to_asker(key, review.review_id, review.conversation, decided_message(review, names))]

    def asked_back(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return a reviewer's question to the asker."""
        key = f"asked:{review.review_id}:{len(review.exchange)}"
        return [to_asker(key, review.review_id, review.conversation, asked_back_message(review, names))]

    def answer_of_asker(self, review: Review, card: tuple[str, str], names: Names) -> Sequence[Outgoing]:
        """Return the asker's answer as a message to the conversation of the card."""
        key = f"answered:teams:{review.review_id}:{len(review.exchange)}"
        message = answer_of_asker_message(review, names_of(review, names))
        return [to_reviewers(key, review, self._url_of(review), card[0], message)]

    def _conversation_of(self, review: Review) -> str | None:
        asked_here = review.conversation.surface == SURFACE
        own = self._reviews.questions.channel(review.conversation).reviewers_channel if asked_here else None
        return own or self._settings.reviewers_conversation

    def _url_of(self, review: Review) -> str:
        asked_here = review.conversation.surface == SURFACE
        return review.conversation.service_url if asked_here else str(self._settings.service_url)


def card_of(view: ReviewView) -> TeamsMessage:
    """Return the card of a review: with buttons while it is open, then with the decision."""
    named = replace(view, names=names_of(view.review, view.names))
    return review_card(named) if view.review.state == "open" else decided_card(named)


def names_of(review: Review, names: Names) -> Names:
    """Return `names`, and for an asker in another chat product, whose id means nothing here, the product's name."""
    where = review.conversation
    stranger = {} if where.surface == SURFACE else {where.user_id: f"Somebody in {where.surface.title()}"}
    return {**stranger, **names}
