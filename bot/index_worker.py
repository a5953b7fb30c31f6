"""Run a process that only builds the index: what is ordered in a chat, and what is due to be fetched again."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog

from bot.app import build_index_builds, build_snapshots, building
from bot.delivery.building import OwnedIndex
from bot.figures import Figures, IndexOfTenant
from bot.http_door import listening
from bot.probes import Probes, metrics_route
from bot.readiness import Readiness, asks_store, asks_workers
from bot.server import metrics_server, opened_in_time
from bot.settings import Settings
from bot.store.port import Store
from bot.store.records import Scope
from bot.telemetry.metrics import Metrics
from bot.telemetry.watched import TOP_LEVEL
from bot.tenants import tenancy_of

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def running_index_worker(settings: Settings) -> AsyncIterator[str]:
    """Build while the body runs; yield the address of the probes. Raises SettingsError, StoreError."""
    store = await opened_in_time(settings)
    try:
        indexes = await _indexes(settings, store)
        # Processes that serve post the results. A new message wakes them by a signal, or they find it by polling.
        async with (
            building(settings, store, list(indexes.values()), lambda: None) as is_working,
            _probed(settings, store, indexes, is_working) as url,
        ):
            _log.info("ready", url=url)
            yield url
    finally:
        await store.close()


async def _indexes(settings: Settings, store: Store) -> dict[str, OwnedIndex]:
    """Return the index of the top level of the settings, and those of the tenants that are apart, by their names."""
    tenancy = await tenancy_of(settings, store)

    def index(scope: Scope, own: Settings, seen: Store) -> OwnedIndex:
        return OwnedIndex(scope, own, build_index_builds(own, seen, build_snapshots(own)))

    apart = {each.name: index(each.scope, each.settings, each.stored_in(store)) for each in tenancy.tenants}
    return {TOP_LEVEL: index(tenancy.top, settings, tenancy.top_store(store)), **apart}


@asynccontextmanager
async def _probed(
    settings: Settings, store: Store, indexes: Mapping[str, OwnedIndex], is_working: Callable[[], bool]
) -> AsyncIterator[str]:
    """Serve probes and metrics while the body runs; yield the address of the probes."""
    metrics = Metrics(routes=())
    asks = {"store": asks_store(store), "workers": asks_workers(is_working)}
    readiness = Readiness(asks, metrics.watched, settings.server.look_s)
    watched = [IndexOfTenant(name, each.settings, each.builds.snapshots) for name, each in indexes.items()]
    figures = Figures(store, watched, metrics.watched, lambda: datetime.now(UTC))
    async with (
        readiness.running(),
        figures.running(),
        metrics_server(settings.server, [metrics_route(lambda: metrics.exposition(0, {}))]),
        listening(settings.server, Probes(readiness, is_working).routes()) as url,
    ):
        yield url
