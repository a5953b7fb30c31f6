"""Fetch a published snapshot to this machine: blocks that are here already are copied, the rest is downloaded."""

import fcntl
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from index.errors import FetchRefusedError, SnapshotCorruptError
from index.publishing.listing import PublishedFile, PublishedSnapshot, blob, keep_listing, local_listing, read_listing
from index.publishing.local_blocks import LocalBlock, local_blocks
from index.publishing.publish import Checkpoint, Moved
from index.publishing.storage import Storage
from index.publishing.transfers import transferred
from index.retrieval import Manifest
from index.snapshot import FORMAT, MANIFEST, MANIFEST_CHECKSUM, SnapshotFolder, sync, verified_manifest

_DRAFT = ".fetching-"
# Snapshots of this machine, newest first, in which blocks are looked for.
_LOOKED_THROUGH = 2
# Bytes that a fetch leaves free on the disk, because the store and the log of the bot may be on it.
_LEFT_FREE = 64 << 20


def fetch(name: str, storage: Storage, folder: SnapshotFolder, checkpoint: Checkpoint = lambda: None) -> Moved:
    """Fetch the snapshot `name` into `folder`, unless it is there. It is not yet the live one.

    Every byte is checked against its SHA-256, and flushed to disk, before the snapshot gets its name: one that is there
    is whole. The next call goes on where a killed one stopped. `checkpoint` is called for each block and may raise.
    Raises StorageError, FetchRefusedError, and SnapshotCorruptError if other bytes are stored than were published.
    """
    with _disk_errors(name), _only_fetch(folder):
        _remove_drafts(folder, but=name)
        if name in folder.names():
            return Moved(0, 0, 0)
        snapshot = _readable(read_listing(storage, name), name)
        draft = _draft(folder, name)
        with _removed_if_refused(draft):
            draft.mkdir(exist_ok=True)
            moved = _fetched(snapshot, draft, _Blocks(storage, name, _here(snapshot, folder, draft), checkpoint))
            _check(draft, snapshot)
            _complete(draft, snapshot, folder)
            return moved


def mend(name: str, storage: Storage, folder: SnapshotFolder, checkpoint: Checkpoint = lambda: None) -> Moved:
    """Fetch what is damaged of a snapshot that is there. Raises as `fetch` does."""
    try:
        verified_manifest(folder.path(name))
    except SnapshotCorruptError:
        with _only_fetch(folder), suppress(FileNotFoundError):
            # As a draft it is gone on with: what is whole is kept.
            shutil.rmtree(_draft(folder, name), ignore_errors=True)
            folder.path(name).rename(_draft(folder, name))
    return fetch(name, storage, folder, checkpoint)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Where the blocks of a snapshot come from. `here` says where each may stand on this machine."""

    storage: Storage
    name: str
    here: Mapping[str, Sequence[LocalBlock]]
    checkpoint: Checkpoint

    def content(self, digest: str) -> tuple[bytes, bool]:
        """Return a block's content, and whether it was downloaded. Raises SnapshotCorruptError, StorageError."""
        self.checkpoint()
        for place in self.here.get(digest, ()):
            if (found := place.content()) is not None:
                return found, False
        content = self.storage.get(blob(digest))
        if content is None or sha256(content).hexdigest() != digest:
            what = "missing" if content is None else "damaged"
            raise SnapshotCorruptError(
                f"{self.name}: {blob(digest)} is {what} in the object storage; delete it there and publish again"
            )
        return content, True


def _readable(snapshot: PublishedSnapshot | None, name: str) -> PublishedSnapshot:
    if snapshot is None:
        raise FetchRefusedError(f"no snapshot {name} is published")
    if snapshot.format != FORMAT:
        raise FetchRefusedError(f"snapshot {name} has format {snapshot.format}, this program reads {FORMAT}")
    return snapshot


def _here(snapshot: PublishedSnapshot, folder: SnapshotFolder, draft: Path) -> dict[str, list[LocalBlock]]:
    """Return where blocks of the snapshot may stand: in what a killed fetch left, then in other snapshots."""
    wanted = snapshot.sizes.keys()
    found: dict[str, list[LocalBlock]] = {}
    others = [(folder.path(name), local_listing(folder.path(name))) for name in folder.names()]
    known = [(path, listing) for path, listing in others if listing][:_LOOKED_THROUGH]
    for path, listing in [(draft, snapshot), *known]:
        for block in local_blocks(path, listing):
            if block.sha256 in wanted and block.file.exists():
                found.setdefault(block.sha256, []).append(block)
    return found


