"""Blocks that stand in files of this machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from index.publishing.listing import PublishedSnapshot


@dataclass(frozen=True, slots=True)
class LocalBlock:
    """Where a block should stand: the file may have changed."""

    sha256: str
    file: Path
    offset: int
    size: int

    def content(self) -> bytes | None:
        """Return the content; None if something else stands there."""
        try:
            with self.file.open("rb") as stream:
                stream.seek(self.offset)
                content = stream.read(self.size)
        except OSError:
            return None
        return content if sha256(content).hexdigest() == self.sha256 else None


def local_blocks(folder: Path, snapshot: PublishedSnapshot) -> Iterator[LocalBlock]:
    """Yield where each block of a snapshot stands in its folder."""
    for file in snapshot.files:
        offset = 0
        for block in file.blocks:
            yield LocalBlock(block.sha256, folder / file.name, offset, block.size)
            offset += block.size
