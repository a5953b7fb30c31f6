"""Run a process that only builds the index: what is ordered in a chat, and what is due to be fetched again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from bot.app import build_index_builds, build_snapshots, building
from bot.delivery.building import OwnedIndex
from bot.http_door import listening
from bot.server import opened_in_time
from bot.settings import Settings
from bot.store.port import Store, StoreError
from bot.store.records import Scope
from bot.tenants import tenancy_of

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def running_index_worker(settings: Settings) -> AsyncIterator[str]:
    """Build while the body runs; yield the address of the probes. Raises SettingsError, StoreError."""
    store = await opened_in_time(settings)
    try:
        indexes = await _indexes(settings, store)
        # Processes that serve post the results. A new message wakes them by a signal, or they find it by polling.
        async with building(settings, store, indexes, lambda: None), listening(settings.server, _probes(store)) as url:
            _log.info("ready", url=url)
            yield url
    finally:
        await store.close()


async def _indexes(settings: Settings, store: Store) -> list[OwnedIndex]:
    """Return the index of the top level of the settings, and those of the tenants that are apart."""
    tenancy = await tenancy_of(settings, store)

    def index(scope: Scope, own: Settings, seen: Store) -> OwnedIndex:
        return OwnedIndex(scope, own, build_index_builds(own, seen, build_snapshots(own)))

    top = index(tenancy.top, settings, tenancy.top_store(store))
    return [top, *(index(each.scope, each.settings, each.stored_in(store)) for each in tenancy.tenants)]


def _probes(store: Store) -> list[web.RouteDef]:
    async def live(_: web.Request) -> web.Response:
        return web.json_response({"process": True})

    async def ready(_: web.Request) -> web.Response:
        try:
            await store.builds.length()
        except StoreError:
            return web.json_response({"store": False}, status=503)
        return web.json_response({"store": True})

    return [web.get("/livez", live), web.get("/readyz", ready)]
