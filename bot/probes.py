"""What load balancers, orchestrators and people ask a running process over HTTP.

| path | says | 503 means |
| --- | --- | --- |
| `/livez` | whether the workers of this process run | start the process anew; never because of the store |
| `/readyz` | index, store, queues, connections, whether the process is stopping | send requests to another process |
| `/healthz` | the same, and the last build and where review cards go | something that a person has to mend |

A stranger may ask at the public port, so it says nothing but true and false there. Details are at the metrics port.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.delivery.following import Followed
from bot.delivery.refetching import is_scheduled
from bot.delivery.runtime import Runtime
from bot.readiness import Readiness
from bot.telemetry.metrics import CONTENT_TYPE

State = Mapping[str, Any]
_Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Probes:
    """The probes of any process. `is_working` tells whether its workers run.

    `takes_requests` tells that a chat product sends its events to this process over HTTP. Then a lost connection of
    another one is no reason to send them elsewhere.
    """

    readiness: Readiness
    is_working: Callable[[], bool]
    takes_requests: bool = False

    def routes(self) -> Iterator[web.RouteDef]:
        """Yield the routes that orchestrators and balancers ask."""
        yield web.get("/livez", _answered(self._liveness, "workers"))
        needed = [name for name in self.readiness.state if name != "socket" or not self.takes_requests]
        yield web.get("/readyz", _answered(self._readiness, *needed))

    async def _liveness(self) -> State:
        return {"process": True, "workers": self.is_working()}

    async def _readiness(self) -> State:
        return self.readiness.state


@dataclass(frozen=True, slots=True)
class Health:
    """What a person wants to know of a process that serves."""

    runtime: Runtime
    readiness: Readiness

    def public_routes(self) -> Iterator[web.RouteDef]:
        """Yield the route without details."""
        yield web.get("/healthz", _answered(self._in_short, "store", "socket", "workers"))

    def own_routes(self) -> Iterator[web.RouteDef]:
        """Yield the route with details, which may name snapshots and folders."""
        yield web.get("/healthz", _answered(self._in_full, "store", "socket", "workers"))

    async def _in_short(self) -> State:
        full = await self._in_full()
        return {name: said["is_live"] if isinstance(said, dict) else said for name, said in full.items()}

    async def _in_full(self) -> State:
        state: dict[str, Any] = dict(self.readiness.state)
        if self.runtime.following:
            state["snapshot"] = _snapshot(self.runtime.following.state)
        if scheduled := [one for one in self.runtime.all if is_scheduled(one.settings)]:
            builds = [await asyncio.to_thread(one.use_cases.operations.snapshots.last_build) for one in scheduled]
            state["build"] = not any(last and last.error for last in builds)
        if self.runtime.unplaced.places:
            state["cards"] = False
        return state


def metrics_route(exposition: Callable[[], bytes]) -> web.RouteDef:
    """Return the route of the metrics."""

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=exposition(), headers={"content-type": CONTENT_TYPE})

    return web.get("/metrics", metrics)


def _snapshot(followed: Followed) -> State:
    """Return which snapshot is served, and whether it is the live one of all machines."""
    return {
        "is_live": not followed.is_behind,
        "live": followed.live,
        "served": followed.served,
        "age_s": followed.age_s(datetime.now(UTC)),
        "error": followed.error,
    }


def _answered(look: Callable[[], Awaitable[State]], *needed: str) -> _Handler:
    """Return a handler that answers 503 unless all that is needed is well, as far as it is looked at."""

    async def handler(_: web.Request) -> web.Response:
        state = await look()
        return web.json_response(state, status=200 if all(state.get(name, True) for name in needed) else 503)

    return handler
