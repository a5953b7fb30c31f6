"""Turn rendered messages into rows of the outbox (pure)."""

from typing import Any, Literal

from bot.slack.payloads import SURFACE
from bot.slack.render import SlackMessage
from bot.store.records import Asked, Conversation, Outgoing, Review
from pipeline.types import FrozenModel

Blocks = tuple[dict[str, Any], ...]


class Part(FrozenModel):
    """A piece of an answer that is too long for one message."""

    text: str
    blocks: Blocks


class SlackPayload(FrozenModel):
    """The part of an `Outgoing` that only Slack's posting reads.

    `before` are pieces to post first, in their order. `response_url` takes the hidden answer to a command or a
    shortcut. `session` is the status to show for the thread; "" leaves it as it is. `apologise_to` is the user who
    gets a direct message if this one cannot be delivered, in their `language`. `question_id` is the message that this
    one answers, if it does.
    """

    blocks: Blocks = ()
    before: tuple[Part, ...] = ()
    response_url: str = ""
    session: Literal["", "active", "suspended"] = ""
    apologise_to: str = ""
    language: str = ""
    question_id: str = ""


def payload_of(message: Outgoing) -> SlackPayload:
    """Return Slack's part of a row of the outbox."""
    return SlackPayload.model_validate(message.payload)


def to_asker(
    key: str, request_id: str, where: Conversation, message: SlackMessage, payload: SlackPayload | None = None
) -> Outgoing:
    """Return a message for the conversation of a question, with an apology to the asker if it cannot be delivered.

    `blocks`, `apologise_to` and `language` of `payload` are replaced.
    """
    about = {"blocks": blocks_of(message), "apologise_to": where.user_id, "language": where.language}
    own = (payload or SlackPayload()).model_copy(update=about)
    return Outgoing(
        key=key,
        request_id=request_id,
        surface=SURFACE,
        tenant_id=where.tenant_id,
        channel_id=where.channel_id,
        thread_id=where.thread_id,
        text=message.text,
        payload=own.model_dump(),
    )


def reply_to(request_id: str, asked: Asked, message: SlackMessage, payload: SlackPayload) -> Outgoing:
    """Return the one reply to a question; its key is the request id. Only a thread gets the session status."""
    own = payload.model_copy(
        update={
            "response_url": asked.response_url,
            "session": payload.session if asked.where.thread_id else "",
            "question_id": asked.message_id,
        }
    )
    return to_asker(request_id, request_id, asked.where, message, own)


def card_outgoing(review: Review, tenant_id: str, channel_id: str, message: SlackMessage) -> Outgoing:
    """Return the card of a review, for the reviewers' channel."""
    return Outgoing(
        key=f"card:{review.review_id}",
        request_id=review.review_id,
        surface=SURFACE,
        tenant_id=tenant_id,
        channel_id=channel_id,
        text=message.text,
        card_of=review.review_id,
        payload=SlackPayload(blocks=blocks_of(message)).model_dump(),
    )


def under_card(key: str, review: Review, tenant_id: str, card: tuple[str, str], message: SlackMessage) -> Outgoing:
    """Return a message in the thread of a review's card. `card` is channel id and timestamp of the card."""
    return Outgoing(
        key=key,
        request_id=review.review_id,
        surface=SURFACE,
        tenant_id=tenant_id,
        channel_id=card[0],
        thread_id=card[1],
        text=message.text,
        payload=SlackPayload(blocks=blocks_of(message)).model_dump(),
    )


def blocks_of(message: SlackMessage) -> Blocks:
    """Return the blocks of a message as JSON. Raises slack_sdk's SlackObjectFormationError if one exceeds a limit."""
    return tuple(block.to_dict() for block in message.blocks)
