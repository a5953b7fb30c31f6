"""SIGTERM in the middle of a build ends the process soon; the old index stays, and nothing is left behind."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from support.held_site import HeldSite, held_site
from support.index_worker import index_worker
from support.models import shared_embedder
from support.waiting import until
from support.workspace import ADMIN, workspace

from bot.store.sqlite.store import SqliteStore
from index.builder import BuildRules, build
from index.snapshot import SnapshotFolder, verified_manifest

_COMMAND = [sys.executable, "-c", "from bot.cli.main import main; main()"]
# delivery.drain_s, and what a slow machine needs to end.
_SOON_S, _PATIENCE_S = 20.0, 90.0


def _documents(folder: Path, count: int) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        words = " ".join(f"word{(number * 31 + k) % 997}" for k in range(400))
        (folder / f"{number}.md").write_text(f"# Document {number}\n\n{words}\n")
    return folder


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*")}


@asynccontextmanager
async def _command(*arguments: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, *arguments, cwd=folder, env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _terminated(process: asyncio.subprocess.Process) -> int:
    """Send SIGTERM; return the exit status, which must come soon."""
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    status = await asyncio.wait_for(process.wait(), _SOON_S)
    assert time.monotonic() - begun < _SOON_S
    return status


def _readers(pid: int) -> list[int]:
    """Return the ids of the processes that read documents for a build."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    others = [task / "children" for task in Path(f"/proc/{pid}/task").iterdir()]
    found = {int(word) for file in (children, *others) if file.exists() for word in file.read_text().split()}
    return [child for child in found if _is_reader(child)]


def _is_reader(pid: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


async def test_a_build_that_is_told_to_end_ends_with_its_readers_and_leaves_the_old_index(tmp_path: Path) -> None:
    documents = _documents(tmp_path / "documents", 2)
    before = build([documents], tmp_path / "data", shared_embedder(), BuildRules()).snapshot
    names = _names(tmp_path / "data")
    _documents(documents, 400)
    async with _command("index", "build", str(documents), "--data-dir", "data", folder=tmp_path) as process:
        readers = await until(partial(_readers, process.pid), _PATIENCE_S)
        assert await _terminated(process) == 128 + signal.SIGTERM
        assert process.stderr is not None
        assert "stopped" in (await process.stderr.read()).decode()
    await until(lambda: not any(map(_is_reader, readers)))
    folder = SnapshotFolder(tmp_path / "data")
    assert verified_manifest(folder.path(folder.current_name() or "")).name == before
    assert _names(tmp_path / "data") - names == set()


async def test_a_worker_that_is_told_to_end_gives_its_build_back(tmp_path: Path) -> None:
    async with held_site() as site:
        await _ordered(tmp_path, site)
        async with index_worker(tmp_path, site) as worker:
            await until(lambda: site.visits, _PATIENCE_S)
            assert await _terminated(worker) == 0
        store = await SqliteStore(tmp_path / "citedesk.sqlite").open()
        assert (await store.builds.length()).waiting == 1
        assert [job.attempts for job in await store.builds.claim("another", 5.0, 1)] == [2]
        await store.close()
        assert SnapshotFolder(tmp_path).current_name() is None
        assert [name for name in _names(tmp_path) if name.startswith(".building-")] == []


async def _ordered(folder: Path, site: HeldSite) -> None:
    """Order a build in a chat, on which only another process works."""
    async with workspace(folder, folder, index={"builds_in_serve": False, "paths": [site.page]}) as desk:
        await desk.command(ADMIN, "/citedesk reindex")
        await desk.delivered()


async def test_a_watch_that_is_told_to_end_ends(tmp_path: Path) -> None:
    documents = _documents(tmp_path / "documents", 2)
    async with _command("index", "watch", str(documents), "--data-dir", "data", folder=tmp_path) as process:
        await until((tmp_path / "data" / "index" / "CURRENT").exists, _PATIENCE_S)
        await _terminated(process)
        assert process.stderr is not None
        assert "Traceback" not in (await process.stderr.read()).decode()


_WITH_A_THREAD = """
import asyncio, time
from bot.cli.signals import run_until_stopped
async def work():
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 300)
    print("ended", flush=True)
run_until_stopped(work(), 0.2)
"""


async def test_a_thread_that_cannot_be_interrupted_ends_with_the_process(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WITH_A_THREAD, cwd=tmp_path, env=environment, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    await asyncio.wait_for(process.stderr.read(), _SOON_S)
    assert await process.wait() == 0
