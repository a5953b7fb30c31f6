"""Parse Slack payloads (pure)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from bot.store.records import Asked, Conversation

SURFACE = "slack"
COMMAND = "/citedesk"
ASK_ABOUT_THIS = "ask_about_this"
RETRY = "try_again"
ASK_PRIVATELY = "ask_privately"
# The action ids of suggested questions; Slack wants each id once in a message.
SUGGESTED = ("did_you_mean_1", "did_you_mean_2", "did_you_mean_3")
# A person, a user group, or everybody here.
_MENTION = re.compile(r"<(?:@|!subteam|!here|!channel|!everyone)")
# Speaks for Slack itself, and is no app in Slack's payloads.
_SLACKBOT = "USLACKBOT"
_SUBTYPES = ("file_share", "thread_broadcast", "me_message")
# The examples of App Home, which are asked in a direct message.
HOME_EXAMPLES = ("home_example_1", "home_example_2", "home_example_3", "home_example_4")
# How many words may follow each command. What does not fit is a question.
TAKES = {
    "help": 0,
    "status": 0,
    "reviews": 0,
    "reindex": 0,
    "rollback": 1,
    "why": 1,
    "usage": 0,
    "report": 0,
    "gaps": 0,
}
_REQUIRED = {
    "event_callback": ("event", "event_id"),
    "block_actions": ("user", "actions", "trigger_id"),
    "view_submission": ("user", "view"),
    "message_action": ("user", "message", "trigger_id"),
}


@dataclass(frozen=True, slots=True)
class Intake:
    """A question and its inbox keys: it is answered once, even if only one of the keys is known."""

    asked: Asked
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An edit or a deletion of a message that may be a pending question.

    `key` is the inbox key of the question; `text` is the new text, None for a deletion.
    """

    key: str
    text: str | None


def intake_of(body: Mapping[str, Any]) -> Intake | None:
    """Return the question in a payload of any kind, or None if it holds none.

    A malformed payload raises AttributeError, KeyError, TypeError or ValueError.
    """
    match body.get("type"):
        case "event_callback":
            return _from_event(body)
        case "message_action" if body.get("callback_id") == ASK_ABOUT_THIS:
            return _from_shortcut(body)
        case "block_actions":
            return _from_button(body)
        case None if body.get("command") == COMMAND:
            return _from_command(body)
        case _:
            return None


def withdrawal_of(body: Mapping[str, Any]) -> Withdrawal | None:
    """Return the edit or deletion in an event; None for any other event and for an edit that keeps the text."""
    event = body.get("event") or {}
    team, channel = team_of(body), str(event.get("channel") or "")
    if event.get("subtype") == "message_deleted" and event.get("deleted_ts"):
        return Withdrawal(_message_key(team, channel, str(event["deleted_ts"])), None)
    message = event.get("message") or {}
    if event.get("subtype") == "message_changed" and message.get("ts") and not message.get("bot_id"):
        before = (event.get("previous_message") or {}).get("text")
        if message.get("text") != before:
            return Withdrawal(_message_key(team, channel, str(message["ts"])), str(message.get("text") or ""))
    return None


def speaker_of(body: Mapping[str, Any]) -> Conversation | None:
    """Return who writes a message in which thread of a channel; None for any other payload.

    A malformed payload raises AttributeError, KeyError, TypeError or ValueError.
    """
    event = body.get("event") or {}
    if body.get("type") != "event_callback" or not event.get("thread_ts") or event.get("channel_type") == "im":
        return None
    return _conversation_in(body, event) if _is_message(event) and event["user"] != _SLACKBOT else None


def is_of_another(message: Mapping[str, Any], user_id: str) -> bool:
    """Tell whether a message, as Slack returns it, is by another person than this one. Apps are nobody."""
    return bool(message.get("user")) and not message.get("bot_id") and message["user"] not in {user_id, _SLACKBOT}


def question_in_command(text: str) -> str | None:
    """Return the question after `/citedesk`: what follows `ask`, or words that are no command; None for a command.

    A single word that is neither gets the help, so it counts as a command.
    """
    first, *rest = text.split(maxsplit=1) or [""]
    if first.lower() == "ask":
        return "".join(rest).strip()
    return text.strip() if len(text.split()) > 1 + TAKES.get(first.lower(), 0) else None


def team_of(body: Mapping[str, Any]) -> str:
    """Return the id of the workspace that a payload comes from; "" if it names none."""
    team = body.get("team_id") or (body.get("team") or {}).get("id") or (body.get("user") or {}).get("team_id")
    return str(team or "")


def conversation_of(body: Mapping[str, Any]) -> Conversation:
    """Return the conversation in which a button was pressed; for an ephemeral message, that of the user alone."""
    message = body.get("message") or {}
    # Only one person saw an ephemeral message, so the conversation goes on in a direct message, not in the channel.
    ephemeral = bool((body.get("container") or {}).get("is_ephemeral"))
    channel = str(body["user"]["id"] if ephemeral else body["channel"]["id"])
    return Conversation(
        surface=SURFACE,
        tenant_id=team_of(body),
        user_id=str(body["user"]["id"]),
        channel_id=channel,
        thread_id="" if ephemeral else str(message.get("thread_ts") or message.get("ts") or ""),
        private=ephemeral or channel.startswith("D"),
    )


def channel_conversation(tenant_id: str, channel_id: str) -> Conversation:
    """Return a channel as a place that its members read."""
    return Conversation(
        surface=SURFACE, tenant_id=tenant_id, user_id="", channel_id=channel_id, thread_id="", private=False
    )


