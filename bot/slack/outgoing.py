"""From rendered messages to rows of the outbox. Pure functions."""

from bot.desk.permissions import NO_NAMES, Names
from bot.desk.questions import Reply, request_id_of
from bot.slack.render import SlackMessage, reply_message
from bot.store.records import Asked, Conversation, Outgoing, Part, Review
from pipeline.types import NeedsReview


def outgoing_for(key: str, asked: Asked, reply: Reply, names: Names = NO_NAMES) -> Outgoing:
    """Return the reply to the question under an inbox key."""
    *before, last = reply_message(reply, asked, names)
    session = "suspended" if isinstance(reply.outcome, NeedsReview) else "active"
    return to_asker(request_id_of(key), reply.request_id, asked.where, last).model_copy(
        update={
            "before": tuple(Part(text=m.text, body=body_of(m)) for m in before),
            "response_url": asked.response_url,
            "session": session if asked.where.thread_id else "",
        }
    )


def plain(key: str, asked: Asked, message: SlackMessage) -> Outgoing:
    """Return a reply that no outcome stands behind: stopped, given up, passed on."""
    request_id = request_id_of(key)
    return to_asker(request_id, request_id, asked.where, message).model_copy(
        update={"response_url": asked.response_url, "session": "active" if asked.where.thread_id else ""}
    )


def to_asker(key: str, request_id: str, where: Conversation, message: SlackMessage) -> Outgoing:
    """Return a message to where a question was asked."""
    return Outgoing(
        key=key,
        request_id=request_id,
        tenant_id=where.tenant_id,
        channel_id=where.channel_id,
        thread_id=where.thread_id,
        text=message.text,
        body=body_of(message),
        apologise_to=where.user_id,
    )


def card_outgoing(review: Review, tenant_id: str, channel_id: str, message: SlackMessage) -> Outgoing:
    """Return a review's card."""
    return Outgoing(
        key=f"card:{review.review_id}",
        request_id=review.review_id,
        tenant_id=tenant_id,
        channel_id=channel_id,
        text=message.text,
        body=body_of(message),
        card_of=review.review_id,
    )


def under_card(key: str, review: Review, tenant_id: str, card: tuple[str, str], message: SlackMessage) -> Outgoing:
    """Return a message in the thread of a review's card."""
    return Outgoing(
        key=key,
        request_id=review.review_id,
        tenant_id=tenant_id,
        channel_id=card[0],
        thread_id=card[1],
        text=message.text,
        body=body_of(message),
    )


def body_of(message: SlackMessage) -> tuple[dict[str, object], ...]:
    """Return a message's blocks as JSON; raises slack_sdk's error if one is over a limit."""
    return tuple(block.to_dict() for block in message.blocks)