def _fetched(snapshot: PublishedSnapshot, draft: Path, blocks: _Blocks) -> Moved:
    _refuse_without_space(snapshot, draft)
    digests = (block.sha256 for file in snapshot.files for block in file.blocks)
    with closing(transferred(blocks.content, digests)) as contents:
        downloaded = [size for file in snapshot.files for size in _written(draft / file.name, file, contents)]
    return Moved(len(downloaded), sum(downloaded), snapshot.size)


def _written(path: Path, file: PublishedFile, contents: Iterator[tuple[bytes, bool]]) -> Iterator[int]:
    """Write a file; yield the size of each block that was downloaded. Raises SnapshotCorruptError, OSError."""
    whole = sha256()
    # What a killed fetch left is not cut off: its blocks may be read while those before them are written.
    path.touch()
    with path.open("r+b") as stream:
        for _ in file.blocks:
            content, is_downloaded = next(contents)
            whole.update(content)
            stream.write(content)
            if is_downloaded:
                yield len(content)
        stream.truncate()
    if whole.hexdigest() != file.sha256:
        raise SnapshotCorruptError(f"{path.name} is not the file that was published")


def _check(draft: Path, snapshot: PublishedSnapshot) -> None:
    """Compare the files with the snapshot's own manifest. Raises SnapshotCorruptError."""
    published = {file.name: file.sha256 for file in snapshot.files}
    try:
        manifest = Manifest.model_validate_json((draft / MANIFEST).read_bytes())
        checksum = (draft / MANIFEST_CHECKSUM).read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError, ValidationError) as error:
        raise SnapshotCorruptError(f"{snapshot.name}: manifest missing or unreadable") from error
    expected = manifest.checksums | {MANIFEST: checksum, MANIFEST_CHECKSUM: published.get(MANIFEST_CHECKSUM)}
    if manifest.name != snapshot.name or published != expected:
        raise SnapshotCorruptError(f"{snapshot.name}: what was published is not what its manifest names")


def _complete(draft: Path, snapshot: PublishedSnapshot, folder: SnapshotFolder) -> None:
    """Flush the draft to disk and give it the snapshot's name."""
    named = {file.name for file in snapshot.files}
    for path in [path for path in draft.iterdir() if path.name not in named]:
        path.unlink()
    keep_listing(draft, snapshot)
    for path in (*draft.iterdir(), draft):
        sync(path)
    draft.rename(folder.path(snapshot.name))
    sync(folder.snapshots)


def _refuse_without_space(snapshot: PublishedSnapshot, draft: Path) -> None:
    needed = snapshot.size - sum(path.stat().st_size for path in draft.iterdir())
    free = shutil.disk_usage(draft).free
    if needed + _LEFT_FREE > free:
        raise FetchRefusedError(
            f"snapshot {snapshot.name} does not fit on the disk: {needed + _LEFT_FREE:,} bytes needed, {free:,} free"
        )


@contextmanager
def _removed_if_refused(draft: Path) -> Iterator[None]:
    """Remove the draft if it cannot become a snapshot. After a failure of the network it stays, to be gone on with."""
    try:
        yield
    except (FetchRefusedError, SnapshotCorruptError, OSError):
        shutil.rmtree(draft, ignore_errors=True)
        raise


@contextmanager
def _disk_errors(name: str) -> Iterator[None]:
    """Raise FetchRefusedError for what the disk refuses in the body: it is full, read-only or somebody else's."""
    try:
        yield
    except OSError as error:
        raise FetchRefusedError(f"snapshot {name} cannot be written: {error.strerror}") from error


@contextmanager
def _only_fetch(folder: SnapshotFolder) -> Iterator[None]:
    """Wait until no other process fetches into this folder; keep others waiting while the body runs."""
    folder.snapshots.mkdir(parents=True, exist_ok=True)
    with (folder.root / "fetch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _draft(folder: SnapshotFolder, name: str) -> Path:
    return folder.snapshots / f"{_DRAFT}{name}"


def _remove_drafts(folder: SnapshotFolder, but: str) -> None:
    for draft in folder.snapshots.glob(f"{_DRAFT}*"):
        if draft != _draft(folder, but):
            shutil.rmtree(draft, ignore_errors=True)
