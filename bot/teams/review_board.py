"""Review cards in Teams: composing them, and keeping the posted ones as their reviews stand."""

from collections.abc import Sequence

import aiohttp
import structlog

from bot.desk.permissions import Names, people_of
from bot.desk.reviews import ReviewDesk
from bot.settings import TeamsSettings
from bot.store.records import Outgoing, Review
from bot.teams.connector import Connector
from bot.teams.outgoing import to_asker, to_reviewers
from bot.teams.payloads import SURFACE
from bot.teams.render import TeamsMessage, asked_back_message, decided_message, escalated_message
from bot.teams.review_cards import answer_of_asker_message, decided_card, review_card

_log = structlog.get_logger(__name__)


class Cards:
    """Teams' board. Cards go to the conversation of the channel that was asked in, else to the one of all reviewers."""

    def __init__(self, reviews: ReviewDesk, connector: Connector, settings: TeamsSettings) -> None:
        self._reviews = reviews
        self._connector = connector
        self._settings = settings

    async def cards(self, review: Review) -> Sequence[Outgoing]:
        """Return the card of a review, if there is a conversation for it."""
        conversation = self._settings.reviewers_conversation
        if review.conversation.surface == SURFACE:
            conversation = self._reviews.desk.channel(review.conversation).reviewers_channel or conversation
        if not conversation:
            return []
        key, url = f"card:teams:{review.review_id}", self._url_of(review)
        return [to_reviewers(key, review, url, conversation, await self.shown(review), is_card=True)]

    async def reminder(self, review: Review) -> Sequence[Outgoing]:
        """Return the reminder of a review that waits: its card anew, for it has scrolled away."""
        return [
            card.model_copy(update={"key": f"reminder:teams:{review.review_id}"}) for card in await self.cards(review)
        ]

    async def refresh(self, review: Review) -> None:
        """Show a review to everybody as it stands now, if its card can be updated."""
        place = await self._reviews.desk.store.reviews.card(review.review_id, SURFACE)
        if place is None:
            return
        try:
            await self._connector.update(self._url_of(review), *place, (await self.shown(review)).activity)
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.warning("card_not_updated", review_id=review.review_id, error=type(error).__name__)

    def escalated(self, review: Review) -> Sequence[Outgoing]:
        """Return the word to the asker that a person has the question now."""
        key, said = f"escalated:{review.review_id}", escalated_message(review.review_id)
        return [to_asker(key, review.review_id, review.conversation, said)]

    def decided(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return what the asker gets at the end of a review; nobody asked for a second look at an approved answer."""
        if review.curated_id and review.state != "edited":
            return ()
        key = f"decided:{review.review_id}"
        return [to_asker(key, review.review_id, review.conversation, decided_message(review, names))]

    def asked_back(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return a reviewer's question to the asker."""
        key = f"asked:{review.review_id}:{len(review.exchange)}"
        return [to_asker(key, review.review_id, review.conversation, asked_back_message(review, names))]

    def answer_of_asker(self, review: Review, card: tuple[str, str], names: Names) -> Sequence[Outgoing]:
        """Return the asker's answer, to where the card is."""
        key = f"answered:teams:{review.review_id}:{len(review.exchange)}"
        message = answer_of_asker_message(review, self._named(review, names))
        return [to_reviewers(key, review, self._url_of(review), card[0], message)]

    async def shown(self, review: Review) -> TeamsMessage:
        """Return a review's card as the review stands now."""
        show_draft, names = await self._reviews.card_may_show_draft(review), await self.names(review)
        if review.state != "open":
            return decided_card(review, show_draft=show_draft, names=names)
        reviewers = sorted(self._reviews.reviewers_of(review))
        return review_card(review, show_draft=show_draft, reviewers=reviewers, names=names)

    async def names(self, review: Review) -> Names:
        """Return what the people around a review are called."""
        return self._named(review, await self._reviews.desk.store.people.names(people_of(review)))

    @staticmethod
    def _named(review: Review, names: Names) -> Names:
        where = review.conversation
        # Of an asker elsewhere only an id is known, which says nothing to anybody here.
        stranger = {} if where.surface == SURFACE else {where.user_id: f"Somebody in {where.surface.title()}"}
        return {**stranger, **names}

    def _url_of(self, review: Review) -> str:
        asked_here = review.conversation.surface == SURFACE
        return review.conversation.service_url if asked_here else str(self._settings.service_url)
