"""The truth table of the probes: each thing broken in turn, and what the probes say, as docs/monitoring.md has it."""

import asyncio
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import pytest
import structlog
from support.clock import Clock
from support.engines import postgres as postgres_engine
from support.workspace import Desk, workspace

from bot.sandbox.webapi import Fault
from bot.store.sqlite.store import SqliteStore

_HERE = Path(__file__)
_PAGE = _HERE.parents[2] / "docs" / "monitoring.md"
_PROBES = ("/livez", "/readyz", "/healthz")


def _table() -> dict[str, tuple[str, ...]]:
    """Return the cells of the table in the documentation, by what is broken."""
    text = _PAGE.read_text(encoding="utf-8").split("## What the probes say when something is broken\n")[1]
    lines = re.findall(r"^\| (.+) \|$", text.split("\n## ")[0], re.MULTILINE)[2:]
    cells = [[cell.strip() for cell in f"{line} ".split(" | ")] for line in lines]
    return {broken: (*rest, "")[:4] for broken, *rest in cells}


async def _said(url: str) -> tuple[str, ...]:
    """Return what the probes say: three states, and the names of what is false."""
    async with aiohttp.ClientSession() as session:
        answers = []
        for path in _PROBES:
            async with session.get(f"{url}{path}") as response:
                answers.append((str(response.status), await response.json()))
    wrong = sorted({name for _, state in answers for name, is_well in state.items() if not is_well})
    return (*(status for status, _ in answers), ", ".join(f"`{name}`" for name in wrong))


async def _comes_true(desk: Desk, broken: str) -> None:
    """Wait until the probes say what the documentation says, and print it."""
    expected, end = _table()[broken], time.monotonic() + 20.0
    while (said := await _said(desk.bot.url)) != expected:
        assert time.monotonic() < end, f"{broken}: {said}, not {expected}"
        # The looks tell nobody when they end.
        await asyncio.sleep(0.05)
    print(f"| {broken} | {' | '.join(said)} |")


async def test_nothing_is_broken(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        await _comes_true(desk, "nothing")


async def test_there_is_no_index(tmp_path: Path, articles: Path) -> None:
    async with workspace(tmp_path, articles) as desk:
        await _comes_true(desk, "no index was ever built")


async def test_the_index_is_removed_while_it_is_served(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        shutil.rmtree(own_data / "index")
        await desk.bot.readiness.look()
        await _comes_true(desk, "the index is removed from under the process, which serves on what it has opened")


async def test_the_store_is_closed(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        await desk.store.close()
        await _comes_true(desk, "SQLite: the file cannot be used")


async def test_the_store_is_read_only(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        assert isinstance(desk.store, SqliteStore)
        await desk.store._database.rows("PRAGMA query_only = ON")
        await _comes_true(desk, "SQLite: the file is read-only")


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of 16 MB, or skip: only root may."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603 - of ours
        pytest.skip("a full disk needs the right to mount one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607 - what is mounted above


def _fill(disk: Path) -> Path:
    """Fill a disk to the last byte; return the file that does."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return filler


async def test_the_disk_is_full_and_has_room_again(tmp_path: Path, indexed: Path, articles: Path) -> None:
    with _small_disk(tmp_path / "disk") as disk:
        shutil.copytree(indexed, disk, dirs_exist_ok=True)
        async with workspace(disk, articles) as desk:
            with structlog.testing.capture_logs() as logs:
                filler = await asyncio.to_thread(_fill, disk)
                await _comes_true(desk, "SQLite: the disk is full")
                for _ in range(3):
                    await desk.bot.readiness.look()
            told = [log for log in logs if log["event"] == "not_ready"]
            assert ["full" in log["store"] for log in told] == [True]
            filler.unlink()
            await _comes_true(desk, "nothing")


async def test_the_store_does_not_answer(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        assert isinstance(desk.store, SqliteStore)
        desk.store._database._submit(lambda _: time.sleep(6.0))
        await _comes_true(desk, "the store does not answer")


async def test_slack_is_away(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, slack_extra={"silence_s": 2.0, "timeout_s": 2.0}) as desk:
        desk.sandbox.api.fault = lambda _: Fault(drop=True)
        await desk.sandbox.socket.close()
        await _comes_true(desk, "Slack is away (Socket Mode)")


async def test_questions_wait_and_nobody_takes_them(own_data: Path, articles: Path) -> None:
    clock = Clock()
    async with workspace(own_data, articles, now=clock, delivery={"poll_s": 600.0, "lease_s": 600.0}) as desk:
        # Nobody is woken for it.
        await desk.store.inbox.add(["left"], "{}")
        clock.move(seconds=301)
        await _comes_true(desk, "a question waits for longer than `server.late_s` and no worker takes it")


async def test_a_worker_has_ended(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        desk.bot.runtime.dispatcher._inbox._tasks[0].cancel()
        await _comes_true(desk, "a worker has ended")


async def test_the_process_is_stopping(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles) as desk:
        desk.bot.readiness.stop()
        await _comes_true(desk, "the process is stopping")


async def test_a_process_that_hangs_does_not_answer(own_data: Path, articles: Path) -> None:
    assert _table()["the process hangs"] == ("no answer", "no answer", "no answer", "")
    async with workspace(own_data, articles) as desk:

        def asked(path: str) -> str:
            try:
                with urllib.request.urlopen(f"{desk.bot.url}{path}", timeout=0.3):  # noqa: S310 - of ours
                    return "an answer"
            except (TimeoutError, urllib.error.URLError):
                return "no answer"

        asking = asyncio.get_running_loop().run_in_executor(None, lambda: [asked(path) for path in _PROBES])
        time.sleep(2.0)  # noqa: ASYNC251 - the event loop hangs
        assert await asking == ["no answer"] * 3


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[postgres_engine.PostgresServer]:
    """Run a database that tests may stop, or skip."""
    if problem := postgres_engine.missing(18):
        pytest.skip(problem)
    with postgres_engine.postgres(18) as server:
        yield server


@asynccontextmanager
async def _on(server: postgres_engine.PostgresServer, data: Path, articles: Path) -> AsyncIterator[Desk]:
    url = server.database()
    async with workspace(data, articles, store={"url": url, "connection_s": 1.0}) as desk:
        yield desk


async def test_the_database_is_stopped_and_comes_back(
    own_postgres: postgres_engine.PostgresServer, own_data: Path, articles: Path
) -> None:
    async with _on(own_postgres, own_data, articles) as desk:
        await asyncio.to_thread(own_postgres.stop)
        try:
            await _comes_true(desk, "PostgreSQL: the server is gone")
        finally:
            # In this thread: the server ends with the one that has started it.
            own_postgres.start()
        await _comes_true(desk, "nothing")


async def test_the_database_is_read_only(
    own_postgres: postgres_engine.PostgresServer, own_data: Path, articles: Path
) -> None:
    async with _on(own_postgres, own_data, articles) as desk:
        for value, broken in (("on", "PostgreSQL: the server is read-only, such as a standby"), ("off", "nothing")):
            own_postgres.run(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
            own_postgres.run("SELECT pg_reload_conf()")
            await _comes_true(desk, broken)


def test_every_row_of_the_table_has_a_test() -> None:
    text = _HERE.read_text(encoding="utf-8")
    assert {broken for broken in _table() if f'"{broken}"' not in text} == set()
