"""Parse the activities of the connector (pure).

Malformed activities raise KeyError, TypeError, ValueError or AttributeError.
"""

import re
from collections.abc import Mapping
from typing import Any

from bot.section import in_one_case
from bot.store.records import Asked, Conversation
from bot.teams.quoting import forwarded_in, quoted_in, without_placeholders

SURFACE = "teams"
_THREAD = ";messageid="
# Choosing `ask` in Teams' command list puts the word in front of the question.
_ASK = re.compile(r"^/?ask\s+(?=\S)", re.IGNORECASE)
_FILE = "application/vnd.microsoft.teams.file.download.info"
_LOCALE_CHARS = 20
_MENTION = re.compile(r"<at[^>]*>.*?</at>", re.DOTALL)

Json = Mapping[str, Any]


def asked_of(activity: Json) -> Asked:
    """Return the question of a message, without the mention of the bot, quotes and a leading `ask`.

    What is forwarded counts as written by the asker.
    """
    quoted = quoted_in(activity)
    return Asked(
        text=_with_forwarded(_ASK.sub("", text_of(activity)), forwarded_in(activity)),
        where=conversation_of(activity),
        message_id=str(activity["id"]),
        quoted=quoted.text,
        quoted_id=quoted.message_id,
        has_files=any(_is_file(attachment) for attachment in activity.get("attachments") or []),
    )


def key_of(activity: Json) -> str:
    """Return the inbox key of a message, the same when Teams repeats one that was not acknowledged in time."""
    return f"{SURFACE}:{activity['conversation']['id']}:{activity['id']}"


def conversation_of(activity: Json) -> Conversation:
    """Return the conversation of an activity, in a channel with its thread."""
    conversation = activity["conversation"]
    channel_id, _, thread_id = str(conversation["id"]).partition(_THREAD)
    kind = conversation.get("conversationType")
    data = activity.get("channelData") or {}
    return Conversation(
        surface=SURFACE,
        tenant_id=tenant_of(activity),
        user_id=person_of(activity),
        channel_id=channel_id,
        thread_id=thread_id,
        private=kind == "personal",
        shared_outside=(data.get("channel") or {}).get("type") == "shared",
        service_url=str(activity["serviceUrl"]),
        team_id=str((data.get("team") or {}).get("id") or ""),
        # Everybody in a channel reads the same message.
        language=language_of(activity) if kind == "personal" else "",
    )


def language_of(activity: Json) -> str:
    """Return the locale of the client in which a person wrote or pressed a button, "" if it names none."""
    clients = [entity.get("locale") for entity in activity.get("entities") or [] if entity.get("type") == "clientInfo"]
    return next((str(locale)[:_LOCALE_CHARS] for locale in (activity.get("locale"), *clients) if locale), "")


def tenant_of(activity: Json) -> str:
    """Return the id of the directory that an activity comes from, "" if it names none."""
    data = activity.get("channelData") or {}
    return in_one_case(str(activity["conversation"].get("tenantId") or (data.get("tenant") or {}).get("id") or ""))


def tenants_in(activity: Json) -> frozenset[str]:
    """Return the ids of all directories that an activity names, for conversation, app and sender."""
    data = activity.get("channelData") or {}
    named = (
        activity["conversation"].get("tenantId"),
        (data.get("tenant") or {}).get("id"),
        (activity.get("from") or {}).get("tenantId"),
    )
    return frozenset(in_one_case(str(tenant)) for tenant in named if tenant)


def person_of(activity: Json) -> str:
    """Return the directory id of the sender, by which the settings name people; else the sender's id in Teams."""
    sender = activity["from"]
    return in_one_case(str(sender.get("aadObjectId") or sender["id"]))


def is_addressed(activity: Json) -> bool:
    """Tell whether a message is meant for the bot: in a personal chat always, elsewhere if it mentions the bot.

    An app with permission to read every message of a team also receives those that are not meant for it.
    """
    return activity["conversation"].get("conversationType") == "personal" or bool(_mentions(activity))


def text_of(activity: Json) -> str:
    """Return a message's text without quotes and mentions of the bot. Mentions of other people become their names."""
    text = without_placeholders(str(activity.get("text") or ""))
    for mention in _mentions(activity):
        text = text.replace(mention or "\0", " ")
    return " ".join(_MENTION.sub(lambda found: re.sub(r"<[^>]*>", "", found[0]), text).split(" ")).strip()


def address_of(channel_id: str, thread_id: str) -> str:
    """Return the id by which the connector knows a conversation, or a thread in it."""
    return f"{channel_id}{_THREAD}{thread_id}" if thread_id else channel_id


def _mentions(activity: Json) -> list[str]:
    """Return the parts of a message's text that mention the bot."""
    bot = str((activity.get("recipient") or {}).get("id") or "")
    return [
        str(entity.get("text") or "")
        for entity in activity.get("entities") or []
        if entity.get("type") == "mention" and str((entity.get("mentioned") or {}).get("id")) == bot
    ]


def _with_forwarded(text: str, forwarded: str) -> str:
    """Return a text with what it forwards, which Teams mostly puts into the text itself."""
    is_there = "".join(forwarded.split()) in "".join(text.split())
    return text if is_there else f"{text}\n\n{forwarded}".strip()


def _is_file(attachment: Json) -> bool:
    # Only files and pictures have an address. Teams also attaches the message itself as HTML, quotes and cards.
    return bool(attachment.get("contentUrl")) or attachment.get("contentType") == _FILE
