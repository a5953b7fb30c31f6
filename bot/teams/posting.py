"""Post one message to Teams. Teams has no lookup by key, so after an ambiguous failure a message can appear twice."""

import aiohttp
import structlog

from bot.store.records import Outgoing
from bot.surfaces.product import Posted, PostError
from bot.teams.card_updates import PASSING_STATUSES
from bot.teams.connector import Connector
from bot.teams.outgoing import payload_of, plain_activity
from bot.teams.payloads import address_of
from bot.teams.progress import ending
from pipeline.models.retry_after import retry_after

_log = structlog.get_logger(__name__)
# Statuses of a message that Teams does not take as it is.
_REFUSALS = frozenset({400, 413})
_API_ERRORS = (aiohttp.ClientError, TimeoutError)


class TeamsPoster:
    """Posts the messages of the outbox."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def post(self, message: Outgoing, *, first_try: bool) -> Posted:
        """Post a message and return where it is. Raises PostError.

        The first try ends the progress stream of the message, if it has one; a later try posts the message by itself.
        """
        address = address_of(message.channel_id, message.thread_id)
        try:
            posted = await self._posted_or_plain(message, address, may_end_stream=first_try)
        except _API_ERRORS as error:
            raise _post_error(error) from None
        # Feedback may name the first message of the stream instead of its end.
        return Posted(address, posted, tuple({posted, message.progress_id} - {""}))

    async def _posted_or_plain(self, message: Outgoing, address: str, *, may_end_stream: bool) -> str:
        """Post a message; if Teams refuses its form, post it once as short plain text. Return its id."""
        try:
            return await self._posted(message, address, may_end_stream=may_end_stream)
        except aiohttp.ClientResponseError as error:
            if error.status not in _REFUSALS:
                raise
            _log.error("message_refused", request_id=message.request_id, reason=error.status)
        return await self._connector.send(payload_of(message).service_url, address, plain_activity(message))

    async def _posted(self, message: Outgoing, address: str, *, may_end_stream: bool) -> str:
        """Post a message as the end of its stream, or by itself if the stream is over; return its id."""
        payload = payload_of(message)
        if message.progress_id and may_end_stream:
            try:
                ended = ending(payload.activity, message.progress_id)
                return await self._connector.send(payload.service_url, address, ended)
            except aiohttp.ClientResponseError as error:
                if error.status in PASSING_STATUSES:
                    raise
                # The stream timed out, or the asker has just pressed Stop.
                _log.info("stream_not_ended", request_id=message.request_id, reason=error.status)
        return await self._connector.send(payload.service_url, address, payload.activity)


def _post_error(error: Exception) -> PostError:
    status = getattr(error, "status", None)
    return PostError(
        str(status or type(error).__name__),
        is_passing=status is None or status in PASSING_STATUSES,
        retry_after=retry_after(getattr(error, "headers", None) or {}),
    )
