"""What a process writes is for its user alone: each file and folder, from its first byte, whatever the umask was."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import structlog
from support.waiting import until

from bot.cli.doctor import diagnose
from bot.private_files import open_to_others, tighten
from bot.settings import load_settings
from bot.store.sqlite.store import SqliteStore

_COMMAND = [sys.executable, "-c", "from bot.cli.main import main; main()"]
_ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
_OTHERS = 0o077


def _modes(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yield what lies below a folder and can be reached by others, with its permissions."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            mode = entry.stat(follow_symlinks=False).st_mode
            yield Path(entry.path), stat.S_IMODE(mode)
            if stat.S_ISDIR(mode) and mode & _OTHERS:
                yield from _modes(Path(entry.path))


@contextmanager
def _watched(folder: Path) -> Iterator[set[Path]]:
    """Look at the tree each millisecond while the body runs; yield the set of what was open to others."""
    is_over, found = threading.Event(), set[Path]()

    def look() -> None:
        while not is_over.wait(0.001):
            found.update(path for path, mode in _modes(folder) if mode & _OTHERS)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield found
    finally:
        is_over.set()
        looking.join()


def _files(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): stat.S_IMODE(p.stat().st_mode) for p in folder.rglob("*")}


async def test_a_build_and_a_bot_make_nothing_that_others_could_open_at_any_moment(tmp_path: Path) -> None:
    with _watched(tmp_path) as opened:
        process = await asyncio.create_subprocess_exec(
            *_COMMAND, "demo", "--port", "0", cwd=tmp_path, env=_ENVIRONMENT, umask=0, stdout=subprocess.DEVNULL
        )
        try:
            await until(lambda: list(tmp_path.rglob("citedesk.sqlite-wal")), 90)
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()
    assert opened == set()
    assert any(name.endswith("chunks.sqlite") for name in _files(tmp_path))


async def test_a_store_that_is_opened_without_the_command_line_is_private_too(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with _watched(tmp_path) as opened:
            store = await SqliteStore(tmp_path / "s.sqlite").open()
            await store.own_tenants.put(["T1"])
            modes = _files(tmp_path)
            await store.close()
    finally:
        os.umask(before)
    assert {name for name, mode in modes.items() if mode & _OTHERS} == set()
    assert opened == set()


def _loose(data_dir: Path) -> Path:
    """Make a data folder as an older release left it under umask 022."""
    (data_dir / "index" / "snapshots").mkdir(parents=True)
    for name in ("citedesk.sqlite", "citedesk.sqlite-wal", "notes of somebody.txt"):
        (data_dir / name).write_text("text")
        (data_dir / name).chmod(0o644)
    for folder in (data_dir, data_dir / "index"):
        folder.chmod(0o755)
    return data_dir


def test_what_an_older_release_left_open_is_closed_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    data_dir = _loose(tmp_path / "data")
    with structlog.testing.capture_logs() as logs:
        tighten(data_dir)
    assert [(line["event"], line["files"], line["closed"]) for line in logs] == [("files_were_open_to_others", 3, 3)]
    modes = _files(data_dir)
    assert (modes["index"], modes["citedesk.sqlite"], modes["citedesk.sqlite-wal"]) == (0o700, 0o600, 0o600)
    assert modes["notes of somebody.txt"] == 0o644
    assert open_to_others(data_dir) == []


def _linked(folder: Path) -> Path:
    """Make a data folder whose index lies elsewhere, open to others; return that folder."""
    (elsewhere := folder / "elsewhere").mkdir()
    elsewhere.chmod(0o755)
    (folder / "data").mkdir()
    (folder / "data" / "index").symlink_to(elsewhere)
    return elsewhere


async def test_what_a_link_in_the_data_folder_leads_to_is_reported_and_closed(tmp_path: Path) -> None:
    elsewhere, data_dir = _linked(tmp_path), tmp_path / "data"
    said = [f.words for f in await diagnose(load_settings(data_dir=data_dir)) if f.what == "files"]
    assert said[0].endswith(f"can read index: run chmod -R go= {data_dir} {elsewhere}")
    tighten(data_dir)
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
    assert open_to_others(data_dir) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
@pytest.mark.parametrize("is_link", [True, False], ids=["a link of another user", "a folder of another user"])
def test_root_closes_nothing_through_a_link_that_concerns_another_user(tmp_path: Path, *, is_link: bool) -> None:
    elsewhere, data_dir = _linked(tmp_path), tmp_path / "data"
    os.chown(data_dir / "index" if is_link else elsewhere, 12345, 12345, follow_symlinks=False)
    with structlog.testing.capture_logs() as logs:
        tighten(data_dir)
    assert [(line["files"], line["closed"]) for line in logs] == [(1, 0)]
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o755


def test_a_link_that_leads_nowhere_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "citedesk.sqlite").symlink_to(tmp_path / "gone")
    tighten(tmp_path)
    assert open_to_others(tmp_path) == []


def test_files_that_vanish_meanwhile_stop_nothing(tmp_path: Path) -> None:
    is_over = threading.Event()

    def come_and_go() -> None:
        while not is_over.is_set():
            for number in range(20):
                (tmp_path / f"{number}.sqlite-wal").touch()
            for number in range(20):
                (tmp_path / f"{number}.sqlite-wal").unlink()

    going = threading.Thread(target=come_and_go)
    going.start()
    try:
        for _ in range(200):
            tighten(tmp_path)
    finally:
        is_over.set()
        going.join()


async def test_doctor_says_what_others_can_read_and_replace(tmp_path: Path) -> None:
    data_dir = _loose(tmp_path / "data")
    data_dir.chmod(0o777)
    said = [f.words for f in await diagnose(load_settings(data_dir=data_dir)) if f.what == "files"]
    assert "index" in said[0]
    assert "chmod -R go=" in said[0]
    assert "can replace" in said[1]
    assert open_to_others(data_dir) != []
