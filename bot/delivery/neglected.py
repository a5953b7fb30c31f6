"""Tell whoever ordered a build of the index that no process builds, instead of letting the order wait silently."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.delivery.building import BuildNote, OwnedIndex, index_of
from bot.store.port import Store, StoreError
from bot.store.records import NEGLECTED_S, BuildOrder
from bot.surfaces.words import Languages

_log = structlog.get_logger(__name__)
_LOOK_S = 5.0
# Stands for an order that nobody can be told of.
_SKIPPED = ""


@dataclass(frozen=True, slots=True)
class NeglectedOrders:
    """Looks for orders that nobody works on. Whoever gave one is told so once, by one of all processes."""

    store: Store
    indexes: Sequence[OwnedIndex]
    note_of: Callable[[str], BuildNote]
    wake_outbox: Callable[[], None]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look while the body runs."""
        task = asyncio.create_task(self._look_at_intervals())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _look_at_intervals(self) -> None:
        seen: dict[str, str] = {}
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                seen = await self.look(seen)
            except Exception as error:  # noqa: BLE001 - the next look tries again
                _log.info("neglected_orders_not_seen", error=type(error).__name__)

    async def look(self, before: dict[str, str]) -> dict[str, str]:
        """Tell of the orders that are neglected and were so `before`; return those that are.

        Seen once, an order may be about to be taken: by whoever has just ended another build.
        """
        found = dict(await self.store.builds.neglected(NEGLECTED_S))
        for build_id in found.keys() & before.keys():
            if before[build_id] == _SKIPPED or not await self._has_told(build_id, found[build_id]):
                found[build_id] = _SKIPPED
        return found

    async def _has_told(self, build_id: str, order: str) -> bool:
        """Queue the message. Return False if that cannot succeed later either. Raises StoreError."""
        try:
            await self._tell(build_id, BuildOrder.model_validate_json(order))
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one order must not keep the others from being told of
            _log.error("neglected_order_skipped", build_id=build_id, error=type(error).__name__)
            return False
        return True

    async def _tell(self, build_id: str, order: BuildOrder) -> None:
        """Queue the message. Its key is that of the order, so that it is queued once."""
        index = index_of(self.indexes, order)
        if index is None:
            return
        _log.warning("build_neglected", build_id=build_id)
        words = Languages(index.settings.language).words(order.where.language)
        note = self.note_of(order.where.surface)
        said = words("reindexing-neglected")
        await self.store.outbox.send([note(f"{build_id}:neglected", build_id, order, said, words)])
        self.wake_outbox()
