"""A full disk, and one that can only be read: one line in the log, no question lost, and work goes on by itself."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner
from support.small_disk import empty, fill, remount, small_disk
from support.waiting import until
from support.workspace import workspace

from bot.cli.main import main
from bot.store.outage import Outage
from bot.store.port import StoreError, StoreUnavailableError
from bot.store.sqlite.store import SqliteStore
from index.builder import BuildRules, build
from index.embedding.model import OnnxEmbedder
from index.errors import BuildRefusedError
from index.snapshot import SnapshotFolder

_ANSWERABLE = "When does the first payment reminder go out?"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 3) as mounted:
        yield mounted


def _events(logs: Sequence[object]) -> list[str]:
    return [line["event"] for line in logs if isinstance(line, dict) and line["event"].startswith("store_")]


class _Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_outage_is_told_once_and_so_is_its_end() -> None:
    time = _Time()
    with structlog.testing.capture_logs() as logs:
        outage = Outage("file", time)
        outage.wrote()
        for _ in range(3):
            outage.failed("full")
            outage.wrote()
        time.now = 60.0
        outage.wrote()
        outage.wrote()
    assert [(line["event"], line.get("reason"), line.get("after_s")) for line in logs] == [
        ("store_unavailable", "full", None),
        ("store_works_again", None, 60.0),
    ]


async def test_a_store_on_a_full_disk_refuses_to_write_says_so_once_and_goes_on_when_there_is_space(
    disk: Path,
) -> None:
    store = await SqliteStore(disk / "s.sqlite").open()
    await store.inbox.add(["before"], "{}", "T1")
    with structlog.testing.capture_logs() as logs:
        fill(disk)
        for number in range(20):
            with pytest.raises(StoreUnavailableError, match="full"):
                await store.inbox.add([f"k{number}"], "x" * 5_000, "T1")
        with pytest.raises(StoreUnavailableError):
            async with store.transaction() as tx:
                await tx.inbox.add(["in a transaction"], "x" * 500_000, "T1")
        assert (await store.inbox.length()).waiting == 1
        assert _events(logs) == ["store_unavailable"]
        empty(disk)
        await store.inbox.add(["after"], "{}", "T1")
        assert (await store.inbox.length()).waiting == 2
    await store.close()


async def test_a_store_on_a_disk_that_is_remounted_for_reading_only_recovers(disk: Path) -> None:
    store = await SqliteStore(disk / "s.sqlite").open()
    await store.own_tenants.put(["T1"])
    await store.close()
    remount(disk, "ro")
    with pytest.raises(StoreError, match=r"s\.sqlite cannot be opened"):
        await SqliteStore(disk / "s.sqlite").open()
    remount(disk, "rw")
    store = await SqliteStore(disk / "s.sqlite").open()
    assert await store.own_tenants.ids() == frozenset({"T1"})
    await store.close()


async def test_a_question_that_comes_while_the_disk_is_full_is_answered_once_there_is_space(
    disk: Path, indexed: Path, articles: Path
) -> None:
    (disk / "index").symlink_to(indexed / "index")
    async with workspace(disk, articles) as desk:
        before = await desk.exactly_one_reply(await desk.ask(_ANSWERABLE))
        assert "7 days" in str(before.blocks)
        with structlog.testing.capture_logs() as logs:
            fill(disk)
            desk.sandbox.acts.retry_seconds = (0.5,) * 60
            question = await desk.ask(_ANSWERABLE)
            await until(lambda: _events(logs))
            await asyncio.to_thread(empty, disk)
            assert "7 days" in str((await desk.exactly_one_reply(question)).blocks)
        assert _events(logs)[:1] == ["store_unavailable"]
        assert len(_events(logs)) <= 2
        lines = [line["event"] for line in logs]
        assert max(lines.count(event) for event in set(lines)) <= 4


def _documents(folder: Path, count: int) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        words = " ".join(f"word{(number * 31 + k) % 499}" for k in range(100))
        (folder / f"{number}.md").write_text(f"# Document {number}\n\n{words}\n")
    return folder


def _tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("leave", [0, 24_000])
def test_a_build_on_a_full_disk_ends_in_one_line_and_leaves_the_old_index_and_nothing_else(
    leave: int, disk: Path, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    documents, data = _documents(tmp_path / "documents", 2), disk / "data"
    before = build([documents], data, embedder, BuildRules()).snapshot
    tree = _tree(data)
    _documents(documents, 8)
    fill(disk, leave)
    with pytest.raises(BuildRefusedError, match=r"cannot be built: .*(No space left|full)"):
        build([documents], data, embedder, BuildRules())
    assert _tree(data) <= tree | {"index/last_build.json"}
    folder = SnapshotFolder(data)
    assert folder.newest_intact()[1].name == before
    assert not folder.is_rolled_back()
    if not leave:
        empty(disk)
        assert build([documents], data, embedder, BuildRules()).indexed == 8


@pytest.mark.parametrize("command", [("build", "documents"), ("rollback", "--yes")])
def test_a_disk_that_can_only_be_read_ends_a_command_in_one_line_with_status_1(
    command: tuple[str, ...], disk: Path, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    documents, data = _documents(tmp_path / "documents", 2), disk / "data"
    for _ in range(2):
        build([documents], data, embedder, BuildRules())
    remount(disk, "ro")
    done = CliRunner().invoke(
        main,
        ["index", *[part.replace("documents", str(documents)) for part in command], "--data-dir", str(data)],
        catch_exceptions=False,
    )
    assert done.exit_code == 1
    assert "Read-only file system" in done.output
    assert len(done.output.strip().splitlines()) == 1
