"""Run the workers of inbox and outbox, and hand each job to its chat product."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.delivery.worker import Work, Worker, WorkerLimits
from bot.settings import DeliverySettings
from bot.store.lease import Lease
from bot.store.port import Store
from bot.store.records import Asked, Job, Outgoing
from index.errors import CitedeskError


class UnservedTenantError(CitedeskError):
    """A job belongs to a tenant whose table is gone from the settings. The job stays in the queue."""

    code = "TENANT_UNSERVED"


class UnservedSurfaceError(CitedeskError):
    """A job belongs to a chat product that this process does not serve. The job stays in the queue."""

    code = "SURFACE_UNSERVED"


@dataclass(frozen=True, slots=True)
class Handlers:
    """The functions of a chat product that work on a job of the inbox and of the outbox."""

    answer: Work
    deliver: Work


class Dispatcher:
    """Works on inbox and outbox for the chat products that were added. The two events wake its workers.

    `name_of` tells the name of the tenant whose handlers work on a job, "" for the top level of the settings, and None
    if nobody does.
    """

    def __init__(
        self,
        settings: DeliverySettings,
        store: Store,
        inbox_wake: asyncio.Event,
        outbox_wake: asyncio.Event,
        name_of: Callable[[str], str | None] = lambda _: "",
    ) -> None:
        self._settings = settings
        self._name_of = name_of
        self._handlers: dict[tuple[str, str], Handlers] = {}
        self._inbox = Worker(
            "inbox", store.inbox, self._answer, _limits(settings, settings.question_workers), inbox_wake
        )
        self._outbox = Worker(
            "outbox", store.outbox, self._deliver, _limits(settings, settings.reply_workers), outbox_wake
        )

    def add(self, surface: str, handlers: Handlers, tenant: str = "") -> None:
        """Register the handlers of a chat product, for the tenant of this name or the top level."""
        self._handlers[tenant, surface] = handlers

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work while the body runs. Then wait up to `drain_s` for each worker and give back unfinished jobs."""
        self._inbox.start()
        self._outbox.start()
        try:
            yield
        finally:
            # Stop the inbox first, so that the outbox still posts the replies to its last questions.
            await self._inbox.stop(self._settings.drain_s)
            await self._outbox.stop(self._settings.drain_s)

    @property
    def is_working(self) -> bool:
        """Whether both workers run, as they do from start to stop."""
        return self._inbox.is_working and self._outbox.is_working

    async def has_lost_question(self, key: str) -> bool:
        """Tell whether a question is worked on here although it was edited, deleted or taken over."""
        return await self._inbox.has_lost(key)

    async def _answer(self, job: Job, lease: Lease) -> None:
        where = Asked.model_validate_json(job.payload).where
        await self._handlers_of(where.tenant_id, where.surface).answer(job, lease)

    async def _deliver(self, job: Job, lease: Lease) -> None:
        message = Outgoing.model_validate_json(job.payload)
        await self._handlers_of(message.tenant_id, message.surface).deliver(job, lease)

    def _handlers_of(self, tenant_id: str, surface: str) -> Handlers:
        tenant = self._name_of(tenant_id)
        if tenant is None:
            raise UnservedTenantError(tenant_id)
        handlers = self._handlers.get((tenant, surface))
        if handlers is None:
            raise UnservedSurfaceError(surface)
        return handlers


def _limits(settings: DeliverySettings, concurrency: int) -> WorkerLimits:
    return WorkerLimits(concurrency, settings.lease_s, settings.poll_s, settings.pause_s)
