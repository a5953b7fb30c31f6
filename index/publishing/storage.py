"""What publishing needs of object storage. `index.publishing.object_storage` implements it over obstore."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Stored:
    """An object in the storage: its path, its bytes, and when it was written (UTC)."""

    path: str
    size: int
    written_at: datetime


class Storage(Protocol):
    """Objects by path. Nothing that is there is ever overwritten. Safe to share between threads.

    Every method raises StorageError if the storage cannot be reached or refuses the request.
    """

    def get(self, path: str) -> bytes | None:
        """Return an object's content; None if there is no such object."""

    def create(self, path: str, content: bytes) -> bool:
        """Write an object in one step; return False, and change nothing, if one is there already."""

    def listed(self, prefix: str) -> Iterator[Stored]:
        """Yield the objects below a prefix that ends in a slash, in no order."""

    def delete(self, paths: Collection[str]) -> None:
        """Delete objects; those that are gone already are no error."""
