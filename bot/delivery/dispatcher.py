"""The two workers of the process, which hand each job to the chat product that it belongs to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.delivery.worker import Worker, WorkerLimits
from bot.settings import DeliverySettings
from bot.store.port import Store
from bot.store.records import Asked, Job, Outgoing
from index.errors import CitedeskError

Work = Callable[[Job], Awaitable[None]]


class UnservedSurfaceError(CitedeskError):
    """A job belongs to a chat product that this process does not serve; it waits for a process that does."""

    code = "SURFACE_UNSERVED"


@dataclass(frozen=True, slots=True)
class Handlers:
    """How a chat product answers a question of the inbox and delivers a message of the outbox."""

    answer: Work
    deliver: Work


class Dispatcher:
    """Runs the workers of inbox and outbox for the chat products that were added. The events wake the workers."""

    def __init__(
        self, settings: DeliverySettings, store: Store, inbox_wake: asyncio.Event, outbox_wake: asyncio.Event
    ) -> None:
        self._settings = settings
        self._handlers: dict[str, Handlers] = {}
        self._inbox = Worker(
            "inbox", store.inbox, self._answer, _limits(settings, settings.question_workers), inbox_wake
        )
        self._outbox = Worker(
            "outbox", store.outbox, self._deliver, _limits(settings, settings.reply_workers), outbox_wake
        )

    def add(self, surface: str, handlers: Handlers) -> None:
        """Serve one more chat product."""
        self._handlers[surface] = handlers

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work while the body runs; then finish or give back what is held."""
        self._inbox.start()
        self._outbox.start()
        try:
            yield
        finally:
            # Questions first: their replies still go out.
            await self._inbox.stop(self._settings.drain_s)
            await self._outbox.stop(self._settings.drain_s)

    async def _answer(self, job: Job) -> None:
        await self._of(Asked.model_validate_json(job.payload).where.surface).answer(job)

    async def _deliver(self, job: Job) -> None:
        await self._of(Outgoing.model_validate_json(job.payload).surface).deliver(job)

    def _of(self, surface: str) -> Handlers:
        handlers = self._handlers.get(surface)
        if handlers is None:
            raise UnservedSurfaceError(surface)
        return handlers


def _limits(settings: DeliverySettings, concurrency: int) -> WorkerLimits:
    return WorkerLimits(concurrency, settings.lease_s, settings.poll_s, settings.pause_s)
