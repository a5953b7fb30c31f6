"""Write a snapshot: vectors, tokens, tables and manifest. Only texts that are new run through the embedding model."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np

from index import snapshot_tables
from index.ann import SearchRules, open_vectors, write_vectors
from index.bm25 import Origin, write_words
from index.chunks import Chunk, heading_line
from index.embedding.model import OnnxEmbedder
from index.languages import document_language
from index.late_interaction import ChunkTokens, TokenStore, chunk_tokens, write_tokens
from index.mapped_files import MappedFiles
from index.retrieval import IN_DATABASE, Manifest, SkippedFile, VectorIndex, WithheldText
from index.snapshot import CHUNKS, FORMAT, SnapshotFolder, sealed
from index.snapshot_tables import IndexedSource
from index.sufficiency import CALIBRATION, SHIPPED, Calibration, load_calibration
from index.vector_codes import ByteVectors

Progress = Callable[[int, int], None]
# Chunks in memory with their tokens at a time. They are sorted by length, so that a batch needs little padding.
_WINDOW = 1024
_BATCH = 64
# Number and words of the texts on which the recall of an approximate index is measured.
_QUESTIONS, _QUESTION_WORDS = 200, 9
# Two of 10 million chunks have the same hash of this size by chance once in 10 ** 24 indexes.
_HASH_BYTES = 16


@dataclass(frozen=True)
class Reusable:
    """What a build takes from the previous snapshot: vectors and tokens, both in its mapped files, and the calibration.

    `rows` maps the hash of a chunk's headings and text to its row in that snapshot.
    """

    rows: dict[bytes, int] = field(default_factory=dict)
    vectors: ByteVectors = field(default_factory=lambda: ByteVectors.empty(0, 0))
    tokens: TokenStore | None = None
    files: MappedFiles | None = None
    calibration: Calibration = SHIPPED


@dataclass(frozen=True)
class Content:
    """What a snapshot will hold. `hashes` are the hashes of the chunks' headings and texts, by row.

    `withheld` is None if nobody looked for text that addresses a model.
    """

    sources: Sequence[IndexedSource]
    chunks: Sequence[Chunk]
    hashes: Sequence[bytes]
    withheld: tuple[WithheldText, ...] | None
    remarks: tuple[str, ...]


class VectorTables(Protocol):
    """Where a build puts vectors, tokens and texts, if not into the snapshot's folder."""

    def write(
        self, draft: Path, content: Content, embedder: OnnxEmbedder, reusable: Reusable, progress: Progress
    ) -> int:
        """Bring the chunks of a build into the database; write where they are, and return how many were embedded."""

    def chunks(self, folder: Path) -> Callable[[str, range], tuple[Chunk, ...]]:
        """Return what reads the chunks of a document of the snapshot in `folder`, from its id and rows."""

    def prune(self, folders: Sequence[Path]) -> None:
        """Delete what none of the snapshots in `folders` holds."""


@dataclass(frozen=True)
class Target:
    """Where a snapshot is written: its vectors, tokens and texts into `tables`, or into the folder without them."""

    folder: SnapshotFolder
    search: SearchRules
    tables: VectorTables | None = None


def reusable_of(folder: SnapshotFolder, previous: Manifest | None, embedder: OnnxEmbedder) -> Reusable:
    """Return what a build with this embedding model takes from the previous snapshot."""
    if previous is None or previous.embedder != embedder.name:
        return Reusable()
    path = folder.path(previous.name)
    fitted = load_calibration(path)
    calibration = fitted if fitted.curve else SHIPPED
    if previous.search.kind == IN_DATABASE:
        return Reusable(calibration=calibration)
    files = MappedFiles(path, previous.sizes)
    with closing(snapshot_tables.open_read_only(path / CHUNKS)) as connection:
        rows = dict(connection.execute("SELECT text_hash, id FROM chunks").fetchall())
    return Reusable(rows, open_vectors(path), TokenStore(path), files, calibration)


def text_hashes(chunks: Sequence[Chunk]) -> list[bytes]:
    """Return the hash of each chunk's headings and text. Chunks with equal ones have equal vectors."""
    return [_hash(heading_line(chunk.heading_path) + chunk.text) for chunk in chunks]


def written(
    target: Target, content: Content, embedder: OnnxEmbedder, reusable: Reusable, progress: Progress
) -> tuple[Manifest, int]:
    """Write a snapshot; make it the live one, and return its manifest and how many chunks were embedded."""
    now = datetime.now(UTC)
    name = f"{now:%Y%m%dT%H%M%S%f}-{sha256(b''.join(content.hashes)).hexdigest()[:6]}"
    with target.folder.draft(name) as draft:
        index, new = _write_content(draft, target, content, embedder, reusable, progress)
        made = sealed(target.folder, draft, _manifest(name, now, index, content, embedder))
        target.folder.publish(name)
    return made, new


