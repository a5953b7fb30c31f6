"""Files of a backup: private from the first byte, and on disk when a function returns."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.digests import digest
from index.errors import CitedeskError
from index.snapshot import sync

_AT_ONCE = 1 << 20


class BackupError(CitedeskError):
    """A backup cannot be made, read or restored; the message says why. What was there before is as it was."""

    code = "BACKUP_REFUSED"


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner can enter, and those above it. Raises OSError if it is there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    return folder


def private_file(file: Path) -> Path:
    """Make an empty file that only its owner can read. Raises OSError if it is there."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return file


def copied(source: Path, target: Path) -> None:
    """Copy a file to a new one. Raises OSError."""
    with source.open("rb") as read, private_file(target).open("wb") as written:
        shutil.copyfileobj(read, written, _AT_ONCE)
        written.flush()
        os.fsync(written.fileno())


def written(file: Path, text: str) -> None:
    """Write a text into a new file. Raises OSError."""
    with private_file(file).open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def linked_or_copied(source: Path, target: Path, older: Path | None, sha256: str) -> None:
    """Copy a file, or share the one of an older backup if that holds the same bytes. Raises OSError.

    Never shared with the file in use: what damages that one must not damage its backup.
    """
    if older is not None and _holds(older, sha256):
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            os.link(older, target)
        except OSError:
            # Not every file system has links, or as many.
            pass
        else:
            return
    copied(source, target)


def synced(folder: Path) -> None:
    """Flush the entries of a folder and of all below it to disk. Raises OSError."""
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        sync(path)


@contextmanager
def draft(folder: Path) -> Iterator[Path]:
    """Make a private folder for the body; it is removed if the body raises. OSError becomes BackupError."""
    with refused(f"{folder.parent} cannot be written"):
        shutil.rmtree(folder, ignore_errors=True)
        private_folder(folder)
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


@contextmanager
def refused(words: str) -> Iterator[None]:
    """Raise BackupError for an OSError in the body."""
    try:
        yield
    except OSError as error:
        raise BackupError(f"{words}: {error.strerror or error}") from error


def _holds(file: Path, sha256: str) -> bool:
    try:
        return digest(file) == sha256
    except OSError:
        return False
