"""The messages around reviews: composing them, and keeping the posted cards as their reviews stand."""

from collections.abc import Callable, Sequence

import aiohttp
import structlog

from bot.review_desk import ReviewDesk
from bot.store.records import Outgoing, Review
from bot.teams.connector import Connector
from bot.teams.outgoing import card_outgoing, to_asker
from bot.teams.render import Json, Names, TeamsMessage, decided_message, escalated_message
from bot.teams.review_cards import decided_card, review_card

_log = structlog.get_logger(__name__)


class Cards:
    """The messages around reviews; their cards go to one conversation of the reviewers."""

    def __init__(self, reviews: ReviewDesk, connector: Connector, conversation_id: str) -> None:
        self._reviews = reviews
        self._connector = connector
        self._conversation_id = conversation_id

    async def card(self, review: Review) -> Outgoing:
        """Return the card of a new review."""
        return card_outgoing(review, self._conversation_id, await self.shown(review))

    async def escalated(self, review: Review) -> Sequence[Outgoing]:
        """Return what goes out when an asker wants a person: a word to the asker, and the card."""
        key, said = f"escalated:{review.review_id}", escalated_message(review.review_id)
        return [to_asker(key, review.review_id, review.conversation, said), await self.card(review)]

    async def cards(self, review: Review) -> Sequence[Outgoing]:
        """Return what a new review that nobody waits for sends out."""
        return [await self.card(review)]

    async def reminder(self, review: Review) -> Sequence[Outgoing]:
        """Return the reminder of a review that waits: its card anew, for it has scrolled away."""
        card = await self.card(review)
        return [card.model_copy(update={"key": f"reminder:{review.review_id}"})]

    def decided(self, review: Review) -> Sequence[Outgoing]:
        """Return what the asker gets when a review ended without anybody's decision."""
        return [_told(review, {})]

    async def decided_by(self, reviewer_id: str) -> Callable[[Review], Sequence[Outgoing]]:
        """Return how to tell the asker what this reviewer decided."""
        names = await self._reviews.desk.store.people.names([reviewer_id])

        return lambda review: [_told(review, names)]

    async def shown(self, review: Review) -> TeamsMessage:
        """Return a review's card as the review stands now."""
        show_draft, names = await self._reviews.card_may_show_draft(review), await self.names(review)
        if review.state != "open":
            return decided_card(review, show_draft=show_draft, names=names)
        reviewers = sorted(self._reviews.reviewers_of(review))
        return review_card(review, show_draft=show_draft, reviewers=reviewers, names=names)

    async def names(self, review: Review) -> Names:
        """Return what the people around a review are called."""
        people = {
            review.conversation.user_id,
            review.claimed_by,
            review.decided_by,
            *(t.user_id for t in review.exchange),
        }
        return await self._reviews.desk.store.people.names([person for person in people if person])

    async def refresh(self, review: Review) -> Json:
        """Show a review to everybody as it stands now; return its card, whether the post can be updated or not."""
        message = await self.shown(review)
        place = await self._reviews.desk.store.reviews.card(review.review_id)
        if place:
            try:
                await self._connector.update(review.conversation.service_url, *place, message.activity)
            except (aiohttp.ClientError, TimeoutError) as error:
                _log.warning("card_not_updated", review_id=review.review_id, error=type(error).__name__)
        return message.card


def _told(review: Review, names: Names) -> Outgoing:
    key = f"decided:{review.review_id}"
    return to_asker(key, review.review_id, review.conversation, decided_message(review, names))
