"""Delete old snapshots from the storage, and the blocks that no snapshot needs any more."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from index.publishing.listing import BLOBS, PUBLISHING, blob, paths_of, published_names, read_listing
from index.publishing.storage import Storage

# Blocks deleted between two looks at who publishes.
_AT_ONCE = 500


def prune(storage: Storage, kept: Collection[str], newest: int, now: datetime, grace: timedelta) -> int:
    """Delete all snapshots but those in `kept` and the `newest` ones; return the bytes of blocks that are deleted.

    No block is deleted that a listing names or that is younger than `grace`, and none at all while somebody publishes:
    it may be one that is there already and is needed again. What a killed publisher left counts as litter after
    `grace`. `now` is in UTC. Raises StorageError, and SnapshotCorruptError if a listing cannot be read.
    """
    for name in published_names(storage)[newest:]:
        if name not in kept:
            storage.delete(paths_of(name)[:1])
            storage.delete(paths_of(name)[1:])
    if _somebody_publishes(storage, now, grace):
        return 0
    old = {stored.path: stored.size for stored in storage.listed(BLOBS) if now - stored.written_at > grace}
    # Looked up after the blocks: a snapshot that is published meanwhile is among the names.
    names = published_names(storage)
    for name in names:
        for digest in _blocks_of(storage, name):
            old.pop(blob(digest), None)
    deleted = 0
    for some in _batches(list(old)):
        if _somebody_publishes(storage, now, grace) or published_names(storage) != names:
            break
        storage.delete(some)
        deleted += sum(old[path] for path in some)
    return deleted


def _blocks_of(storage: Storage, name: str) -> Collection[str]:
    snapshot = read_listing(storage, name)
    return snapshot.sizes if snapshot else ()


def _batches(paths: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(paths), _AT_ONCE):
        yield paths[start : start + _AT_ONCE]


def _somebody_publishes(storage: Storage, now: datetime, grace: timedelta) -> bool:
    found = list(storage.listed(PUBLISHING))
    storage.delete([stored.path for stored in found if now - stored.written_at > grace])
    return any(now - stored.written_at <= grace for stored in found)
