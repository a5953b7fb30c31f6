"""Reading Slack's event payloads. Pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.store.records import Conversation

SURFACE = "slack"


@dataclass(frozen=True, slots=True)
class ChatQuestion:
    """A message that addresses the bot, and the keys under which it must be answered once."""

    text: str
    where: Conversation
    keys: tuple[str, ...]


def question_in(body: Mapping[str, Any]) -> ChatQuestion | None:
    """Return the question in an event, or None if it is not one that the bot must answer.

    The same message can come as `app_mention` and as `message`, and any event can come again: one key
    is the event's id, the other names the message.
    """
    event = body.get("event") or {}
    if not _addresses_bot(event):
        return None
    team = str(body.get("team_id") or event.get("team") or "")
    channel, ts = str(event["channel"]), str(event["ts"])
    return ChatQuestion(
        text=str(event.get("text") or ""),
        where=Conversation(
            surface=SURFACE,
            tenant_id=team,
            user_id=str(event["user"]),
            channel_id=channel,
            thread_id=str(event.get("thread_ts") or ts),
            private=event.get("channel_type") == "im",
        ),
        keys=(f"slack:event:{body.get('event_id')}", f"slack:message:{team}:{channel}:{ts}"),
    )


def _addresses_bot(event: Mapping[str, Any]) -> bool:
    if event.get("bot_id") or not event.get("user") or not event.get("channel") or not event.get("ts"):
        return False
    if event.get("subtype") not in {None, "file_share", "thread_broadcast"}:
        return False
    is_direct = event.get("type") == "message" and event.get("channel_type") == "im"
    return is_direct or event.get("type") == "app_mention"
