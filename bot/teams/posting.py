"""Post one message to Teams.

A bot cannot read a conversation there, so it never learns whether a message was posted whose response was lost. Only
with an anchor does such a message never appear twice: a short first message, whose id is stored, is turned into the
message, and turning it again changes nothing. The message that shows the progress of the work is such an anchor. Others
are posted only if `teams.anchors` is set, because Teams may drop the AI label of a message that was updated.
"""

import re
from dataclasses import replace

import aiohttp
import structlog

from bot.store.records import Outgoing
from bot.surfaces.attempt import Attempt, Posted, PostError
from bot.surfaces.words import Languages
from bot.teams.card_updates import PASSING_STATUSES
from bot.teams.connector import Connector
from bot.teams.outgoing import payload_of, plain_activity
from bot.teams.payloads import address_of
from bot.teams.progress import ending
from pipeline.models.retry_after import retry_after

_log = structlog.get_logger(__name__)
# Statuses of a message that Teams does not take as it is.
_REFUSALS = frozenset({400, 413})
_FORBIDDEN, _GONE = 403, frozenset({404, 410})
# What Teams says to the end of a stream that has an end already.
_ENDED = re.compile("already completed", re.IGNORECASE)
_API_ERRORS = (aiohttp.ClientError, TimeoutError)


class TeamsPoster:
    """Posts the messages of the outbox. `anchors` lets each have an anchor."""

    def __init__(self, connector: Connector, languages: Languages, *, anchors: bool) -> None:
        self._connector, self._languages, self._anchors = connector, languages, anchors

    async def post(self, message: Outgoing, attempt: Attempt) -> Posted:
        """Post a message and return where it is. Raises PostError."""
        address = address_of(message.channel_id, message.thread_id)
        try:
            posted = await self._posted_or_plain(message, address, attempt)
        except _API_ERRORS as error:
            raise _post_error(error) from None
        # Feedback may name the first message of the stream instead of its end.
        ids = tuple({posted.message_id, message.progress_id} - {""})
        return replace(posted, answer_ids=ids)

    async def retract(self, message: Outgoing, posted: Posted) -> None:
        """Delete one copy of a message. A failure is only logged."""
        try:
            await self._connector.delete(payload_of(message).service_url, posted.channel_id, posted.message_id)
        except _API_ERRORS as error:
            _log.warning("copy_not_deleted", request_id=message.request_id, reason=type(error).__name__)

    async def _posted_or_plain(self, message: Outgoing, address: str, attempt: Attempt) -> Posted:
        """Post a message; if Teams refuses its form, post it once as short plain text. Return where it is."""
        try:
            return await self._posted(message, address, attempt)
        except aiohttp.ClientResponseError as error:
            if error.status not in _REFUSALS:
                raise
            _log.error("message_refused", request_id=message.request_id, reason=error.status)
        plain = message.model_copy(
            update={"progress_id": "", "payload": message.payload | {"activity": plain_activity(message)}}
        )
        return await self._posted(plain, address, attempt)

    async def _posted(self, message: Outgoing, address: str, attempt: Attempt) -> Posted:
        """Post a message as the end of its stream, in place of its anchor, or by itself; return where it is."""
        if message.progress_id and await self._has_ended_stream(message, address, attempt):
            return Posted(address, message.progress_id, is_shared=True)
        payload = payload_of(message)
        anchor = attempt.anchor
        if self._anchors and not anchor:
            text = self._languages.words(payload.language)("teams-anchor")
            async with attempt.request():
                anchor = await self._connector.send(payload.service_url, address, {"type": "message", "text": text})
            try:
                await attempt.keep_anchor(anchor)
            except PostError:
                await self.retract(message, Posted(address, anchor))
                raise
        if anchor and await self._has_updated(message, address, anchor, attempt):
            return Posted(address, anchor, is_shared=True)
        async with attempt.request():
            return Posted(address, await self._connector.send(payload.service_url, address, payload.activity))

    async def _has_ended_stream(self, message: Outgoing, address: str, attempt: Attempt) -> bool:
        """Turn the stream of a message into the message. Return False if the stream is over without an end."""
        payload = payload_of(message)
        try:
            async with attempt.request():
                await self._connector.send(payload.service_url, address, ending(payload.activity, message.progress_id))
        except aiohttp.ClientResponseError as error:
            if error.status in PASSING_STATUSES:
                raise
            if not attempt.is_first and error.status == _FORBIDDEN and _ENDED.search(error.message):
                # An earlier try has ended it, and its response was lost.
                return True
            # The stream timed out, or the asker has just pressed Stop.
            _log.info("stream_not_ended", request_id=message.request_id, reason=error.status)
            return False
        return True

    async def _has_updated(self, message: Outgoing, address: str, anchor: str, attempt: Attempt) -> bool:
        """Turn the anchor of a message into the message. Return False if somebody has deleted it."""
        payload = payload_of(message)
        try:
            async with attempt.request():
                await self._connector.update(payload.service_url, address, anchor, payload.activity)
        except aiohttp.ClientResponseError as error:
            if error.status not in _GONE:
                raise
            return False
        return True


def _post_error(error: Exception) -> PostError:
    status = getattr(error, "status", None)
    return PostError(
        str(status or type(error).__name__),
        is_passing=status is None or status in PASSING_STATUSES,
        retry_after=retry_after(getattr(error, "headers", None) or {}),
    )
