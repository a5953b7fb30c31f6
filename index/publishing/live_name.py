"""Who says which published snapshot is the live one: the port `LiveName`, and a log in the storage.

Object storage that can refuse to overwrite is all it takes. The live name is the one with the highest number, and the
next number can be written once: who comes second is refused. A folder and every kind of object storage can do that,
where replacing an object only if it is unchanged is missing in a folder.
"""

import re
from typing import Protocol

from index.errors import BuildRefusedError, StorageError
from index.publishing.listing import LIVE
from index.publishing.storage import Storage

# Entries that are kept, to tell what was live before.
_KEPT = 100
_NUMBER = re.compile(rf"{LIVE}(\d{{10}})")


class LiveName(Protocol):
    """The name of the snapshot that every replica serves. Every method raises StorageError."""

    def live(self) -> str | None:
        """Return the live name; None before the first."""

    def make_live(self, name: str, expected: str | None) -> None:
        """Make `name` the live one, if `expected` still is. Raises BuildRefusedError if another one is."""


class LiveLog:
    """The port `LiveName` as numbered objects, none of which is ever overwritten."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._read: tuple[int, str] | None = None

    def live(self) -> str | None:
        """Return the live name; None before the first."""
        number = max(self._numbers(), default=0)
        return self._name(number) if number else None

    def make_live(self, name: str, expected: str | None) -> None:
        """Make `name` the live one, if `expected` still is. Raises BuildRefusedError if another one is."""
        numbers = self._numbers()
        number = max(numbers, default=0)
        current = self._name(number) if number else None
        if current == name:
            return
        if current != expected or not self._storage.create(_path(number + 1), name.encode()):
            raise BuildRefusedError("another snapshot became the live one meanwhile, so nothing was switched")
        self._storage.delete([_path(old) for old in numbers if old <= number - _KEPT])

    def _numbers(self) -> list[int]:
        found = (_NUMBER.fullmatch(stored.path) for stored in self._storage.listed(LIVE))
        return [int(match[1]) for match in found if match]

    def _name(self, number: int) -> str:
        """Return the name with a number. It never changes, so it is read once."""
        if self._read is None or self._read[0] != number:
            content = self._storage.get(_path(number))
            if content is None:
                raise StorageError(f"object storage: {_path(number)} vanished")
            self._read = (number, content.decode("ascii", "replace").strip())
        return self._read[1]


def _path(number: int) -> str:
    return f"{LIVE}{number:010}"
