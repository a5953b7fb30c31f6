"""Run the bot in one process: store, pipeline, workers, HTTP server and chat products."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from aiohttp import web

from bot.app import (
    PRODUCTS,
    build_embedder,
    build_note_of,
    build_process_state,
    build_runtime,
    building,
    open_store,
)
from bot.app import places as places_of
from bot.delivery.building import OwnedIndex
from bot.delivery.maintenance import Maintenance
from bot.delivery.neglected import NeglectedOrders
from bot.delivery.runtime import IsAlive, Runtime, Served
from bot.desk.use_cases import UseCases
from bot.figures import Figures, index_of
from bot.http_door import listening
from bot.private_files import tighten
from bot.probes import Health, Probes, metrics_route
from bot.readiness import (
    Ask,
    Readiness,
    asks_connections,
    asks_index,
    asks_queues,
    asks_store,
    asks_workers,
)
from bot.settings import ServerSettings, Settings, environment_name, reviewers_places
from bot.store.port import Store, StoreError
from bot.telemetry.tracing import start_tracing
from bot.tenants import tenancy_of, tenants_of
from index.errors import SettingsError

_log = structlog.get_logger(__name__)
_LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class RunningBot:
    """A running bot. `url` is the address of its HTTP server, `metrics_url` that of the metrics, "" without one."""

    runtime: Runtime
    maintenance: Maintenance
    readiness: Readiness
    url: str
    metrics_url: str

    @property
    def use_cases(self) -> UseCases:
        """The use cases of the bot."""
        return self.runtime.use_cases


@asynccontextmanager
async def running_bot(settings: Settings, now: Callable[[], datetime] | None = None) -> AsyncIterator[RunningBot]:
    """Run the bot while the body runs. Raises SettingsError, StoreError, IndexUnavailableError.

    `now` takes the place of the store's clock and returns the time in UTC.
    """
    _require_product_and_reviewers(settings)
    end_tracing = start_tracing()
    embedder = build_embedder(settings)
    async with AsyncExitStack() as stack:
        stack.callback(end_tracing)
        store = await opened_in_time(settings, now)
        stack.push_async_callback(store.close)
        state = build_process_state(settings, store)
        stack.push_async_callback(state.aclose)
        tenancy = await tenancy_of(settings, store)
        runtime = build_runtime(settings, store, embedder, state, now or (lambda: datetime.now(UTC)), tenancy)
        for each in runtime.all:
            stack.push_async_callback(each.use_cases.questions.pipeline.aclose)
        # The embedding model loads in a thread while the products start: it takes as long as Bolt, and most of that
        # outside the interpreter lock.
        # The executor starts at once; a task would wait until Bolt is imported.
        loading = asyncio.get_running_loop().run_in_executor(None, embedder.embed, ["ready"])
        stack.push_async_callback(asyncio.wait, [loading])
        served = await _serve_products(stack, runtime)
        await loading
        maintenance = Maintenance.of(runtime)
        for work in _background(store, runtime, maintenance):
            await stack.enter_async_context(work)
        connections = {name: await stack.enter_async_context(product.connection) for name, product in served.items()}
        healthy = {name: is_alive for name, is_alive in connections.items() if is_alive}
        routes = [route for product in served.values() for route in product.routes]
        readiness = _readiness(store, runtime, healthy)
        await stack.enter_async_context(readiness.running())
        metrics_url = await stack.enter_async_context(_watched(store, runtime, readiness))
        url = await stack.enter_async_context(_http_server(runtime, routes, readiness))
        _log.info("ready", url=url, metrics=metrics_url, products=sorted(served), connections=sorted(healthy))
        yield RunningBot(runtime, maintenance, readiness, url, metrics_url)


def _background(
    store: Store, runtime: Runtime, maintenance: Maintenance
) -> Iterator[AbstractAsyncContextManager[object]]:
    """Yield the work that goes on while the bot runs, in the order of its start. The last is stopped first."""
    yield runtime.dispatcher.running()
    yield runtime.listener.running()
    yield runtime.presence.told()
    yield maintenance.running()
    for each in runtime.all:
        if each.following:
            yield each.following.running()
    indexes = [OwnedIndex(each.scope, each.settings, each.use_cases.operations.builds) for each in runtime.all]
    if runtime.settings.index.builds_in_serve:
        yield building(runtime.settings, store, indexes, runtime.wake_outbox)
    else:
        yield NeglectedOrders(store, indexes, build_note_of, runtime.wake_outbox).running()


async def opened_in_time(settings: Settings, now: Callable[[], datetime] | None = None) -> Store:
    """Open the store. A database that starts at the same time, or restarts, is waited for. Raises StoreError.

    What other users could read in the data folder is closed first.
    """
    await asyncio.to_thread(tighten, settings.data_dir)
    end = time.monotonic() + (settings.store.start_s if settings.store.url.get_secret_value() else 0.0)
    while True:
        try:
            return await open_store(settings, now)
        except StoreError as error:
            if time.monotonic() >= end:
                raise
            _log.warning("store_not_reachable", reason=str(error))
            await asyncio.sleep(_LOOK_AGAIN_S)


async def _serve_products(stack: AsyncExitStack, runtime: Runtime) -> dict[str, Served]:
    """Serve the chat products that are switched on; return each by its name."""
    return {
        name: await stack.enter_async_context(PRODUCTS[name]().serving(runtime))
        for name, section in runtime.settings.products.items()
        if section.is_served
    }


def _require_product_and_reviewers(settings: Settings) -> None:
    """Raise SettingsError if no chat product is served, if one cannot be, or if review cards have no place to go."""
    served = [section for section in settings.products.values() if section.is_served]
    if not served:
        switches = [f"{environment_name(s.switch)} for {s.title}" for s in settings.products.values()]
        raise SettingsError(f"no chat product is set: set {', '.join(switches)}, or both")
    for problem in (section.problem for section in served):
        if problem:
            raise SettingsError(problem)
    places = reviewers_places(settings)
    if not any(places.values()) and (places_of(settings) or not settings.tenants):
        raise SettingsError(f"setting {min(places)} is missing: set {' or '.join(map(environment_name, places))}")
    _require_what_tenants_need(settings)


def _require_what_tenants_need(settings: Settings) -> None:
    """Raise SettingsError if a tenant's cards have no place to go, or if it is not said whom the top level serves."""
    tenants = tenants_of(settings)
    for tenant in tenants:
        own = [name for name, section in tenant.settings.products.items() if section.is_served and tenant.has(name)]
        needed = [tenant.settings.products[name] for name in own]
        if needed and not any(section.reviewers_place for section in needed):
            names = [f"tenants.{tenant.name}.{section.reviewers_setting}" for section in needed]
            raise SettingsError(f"setting {' or '.join(names)} is missing")
    slack = settings.slack
    if tenants and slack.client_id and places_of(settings) and not slack.workspaces:
        raise SettingsError(
            "setting slack.workspaces is missing: with tenants it says who gets the documents of index.paths"
        )