def direct_conversation(tenant_id: str, user_id: str) -> Conversation:
    """Return the conversation of a person and the bot alone."""
    return Conversation(
        surface=SURFACE, tenant_id=tenant_id, user_id=user_id, channel_id=user_id, thread_id="", private=True
    )


def is_well_formed(body: str, content_type: str) -> bool:
    """Tell whether a request's body has the outer shape of a payload, on which Bolt and this module rely."""
    try:
        if content_type == "application/json":
            payload = json.loads(body)
        else:
            form = {name: values[0] for name, values in parse_qs(body).items()}
            payload = json.loads(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError):
        return False
    if not isinstance(payload, dict) or not (payload.get("type") or payload.get("command")):
        return False
    parts = (payload, payload.get("event") or {}, payload.get("user") or {}, *(payload.get("actions") or [{}]))
    shapes = {"event": dict, "team": dict, "user": dict, "view": dict, "message": dict, "container": dict}
    return (
        all(isinstance(payload.get(name) or {}, shape) for name, shape in shapes.items())
        and all(map(_has_text_ids, parts))
        and all(payload.get(name) for name in _REQUIRED.get(str(payload.get("type")), ()))
    )


def _has_text_ids(part: Any) -> bool:  # noqa: ANN401 - unchecked JSON
    names = ("id", "team_id", "type", "event_id", "ts", "thread_ts", "channel_type", "action_id", "trigger_id", "value")
    return isinstance(part, dict) and all(isinstance(part.get(name) or "", str) for name in names)


def _from_event(body: Mapping[str, Any]) -> Intake | None:
    event = body.get("event") or {}
    if not _is_message(event):
        return None
    team, channel, ts = team_of(body), str(event["channel"]), str(event["ts"])
    untagged = event.get("type") == "message" and event.get("channel_type") != "im"
    # A mention of the bot comes as an event of its own; a message with any other is for whom it mentions.
    if untagged and (not event.get("thread_ts") or _MENTION.search(str(event.get("text")))):
        return None
    asked = Asked(
        text=str(event.get("text") or ""),
        where=_conversation_in(body, event),
        message_id=ts,
        is_reply=bool(event.get("thread_ts")) and event.get("thread_ts") != ts,
        has_files=bool(event.get("files")),
        untagged=untagged,
    )
    # One message can come both as `app_mention` and as `message`, and Slack can deliver any event again.
    return Intake(asked, (_message_key(team, channel, ts), f"slack:event:{team}:{body.get('event_id')}"))


def _conversation_in(body: Mapping[str, Any], event: Mapping[str, Any]) -> Conversation:
    return Conversation(
        surface=SURFACE,
        tenant_id=team_of(body),
        user_id=str(event["user"]),
        channel_id=str(event["channel"]),
        thread_id=str(event.get("thread_ts") or event["ts"]),
        private=event.get("channel_type") == "im",
        shared_outside=bool(body.get("is_ext_shared_channel")),
    )


def _is_message(event: Mapping[str, Any]) -> bool:
    """Tell whether an event is a message that a person has written, not edited."""
    if event.get("bot_id") or not event.get("user") or not event.get("channel") or not event.get("ts"):
        return False
    if event.get("type") == "app_mention":
        return True
    return event.get("type") == "message" and event.get("subtype") in {None, *_SUBTYPES}


def _from_command(body: Mapping[str, Any]) -> Intake | None:
    question = question_in_command(str(body.get("text") or ""))
    if question is None:
        return None
    asked = Asked(
        text=question,
        # A later decision of a reviewer goes to the asker in a direct message, not to the channel.
        where=direct_conversation(team_of(body), str(body["user_id"])),
        response_url=str(body.get("response_url") or ""),
    )
    return Intake(asked, (f"slack:command:{team_of(body)}:{body.get('trigger_id')}",))


def _from_shortcut(body: Mapping[str, Any]) -> Intake:
    message = body.get("message") or {}
    asked = Asked(
        text=str(message.get("text") or ""),
        where=direct_conversation(team_of(body), str(body["user"]["id"])),
        response_url=str(body.get("response_url") or ""),
        has_files=bool(message.get("files")),
    )
    return Intake(asked, (f"slack:shortcut:{team_of(body)}:{body.get('trigger_id')}",))


def _from_button(body: Mapping[str, Any]) -> Intake | None:
    action = (body.get("actions") or [{}])[0]
    action_id = action.get("action_id")
    if action_id in HOME_EXAMPLES:
        where = direct_conversation(team_of(body), str(body["user"]["id"]))
        asked = Asked(text=str(action.get("value") or ""), where=where, suggested=True)
        return Intake(asked, (_button_key(where, action),))
    if action_id not in {RETRY, ASK_PRIVATELY, *SUGGESTED}:
        return None
    where = conversation_of(body)
    if action_id == ASK_PRIVATELY:
        where = direct_conversation(where.tenant_id, where.user_id)
    request_id, _, text = str(action.get("value") or "").partition("\n")
    if action_id in SUGGESTED:
        # However often one person presses it, a suggested question is asked once.
        key = f"slack:suggested:{where.tenant_id}:{where.user_id}:{request_id}:{action_id}"
        return Intake(Asked(text=text, where=where, suggested=True), (key,))
    return Intake(Asked(text=text, where=where), (_button_key(where, action),))


def _button_key(where: Conversation, action: Mapping[str, Any]) -> str:
    return f"slack:button:{where.tenant_id}:{where.user_id}:{action.get('action_ts')}"


def _message_key(team: str, channel: str, ts: str) -> str:
    return f"slack:message:{team}:{channel}:{ts}"
