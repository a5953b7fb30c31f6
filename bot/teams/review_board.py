"""The review board in Teams: renders cards for the outbox and updates posted cards."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from bot.desk.outlook import Outlook
from bot.desk.permissions import Names, UnknownReviewError
from bot.desk.review_views import ReviewView, decision_key
from bot.desk.reviews import ReviewDesk
from bot.settings import TeamsSettings
from bot.store.records import Conversation, Outgoing, Review
from bot.surfaces.review_board import RefusedCard
from bot.surfaces.words import Languages, Words
from bot.teams.card_updates import CardUpdates, PostedCard
from bot.teams.cards import Json, TeamsMessage, card_message, paragraph, small
from bot.teams.connector import Connector
from bot.teams.outgoing import to_asker, to_reviewers
from bot.teams.payloads import SURFACE
from bot.teams.render import asked_back_message, decided_message, escalated_message
from bot.teams.review_cards import answer_of_asker_message, decided_card, review_card


class TeamsReviewBoard:
    """`bot.surfaces.review_board.Board` in Teams.

    A card goes to the reviewers' conversation of the question's channel, else to that of all reviewers.
    """

    def __init__(
        self, reviews: ReviewDesk, connector: Connector, settings: TeamsSettings, languages: Languages
    ) -> None:
        self._reviews = reviews
        self.updates = CardUpdates(connector)
        self._settings = settings
        self._languages = languages

    async def place(self, review: Review) -> Conversation | None:
        """Return the conversation in which the card of a review stands or will stand; None if none is set for it."""
        posted = await self._reviews.questions.store.reviews.card(review.review_id, SURFACE)
        conversation = posted[0] if posted else self._conversation_of(review)
        return self._at(review, conversation) if conversation else None

    def _at(self, review: Review, conversation_id: str) -> Conversation:
        return Conversation(
            surface=SURFACE,
            tenant_id=review.conversation.tenant_id,
            user_id="",
            channel_id=conversation_id,
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
        return [to_reviewers(key, review, url, conversation, card_of(view, self._languages.words()), is_card=True)]

    def direct_card(self, view: ReviewView, reviewer_id: str) -> Sequence[Outgoing]:  # noqa: ARG002
        """Return nothing: a bot in Teams cannot write first to somebody whose conversation it does not know."""
        return []

    async def reminder(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the card of a review again, because the first one has scrolled away."""
        key = f"reminder:teams:{view.review.review_id}"
        return [card.model_copy(update={"key": key}) for card in await self.cards(view)]

    async def refresh(self, view: ReviewView) -> None:
        """Update all posted cards of a review: reminders, and those in other conversations, too."""
        store, review = self._reviews.questions.store.reviews, view.review
        for conversation_id, message_id in await store.cards(review.review_id, SURFACE):
            posted = PostedCard(self._url_of(review), conversation_id, message_id)
            await self.updates.show(posted, partial(self._activity, review.review_id, conversation_id))

    async def _activity(self, review_id: str, conversation_id: str) -> Json:
        """Return the card of a review as it is now, with what everybody in this conversation may read."""
        review = await self._reviews.questions.store.reviews.get(review_id)
        if review is None:
            raise UnknownReviewError(review_id)
        view = await self._reviews.views.view_in(review, self._at(review, conversation_id))
        return card_of(view, self._languages.words()).activity

    async def aclose(self) -> None:
        """Give up the updates of cards that still wait."""
        await self.updates.aclose()

    def escalated(self, review: Review, outlook: Outlook) -> Sequence[Outgoing]:
        """Return the confirmation to the asker that a person has the question now, and what to expect."""
        key = f"escalated:{review.review_id}"
        message = escalated_message(review, outlook, self._words(review))
        return [to_asker(key, review.review_id, review.conversation, message)]

    def unreached(self, review: Review) -> Sequence[Outgoing]:
        """Return the message to the asker that no reviewer could be reached."""
        text = self._words(review)("no-reviewer-reached")
        message = card_message(text, [paragraph(text), small(review.review_id)])
        return [to_asker(f"unreached:{review.review_id}", review.review_id, review.conversation, message)]

    def cards_refused(self, review: Review, admin_id: str, refused: RefusedCard) -> Sequence[Outgoing]:  # noqa: ARG002
        """Return nothing, as for `direct_card`. The log, `/healthz` and admins in Slack are told."""
        return []

    def decided(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return the message to the asker about a decided or expired review."""
        key = decision_key(review.review_id)
        return [
            to_asker(key, review.request_id, review.conversation, decided_message(review, names, self._words(review)))
        ]

    def asked_back(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return a reviewer's question to the asker."""
        key = f"asked:{review.review_id}:{len(review.exchange)}"
        return [
            to_asker(
                key, review.request_id, review.conversation, asked_back_message(review, names, self._words(review))
            )
        ]

    def answer_of_asker(self, review: Review, card: tuple[str, str], names: Names) -> Sequence[Outgoing]:
        """Return the asker's answer as a message to the conversation of the card."""
        key = f"answered:teams:{review.review_id}:{len(review.exchange)}:{card[0]}"
        words = self._languages.words()
        message = answer_of_asker_message(review, names_of(review, names, words), words)
        return [to_reviewers(key, review, self._url_of(review), card[0], message)]

    def _words(self, review: Review) -> Words:
        return self._languages.words(review.conversation.language)

    def _conversation_of(self, review: Review) -> str | None:
        asked_here = review.conversation.surface == SURFACE
        own = self._reviews.questions.channel(review.conversation).reviewers_channel if asked_here else None
        return own or self._settings.reviewers_conversation

    def _url_of(self, review: Review) -> str:
        asked_here = review.conversation.surface == SURFACE
        return review.conversation.service_url if asked_here else self._settings.connector


def card_of(view: ReviewView, words: Words) -> TeamsMessage:
    """Return the card of a review: with buttons while it is open, then with the decision."""
    named = replace(view, names=names_of(view.review, view.names, words))
    return review_card(named, words=words) if view.review.state == "open" else decided_card(named, words)


def names_of(review: Review, names: Names, words: Words) -> Names:
    """Return `names`, and for an asker in another chat product, whose id means nothing here, the product's name."""
    where = review.conversation
    if where.surface == SURFACE:
        return names
    return {where.user_id: words("teams-somebody-in", product=where.surface.title()), **names}
