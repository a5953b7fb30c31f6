"""A disk of a few megabytes, to fill up. It needs the right to mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SPARE = "filler"


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk of this size in the new folder `folder` while the body runs; skip the test where that is refused."""
    folder.mkdir()
    mounted = _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
    if mounted.returncode:
        pytest.skip("no right to mount a disk here")
    try:
        yield folder
    finally:
        _run("umount", "--lazy", str(folder))


def fill(disk: Path, leave: int = 0) -> None:
    """Fill the disk up, but for so many bytes."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    with (disk / _SPARE).open("wb", buffering=0) as filler:
        filler.write(bytes(max(0, free - leave)))


def empty(disk: Path) -> None:
    """Give the space back."""
    (disk / _SPARE).unlink()


def remount(disk: Path, how: str) -> None:
    """Remount the disk: "ro" for reading only, "rw" for writing again."""
    _run("mount", "-o", f"remount,{how}", str(disk)).check_returncode()


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed commands
