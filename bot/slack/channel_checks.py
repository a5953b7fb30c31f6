"""Check the reviewers' channels: that the bot can post there, and what its cards may show there."""

from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings
from bot.slack.best_effort import CALL_ERRORS, error_of
from bot.slack.text import is_channel_id
from bot.surfaces.product import Diagnosis

_INVITE = "write /invite @Citedesk there"
_UNREAD = "the token is that of an installation; `citedesk serve` says in its log if a card is refused there"
_HIDDEN = (
    "a card there shows a draft only if everyone may read the documents behind it, else reviewers open it one by one"
)


async def channel_checks(settings: Settings, client: AsyncWebClient) -> Sequence[Diagnosis]:
    """Return the result for each reviewers' channel in Slack that the settings name."""
    return [await _channel(settings, client, channel) for channel in _named(settings)]


def unread_channel_checks(settings: Settings) -> Sequence[Diagnosis]:
    """Return the same where each workspace has a token of its own, which no check reads: the ids are looked at only."""
    return [
        Diagnosis("reviewers", ok=True, words=f"warning: channel {channel} was not looked at: {_UNREAD}")
        if is_channel_id(channel)
        else Diagnosis("reviewers", ok=False, words=f"{channel} is no id of a channel: it looks like C0123456789")
        for channel in _named(settings)
    ]


def _named(settings: Settings) -> Sequence[str]:
    own = [c.reviewers_channel for c in settings.channels.values() if is_channel_id(c.reviewers_channel or "")]
    return [*dict.fromkeys(filter(None, [settings.slack.reviewers_channel, *own]))]


async def _channel(settings: Settings, client: AsyncWebClient, channel_id: str) -> Diagnosis:
    try:
        channel = (await client.conversations_info(channel=channel_id))["channel"]
    except SlackApiError as error:
        return Diagnosis("reviewers", ok=False, words=f"channel {channel_id}: {_refusal_words(error_of(error))}")
    except CALL_ERRORS:
        return Diagnosis("reviewers", ok=False, words=f"no answer from {settings.slack.api_url}")
    name = f"#{channel.get('name') or channel_id}"
    if problem := _problem(channel):
        return Diagnosis("reviewers", ok=False, words=f"{name} ({channel_id}): {problem}")
    limit = _limit(settings, channel)
    return Diagnosis(
        "reviewers", ok=True, words=f"warning: {name} {limit}: {_HIDDEN}" if limit else f"cards go to {name}"
    )


def _refusal_words(code: str) -> str:
    if code == "channel_not_found":
        return f"there is none, or it is private and the bot is not in it: {_INVITE}, or correct the id (C…)"
    return f"Slack refuses to show it ({code})"


def _problem(channel: Mapping[str, Any]) -> str:
    """Return why the bot cannot post in a channel; "" if it can."""
    if channel.get("is_archived"):
        return "is archived: name another channel"
    return "" if channel.get("is_member") else f"the bot is not in it: {_INVITE}"


def _limit(settings: Settings, channel: Mapping[str, Any]) -> str:
    """Return why not every draft is shown in a channel; "" if its members alone read it."""
    if channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"):
        return "is shared with another organization"
    if not channel.get("is_private") and settings.access.public_channels == "workspace":
        return "is public, make it private"
    return ""
