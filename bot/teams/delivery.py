"""The queues at work for Teams: a question becomes its reply, and a reply is posted."""

from collections.abc import Callable

import aiohttp
import structlog

from bot.desk import Desk, request_id_of
from bot.inbox import WorkerLimits, retry_after
from bot.store.jobs import Job
from bot.store.records import Asked, Outgoing
from bot.teams.activities import address_of
from bot.teams.cards import Cards
from bot.teams.connector import Connector
from bot.teams.outgoing import to_asker
from bot.teams.render import NO_NAMES, Names, apology, reply_message
from pipeline.types import Answered, Outcome

_log = structlog.get_logger(__name__)
# The connector may do better the next time; whatever else it says, it will say again.
_PASSING = frozenset({408, 412, 429, 500, 502, 503, 504})
TROUBLE = (aiohttp.ClientError, TimeoutError)


class Answering:
    """Works on the questions of the inbox."""

    def __init__(
        self, desk: Desk, connector: Connector, cards: Cards, attempts: int, wake_outbox: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._connector = connector
        self._cards = cards
        self._attempts = attempts
        self._wake_outbox = wake_outbox

    async def work(self, job: Job) -> None:
        """Answer one question and hand its reply to the outbox."""
        asked = Asked.model_validate_json(job.payload)
        request_id = request_id_of(job.key)
        if job.attempts > self._attempts:
            _log.error("question_given_up", request_id=request_id, attempts=job.attempts)
            sorry = to_asker(request_id, request_id, asked.where, apology())
            await self._desk.settle(job.key, asked, None, [sorry], dead=True)
        else:
            await self._show_typing(asked)
            reply = await self._desk.ask(request_id, asked, (), lambda _: None)
            names = await self._names(reply.outcome)
            outgoing = [to_asker(request_id, request_id, asked.where, reply_message(reply, asked, names))]
            outgoing += [await self._cards.card(reply.review)] if reply.review else []
            await self._desk.settle(job.key, asked, reply, outgoing)
        self._wake_outbox()

    async def _names(self, outcome: Outcome) -> Names:
        approval = outcome.approved if isinstance(outcome, Answered) else None
        return await self._desk.store.people.names([approval.by]) if approval else NO_NAMES

    async def _show_typing(self, asked: Asked) -> None:
        where = asked.where
        try:
            await self._connector.send(
                where.service_url, address_of(where.channel_id, where.thread_id), {"type": "typing"}
            )
        except TROUBLE as error:
            _log.info("typing_not_shown", error=type(error).__name__)


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
            posted = await self._connector.send(message.service_url, address, message.body[0])
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
            await store.reviews.set_card(message.card_of, address, posted)
        else:
            await store.posted.put(message.channel_id, posted, message.request_id)
        await store.outbox.finish(job.key)
