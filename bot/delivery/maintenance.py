"""What time brings: reviews are reminded of, ended and opened again, each in the chat product of its question."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.app import UseCases
from bot.settings import Settings
from bot.store.records import Review
from bot.surfaces.review_board import Boards

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Looks for what is due, and shows it on every board."""

    settings: Settings
    uses: UseCases
    boards: Boards
    wake_outbox: Callable[[], None]

    async def sweep(self) -> Sequence[Review]:
        """Remind, end and reopen reviews; forget texts that are old. Return what ended and what was opened."""
        ended = await self.uses.reviews.sweep(self.boards.reminder, self.boards.expired)
        for review in ended:
            await self.boards.refresh(review)
        reopened = await self.uses.reviews.curated.sweep(self.boards.cards)
        store = self.settings.store
        await self.uses.desk.store.purge(store.review_text_days, store.gap_text_days, store.turn_text_days)
        self.wake_outbox()
        return [*ended, *reopened]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sweep again and again while the body runs."""
        task = asyncio.create_task(self._for_ever())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _for_ever(self) -> None:
        while True:
            try:
                await self.sweep()
            except Exception as error:  # noqa: BLE001 - what is due stays due
                _log.error("sweep_failed", error=type(error).__name__)
            await asyncio.sleep(self.settings.review.sweep_s)
