"""Scheduled work: reminders, expiry, approved answers whose sources changed, cards, old texts, the weekly digest."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.delivery.digest import Digests
from bot.delivery.runtime import Runtime
from bot.desk.use_cases import UseCases
from bot.settings import Settings, StoreSettings
from bot.store.port import StoreUnavailableError
from bot.store.records import Retention, Review
from bot.surfaces.review_board import Boards

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Sweeps every `review.sweep_s` seconds, unless another process does. `tenants` are swept in the same interval."""

    settings: Settings
    use_cases: UseCases
    boards: Boards
    digests: Digests
    wake_outbox: Callable[[], None]
    tenants: "Sequence[Maintenance]" = ()

    @classmethod
    def of(cls, runtime: Runtime) -> "Maintenance":
        """Return the scheduled work of a runtime and of its tenants."""
        return cls(
            settings=runtime.settings,
            use_cases=runtime.use_cases,
            boards=runtime.boards,
            digests=runtime.digests,
            wake_outbox=runtime.wake_outbox,
            tenants=tuple(cls.of(tenant) for tenant in runtime.tenants),
        )

    async def sweep(self) -> Sequence[Review]:
        """Do all work that is due. Return the reviews that expired and those that were opened."""
        expired = await self.use_cases.reviews.sweep(self.boards.reminder, self.boards.expired, self.boards.cards)
        for review in expired:
            await self.boards.refresh(review)
        reopened = await self.use_cases.reviews.curated.sweep(self.boards.cards)
        await self.use_cases.questions.store.purge(_retention(self.settings.store))
        self.wake_outbox()
        await self.boards.refresh_changed()
        if await self.digests.queue_due():
            self.wake_outbox()
        return [*expired, *reopened]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sweep at intervals while the body runs."""
        task = asyncio.create_task(self._sweep_at_intervals())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _sweep_at_intervals(self) -> None:
        while True:
            for each in (self, *self.tenants):
                await each.attempt()
            await asyncio.sleep(self.settings.review.sweep_s)

    async def attempt(self) -> None:
        """Sweep if no other process does; a failure is only logged, because the next sweep tries again."""
        try:
            async with self.use_cases.questions.store.lead("maintenance") as leads:
                if leads:
                    await self.sweep()
        except StoreUnavailableError:
            return
        except Exception as error:  # noqa: BLE001 - the next sweep tries again
            _log.error("sweep_failed", error=type(error).__name__)


def _retention(store: StoreSettings) -> Retention:
    return Retention(
        review_text_days=store.review_text_days,
        gap_text_days=store.gap_text_days,
        turn_text_days=store.turn_text_days,
        job_days=store.job_days,
        trace_days=store.trace_days,
    )
