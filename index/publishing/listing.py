"""How a published snapshot lies in the storage.

blobs/<sha256>                        a block of one or more files, by its content
snapshots/<name>/manifest.json        the files of a snapshot and their blocks; written last
snapshots/<name>/manifest.sha256      its checksum
live/<number>                         the name of a snapshot that became the live one; the highest number counts
publishing/<name>-<random>            there while somebody publishes
"""

from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.errors import SnapshotCorruptError
from index.publishing.blocks import LARGEST
from index.publishing.storage import Storage

BLOBS, SNAPSHOTS, LIVE, PUBLISHING = "blobs/", "snapshots/", "live/", "publishing/"
_MANIFEST, _CHECKSUM = "manifest.json", "manifest.sha256"
# The listing as it was published, beside the files of a snapshot: says which blocks a later fetch finds there.
LISTING = "published.json"
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# A name becomes a folder or a file.
SnapshotName = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$")]
FileName = Annotated[str, Field(pattern=r"^[0-9A-Za-z_][0-9A-Za-z_.-]{0,99}$")]


class Block(NamedTuple):
    """A run of bytes of a file, by the SHA-256 of its content."""

    sha256: Sha256
    size: Annotated[int, Field(ge=1, le=LARGEST)]


class PublishedFile(BaseModel):
    """A file of a snapshot: its SHA-256 and the blocks that it consists of, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FileName
    sha256: Sha256
    blocks: tuple[Block, ...]

    @property
    def size(self) -> int:
        """Number of bytes."""
        return sum(block.size for block in self.blocks)


class PublishedSnapshot(BaseModel):
    """A published snapshot. `format` is the snapshot's, see `index.snapshot`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    name: SnapshotName
    format: int
    files: tuple[PublishedFile, ...]

    @property
    def size(self) -> int:
        """Number of bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def sizes(self) -> dict[str, int]:
        """The bytes of each block, by its SHA-256."""
        return {block.sha256: block.size for file in self.files for block in file.blocks}


def blob(sha256_digest: str) -> str:
    """Return the path of a block."""
    return BLOBS + sha256_digest


def write_listing(storage: Storage, snapshot: PublishedSnapshot) -> None:
    """Publish a listing, whose blocks are there. Raises SnapshotCorruptError if another one has its name."""
    content = snapshot.model_dump_json().encode()
    storage.create(_path(snapshot.name, _CHECKSUM), f"{sha256(content).hexdigest()}\n".encode())
    storage.create(_path(snapshot.name, _MANIFEST), content)
    if read_listing(storage, snapshot.name) != snapshot:
        raise SnapshotCorruptError(f"another snapshot {snapshot.name} is published already")


def read_listing(storage: Storage, name: str) -> PublishedSnapshot | None:
    """Return the listing of a snapshot; None if it is not published. Raises SnapshotCorruptError."""
    content = storage.get(_path(name, _MANIFEST))
    if content is None:
        return None
    if storage.get(_path(name, _CHECKSUM)) != f"{sha256(content).hexdigest()}\n".encode():
        raise SnapshotCorruptError(f"{name}: the published {_MANIFEST} does not match its checksum")
    snapshot = _parsed(content, name)
    if snapshot.name != name:
        raise SnapshotCorruptError(f"{name}: the published {_MANIFEST} is that of {snapshot.name}")
    return snapshot


def local_listing(folder: Path) -> PublishedSnapshot | None:
    """Return the listing beside the files of a local snapshot; None if it was neither published nor fetched."""
    try:
        return _parsed((folder / LISTING).read_bytes(), folder.name)
    except (OSError, SnapshotCorruptError):
        return None


def keep_listing(folder: Path, snapshot: PublishedSnapshot) -> None:
    """Write the listing beside the files of a local snapshot, in one step."""
    draft = folder / f".{LISTING}-{uuid4().hex[:8]}"
    draft.write_text(snapshot.model_dump_json(), encoding="utf-8")
    draft.replace(folder / LISTING)


def published_names(storage: Storage) -> list[str]:
    """Return the names of all published snapshots, newest first."""
    found = (stored.path.removeprefix(SNAPSHOTS).split("/") for stored in storage.listed(SNAPSHOTS))
    return sorted({name for name, *file in found if file == [_MANIFEST]}, reverse=True)


def paths_of(name: str) -> tuple[str, str]:
    """Return the paths of a snapshot's own objects, in the order in which to delete them."""
    return _path(name, _MANIFEST), _path(name, _CHECKSUM)


def _path(name: str, file: str) -> str:
    return f"{SNAPSHOTS}{name}/{file}"


def _parsed(content: bytes, name: str) -> PublishedSnapshot:
    try:
        return PublishedSnapshot.model_validate_json(content)
    except ValidationError as error:
        raise SnapshotCorruptError(f"{name}: the published {_MANIFEST} cannot be read") from error
