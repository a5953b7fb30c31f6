"""What a balancer, an orchestrator and a stranger learn of a process that works, lacks something, or is stopping."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from support.waiting import until
from support.workspace import workspace

from bot.readiness import Readiness
from bot.server import metrics_server
from bot.settings import ServerSettings
from bot.store.port import StoreError
from bot.telemetry.metrics import Metrics
from index.errors import SettingsError

_READY = dict.fromkeys(("index", "store", "queue", "workers", "socket", "serving"), True)


async def _asked(url: str, path: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}{path}") as response:
        return response.status, await response.json()


async def test_a_process_that_works_is_alive_and_ready(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        assert await _asked(desk.bot.url, "/livez") == (200, {"process": True, "workers": True})
        assert await _asked(desk.bot.url, "/readyz") == (200, _READY)


async def test_without_an_index_a_process_is_not_ready(tmp_path: Path, articles: Path) -> None:
    async with workspace(tmp_path, articles) as desk:
        assert await _asked(desk.bot.url, "/readyz") == (503, {**_READY, "index": False})
        assert (await _asked(desk.bot.url, "/healthz"))[0] == 200


async def test_a_stopping_process_says_so_while_it_still_takes_requests(own_data: Path, articles: Path) -> None:
    server = {"unready_s": 1.0, "port": 0, "look_s": 0.5}
    context = workspace(own_data, articles, server=server)
    desk = await context.__aenter__()
    stopping = asyncio.create_task(context.__aexit__(None, None, None))
    seen: list[tuple[int, bool]] = []

    async def look() -> None:
        while not seen or seen[-1][0] == 200:
            status, state = await _asked(desk.bot.url, "/readyz")
            seen.append((status, state["serving"]))

    await asyncio.wait_for(look(), 5)
    assert seen[-1] == (503, False)
    assert (await _asked(desk.bot.url, "/livez"))[0] == 200
    await until(stopping.done)


# --- What strangers learn


async def test_the_public_port_says_nothing_but_true_and_false(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, snapshots={"url": f"file://{own_data / 'shared'}"}) as desk:
        for path in ("/livez", "/readyz", "/healthz"):
            state = (await _asked(desk.bot.url, path))[1]
            assert {type(said) for said in state.values()} == {bool}, path
        assert isinstance((await _asked(desk.bot.metrics_url, "/healthz"))[1]["snapshot"], dict)


async def test_metrics_are_only_at_their_own_port(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk, aiohttp.ClientSession() as session:
        async with session.get(f"{desk.bot.url}/metrics") as response:
            assert response.status == 404
        async with session.get(f"{desk.bot.metrics_url}/metrics") as response:
            assert "citedesk_ready" in await response.text()
        async with session.post(f"{desk.bot.metrics_url}/slack/events") as response:
            assert response.status == 404


# --- The port of the metrics


def _server(**values: Any) -> ServerSettings:  # noqa: ANN401
    return ServerSettings(**{"host": "127.0.0.1", "port": 0, **values})


def test_the_metrics_are_beside_the_public_port_unless_a_port_is_set() -> None:
    assert _server(port=8080).of_metrics.port == 9080
    assert _server(port=65_000).of_metrics.port == 65_535
    assert _server(port=8080, metrics_port=9464).of_metrics.port == 9464
    assert _server(host="0.0.0.0").of_metrics.host == "127.0.0.1"  # noqa: S104 - what a container sets


async def test_a_second_process_on_one_machine_starts_without_metrics_and_says_so() -> None:
    taken = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    async with taken:
        with structlog.testing.capture_logs() as logs:
            async with metrics_server(_server(port=port - 1000), ()) as url:
                assert url == ""
        assert [log["event"] for log in logs] == ["metrics_not_served"]
        assert "server.metrics_port" in logs[0]["reason"]
        with pytest.raises(SettingsError, match=r"server\.metrics_port"):
            async with metrics_server(_server(metrics_port=port), ()):
                pass


# --- Looks


class _Store:
    """Answers when it is let, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked, self.let, self.error = 0, asyncio.Event(), ""

    async def __call__(self) -> str:
        self.asked += 1
        await self.let.wait()
        if self.error:
            raise StoreError(self.error)
        return ""


def _readiness(store: _Store) -> Readiness:
    return Readiness({"store": store}, Metrics(routes=()).watched, 0.01, patience_s=0.01)


async def test_a_store_that_hangs_is_asked_once_however_often_it_is_looked_at() -> None:
    store = _Store()
    readiness = _readiness(store)
    async with readiness.running():
        assert readiness.state["store"] is False
        for _ in range(5):
            await readiness.look()
        assert store.asked == 1
        store.let.set()
        await until(lambda: readiness.state["store"])


async def test_what_is_wrong_is_logged_once_with_its_reason_and_its_end_once() -> None:
    store = _Store()
    store.let.set()
    readiness = _readiness(store)
    with structlog.testing.capture_logs() as logs:
        await readiness.look()
        store.error = "the store failed: database or disk is full"
        for _ in range(3):
            await readiness.look()
        store.error = ""
        for _ in range(3):
            await readiness.look()
    assert [log["event"] for log in logs] == ["not_ready", "ready_again"]
    assert logs[0]["store"] == "the store failed: database or disk is full"
