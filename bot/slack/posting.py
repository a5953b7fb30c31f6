"""Post messages to Slack once: after a try with an unknown result, search for the message before posting again.

Messages of a response URL cannot be searched for, so after such a try they can appear twice.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.best_effort import CALL_ERRORS, BestEffortCalls, error_of
from bot.slack.clients import ForeignWorkspaceError, Workspaces, is_temporary
from bot.slack.outgoing import Blocks, SlackPayload, payload_of
from bot.slack.payloads import SURFACE
from bot.slack.render import EVENT_TYPE
from bot.store.records import Outgoing
from bot.surfaces.attempt import Attempt, Posted, PostError
from bot.surfaces.words import Languages, Words
from pipeline.models.retry_after import retry_after

_log = structlog.get_logger(__name__)
_PAGES = 5
_PAGE = 200
_OK = 200
_EXPIRED_STATUSES = frozenset({404, 410})
_NOT_STREAMING = frozenset({"message_not_in_streaming_state", "streaming_state_conflict", "stream_not_found"})


class ExpiredUrlError(Exception):
    """The response URL of a command or a shortcut takes no more messages."""


class SlackPoster:
    """Posts Slack's messages of the outbox."""

    def __init__(self, workspaces: Workspaces, best_effort: BestEffortCalls, languages: Languages) -> None:
        self._workspaces = workspaces
        self._best_effort = best_effort
        self._languages = languages

    async def post(self, message: Outgoing, attempt: Attempt) -> Posted:
        """Post a message, or find it if an earlier try has posted it. Raises PostError.

        The message id of an answer to a response URL is "", and a second try posts it again.
        """
        payload = payload_of(message)
        try:
            channel, ts = await self._post_or_find(message, payload, attempt)
        except (*CALL_ERRORS, ForeignWorkspaceError, ExpiredUrlError) as error:
            words = self._languages.words(payload.language)
            raise _post_error(message, payload, error, words) from None
        return Posted(channel, ts)

    async def retract(self, message: Outgoing, posted: Posted) -> None:
        """Delete one copy of a message. A failure is only logged."""
        try:
            client = await self._workspaces.client(message.tenant_id)
            await client.chat_delete(channel=posted.channel_id, ts=posted.message_id)
        except (*CALL_ERRORS, ForeignWorkspaceError) as error:
            _log.warning("copy_not_deleted", request_id=message.request_id, reason=error_of(error))

    async def remove_copies(self, message: Outgoing, kept: str) -> None:
        """Delete what was posted of a message besides `kept`, and all but the first copy of each earlier part.

        Raises PostError.
        """
        try:
            client = await self._workspaces.client(message.tenant_id)
            channel = await _channel(client, message.channel_id)
            copies = await self._copies(client, channel, message)
            for key, stamps in copies.items():
                counts = kept if key == message.key else min(stamps)
                for ts in sorted(stamps - {counts}) if counts in stamps else ():
                    _log.warning("second_copy_deleted", request_id=message.request_id)
                    await client.chat_delete(channel=channel, ts=ts)
        except (*CALL_ERRORS, ForeignWorkspaceError) as error:
            raise _post_error(message, payload_of(message), error, self._languages.words("")) from None

    async def _post_or_find(self, message: Outgoing, payload: SlackPayload, attempt: Attempt) -> tuple[str, str]:
        """Return channel id and timestamp of the message, posted now or by an earlier try."""
        if payload.response_url:
            async with attempt.request():
                await _respond(message, payload)
            return message.channel_id, ""
        client = await self._workspaces.client(message.tenant_id)
        channel = await _channel(client, message.channel_id)
        copies = {} if attempt.is_first else await self._copies(client, channel, message)
        found = {key: min(stamps) for key, stamps in copies.items()}
        for number, part in enumerate(payload.before):
            key = f"{message.key}#{number}"
            if key not in found:
                async with attempt.request():
                    await _post(client, channel, message, key, part.text, part.blocks)
        if message.key in found:
            return channel, found[message.key]
        async with attempt.request():
            if message.progress_id:
                ts = await _end_stream(client, channel, message, payload.blocks)
            else:
                ts = await _post(client, channel, message, message.key, message.text, payload.blocks)
        await self._set_session(client, channel, message, payload.session)
        return channel, ts

    async def _copies(self, client: AsyncWebClient, channel: str, message: Outgoing) -> Mapping[str, frozenset[str]]:
        """Return key to timestamps of the parts that were posted, among the first _PAGES pages that Slack returns."""
        found: dict[str, frozenset[str]] = {}
        cursor = ""
        try:
            for _ in range(_PAGES):
                page = await self._page(client, channel, message, cursor)
                for posted in page.get("messages") or []:
                    payload = (posted.get("metadata") or {}).get("event_payload") or {}
                    key = str(payload.get("key") or "")
                    if key.partition("#")[0] == message.key:
                        found[key] = found.get(key, frozenset()) | {str(posted["ts"])}
                cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
                if not cursor or message.key in found:
                    break
        except SlackApiError as error:
            # The bot may not read this conversation, so it posts again: a duplicate is better than no answer.
            if error_of(error) not in {"missing_scope", "not_allowed", "channel_not_found", "not_in_channel"}:
                raise
            _log.warning("cannot_look_for_own_message", request_id=message.request_id, reason=error_of(error))
        return found

    async def _page(self, client: AsyncWebClient, channel: str, message: Outgoing, cursor: str) -> Any:  # noqa: ANN401
        if message.thread_id:
            return await client.conversations_replies(
                channel=channel, ts=message.thread_id, include_all_metadata=True, limit=_PAGE, cursor=cursor or None
            )
        return await client.conversations_history(
            channel=channel, include_all_metadata=True, limit=_PAGE, cursor=cursor or None
        )

    async def _set_session(self, client: AsyncWebClient, channel: str, message: Outgoing, session: str) -> None:
        if session:
            await self._best_effort.call(
                message.tenant_id,
                "agents.sessions.setStatus",
                lambda: client.agents_sessions_setStatus(
                    channel_id=channel, thread_ts=message.thread_id, status=session
                ),
            )


