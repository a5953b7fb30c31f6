"""Bytes and seconds to publish and to fetch a snapshot, the first time and after one document has changed.

usage: python tests/bench/publishing.py [CHUNKS]     (default 10,000)
In a folder, and over S3 on SeaweedFS if that is installed. First it prints what other ways of cutting would move.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

import structlog
from support.engines.seaweed import missing, seaweed
from support.synthetic_snapshots import build_synthetic, documents, with_a_changed_word, with_a_longer_document

from index.publishing.blocks import blocks
from index.publishing.fetch import fetch
from index.publishing.object_storage import Place, opened
from index.publishing.publish import Moved, publish
from index.publishing.storage import Storage
from index.snapshot import SnapshotFolder

_CHUNKS_EACH = 4
Cut = Callable[[Path], Iterator[bytes]]


def main() -> None:
    """Print a line for each measurement."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    count = int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = SnapshotFolder(Path(name) / "builder")
        texts = documents(count // _CHUNKS_EACH, _CHUNKS_EACH)
        first = build_synthetic(folder, texts)
        longer = build_synthetic(folder, with_a_longer_document(texts), first)
        reworded = build_synthetic(folder, with_a_changed_word(texts), first)
        changes = {"one chunk more": folder.path(longer.name), "one word more": folder.path(reworded.name)}
        for way, cut in _ways().items():
            moved = {what: _new_bytes(folder.path(first.name), path, cut) for what, path in changes.items()}
            print(f"{way}: " + ", ".join(f"{what} moves {bytes_ / 1e6:.1f} MB" for what, bytes_ in moved.items()))
        names = [first.name, longer.name, reworded.name]
        _measured("folder", opened(Place(f"file://{name}/stored")), folder, names)
        if why := missing():
            print(f"S3: {why}")
            return
        with seaweed() as server:
            os.environ.update(server.environment)
            _measured("S3", opened(Place(server.url, server.endpoint, "us-east-1")), folder, names)


def _measured(kind: str, storage: Storage, folder: SnapshotFolder, names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        replica = SnapshotFolder(Path(name))
        for what, snapshot in zip(("first", "one chunk more", "one word more"), names, strict=True):
            with _timed(f"{kind}, {what}: published") as moved:
                moved.append(publish(folder.path(snapshot), storage))
            with _timed(f"{kind}, {what}: fetched") as moved:
                moved.append(fetch(snapshot, storage, replica))


@contextmanager
def _timed(what: str) -> Iterator[list[Moved]]:
    moved: list[Moved] = []
    began = time.perf_counter()
    yield moved
    spent, (found,) = time.perf_counter() - began, moved
    sizes = f"{found.moved_bytes / 1e6:.1f} of {found.total_bytes / 1e6:.1f} MB"
    print(f"{what} {sizes} in {found.blocks} blocks, {spent:.2f} s")


def _ways() -> dict[str, Cut]:
    fixed = {f"blocks of {size >> 10} KiB": _fixed(size) for size in (1 << 18, 1 << 20, 1 << 22)}
    return {"whole files": lambda file: iter([file.read_bytes()]), **fixed, "blocks by content": blocks}


def _fixed(size: int) -> Cut:
    def cut(file: Path) -> Iterator[bytes]:
        with file.open("rb") as stream:
            while block := stream.read(size):
                yield block

    return cut


def _new_bytes(before: Path, after: Path, cut: Cut) -> int:
    known = {sha256(block).digest() for file in _files(before) for block in cut(file)}
    new = {sha256(block).digest(): len(block) for file in _files(after) for block in cut(file)}
    return sum(size for digest, size in new.items() if digest not in known)


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.iterdir() if file.name != "published.json")


if __name__ == "__main__":
    main()