def _readiness(store: Store, runtime: Runtime, connections: Mapping[str, IsAlive]) -> Readiness:
    """Return what looks at whether this process can serve."""
    settings = runtime.settings.server
    asks: dict[str, Ask] = {
        "index": asks_index([one.use_cases.operations.retriever for one in runtime.all]),
        "store": asks_store(store),
        "queue": asks_queues(store, settings.late_s),
        "workers": asks_workers(lambda: runtime.dispatcher.is_working),
    }
    if connections:
        asks["socket"] = asks_connections(connections.values())
    return Readiness(asks, runtime.metrics.watched, settings.look_s)


@asynccontextmanager
async def _watched(store: Store, runtime: Runtime, readiness: Readiness) -> AsyncIterator[str]:
    """Serve the metrics and what only this side of a proxy may know; yield the address."""
    figures = Figures(store, [index_of(one) for one in runtime.all], runtime.metrics.watched, runtime.now)
    routes = [metrics_route(runtime.exposition), *Health(runtime, readiness).own_routes()]
    async with figures.running(), metrics_server(runtime.settings.server, routes) as url:
        yield url


@asynccontextmanager
async def metrics_server(settings: ServerSettings, routes: Iterable[web.RouteDef]) -> AsyncIterator[str]:
    """Serve at the metrics port while the body runs; yield the address, "" if a port that nobody has set is taken.

    Raises SettingsError if a port that is set cannot be bound.
    """
    async with AsyncExitStack() as stack:
        url = ""
        try:
            url = await stack.enter_async_context(listening(settings.of_metrics, routes, "server.metrics_port"))
        except SettingsError as error:
            if settings.metrics_port is not None:
                raise
            # Several processes on one machine, as releases before this one allowed, must still start.
            _log.warning("metrics_not_served", reason=str(error))
        yield url


@asynccontextmanager
async def _http_server(runtime: Runtime, routes: Iterable[web.RouteDef], readiness: Readiness) -> AsyncIterator[str]:
    """Serve and yield the address. On leaving, serve on for `unready_s`, so that a balancer has time to notice."""
    settings, served = runtime.settings.server, list(routes)
    probes = Probes(readiness, lambda: runtime.dispatcher.is_working, takes_requests=bool(served))
    own = [*probes.routes(), *Health(runtime, readiness).public_routes()]
    async with listening(settings, [*own, *served]) as url:
        yield url
        readiness.stop()
        await asyncio.sleep(settings.unready_s)