def _post_error(message: Outgoing, payload: SlackPayload, error: Exception, words: Words) -> PostError:
    reason = error_of(error)
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    return PostError(
        reason,
        is_passing=not isinstance(error, ForeignWorkspaceError | ExpiredUrlError) and is_temporary(error),
        retry_after=retry_after(headers),
        instead=_apology(message, payload, words("not-posted", reason=reason)),
    )


def _apology(message: Outgoing, payload: SlackPayload, sorry: str) -> list[Outgoing]:
    """Return the direct message that the asker gets if this message is given up."""
    if not payload.apologise_to:
        return []
    # Only the response URL has failed: the direct message can hold the answer itself.
    is_hidden = bool(payload.response_url)
    return [
        Outgoing(
            key=f"{message.key}:instead",
            request_id=message.request_id,
            surface=SURFACE,
            tenant_id=message.tenant_id,
            channel_id=payload.apologise_to,
            text=message.text if is_hidden else sorry,
            payload=SlackPayload(blocks=payload.blocks if is_hidden else ()).model_dump(),
        )
    ]


async def _respond(message: Outgoing, payload: SlackPayload) -> None:
    response = await AsyncWebhookClient(payload.response_url).send(
        text=message.text, blocks=list(payload.blocks) or None, response_type="ephemeral", replace_original=False
    )
    if response.status_code in _EXPIRED_STATUSES:
        raise ExpiredUrlError
    if response.status_code != _OK:
        raise TimeoutError  # counts as temporary


async def _channel(client: AsyncWebClient, channel_id: str) -> str:
    if not channel_id.startswith(("U", "W")):
        return channel_id
    opened = await client.conversations_open(users=channel_id)
    return str(opened["channel"]["id"])


async def _post(client: AsyncWebClient, channel: str, message: Outgoing, key: str, text: str, blocks: Blocks) -> str:
    posted = await client.chat_postMessage(
        channel=channel,
        thread_ts=message.thread_id or None,
        text=text,
        blocks=list(blocks),
        metadata=_metadata(message, key),
        unfurl_links=False,
        unfurl_media=False,
    )
    return str(posted["ts"])


async def _end_stream(client: AsyncWebClient, channel: str, message: Outgoing, blocks: Blocks) -> str:
    """Turn the progress message into the answer; post a new message if it no longer exists."""
    metadata = _metadata(message, message.key)
    try:
        await client.chat_stopStream(channel=channel, ts=message.progress_id, blocks=list(blocks), metadata=metadata)
    except SlackApiError as error:
        if error_of(error) in {"message_not_found", "channel_not_found"}:
            return await _post(client, channel, message, message.key, message.text, blocks)
        if error_of(error) not in _NOT_STREAMING:
            raise
        await client.chat_update(
            channel=channel, ts=message.progress_id, text=message.text, blocks=list(blocks), metadata=metadata
        )
    return message.progress_id


def _metadata(message: Outgoing, key: str) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"request_id": message.request_id, "key": key}}
