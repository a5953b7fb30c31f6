"""Scheduled work: fetch addresses and services again, and index what has changed."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from bot.desk.index_builds import IndexBuilds
from bot.settings import Settings
from index.errors import BuildRunningError, CitedeskError
from index.reading.sources import is_address

_log = structlog.get_logger(__name__)
# Share of the interval by which a build may be late, so that several processes do not ask a site at the same moment.
_LATE = 0.1


def is_scheduled(settings: Settings) -> bool:
    """Tell whether a running bot builds the index by itself: what it indexes is fetched, and the interval is not 0."""
    is_fetched = bool(settings.index.services) or any(map(is_address, settings.index.paths))
    return settings.index.refetch_s > 0 and is_fetched


@dataclass(frozen=True, slots=True)
class Refetching:
    """Builds the index `index.refetch_s` seconds after the last build, whoever made that one."""

    settings: Settings
    builds: IndexBuilds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Build at intervals while the body runs, if that is scheduled."""
        if not is_scheduled(self.settings):
            yield
            return
        task = asyncio.create_task(self._build_at_intervals())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _build_at_intervals(self) -> None:
        interval = self.settings.index.refetch_s
        await asyncio.sleep(_late(interval))
        while True:
            due_in = self._due_in()
            if due_in > 0:
                # Then look again: another process may have built meanwhile.
                await asyncio.sleep(due_in + _late(interval))
            else:
                await self._attempt()
                await asyncio.sleep(interval)

    def _due_in(self) -> float:
        """Return the seconds until a build is due; the clock of another machine may be ahead."""
        interval = self.settings.index.refetch_s
        last = self.builds.snapshots.last_build()
        if last is None:
            return 0.0
        age = (datetime.now(UTC) - datetime.fromisoformat(last.at)).total_seconds()
        return interval - max(0.0, age)

    async def _attempt(self) -> None:
        try:
            await self.builds.refresh()
        except BuildRunningError:
            _log.info("refetch_left_to_another_build")
        except Exception as error:  # noqa: BLE001 - the live snapshot stays, the next build tries again
            reason = str(error) if isinstance(error, CitedeskError) else type(error).__name__
            _log.error("refetch_failed", reason=reason)


def _late(interval: float) -> float:
    return random.uniform(0, interval * _LATE)  # noqa: S311 - no secret
