"""Slack's review board: compose the messages about a review, and update its posted card."""

from collections.abc import Sequence

import structlog

from bot.desk.outlook import Outlook
from bot.desk.permissions import Names
from bot.desk.review_views import ReviewView, decision_key
from bot.desk.reviews import ReviewDesk
from bot.slack.best_effort import CALL_ERRORS, error_of
from bot.slack.blocks import section, small
from bot.slack.clients import ForeignWorkspaceError, Workspaces
from bot.slack.outgoing import SlackPayload, card_outgoing, to_asker, under_card
from bot.slack.payloads import SURFACE, channel_conversation
from bot.slack.people import learn_names
from bot.slack.render import SlackMessage, asked_back_message, decided_message, escalated_message
from bot.slack.review_cards import answer_of_asker_message, decided_card, reminder_message, review_card
from bot.slack.text import escape, is_slack_id
from bot.slack.waiting import as_told, with_outlook
from bot.store.records import Conversation, Outgoing, Review
from bot.surfaces.words import Languages, Words

_log = structlog.get_logger(__name__)


class SlackReviewBoard:
    """`bot.surfaces.review_board.Board` in Slack.

    `default_channel` gets the cards of questions whose channel has no reviewers' channel of its own; "" if unset.
    """

    def __init__(self, reviews: ReviewDesk, workspaces: Workspaces, default_channel: str, languages: Languages) -> None:
        self._reviews = reviews
        self._workspaces = workspaces
        self._default_channel = default_channel
        self._languages = languages

    async def place(self, review: Review) -> Conversation | None:
        """Return the channel in which the card of a review stands or will stand; None without one."""
        posted = await self._reviews.questions.store.reviews.card(review.review_id, SURFACE)
        tenant, channel = self._tenant_of(review), posted[0] if posted else self._channel_of(review)
        return channel_conversation(tenant, channel) if tenant and channel else None

    async def cards(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the card of a review; none without a reviewers' channel.

        A review of another chat product gets a card only where the bot serves just one workspace.
        """
        tenant, channel = self._tenant_of(view.review), self._channel_of(view.review)
        await self._learn_names(tenant, view)
        return [card_outgoing(view.review, tenant, channel, self._card(view))] if tenant and channel else []

    def direct_card(self, view: ReviewView, reviewer_id: str) -> Sequence[Outgoing]:
        """Return the card of a review as a direct message; none for somebody who is not in Slack."""
        tenant = self._tenant_of(view.review)
        if not tenant or not is_slack_id(reviewer_id):
            return []
        card = card_outgoing(view.review, tenant, reviewer_id, self._card(view))
        return [card.model_copy(update={"key": f"{card.key}:{reviewer_id}"})]

    async def reminder(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the reminder for the thread of a posted card; none if no card was posted."""
        review = view.review
        posted = await self._reviews.questions.store.reviews.card(review.review_id, SURFACE)
        key = f"reminder:{review.review_id}"
        message = reminder_message(review, self._languages.words())
        return [under_card(key, review, self._tenant_of(review), posted, message)] if posted else []

    async def refresh(self, view: ReviewView) -> None:
        """Update the posted card of a review, if there is one.

        A failed call is only logged, because the review itself is stored.
        """
        review, card = view.review, self._card(view)
        posted = await self._reviews.questions.store.reviews.card(review.review_id, SURFACE)
        if posted is None:
            return
        try:
            client = await self._workspaces.client(self._tenant_of(review))
            await client.chat_update(channel=posted[0], ts=posted[1], text=card.text, blocks=list(card.blocks))
        except (*CALL_ERRORS, ForeignWorkspaceError) as error:
            _log.warning("card_not_updated", review_id=review.review_id, reason=error_of(error))

    def escalated(self, review: Review, outlook: Outlook) -> Sequence[Outgoing]:
        """Return the message that tells the asker that a person has the question now, and what to expect."""
        words = self._words(review)
        message = with_outlook(escalated_message(review.review_id, words), outlook, words)
        return [to_asker(f"escalated:{review.review_id}", review.review_id, review.conversation, message)]

    def unreached(self, review: Review) -> Sequence[Outgoing]:
        """Return the message to the asker that no reviewer could be reached."""
        message = _text(self._words(review)("no-reviewer-reached"), review)
        return [to_asker(f"unreached:{review.review_id}", review.review_id, review.conversation, message)]

    def cards_refused(self, review: Review, admin_id: str, channel_id: str, reason: str) -> Sequence[Outgoing]:
        """Return the direct message to an admin that a channel takes no cards; none to somebody not in Slack."""
        tenant = self._tenant_of(review)
        if not tenant or not is_slack_id(admin_id):
            return []
        message = _text(self._languages.words()("cards-refused", place=channel_id, reason=reason), review)
        key = f"cards-refused:{review.review_id}:{admin_id}"
        return [under_card(key, review, tenant, (admin_id, ""), message)]

    def decided(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return the message that tells the asker how a review ended."""
        where = review.conversation
        payload = SlackPayload(session="active" if where.thread_id else "")
        key, words = decision_key(review), self._words(review)
        message = as_told(decided_message(review, names, words), review, words)
        return [to_asker(key, review.request_id, where, message, payload)]

    def asked_back(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return a reviewer's question to the asker."""
        key = f"asked:{review.review_id}:{len(review.exchange)}"
        message = asked_back_message(review, names, self._words(review))
        return [to_asker(key, review.request_id, review.conversation, message)]

    def answer_of_asker(self, review: Review, card: tuple[str, str], names: Names) -> Sequence[Outgoing]:
        """Return the asker's answer, for the thread of the card. `card` is channel id and timestamp."""
        key = f"answered:{review.review_id}:{len(review.exchange)}"
        message = answer_of_asker_message(review, names, self._languages.words())
        return [under_card(key, review, self._tenant_of(review), card, message)]

    async def _learn_names(self, tenant: str, view: ReviewView) -> None:
        """Store the names of the reviewers, which the asker is told."""
        try:
            client = await self._workspaces.client(tenant)
        except ForeignWorkspaceError:
            return
        await learn_names(self._reviews.questions.store, client, view.reviewers)

    def _channel_of(self, review: Review) -> str:
        asked_here = review.conversation.surface == SURFACE
        own = self._reviews.questions.channel(review.conversation).reviewers_channel if asked_here else None
        return own or self._default_channel

    def _tenant_of(self, review: Review) -> str:
        where = review.conversation
        return where.tenant_id if where.surface == SURFACE else self._workspaces.only

    def _card(self, view: ReviewView) -> SlackMessage:
        render = review_card if view.review.state == "open" else decided_card
        return render(view, self._languages.words())

    def _words(self, review: Review) -> Words:
        return self._languages.words(review.conversation.language)


def _text(text: str, review: Review) -> SlackMessage:
    return SlackMessage(text, (section(escape(text)), small(f"`{review.review_id}`")))
