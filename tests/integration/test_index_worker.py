"""A process that only builds, beside one that serves, over one PostgreSQL database."""

import asyncio
import signal
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.held_site import held_site
from support.index_worker import index_worker
from support.waiting import PATIENCE_S, settled, until
from support.workspace import ADMIN, workspace

from bot.sandbox.server import Sandbox

pytest.importorskip("psycopg", reason="the extra `cluster` is not installed")
_START_S = 60.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answers(url: str) -> int:
    """Return the status with which a probe answers, once it does."""
    async with asyncio.timeout(_START_S), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as response:
                    return response.status
            except aiohttp.ClientError:
                # The process tells nobody when it listens.
                await asyncio.sleep(0.1)


async def test_a_worker_builds_what_a_serving_process_was_told_which_restarts_meanwhile(
    tmp_path: Path, postgres_url: str
) -> None:
    port = _free_port()
    serving: dict[str, Any] = {"store": {"url": postgres_url}, "index": {"builds_in_serve": False}}
    async with Sandbox() as sandbox, held_site() as site, index_worker(tmp_path, site, postgres_url, port) as worker:
        assert await _answers(f"http://127.0.0.1:{port}/readyz") == 200
        assert await _answers(f"http://127.0.0.1:{port}/livez") == 200
        async with workspace(tmp_path / "serving", tmp_path, sandbox=sandbox, **serving) as desk:
            await desk.command(ADMIN, "/citedesk reindex")
            await until(lambda: site.visits, PATIENCE_S)
        site.let.set()
        async with workspace(tmp_path / "serving", tmp_path, sandbox=sandbox, **serving) as desk:
            await settled(desk.store)
            assert [message.text[:9] for message in desk.hidden(ADMIN)] == ["I am read", "Reindexed"]
        worker.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(worker.wait(), PATIENCE_S) == 0


async def test_a_killed_worker_is_followed_by_the_next_one_and_the_result_comes_once(
    tmp_path: Path, postgres_url: str
) -> None:
    serving: dict[str, Any] = {"store": {"url": postgres_url}, "index": {"builds_in_serve": False}}
    async with held_site() as site, workspace(tmp_path / "serving", tmp_path, **serving) as desk:
        await desk.command(ADMIN, "/citedesk reindex")
        async with index_worker(tmp_path, site, postgres_url):
            await until(lambda: site.visits, _START_S)
        async with index_worker(tmp_path, site, postgres_url):
            await until(lambda: site.visits == 2, _START_S)
            site.let.set()
            await settled(desk.store)
        assert [message.text[:9] for message in desk.hidden(ADMIN)] == ["I am read", "Reindexed"]
