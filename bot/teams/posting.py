"""The outbox at work for Teams: each message is posted, once as far as Teams lets one know."""

import aiohttp
import structlog

from bot.delivery.worker import WorkerLimits
from bot.desk.questions import Desk
from bot.store.records import Outgoing
from bot.store.sqlite.queues import Job
from bot.teams.connector import Connector
from bot.teams.payloads import SURFACE, address_of
from bot.teams.progress import ending
from pipeline.models.retry_after import retry_after

_log = structlog.get_logger(__name__)
# The connector may do better the next time; whatever else it says, it will say again.
_PASSING = frozenset({408, 412, 429, 500, 502, 503, 504})
TROUBLE = (aiohttp.ClientError, TimeoutError)


class Delivery:
    """Posts the messages of the outbox.

    The connector lets nobody look for a message by its key: after a failure that may have come too late, it is posted
    again, for silence would be worse.
    """

    def __init__(self, desk: Desk, connector: Connector, limits: WorkerLimits, attempts: int) -> None:
        self._desk = desk
        self._connector = connector
        self._limits = limits
        self._attempts = attempts

    async def deliver(self, job: Job) -> None:
        """Post one message and note that it is posted; or try later; or give it up."""
        message = Outgoing.model_validate_json(job.payload)
        store = self._desk.store
        address = address_of(message.channel_id, message.thread_id)
        try:
            posted = await self._posted(message, address, may_end_stream=job.attempts == 1)
        except TROUBLE as error:
            status = getattr(error, "status", None)
            _log.warning(
                "post_failed",
                request_id=message.request_id,
                reason=status or type(error).__name__,
                attempts=job.attempts,
            )
            if (status is None or status in _PASSING) and job.attempts < self._attempts:
                await store.outbox.retry(
                    job.key, retry_after(getattr(error, "headers", None) or {}) or self._limits.pause(job.attempts)
                )
            else:
                await store.give_up(message.key, [])
                await self._desk.delivery_failed(message.request_id)
            return
        if message.card_of:
            await store.reviews.set_card(message.card_of, SURFACE, address, posted)
        else:
            # Of a stream, feedback may name the message that it began as.
            for message_id in {posted, message.stream_id} - {""}:
                await store.posted.put(message.channel_id, message_id, message.request_id)
        await store.outbox.finish(job.key)

    async def _posted(self, message: Outgoing, address: str, *, may_end_stream: bool) -> str:
        """Return the id of the message, posted now: as the end of its stream, or by itself where there is none."""
        activity = message.body[0]
        if message.stream_id and may_end_stream:
            try:
                return await self._connector.send(message.service_url, address, ending(activity, message.stream_id))
            except aiohttp.ClientResponseError as error:
                if error.status in _PASSING:
                    raise
                # The stream is over: it took too long, or the asker has pressed Stop a moment ago.
                _log.info("stream_not_ended", request_id=message.request_id, reason=error.status)
        return await self._connector.send(message.service_url, address, activity)
