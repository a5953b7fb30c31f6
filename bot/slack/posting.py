"""The outbox at work: each message is posted once, whatever Slack or the network does in between."""

from collections.abc import Mapping
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.delivery.worker import WorkerLimits
from bot.desk.questions import Desk
from bot.slack.best_effort import TROUBLE, Niceties, error_of
from bot.slack.clients import ForeignWorkspaceError, Workspaces
from bot.slack.render import EVENT_TYPE
from bot.store.records import Outgoing
from bot.store.sqlite.queues import Job
from pipeline.models.retry_after import retry_after

_log = structlog.get_logger(__name__)
_PAGES = 5
_PAGE = 200
_OK = 200
_GONE = frozenset({404, 410})
# Slack may do better the next time; whatever else it says, it will say again.
_PASSING = frozenset(
    {
        "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout",
        "team_added_to_org", "org_login_required", "accesslimited",
    }
)  # fmt: skip
_NO_STREAM = frozenset({"message_not_in_streaming_state", "streaming_state_conflict", "stream_not_found"})
_SORRY = "I have an answer for you but could not post it where you asked ({reason}). Please ask me here."


class ExpiredUrlError(Exception):
    """A command's response URL takes no more messages."""


class Delivery:
    """Posts the messages of the outbox."""

    def __init__(
        self, desk: Desk, workspaces: Workspaces, niceties: Niceties, limits: WorkerLimits, attempts: int
    ) -> None:
        self._desk = desk
        self._workspaces = workspaces
        self._niceties = niceties
        self._limits = limits
        self._attempts = attempts

    async def deliver(self, job: Job) -> None:
        """Post one message and note that it is posted; or try later; or give it up and tell the asker."""
        message = Outgoing.model_validate_json(job.payload)
        store = self._desk.store
        try:
            channel, ts = await self._posted(message, may_be_there=job.attempts > 1)
        except (*TROUBLE, ForeignWorkspaceError, ExpiredUrlError) as error:
            reason = error_of(error)
            _log.warning("post_failed", request_id=message.request_id, reason=reason, attempts=job.attempts)
            if _is_passing(error, reason) and job.attempts < self._attempts:
                await store.outbox.retry(job.key, _wait(error) or self._limits.pause(job.attempts))
            else:
                await self._give_up(message, reason)
            return
        if message.card_of:
            await store.reviews.set_card(message.card_of, message.surface, channel, ts)
        await store.outbox.finish(job.key)

    async def _posted(self, message: Outgoing, *, may_be_there: bool) -> tuple[str, str]:
        """Return channel and timestamp of the message, posted now or, after a doubtful try, found."""
        if message.response_url:
            await _respond(message)
            return message.channel_id, ""
        client = await self._workspaces.client(message.tenant_id)
        channel = await _channel(client, message.channel_id)
        there = await self._found(client, channel, message) if may_be_there else {}
        for number, part in enumerate(message.before):
            key = f"{message.key}#{number}"
            if key not in there:
                await _post(client, channel, message, key, part.text, part.body)
        if message.key in there:
            return channel, there[message.key]
        if message.stream_id:
            ts = await _end_stream(client, channel, message)
        else:
            ts = await _post(client, channel, message, message.key, message.text, message.body)
        await self._set_session(client, channel, message)
        return channel, ts

    async def _found(self, client: AsyncWebClient, channel: str, message: Outgoing) -> Mapping[str, str]:
        """Return, by key, those of the message's parts that Slack has already."""
        found: dict[str, str] = {}
        cursor = ""
        try:
            for _ in range(_PAGES):
                page = await self._page(client, channel, message, cursor)
                for posted in page.get("messages") or []:
                    payload = (posted.get("metadata") or {}).get("event_payload") or {}
                    if str(payload.get("key") or "").partition("#")[0] == message.key:
                        found[str(payload["key"])] = str(posted["ts"])
                cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
                if not cursor or message.key in found:
                    break
        except SlackApiError as error:
            # Where the bot may not read, it cannot look; silence would be worse than a second message.
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

    async def _set_session(self, client: AsyncWebClient, channel: str, message: Outgoing) -> None:
        if message.session:
            await self._niceties.call(
                message.tenant_id,
                "agents.sessions.setStatus",
                lambda: client.agents_sessions_setStatus(
                    channel_id=channel, thread_ts=message.thread_id, status=message.session
                ),
            )

    async def _give_up(self, message: Outgoing, reason: str) -> None:
        instead = []
        if message.apologise_to:
            instead.append(
                Outgoing(
                    key=f"{message.key}:instead",
                    request_id=message.request_id,
                    tenant_id=message.tenant_id,
                    channel_id=message.apologise_to,
                    # A hidden answer that came too late for its command is still the answer.
                    text=message.text if message.response_url else _SORRY.format(reason=reason),
                    body=message.body if message.response_url else (),
                )
            )
        await self._desk.store.give_up(message.key, instead)
        await self._desk.delivery_failed(message.request_id)


async def _respond(message: Outgoing) -> None:
    response = await AsyncWebhookClient(message.response_url).send(
        text=message.text, blocks=list(message.body) or None, response_type="ephemeral", replace_original=False
    )
    if response.status_code in _GONE:
        raise ExpiredUrlError
    if response.status_code != _OK:
        raise TimeoutError


async def _channel(client: AsyncWebClient, channel_id: str) -> str:
    if not channel_id.startswith(("U", "W")):
        return channel_id
    opened = await client.conversations_open(users=channel_id)
    return str(opened["channel"]["id"])


async def _post(
    client: AsyncWebClient, channel: str, message: Outgoing, key: str, text: str, body: tuple[dict[str, Any], ...]
) -> str:
    posted = await client.chat_postMessage(
        channel=channel,
        thread_ts=message.thread_id or None,
        text=text,
        blocks=list(body),
        metadata=_metadata(message, key),
        unfurl_links=False,
        unfurl_media=False,
    )
    return str(posted["ts"])


async def _end_stream(client: AsyncWebClient, channel: str, message: Outgoing) -> str:
    """Turn the message that showed the progress into the answer."""
    metadata = _metadata(message, message.key)
    try:
        await client.chat_stopStream(
            channel=channel, ts=message.stream_id, blocks=list(message.body), metadata=metadata
        )
    except SlackApiError as error:
        if error_of(error) in {"message_not_found", "channel_not_found"}:
            return await _post(client, channel, message, message.key, message.text, message.body)
        if error_of(error) not in _NO_STREAM:
            raise
        await client.chat_update(
            channel=channel, ts=message.stream_id, text=message.text, blocks=list(message.body), metadata=metadata
        )
    return message.stream_id


def _metadata(message: Outgoing, key: str) -> dict[str, Any]:
    return {"event_type": EVENT_TYPE, "event_payload": {"request_id": message.request_id, "key": key}}


def _is_passing(error: Exception, reason: str) -> bool:
    if isinstance(error, ForeignWorkspaceError | ExpiredUrlError):
        return False
    return not isinstance(error, SlackApiError) or reason in _PASSING or reason.startswith("http_")


def _wait(error: Exception) -> float | None:
    """Return the seconds that Slack asks to wait."""
    return retry_after(getattr(getattr(error, "response", None), "headers", None) or {})
