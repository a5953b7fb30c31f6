"""Builds of the index: orders that are stored, so that they survive the process, and the build itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.store.port import Store
from bot.store.records import BuildOrder, Scope
from bot.store.shared import SNAPSHOT
from index.builder import Coverage
from index.errors import BuildRunningError
from index.retrieval import Snapshots
from index.snapshot_writing import Progress

_log = structlog.get_logger(__name__)
# One that is worked on, and one that waits.
_ORDERS_MAX = 2


class EnoughBuildsError(BuildRunningError):
    """One build is running and another one waits, which will read what has changed until it begins."""


class BuildIndex(Protocol):
    """Builds the index. With `only_changes` an index that would be the same is not built."""

    async def __call__(self, progress: Progress, *, only_changes: bool) -> Coverage:
        """Return what the build saw. Raises BuildRefusedError."""


@dataclass(frozen=True, slots=True)
class IndexBuilds:
    """Orders and builds of one index. One process at a time changes the live index."""

    store: Store
    build_index: BuildIndex
    snapshots: Snapshots

    async def order(self, build_id: str, order: BuildOrder) -> int:
        """Store an order, once for each id; return how many builds come before it.

        Raises EnoughBuildsError.
        """
        asked_by = Scope(ids=frozenset({order.where.tenant_id}), others=False)
        before = (await self.store.builds.length(asked_by)).waiting
        if before >= _ORDERS_MAX:
            raise EnoughBuildsError("one build is running and another one waits")
        is_new = await self.store.builds.add([build_id], order.model_dump_json(), order.where.tenant_id)
        _log.info("build_ordered", build_id=build_id, user_id=order.where.user_id, before=before, is_new=is_new)
        return before if is_new else 0

    async def build(self, progress: Progress, *, only_changes: bool = False) -> Coverage:
        """Build the index and serve it; return its coverage. Raises BuildRefusedError."""
        async with self.alone():
            coverage = await self.build_index(progress, only_changes=only_changes)
            await self.store.signals.notify(SNAPSHOT)
        _log.info("reindexed", snapshot=coverage.snapshot, indexed=coverage.indexed, skipped=len(coverage.skipped))
        return coverage

    async def refresh(self) -> Coverage | None:
        """Build the index if documents have changed; return its coverage, None if a rollback is in force.

        After a rollback an older snapshot is served because somebody wants it. It ends with the next reindex.
        Raises BuildRefusedError.
        """
        if await asyncio.to_thread(self.snapshots.is_rolled_back):
            _log.info("refresh_paused", reason="rollback")
            return None
        return await self.build(lambda _done, _total: None, only_changes=True)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Let no other process change the live index meanwhile. Raises BuildRunningError if one does already."""
        async with self.store.lead("build") as leads:
            if not leads:
                raise BuildRunningError("another build of this index is running")
            yield
