"""A folder of backups: their names, the newest, and which are deleted."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from bot.backup.files import BackupError, refused
from bot.backup.manifest import MANIFEST

_NAME = re.compile(r"citedesk-\d{8}T\d{6}Z-[0-9a-f]{6}")
_DRAFT = ".making-"


def new_name(now: datetime) -> str:
    """Return the name of a backup, which sorts by its time."""
    return f"citedesk-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{token_hex(3)}"


def draft_of(destination: Path, name: str) -> Path:
    """Return the folder in which a backup is made. It is renamed when it is whole."""
    return destination / f"{_DRAFT}{name}"


def backups(destination: Path) -> list[Path]:
    """Return the backups in a folder, the newest first."""
    if not destination.is_dir():
        return []
    found = (path for path in destination.iterdir() if _NAME.fullmatch(path.name) and (path / MANIFEST).is_file())
    return sorted(found, key=lambda path: path.name, reverse=True)


def named(source: Path) -> Path:
    """Return a backup, or the newest in a folder of backups. Raises BackupError."""
    if (source / MANIFEST).is_file():
        return source
    newest = next(iter(backups(source)), None)
    if newest is None:
        raise BackupError(f"there is no backup in {source}")
    return newest


@contextmanager
def writing(destination: Path) -> Iterator[None]:
    """Let no other process make a backup here meanwhile, and remove what killed ones left. Raises BackupError."""
    with refused(f"{destination} cannot be written"):
        destination.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = os.open(destination, os.O_RDONLY)
    try:
        for remains in destination.glob(f"{_DRAFT}*") if _is_locked(folder, destination) else ():
            shutil.rmtree(remains, ignore_errors=True)
        yield
    finally:
        os.close(folder)


def delete_old(destination: Path, keep: int) -> list[str]:
    """Delete all but the newest `keep` backups; return their names. Raises BackupError."""
    old = backups(destination)[keep:]
    for backup in old:
        with refused(f"{backup} cannot be deleted"):
            # Without its manifest it is none, also if the rest is deleted in part.
            (backup / MANIFEST).unlink()
            shutil.rmtree(backup)
    return [backup.name for backup in old]


def _is_locked(folder: int, destination: Path) -> bool:
    """Lock a folder. Return False where the file system has no locks, as some of a network."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BackupError(f"another backup into {destination} is under way") from None
    except OSError:
        return False
    return True
