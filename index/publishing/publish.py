"""Publish a snapshot of this machine: upload the blocks that the storage lacks, then the listing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from index.errors import SnapshotCorruptError, StorageError
from index.publishing.blocks import blocks
from index.publishing.listing import (
    BLOBS,
    PUBLISHING,
    Block,
    PublishedFile,
    PublishedSnapshot,
    blob,
    keep_listing,
    write_listing,
)
from index.publishing.local_blocks import LocalBlock, local_blocks
from index.publishing.storage import Storage
from index.publishing.transfers import transferred
from index.snapshot import MANIFEST, MANIFEST_CHECKSUM, verified_manifest

# Blocks can only be missing again if somebody deletes them meanwhile.
_ROUNDS = 3
Checkpoint = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """What a transfer moved over the network, and the bytes of the whole snapshot."""

    blocks: int
    moved_bytes: int
    total_bytes: int


def publish(folder: Path, storage: Storage, checkpoint: Checkpoint = lambda: None) -> Moved:
    """Publish the snapshot in `folder` under the folder's name. It is not yet the live one.

    A second call goes on where the first one stopped. Several may publish the same snapshot at once. `checkpoint` is
    called for each block and may raise. Raises SnapshotCorruptError, StorageError.
    """
    snapshot = listed(folder)
    places = {block.sha256: block for block in local_blocks(folder, snapshot)}
    with _announced(storage, snapshot.name):
        missing, moved = _missing(storage, snapshot), Moved(0, 0, snapshot.size)
        for _ in range(_ROUNDS):
            moved = _uploaded(storage, missing, places, moved, checkpoint)
            write_listing(storage, snapshot)
            # Whoever prunes from now on reads the listing. What was deleted before that is uploaded again.
            missing = _missing(storage, snapshot)
            if not missing:
                keep_listing(folder, snapshot)
                return moved
    raise StorageError(f"blocks of {snapshot.name} vanish from the object storage while it is published")


def listed(folder: Path) -> PublishedSnapshot:
    """Return the listing of a snapshot of this machine. Raises SnapshotCorruptError if it is not whole."""
    manifest = verified_manifest(folder)
    files = tuple(_file(folder / name) for name in sorted({*manifest.checksums, MANIFEST, MANIFEST_CHECKSUM}))
    if any(manifest.checksums.get(file.name, file.sha256) != file.sha256 for file in files):
        raise SnapshotCorruptError(f"{folder.name} changed while it was read")
    return PublishedSnapshot(name=folder.name, format=manifest.format, files=files)


def _file(file: Path) -> PublishedFile:
    whole, found = sha256(), []
    for block in blocks(file):
        whole.update(block)
        found.append(Block(sha256(block).hexdigest(), len(block)))
    return PublishedFile(name=file.name, sha256=whole.hexdigest(), blocks=tuple(found))


@contextmanager
def _announced(storage: Storage, name: str) -> Iterator[None]:
    """Tell others while the body runs that blocks are needed which no listing names yet. Raises StorageError."""
    path = f"{PUBLISHING}{name}-{uuid4().hex[:8]}"
    storage.create(path, b"")
    try:
        if storage.create(path, b""):
            # Two builds at once would both become live.
            raise StorageError(
                "object storage: it overwrites what is there although it is told not to; use another one"
            )
        yield
    finally:
        with suppress(StorageError):
            storage.delete([path])


def _missing(storage: Storage, snapshot: PublishedSnapshot) -> list[str]:
    """Return the blocks that are not there; one of another size than its own is deleted, because it is damaged."""
    wanted = {blob(digest): size for digest, size in snapshot.sizes.items()}
    there = {stored.path: stored.size for stored in storage.listed(BLOBS) if stored.path in wanted}
    storage.delete([path for path, size in there.items() if size != wanted[path]])
    return [path.removeprefix(BLOBS) for path, size in wanted.items() if there.get(path) != size]


def _uploaded(
    storage: Storage, missing: Sequence[str], places: Mapping[str, LocalBlock], moved: Moved, checkpoint: Checkpoint
) -> Moved:
    def upload(digest: str) -> int:
        checkpoint()
        content = places[digest].content()
        if content is None:
            raise SnapshotCorruptError(f"{places[digest].file} changed while it was published")
        return len(content) if storage.create(blob(digest), content) else 0

    sizes = [size for size in transferred(upload, missing) if size]
    return Moved(moved.blocks + len(sizes), moved.moved_bytes + sum(sizes), moved.total_bytes)
