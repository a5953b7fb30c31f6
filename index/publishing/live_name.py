"""Who says which published snapshot is the live one: the port `LiveName`, and a log in the storage.

Object storage that can refuse to overwrite is all it takes. The live name is the one with the highest number, and the
next number can be written once: who comes second is refused. A folder and every kind of object storage can do that,
where replacing an object only if it is unchanged is missing in a folder.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from index.errors import BuildRefusedError, StorageError
from index.publishing.listing import LIVE
from index.publishing.storage import Storage

# Entries that are kept, to tell what was live before.
_KEPT = 100
# The live name, and the newest name that was live up to then.
_FIELDS = 2
_NUMBER = re.compile(rf"{LIVE}(\d{{10}})")


class LiveName(Protocol):
    """The name of the snapshot that every replica serves. Every method raises StorageError."""

    def live(self) -> str | None:
        """Return the live name; None before the first."""

    def newest(self) -> str | None:
        """Return the newest name that ever was live; after a rollback it is not the live one."""

    def make_live(self, name: str, expected: str | None) -> None:
        """Make `name` the live one, if `expected` still is. Raises BuildRefusedError if another one is."""


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    name: str | None = None
    newest: str | None = None


class LiveLog:
    """The port `LiveName` as numbered objects, none of which is ever overwritten."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._last = _Entry(0)

    def live(self) -> str | None:
        """Return the live name; None before the first."""
        return self._entry(self._numbers()).name

    def newest(self) -> str | None:
        """Return the newest name that ever was live; after a rollback it is not the live one."""
        return self._entry(self._numbers()).newest

    def make_live(self, name: str, expected: str | None) -> None:
        """Make `name` the live one, if `expected` still is. Raises BuildRefusedError if another one is."""
        numbers = self._numbers()
        last = self._entry(numbers)
        if last.name == name:
            return
        content = f"{name}\n{max(name, last.newest or name)}\n".encode()
        if last.name != expected or not self._storage.create(_path(last.number + 1), content):
            raise BuildRefusedError("another snapshot became the live one meanwhile, so nothing was switched")
        self._storage.delete([_path(number) for number in numbers if number <= last.number - _KEPT])

    def _numbers(self) -> list[int]:
        found = (_NUMBER.fullmatch(stored.path) for stored in self._storage.listed(LIVE))
        return [int(match[1]) for match in found if match]

    def _entry(self, numbers: Sequence[int]) -> _Entry:
        """Return the entry with the highest number. An entry never changes, so each is read once."""
        number = max(numbers, default=0)
        if self._last.number == number:
            return self._last
        content = self._storage.get(_path(number))
        fields = (content or b"").decode("ascii", "replace").split()
        if len(fields) != _FIELDS:
            raise StorageError(f"object storage: {_path(number)} cannot be read")
        self._last = _Entry(number, *fields)
        return self._last


def _path(number: int) -> str:
    return f"{LIVE}{number:010}"
