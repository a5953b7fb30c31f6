"""Build a snapshot from folders of documents: reuse unchanged vectors, verify, then switch."""

import fcntl
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import faiss
import numpy as np

from index import tables
from index.chunking import Chunk, chunk_document
from index.documents import Document, LoadRules, Skipped, load
from index.embedding import Embedder, Vectors
from index.errors import BuildRefusedError, CitedeskError, IndexUnavailableError
from index.snapshot import (
    CHUNKS,
    FORMAT,
    MANIFEST,
    MANIFEST_CHECKSUM,
    VECTORS,
    Manifest,
    SkippedFile,
    SnapshotFolder,
    checksum,
    sync,
    verified_manifest,
)

Progress = Callable[[int, int], None]
_BATCH = 32


@dataclass(frozen=True, slots=True)
class BuildRules:
    """How to build. `max_drop` is the share of documents that may vanish without `force`."""

    load: LoadRules = field(default_factory=LoadRules)
    max_drop: float = 0.5
    keep_snapshots: int = 3
    force: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a build saw, indexed and skipped; reused counts chunks whose vectors were kept."""

    snapshot: str
    indexed: int
    chunks: int
    reused: int
    skipped: tuple[SkippedFile, ...]

    @property
    def seen(self) -> int:
        """Files seen, whether indexed or not."""
        return self.indexed + len(self.skipped)


def build(
    paths: Sequence[Path],
    data_dir: Path,
    embedder: Embedder,
    rules: BuildRules,
    progress: Progress = lambda _done, _total: None,
) -> Coverage:
    """Index `paths` into a new snapshot below `data_dir` and make it the live one.

    Raises BuildRefusedError if there is nothing to index, another build is running, or the number
    of documents fell too far; the live snapshot is then left as it was.
    """
    folder = SnapshotFolder(data_dir)
    folder.snapshots.mkdir(parents=True, exist_ok=True)
    with _only_build(folder.root):
        documents, skipped = _loaded(paths, rules.load)
        previous = _previous(folder)
        _refuse_a_drop(documents, previous, rules)
        chunks = [c for d in documents for c in chunk_document(d, embedder.count_tokens, embedder.max_tokens)]
        if not chunks:
            raise BuildRefusedError("nothing to index: no readable document below the given paths")
        vectors, reused = _embedded(chunks, embedder, folder, previous, progress)
        manifest = _write(folder, documents, chunks, vectors, embedder, skipped)
        folder.switch(manifest.name)
        folder.prune(rules.keep_snapshots)
    return Coverage(manifest.name, len(documents), len(chunks), reused, tuple(skipped))


@contextmanager
def _only_build(root: Path) -> Iterator[None]:
    with (root / "build.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BuildRefusedError("another build of this index is running") from error
        yield


def _loaded(paths: Sequence[Path], rules: LoadRules) -> tuple[list[Document], list[SkippedFile]]:
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise BuildRefusedError(f"no such file or folder: {', '.join(missing)}")
    documents: list[Document] = []
    skipped: list[SkippedFile] = []
    for item in load(paths, rules):
        if isinstance(item, Skipped):
            skipped.append(SkippedFile(document_id=item.document_id, reason=item.reason))
        else:
            documents.append(item)
    return documents, skipped


def _previous(folder: SnapshotFolder) -> Manifest | None:
    try:
        return folder.newest_intact()[1]
    except IndexUnavailableError:
        return None


def _refuse_a_drop(documents: list[Document], previous: Manifest | None, rules: BuildRules) -> None:
    if previous is None or rules.force or not previous.documents:
        return
    before, after = len(previous.documents), len(documents)
    if after < before * (1 - rules.max_drop):
        raise BuildRefusedError(
            f"documents would fall from {before} to {after}, more than the allowed share of "
            f"{rules.max_drop:.0%}; check the folder, or build with --force"
        )


def _embedded(
    chunks: list[Chunk], embedder: Embedder, folder: SnapshotFolder, previous: Manifest | None, progress: Progress
) -> tuple[Vectors, int]:
    known = _known_vectors(folder, previous, embedder.name)
    hashes = [_hash(chunk.embedding_text) for chunk in chunks]
    fresh = [row for row, key in enumerate(hashes) if key not in known]
    # Texts of like length in one batch: padding is what a transformer wastes its time on.
    fresh.sort(key=lambda row: len(chunks[row].embedding_text))
    progress(0, len(fresh))
    for start in range(0, len(fresh), _BATCH):
        rows = fresh[start : start + _BATCH]
        vectors = embedder.embed([chunks[row].embedding_text for row in rows])
        known.update((hashes[row], vector) for row, vector in zip(rows, vectors, strict=True))
        progress(min(start + _BATCH, len(fresh)), len(fresh))
    return np.stack([known[key] for key in hashes]), len(chunks) - len(fresh)


def _known_vectors(
    folder: SnapshotFolder, previous: Manifest | None, embedder_name: str
) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]]:
    if previous is None or previous.embedder != embedder_name:
        return {}
    path = folder.path(previous.name)
    vectors = faiss.read_index(str(path / VECTORS)).reconstruct_n(0, previous.chunk_count)
    with closing(sqlite3.connect(path / CHUNKS)) as connection:
        rows = connection.execute("SELECT embedding_hash, id FROM chunks").fetchall()
    return {key: vectors[row] for key, row in rows}


def _write(
    folder: SnapshotFolder,
    documents: list[Document],
    chunks: list[Chunk],
    vectors: Vectors,
    embedder: Embedder,
    skipped: list[SkippedFile],
) -> Manifest:
    now = datetime.now(UTC)
    content = _hash("".join(d.content_hash for d in documents))[:6]
    name = f"{now:%Y%m%dT%H%M%S%f}-{content}"
    draft = folder.snapshots / f".building-{name}"
    draft.mkdir()
    _write_vectors(draft / VECTORS, vectors)
    tables.write(draft / CHUNKS, documents, chunks, [_hash(c.embedding_text) for c in chunks])
    manifest = Manifest(
        format=FORMAT,
        name=name,
        created_at=now.isoformat(timespec="seconds"),
        embedder=embedder.name,
        max_tokens=embedder.max_tokens,
        dimensions=vectors.shape[1],
        chunk_count=len(chunks),
        documents={d.document_id: d.content_hash for d in documents},
        skipped=tuple(skipped),
        checksums={file: checksum(draft / file) for file in (VECTORS, CHUNKS)},
    )
    (draft / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    (draft / MANIFEST_CHECKSUM).write_text(checksum(draft / MANIFEST) + "\n", encoding="ascii")
    _flush(draft)
    draft.rename(folder.path(name))
    sync(folder.snapshots)
    return _checked(folder.path(name), manifest)


def _write_vectors(file: Path, vectors: Vectors) -> None:
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    faiss.write_index(flat, str(file))


def _flush(draft: Path) -> None:
    for path in (*draft.iterdir(), draft):
        sync(path)


def _checked(path: Path, manifest: Manifest) -> Manifest:
    try:
        return verified_manifest(path)
    except CitedeskError as error:
        raise BuildRefusedError(f"the new snapshot {manifest.name} failed its own check: {error}") from error


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
