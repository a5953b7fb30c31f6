"""The two workers of the process: whatever chat product a job belongs to, it is done by that product's surface."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.delivery.worker import Worker, WorkerLimits
from bot.settings import DeliverySettings
from bot.store.records import Asked, Outgoing
from bot.store.sqlite.queues import Job
from bot.store.sqlite.store import SqliteStore
from index.errors import CitedeskError

Work = Callable[[Job], Awaitable[None]]


class UnservedSurfaceError(CitedeskError):
    """A job belongs to a chat product that this process does not serve; it waits for one that does."""

    code = "SURFACE_UNSERVED"


@dataclass(frozen=True, slots=True)
class Handlers:
    """How a surface answers a question of the inbox and delivers a message of the outbox."""

    answer: Work
    deliver: Work


class Workers:
    """Inbox and outbox at work for the surfaces that were added."""

    def __init__(self, settings: DeliverySettings, store: SqliteStore) -> None:
        self._settings = settings
        self._surfaces: dict[str, Handlers] = {}
        self.reply_limits = _limits(settings, settings.reply_workers)
        self.inbox = Worker("inbox", store.inbox, self._answer, _limits(settings, settings.question_workers))
        self.outbox = Worker("outbox", store.outbox, self._deliver, self.reply_limits)

    def add(self, surface: str, handlers: Handlers) -> None:
        """Serve one more chat product."""
        self._surfaces[surface] = handlers

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work while the body runs; then finish or hand back what is held."""
        self.inbox.start()
        self.outbox.start()
        try:
            yield
        finally:
            # Questions first: what they end with still goes out.
            await self.inbox.stop(self._settings.drain_s)
            await self.outbox.stop(self._settings.drain_s)

    async def _answer(self, job: Job) -> None:
        await self._of(Asked.model_validate_json(job.payload).where.surface).answer(job)

    async def _deliver(self, job: Job) -> None:
        await self._of(Outgoing.model_validate_json(job.payload).surface).deliver(job)

    def _of(self, surface: str) -> Handlers:
        handlers = self._surfaces.get(surface)
        if handlers is None:
            raise UnservedSurfaceError(surface)
        return handlers


def _limits(settings: DeliverySettings, concurrency: int) -> WorkerLimits:
    return WorkerLimits(
        concurrency=concurrency,
        lease_s=settings.lease_s,
        poll_s=settings.poll_s,
        backoff_base_s=settings.backoff_base_s,
        backoff_cap_s=settings.backoff_cap_s,
    )
