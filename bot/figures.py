"""Keep the metrics current that come from the store and the indexes: what waits, what is built, what is spent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from bot.delivery.refetching import is_scheduled
from bot.delivery.runtime import Runtime
from bot.settings import Settings
from bot.store.port import Requests, Store, StoreError
from bot.store.records import ReviewFilter
from bot.telemetry.watched import TOP_LEVEL, IndexFigures, SpentToday, WatchedMetrics
from index.errors import IndexUnavailableError
from index.retrieval import Manifest, Retriever, Snapshots

_log = structlog.get_logger(__name__)
_LOOK_S = 15.0


@dataclass(frozen=True, slots=True)
class IndexOfTenant:
    """The index of a tenant. `retriever` is None in a process that only builds."""

    tenant: str
    settings: Settings
    snapshots: Snapshots
    retriever: Retriever | None = None
    requests: Requests | None = None


def index_of(runtime: Runtime) -> IndexOfTenant:
    """Return the index of a runtime and the requests of its tenants."""
    operations, store = runtime.use_cases.operations, runtime.use_cases.questions.store
    tenant = runtime.tenant.name if runtime.tenant else TOP_LEVEL
    return IndexOfTenant(tenant, runtime.settings, operations.snapshots, operations.retriever, store.requests)


@dataclass(frozen=True, slots=True)
class Figures:
    """Reads the figures at intervals. `store` is that of all tenants, `now` returns the time in UTC."""

    store: Store
    indexes: Sequence[IndexOfTenant]
    metrics: WatchedMetrics
    now: Callable[[], datetime]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read them while the body runs."""
        task = asyncio.create_task(self._look_at_intervals())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def look(self) -> None:
        """Read all figures once. What cannot be read keeps nothing else from being read."""
        for read in self._all():
            try:
                await read
            except StoreError:
                # `bot.readiness` tells of the store.
                self.metrics.forget_queues()
            except Exception as error:  # noqa: BLE001 - the next look tries again
                _log.warning("figures_not_read", error=type(error).__name__)

    async def _look_at_intervals(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_S)

    def _all(self) -> Iterator[Awaitable[None]]:
        yield self._queues()
        yield self._reviews()
        for index in self.indexes:
            yield self._index(index)
            if index.requests:
                yield self._spent(index, index.requests)

    async def _queues(self) -> None:
        for name, queue in (("inbox", self.store.inbox), ("outbox", self.store.outbox), ("builds", self.store.builds)):
            length, age = await queue.length(), await queue.age()
            self.metrics.queue(name, length.waiting, length.dead, age.oldest_s, age.overdue_s)

    async def _reviews(self) -> None:
        counts = await self.store.counts()
        oldest = await self.store.reviews.listed(ReviewFilter(limit=1))
        ages = [(self.now() - datetime.fromisoformat(review.opened_at)).total_seconds() for review in oldest]
        self.metrics.reviews(counts.open_reviews, max([0.0, *ages]))

    async def _index(self, index: IndexOfTenant) -> None:
        self.metrics.index(index.tenant, await asyncio.to_thread(_figures_of, index))

    async def _spent(self, index: IndexOfTenant, requests: Requests) -> None:
        midnight = self.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        spent = await requests.spent_since(midnight)
        figures = SpentToday(
            tokens=sum(one.tokens for one in spent),
            cost_usd=sum(one.cost_usd for one in spent),
            most_tokens=max((one.tokens for one in spent), default=0),
            budget=index.settings.limits.tenant_tokens_per_day,
        )
        self.metrics.spent(index.tenant, figures)


def _figures_of(index: IndexOfTenant) -> IndexFigures:
    manifest, last = _manifest(index.retriever), index.snapshots.last_build()
    built_at = _unix(manifest.created_at) if manifest else None
    last_at = _unix(last.at) if last else None
    # A build that finds nothing changed makes no snapshot, but has read the documents.
    seen = [at for at in (built_at, None if last and last.error else last_at) if at is not None]
    return IndexFigures(
        built_at=built_at,
        seen_at=max(seen, default=None),
        last_build_at=last_at,
        has_failed=bool(last and last.error),
        interval_s=index.settings.index.refetch_s if is_scheduled(index.settings) else 0.0,
    )


def _manifest(retriever: Retriever | None) -> Manifest | None:
    try:
        return retriever.manifest() if retriever else None
    except IndexUnavailableError:
        return None


def _unix(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