def _write_content(
    draft: Path, target: Target, content: Content, embedder: OnnxEmbedder, reusable: Reusable, progress: Progress
) -> tuple[VectorIndex, int]:
    tables = target.tables
    if tables is None:
        index = _write_vectors(draft, content, embedder, reusable, target.search, progress)
        new = sum(key not in reusable.rows for key in content.hashes)
    else:
        index, new = VectorIndex(kind=IN_DATABASE), tables.write(draft, content, embedder, reusable, progress)
    _write_tables(draft, content, _origins(content.sources), with_texts=tables is None)
    (draft / CALIBRATION).write_text(reusable.calibration.model_dump_json(), encoding="utf-8")
    return index, new


def _manifest(name: str, now: datetime, index: VectorIndex, content: Content, embedder: OnnxEmbedder) -> Manifest:
    documents = [document for source in content.sources for document in source.documents]
    return Manifest(
        format=FORMAT,
        name=name,
        created_at=now.isoformat(timespec="seconds"),
        embedder=embedder.name,
        max_tokens=embedder.max_tokens,
        dimensions=embedder.dimensions,
        chunk_count=len(content.chunks),
        search=index,
        documents={document.document_id: document.content_hash for document in documents},
        skipped=tuple(skipped_files(content.sources)),
        checksums={},
        withheld=content.withheld,
        remarks=content.remarks,
        languages=tuple(sorted({origin.language for origin in _origins(content.sources) if origin.language})),
    )


def skipped_files(sources: Sequence[IndexedSource]) -> Iterator[SkippedFile]:
    """Yield what the sources hold that could not be read."""
    for item in (item for source in sources for item in source.skipped):
        yield SkippedFile(document_id=item.document_id, reason=item.reason, part=item.part)


def _write_vectors(
    draft: Path,
    content: Content,
    embedder: OnnxEmbedder,
    reusable: Reusable,
    search: SearchRules,
    progress: Progress,
) -> VectorIndex:
    vectors = ByteVectors.empty(len(content.chunks), embedder.dimensions)
    write_tokens(draft, embedded(content, embedder, reusable, vectors, progress), len(content.chunks))
    return write_vectors(draft, vectors, search, lambda: embedder.embed(_question_samples(content.chunks)))


def embedded(
    content: Content, embedder: OnnxEmbedder, reusable: Reusable, vectors: ByteVectors, progress: Progress
) -> Iterator[ChunkTokens]:
    """Yield each chunk's tokens by row and fill in its row of `vectors`; only new texts run through the model."""
    chunks, hashes = content.chunks, content.hashes
    total = sum(key not in reusable.rows for key in hashes)
    progress(0, total)
    done = 0
    for start in range(0, len(chunks), _WINDOW):
        window = range(start, min(start + _WINDOW, len(chunks)))
        fresh = sorted((r for r in window if hashes[r] not in reusable.rows), key=lambda r: len(chunks[r].text))
        made: dict[int, ChunkTokens] = {}
        for first in range(0, len(fresh), _BATCH):
            rows = fresh[first : first + _BATCH]
            texts = [chunks[row].embedding_text for row in rows]
            for row, encoded in zip(rows, embedder.encode_documents(texts), strict=True):
                vectors.put(row, encoded.vector)
                made[row] = chunk_tokens(encoded, chunks[row].heading_path, chunks[row].text)
            done += len(rows)
            progress(done, total)
        if reusable.files:
            reusable.files.require_unchanged()
        for row in window:
            if row in made:
                yield made[row]
            elif reusable.tokens is not None:
                earlier = reusable.rows[hashes[row]]
                vectors.codes[row], vectors.scales[row] = (
                    reusable.vectors.codes[earlier],
                    reusable.vectors.scales[earlier],
                )
                yield reusable.tokens.tokens(earlier)


def _question_samples(chunks: Sequence[Chunk]) -> list[str]:
    """Return a few words each from random chunks: as short as questions, on the subjects of the documents."""
    rng, texts = np.random.default_rng(0), []
    for row in rng.choice(len(chunks), min(_QUESTIONS, len(chunks)), replace=False):
        words = chunks[row].text.split()
        start = int(rng.integers(max(1, len(words) - _QUESTION_WORDS)))
        texts.append(" ".join(words[start : start + _QUESTION_WORDS]))
    return texts


def _origins(sources: Sequence[IndexedSource]) -> list[Origin]:
    """Return language and readers of each chunk's document."""
    return [
        origin
        for source in sources
        for document in source.documents
        for origin in [Origin(document_language(chunk.text for chunk in document.chunks), document.groups)]
        for _ in document.chunks
    ]


def _write_tables(draft: Path, content: Content, origins: Sequence[Origin], *, with_texts: bool) -> None:
    with closing(sqlite3.connect(draft / CHUNKS)) as connection:
        # A draft that a crash leaves behind is deleted, so a journal would be of no use.
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        snapshot_tables.write(draft, connection, content.sources, content.hashes if with_texts else None)
        write_words(draft, connection, content.chunks, origins)
        connection.commit()


def _hash(text: str) -> bytes:
    return sha256(text.encode(errors="surrogatepass")).digest()[:_HASH_BYTES]
