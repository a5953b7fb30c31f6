"""The review desk in Slack: cards, decisions, and the result in the asker's thread."""

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

import structlog
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk import AlreadyDecidedError, Desk, NotAllowedError, UnknownReviewError
from bot.slack.render import SlackMessage, decided_message
from bot.slack.review_blocks import (
    EDITED,
    TEXT_BLOCK,
    TEXT_INPUT,
    decided_card,
    edit_view,
    reject_view,
    review_card,
)
from bot.store.records import Conversation, Decision, Review
from index.errors import CitedeskError

_log = structlog.get_logger(__name__)


class Poster(Protocol):
    """What a decision needs of the conversation side."""

    desk: Desk
    client: AsyncWebClient

    def post(self, where: Conversation, message: SlackMessage, request_id: str) -> Awaitable[None]:
        """Post a message into the thread of the question."""


async def post_card(client: AsyncWebClient, desk: Desk, channel: str | None, review: Review) -> None:
    """Post a review's card to the reviewers' channel and remember where it is."""
    if channel is None:
        _log.warning("review_without_channel", review_id=review.review_id)
        return
    card = review_card(review, show_draft=desk.card_may_show_draft(review))
    posted = await client.chat_postMessage(
        channel=channel, text=card.text, blocks=list(card.blocks), unfurl_links=False, unfurl_media=False
    )
    await desk.store.set_card(review.review_id, str(posted["channel"]), str(posted["ts"]))


async def approve(slack: Poster, body: Mapping[str, Any]) -> None:
    """Send the draft as it is."""
    reviewer, review_id = _who_and_what(body)
    try:
        review = await slack.desk.review_for(review_id, reviewer)
        if review.case.draft is None:
            raise UnknownReviewError(review_id)
        await _decide(
            slack, review_id, Decision(state="approved", reviewer_id=reviewer, answer=review.case.draft.answer)
        )
    except CitedeskError as error:
        await _tell(slack.client, body, error)


async def open_modal(slack: Poster, body: Mapping[str, Any], *, edit: bool) -> None:
    """Open the modal to edit or to reject, for those who may."""
    reviewer, review_id = _who_and_what(body)
    try:
        review = await slack.desk.review_for(review_id, reviewer)
    except CitedeskError as error:
        await _tell(slack.client, body, error)
        return
    view = edit_view(review) if edit else reject_view(review)
    await slack.client.views_open(trigger_id=body["trigger_id"], view=view)


async def submit_modal(slack: Poster, ack: AsyncAck, body: Mapping[str, Any]) -> None:
    """Take an edited answer or a rejection; a refusal stays in the modal with its reason."""
    view = body["view"]
    text = str(view["state"]["values"][TEXT_BLOCK][TEXT_INPUT].get("value") or "").strip()
    reviewer = str(body["user"]["id"])
    edited = view["callback_id"] == EDITED
    if edited and not text:
        await ack(response_action="errors", errors={TEXT_BLOCK: "Write an answer, or cancel and reject."})
        return
    decision = (
        Decision(state="edited", reviewer_id=reviewer, answer=text)
        if edited
        else Decision(state="rejected", reviewer_id=reviewer, note=text)
    )
    try:
        await slack.desk.review_for(str(view["private_metadata"]), reviewer)
    except CitedeskError as error:
        await ack(response_action="errors", errors={TEXT_BLOCK: _words(error)})
        return
    await ack()
    try:
        await _decide(slack, str(view["private_metadata"]), decision)
    except CitedeskError as error:
        await slack.client.chat_postMessage(channel=reviewer, text=_words(error))


async def _decide(slack: Poster, review_id: str, decision: Decision) -> None:
    review = await slack.desk.decide(review_id, decision)
    await slack.post(review.conversation, decided_message(review), review.review_id)
    place = await slack.desk.store.card(review_id)
    if place is None:
        return
    card = decided_card(review, show_draft=slack.desk.card_may_show_draft(review))
    try:
        await slack.client.chat_update(channel=place[0], ts=place[1], text=card.text, blocks=list(card.blocks))
    except SlackApiError as error:
        # The decision stands and the asker has it; only the card is stale.
        _log.warning("card_not_updated", review_id=review_id, error=error.response.get("error"))


async def _tell(client: AsyncWebClient, body: Mapping[str, Any], error: CitedeskError) -> None:
    await client.chat_postEphemeral(
        channel=str(body["channel"]["id"]), user=str(body["user"]["id"]), text=_words(error)
    )


def _words(error: CitedeskError) -> str:
    if isinstance(error, AlreadyDecidedError):
        return f"Already decided by <@{error.review.decided_by}>: {error.review.state}."
    if isinstance(error, NotAllowedError):
        return f"{error.user_message} Nothing was changed."
    return error.user_message


def _who_and_what(body: Mapping[str, Any]) -> tuple[str, str]:
    return str(body["user"]["id"]), str(body["actions"][0]["value"])
