"""Read a secret from a file of its own, as orchestrators and service managers hand them over."""

import os
import stat
from pathlib import Path

from index.errors import SettingsError

_LONGEST = 65_536


def read_secret(file: Path, named_by: str) -> str:
    """Return the one line that a file holds, without the line break at its end.

    `named_by` says in messages what led to the file. Raises SettingsError if the file is missing, a folder, empty,
    longer than 65,536 bytes, several lines, not text, or readable by every user of the machine.
    """
    try:
        with file.open("rb") as stream:
            is_open = _is_open_to_all(file, os.fstat(stream.fileno()))
            content = stream.read(_LONGEST + 1)
        text = content.decode("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        raise SettingsError(f"{named_by}: {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{named_by}: {file} is not text in UTF-8") from None
    if problem := _problem(content, text, is_open=is_open):
        raise SettingsError(f"{named_by}: {file} {problem}")
    return text


def _problem(content: bytes, text: str, *, is_open: bool) -> str:
    if is_open:
        return "can be read by every user of this machine: take that away with `chmod o=`"
    if len(content) > _LONGEST:
        return f"is longer than {_LONGEST:,} bytes, so it is hardly a secret"
    if not text.strip():
        return "is empty"
    return "holds more than one line" if any(mark in text for mark in "\r\n\0") else ""


def _is_open_to_all(file: Path, found: os.stat_result) -> bool:
    """Tell whether every user can read a file.

    Not counted are files behind a folder that others may not enter, and files on a mount that is read-only:
    containers get secrets so, with a mode that nobody in the container can change.
    """
    if not stat.S_ISREG(found.st_mode) or not found.st_mode & stat.S_IROTH:
        return False
    if os.statvfs(file).f_flag & os.ST_RDONLY:
        return False
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in file.resolve().parents)
