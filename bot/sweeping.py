"""What time brings: reviews are reminded of, ended and opened again, each in the chat product of its question."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.app import UseCases
from bot.settings import Settings
from bot.store.records import Outgoing, Review

_log = structlog.get_logger(__name__)


class ReviewCards(Protocol):
    """How a chat product shows reviews."""

    async def cards(self, review: Review) -> Sequence[Outgoing]:
        """Return what a new review that nobody waits for sends out."""

    async def reminder(self, review: Review) -> Sequence[Outgoing]:
        """Return the reminder of a review that waits."""

    def decided(self, review: Review) -> Sequence[Outgoing]:
        """Return what the asker gets at the end of a review."""

    async def refresh(self, review: Review) -> object:
        """Show a review as it stands now."""


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Looks for what is due. `cards` are those of the chat products that are served, by their names."""

    settings: Settings
    uses: UseCases
    cards: Mapping[str, ReviewCards]
    wake_outbox: Callable[[], None]

    async def sweep(self) -> Sequence[Review]:
        """Remind, end and reopen reviews; forget texts that are old. Return what ended and what was opened."""
        ended = await self.uses.reviews.sweep(self._reminder, self._decided)
        for review in ended:
            if cards := self._of(review):
                await cards.refresh(review)
        reopened = await self.uses.reviews.curated.sweep(self._cards)
        store = self.settings.store
        await self.uses.desk.store.purge(store.review_text_days, store.gap_text_days)
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

    def _of(self, review: Review) -> ReviewCards | None:
        return self.cards.get(review.conversation.surface)

    async def _cards(self, review: Review) -> Sequence[Outgoing]:
        cards = self._of(review)
        return await cards.cards(review) if cards else ()

    async def _reminder(self, review: Review) -> Sequence[Outgoing]:
        cards = self._of(review)
        return await cards.reminder(review) if cards else ()

    def _decided(self, review: Review) -> Sequence[Outgoing]:
        cards = self._of(review)
        return cards.decided(review) if cards else ()
