"""A lost connection of one chat product does not take requests of the other one away from a process."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.probes import Probes
from bot.readiness import Readiness
from bot.telemetry.metrics import Metrics


async def _lost() -> str:
    return "a chat product is not connected"


async def _well() -> str:
    return ""


@pytest.mark.parametrize(("takes_requests", "status"), [(True, 200), (False, 503)])
async def test_a_lost_socket_counts_where_nothing_else_reaches_the_process(
    *, takes_requests: bool, status: int
) -> None:
    readiness = Readiness({"store": _well, "socket": _lost}, Metrics(routes=()).watched, 60.0)
    probes = Probes(readiness, lambda: True, takes_requests=takes_requests)
    app = web.Application()
    async with readiness.running():
        app.router.add_routes(probes.routes())
        async with TestClient(TestServer(app)) as client:
            response = await client.get("/readyz")
            said: Mapping[str, bool] = MappingProxyType(await response.json())
    assert (response.status, said["socket"], said["store"]) == (status, False, True)
