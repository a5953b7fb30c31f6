"""Keep what a process writes to itself: no other user of the machine may read it, at no moment.

The store holds questions, the index holds restricted documents. `umask` takes the permissions from every file and
folder as it is made, also from those that libraries (SQLite, FAISS, NumPy) and child processes make. What an older
release or a copy has left open is closed by `tighten`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)
_OTHERS = 0o077
_WRITABLE_BY_ALL = 0o002
# A closed folder closes everything below it. Beside these a data folder may hold what is not ours.
_OURS = ("index", "tenants", "*.sqlite", "*.sqlite-wal", "*.sqlite-shm")


def keep_private() -> None:
    """Let no other user read or write what this process, and the processes that it starts, will make."""
    os.umask(_OTHERS)


def open_to_others(data_dir: Path) -> list[Path]:
    """Return what is ours in the data folder and what other users could read or write."""
    return [path for path in _ours(data_dir) if _is_open(path)]


def is_writable_by_all(data_dir: Path) -> bool:
    """Tell whether every user could replace what is in the data folder."""
    return data_dir.is_dir() and bool(data_dir.stat().st_mode & _WRITABLE_BY_ALL)


def tighten(data_dir: Path) -> None:
    """Close what other users could read, and log that it was open. What belongs to another user is only logged."""
    found = open_to_others(data_dir)
    closed = [path for path in found if _closed(path)]
    if found:
        _log.warning("files_were_open_to_others", folder=str(data_dir), files=len(found), closed=len(closed))
    if is_writable_by_all(data_dir):
        _log.warning("folder_is_writable_by_all", folder=str(data_dir))


def _ours(data_dir: Path) -> Iterator[Path]:
    for pattern in _OURS:
        yield from data_dir.glob(pattern)


def _is_open(path: Path) -> bool:
    """Tell whether others could read or write a file or folder, or what a link leads to."""
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except OSError:
        # SQLite has removed the file in the meantime, or the link leads nowhere.
        return False


def _closed(path: Path) -> bool:
    try:
        found = path.stat()
        # A link may have been planted by another user, or lead to what is another user's: root must not close that.
        if path.is_symlink() and {path.lstat().st_uid, found.st_uid} != {os.geteuid()}:
            return False
        path.chmod(found.st_mode & 0o700)
    except OSError:
        return False
    return True
