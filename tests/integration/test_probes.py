"""What a balancer and an orchestrator learn of a process that works, lacks something, or is stopping."""

import asyncio
from pathlib import Path

import aiohttp
from support.waiting import until
from support.workspace import workspace

from bot.store.sqlite.store import SqliteStore


async def _asked(url: str, path: str) -> tuple[int, dict[str, bool]]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}{path}") as response:
        return response.status, await response.json()


async def test_a_process_that_works_is_alive_and_ready(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        assert await _asked(desk.bot.url, "/livez") == (200, {"process": True})
        assert await _asked(desk.bot.url, "/readyz") == (
            200, {"index": True, "store": True, "socket": True, "serving": True},
        )  # fmt: skip


async def test_without_its_store_a_process_is_not_ready_but_alive(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        assert isinstance(desk.store, SqliteStore)
        await desk.store._database.close()
        status, state = await _asked(desk.bot.url, "/readyz")
        assert (status, state["store"]) == (503, False)
        assert (await _asked(desk.bot.url, "/livez"))[0] == 200


async def test_without_an_index_a_process_is_not_ready(tmp_path: Path, articles: Path) -> None:
    async with workspace(tmp_path, articles) as desk:
        status, state = await _asked(desk.bot.url, "/readyz")
        assert (status, state["index"]) == (503, False)
        assert (await _asked(desk.bot.url, "/healthz"))[0] == 200


async def test_a_stopping_process_says_so_while_it_still_takes_requests(own_data: Path, articles: Path) -> None:
    context = workspace(own_data, articles, server={"unready_s": 1.0})
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
