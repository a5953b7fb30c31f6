"""What load balancers, orchestrators and people ask a running process over HTTP.

| path | asks | 503 means |
| --- | --- | --- |
| `/livez` | nothing | never: a restart of the database must not restart every process |
| `/readyz` | store, index, connections, whether the process is stopping | send requests to another process |
| `/healthz` | the same, and the last build and where review cards go | something that a person has to mend |
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from bot.delivery.refetching import is_scheduled
from bot.delivery.runtime import IsAlive, Runtime
from bot.store.port import StoreError
from index.errors import IndexUnavailableError

State = dict[str, bool]


@dataclass(frozen=True, slots=True)
class Probes:
    """The probes of a process. `connections` tell whether a chat product is connected, where one needs a connection.

    `stopping` is set when the process begins to stop: it is not ready any more, but still takes what is sent to it.
    """

    runtime: Runtime
    connections: Mapping[str, IsAlive]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def routes(self) -> Iterator[web.RouteDef]:
        """Yield the routes of the probes."""
        yield web.get("/livez", _live)
        yield web.get("/readyz", _answered(self._readiness, lambda state: all(state.values())))
        yield web.get("/healthz", _answered(self._health, lambda state: state["store"] and state.get("socket", True)))

    async def _readiness(self) -> State:
        return {**await self._dependencies(), "serving": not self.stopping.is_set()}

    async def _health(self) -> State:
        state, operations = await self._dependencies(), self.runtime.use_cases.operations
        if is_scheduled(self.runtime.settings):
            last = await asyncio.to_thread(operations.snapshots.last_build)
            state["build"] = not (last and last.error)
        if self.runtime.unplaced.places:
            state["cards"] = False
        return state

    async def _dependencies(self) -> State:
        state = {"index": await self._has_index(), "store": await self._has_store()}
        if self.connections:
            state["socket"] = all([await is_alive() for is_alive in self.connections.values()])
        return state

    async def _has_index(self) -> bool:
        try:
            await asyncio.to_thread(self.runtime.use_cases.operations.retriever.manifest)
        except IndexUnavailableError:
            return False
        return True

    async def _has_store(self) -> bool:
        try:
            await self.runtime.use_cases.questions.store.counts()
        except StoreError:
            return False
        return True


async def _live(_: web.Request) -> web.Response:
    return web.json_response({"process": True})


def _answered(
    look: Callable[[], Awaitable[State]], is_well: Callable[[State], bool]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(_: web.Request) -> web.Response:
        state = await look()
        return web.json_response(state, status=200 if is_well(state) else 503)

    return handler
