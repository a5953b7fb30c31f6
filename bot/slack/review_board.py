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
from bot.surfaces.review_board import RefusedCard
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
        """Return the reminder for the thread of each posted card; none if no card was posted."""
        review, message = view.review, reminder_message(view.review, self._languages.words())
        return [
            under_card(f"reminder:{review.review_id}:{card[0]}", review, self._tenant_of(review), card, message)
            for card in await self._reviews.questions.store.reviews.cards(review.review_id, SURFACE)
        ]

    async def refresh(self, view: ReviewView) -> None:
        """Update all posted cards of a review, each with what everybody in its conversation may read.

        A failed call is only logged, because the review itself is stored.
        """
        tenant, store = self._tenant_of(view.review), self._reviews.questions.store.reviews
        # The view may lack what only others may read, so each card is rendered from the stored review.
        if review := await store.get(view.review.review_id):
            for channel, ts in await store.cards(review.review_id, SURFACE):
                there = await self._reviews.views.view_in(review, channel_conversation(tenant, channel))
                await self._update(there, tenant, channel, ts)

    async def _update(self, view: ReviewView, tenant: str, channel: str, ts: str) -> None:
        card = self._card(view)
        try:
            client = await self._workspaces.client(tenant)
            await client.chat_update(channel=channel, ts=ts, text=card.text, blocks=list(card.blocks))
        except (*CALL_ERRORS, ForeignWorkspaceError) as error:
            _log.warning("card_not_updated", review_id=view.review.review_id, reason=error_of(error))

    def escalated(self, review: Review, outlook: Outlook) -> Sequence[Outgoing]:
        """Return the message that tells the asker that a person has the question now, and what to expect."""
        words = self._words(review)
        message = with_outlook(escalated_message(review, words), outlook, words)
        return [to_asker(f"escalated:{review.review_id}", review.review_id, review.conversation, message)]

    def unreached(self, review: Review) -> Sequence[Outgoing]:
        """Return the message to the asker that no reviewer could be reached."""
        message = _message(escape(self._words(review)("no-reviewer-reached")), review)
        return [to_asker(f"unreached:{review.review_id}", review.review_id, review.conversation, message)]

    def cards_refused(self, review: Review, admin_id: str, refused: RefusedCard) -> Sequence[Outgoing]:
        """Return the direct message to an admin that a channel takes no cards; none to somebody not in Slack."""
        tenant = self._tenant_of(review)
        if not tenant or not is_slack_id(admin_id):
            return []
        message = _message(_refusal(refused, self._languages.words()), review)
        key = f"cards-refused:{review.review_id}:{admin_id}:{refused.card.channel_id}"
        return [under_card(key, review, tenant, (admin_id, ""), message)]

    def decided(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return the message that tells the asker how a review ended."""
        where = review.conversation
        payload = SlackPayload(session="active" if where.thread_id else "")
        key, words = decision_key(review.review_id), self._words(review)
        message = as_told(decided_message(review, names, words), review, words)
        return [to_asker(key, review.request_id, where, message, payload)]

    def asked_back(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return a reviewer's question to the asker."""
        key = f"asked:{review.review_id}:{len(review.exchange)}"
        message = asked_back_message(review, names, self._words(review))
        return [to_asker(key, review.request_id, review.conversation, message)]

    def answer_of_asker(self, review: Review, card: tuple[str, str], names: Names) -> Sequence[Outgoing]:
        """Return the asker's answer, for the thread of the card. `card` is channel id and timestamp."""
        key = f"answered:{review.review_id}:{len(review.exchange)}:{card[0]}"
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


def _message(mrkdwn: str, review: Review) -> SlackMessage:
    return SlackMessage(mrkdwn, (section(mrkdwn), small(f"`{review.review_id}`")))


def _refusal(refused: RefusedCard, words: Words) -> str:
    """Return as mrkdwn where no cards can be posted and why, what happens meanwhile, and what to do."""
    channel, surface = escape(refused.card.channel_id), refused.card.surface
    # A client shows no name for a channel that its reader may not see.
    place = f"<#{channel}> ({channel})" if surface == SURFACE else f"{channel} ({surface.title()})"
    said = [
        words("cards-refused", place=place, reason=escape(refused.reason)),
        words("cards-refused-direct") if refused.is_sent_directly else words("cards-refused-listed"),
    ]
    # The command looks at the channels of Slack alone.
    return " ".join([*said, words("cards-refused-doctor")] if surface == SURFACE else said)
