"""Rendered messages as rows of the outbox (pure)."""

from typing import Any

from bot.store.records import Conversation, Outgoing, Review
from bot.surfaces.wording import cut
from bot.teams.cards import TeamsMessage
from bot.teams.payloads import SURFACE
from pipeline.types import FrozenModel

_PLAIN_CHARS = 3000


class TeamsPayload(FrozenModel):
    """The payload of an `Outgoing` for Teams: the activity, the address of the connector, the reader's locale or ""."""

    activity: dict[str, Any]
    service_url: str
    language: str = ""


def payload_of(message: Outgoing) -> TeamsPayload:
    """Return the Teams payload of a row of the outbox. Raises pydantic.ValidationError."""
    return TeamsPayload.model_validate(message.payload)


def plain_activity(message: Outgoing) -> dict[str, Any]:
    """Return a message as short plain text with the titles of its sources, for a Teams that refuses its form."""
    lines = [cut(message.text, _PLAIN_CHARS), *_source_titles(payload_of(message).activity), message.request_id]
    return {"type": "message", "textFormat": "plain", "text": "\n\n".join(line for line in lines if line)}


def _source_titles(activity: dict[str, Any]) -> list[str]:
    claims = [claim for entity in activity.get("entities") or [] for claim in entity.get("citation") or []]
    return [f"[{claim['position']}] {claim['appearance']['name']}" for claim in claims]


def to_asker(key: str, request_id: str, where: Conversation, message: TeamsMessage) -> Outgoing:
    """Return `message` as a row of the outbox for the conversation in which the question was asked."""
    return Outgoing(
        key=key,
        request_id=request_id,
        surface=SURFACE,
        tenant_id=where.tenant_id,
        channel_id=where.channel_id,
        thread_id=where.thread_id,
        text=message.text,
        payload=TeamsPayload(
            activity=message.activity, service_url=where.service_url, language=where.language
        ).model_dump(),
    )


def to_reviewers(
    key: str, review: Review, service_url: str, conversation_id: str, message: TeamsMessage, *, is_card: bool = False
) -> Outgoing:
    """Return a message for the reviewers. `is_card` marks the card that is updated when the review changes."""
    return Outgoing(
        key=key,
        request_id=review.review_id,
        surface=SURFACE,
        tenant_id=review.conversation.tenant_id,
        channel_id=conversation_id,
        text=message.text,
        card_of=review.review_id if is_card else "",
        payload=TeamsPayload(activity=message.activity, service_url=service_url).model_dump(),
    )
