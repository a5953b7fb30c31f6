"""Build a snapshot: read what changed, reuse the rest, verify, then publish."""

import fcntl
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np

from index import snapshot_tables
from index.ann import VECTORS, SearchRules, write_vectors
from index.bm25 import Origin, write_words
from index.chunks import Chunk, heading_line
from index.embedding.model import OnnxEmbedder, Vectors
from index.errors import BuildRefusedError, IndexUnavailableError
from index.languages import document_language
from index.late_interaction import ChunkTokens, TokenStore, chunk_tokens, write_tokens
from index.reading.documents import LoadRules
from index.reading.source import Found, Source
from index.reading.sources import Location, survey
from index.retrieval import Manifest, SkippedFile, WithheldText
from index.snapshot import CHUNKS, FORMAT, SnapshotFolder, sealed
from index.snapshot_tables import IndexedSource
from index.sufficiency import CALIBRATION, SHIPPED, Calibration, load_calibration
from index.withheld_texts import Withheld, withheld_texts

Progress = Callable[[int, int], None]
# Chunks in memory with their tokens at a time. They are sorted by length, so that a batch needs little padding.
_WINDOW = 1024
_BATCH = 64
# Number and words of the texts on which the recall of an approximate index is measured.
_QUESTIONS, _QUESTION_WORDS = 200, 9


@dataclass(frozen=True, slots=True)
class BuildRules:
    """How to build. `max_drop` is the share of documents that may disappear in a build without `force`.

    `withheld` finds the passages that address a model, for the coverage report; None looks for none.
    """

    load: LoadRules = field(default_factory=LoadRules)
    search: SearchRules = field(default_factory=SearchRules)
    withheld: Withheld | None = None
    max_drop: float = 0.5
    keep_snapshots: int = 3
    force: bool = False


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a build saw, indexed and skipped. `reused` counts the chunks whose vectors came from the last snapshot.

    `withheld` are the documents that hold text addressed to a language model. `remarks` are as in the manifest.
    """

    snapshot: str
    indexed: int
    chunks: int
    reused: int
    skipped: tuple[SkippedFile, ...]
    withheld: tuple[WithheldText, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def seen(self) -> int:
        """Number of documents seen, indexed or not."""
        return self.indexed + len(self.skipped) - self.unread_parts

    @property
    def unread_parts(self) -> int:
        """Number of parts of indexed documents that could not be read."""
        return sum(bool(item.part) for item in self.skipped)


@dataclass(frozen=True)
class _Reusable:
    """What a build takes from the previous snapshot: vectors and tokens, and the calibration.

    `rows` maps the hash of a chunk's headings and text to its row in that snapshot.
    """

    rows: dict[str, int] = field(default_factory=dict)
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    tokens: TokenStore | None = None
    calibration: Calibration = SHIPPED


@dataclass(frozen=True)
class _Content:
    """What a snapshot will hold. `hashes` are the hashes of the chunks' headings and texts, by row.

    `withheld` is None if nobody looked for text that addresses a model.
    """

    sources: Sequence[IndexedSource]
    chunks: Sequence[Chunk]
    hashes: Sequence[str]
    withheld: tuple[WithheldText, ...] | None
    remarks: tuple[str, ...]
    origins: Sequence[Origin]


def build(
    locations: Sequence[Location],
    data_dir: Path,
    embedder: OnnxEmbedder,
    rules: BuildRules,
    progress: Progress = lambda _done, _total: None,
) -> Coverage:
    """Index `locations` (folders, files, addresses) into a new snapshot below `data_dir` and make it the live one.

    Raises BuildRefusedError if there is nothing to index, another build is running, or more documents disappeared than
    allowed; the live snapshot then stays live.
    """
    folder = SnapshotFolder(data_dir)
    folder.snapshots.mkdir(parents=True, exist_ok=True)
    with only_build(folder):
        previous = _previous(folder)
        found = survey(locations, folder.root, rules.load)
        sources = _read(found.sources, folder, previous, embedder, rules)
        _refuse_a_drop(_count(sources), previous, rules)
        chunks = [c for source in sources for document in source.documents for c in document.chunks]
        if not chunks:
            raise BuildRefusedError("nothing to index: no readable document at the given places")
        reusable = _reusable(folder, previous, embedder)
        hashes = [_hash(heading_line(c.heading_path) + c.text) for c in chunks]
        content = _Content(
            sources,
            chunks,
            hashes,
            _withheld(found.sources, sources, previous, rules),
            _remarks(found),
            _origins(sources),
        )
        manifest = _write(folder, content, embedder, reusable, rules.search, progress)
        folder.publish(manifest.name)
        folder.prune(rules.keep_snapshots)
    reused = sum(key in reusable.rows for key in content.hashes)
    return Coverage(
        manifest.name,
        len(manifest.documents),
        len(chunks),
        reused,
        manifest.skipped,
        manifest.withheld or (),
        manifest.remarks,
    )


@contextmanager
def only_build(folder: SnapshotFolder) -> Iterator[None]:
    """Hold the build lock. Raises BuildRefusedError if another build holds it."""
    folder.root.mkdir(parents=True, exist_ok=True)
    with (folder.root / "build.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BuildRefusedError("another build of this index is running; try again when it has ended") from error
        yield


def _read(
    found: Sequence[Source],
    folder: SnapshotFolder,
    previous: Manifest | None,
    embedder: OnnxEmbedder,
    rules: BuildRules,
) -> list[IndexedSource]:
    """Return what every source gives; unchanged sources are taken from the previous snapshot."""
    from index.ingestion import ingested  # noqa: PLC0415 - its parsers are needed only to build, not to serve

    wanted = {source.source_id: source.fingerprint for source in found}
    kept = {}
    if previous is not None:
        kept = {
            source.source_id: source
            for source in snapshot_tables.unchanged(folder.path(previous.name) / CHUNKS, wanted)
        }
    fresh = ingested([source for source in found if source.source_id not in kept], embedder, rules.load)
    made = kept | {source.source_id: source for source in fresh}
    return [made[source.source_id] for source in found]


def _previous(folder: SnapshotFolder) -> Manifest | None:
    try:
        return folder.newest_intact()[1]
    except IndexUnavailableError:
        return None


def _withheld(
    found: Sequence[Source], sources: Sequence[IndexedSource], previous: Manifest | None, rules: BuildRules
) -> tuple[WithheldText, ...] | None:
    if rules.withheld is None:
        return None
    return withheld_texts([source.path for source in found], sources, previous, rules.withheld)


def _remarks(found: Found) -> tuple[str, ...]:
    """Return what was left out, and the pages that stand in an older copy, in words."""
    left = [f"{item.place}: {item.reason}" for item in found.left_out]
    old = [
        f"{source.source_id}: not reachable since {source.not_seen_since}, the copy of that day is used"
        for source in found.sources
        if source.not_seen_since
    ]
    return (*left, *old)


def _origins(sources: Sequence[IndexedSource]) -> list[Origin]:
    """Return language and readers of each chunk's document."""
    return [
        origin
        for source in sources
        for document in source.documents
        for origin in [Origin(document_language(chunk.text for chunk in document.chunks), document.groups)]
        for _ in document.chunks
    ]


def _count(sources: Sequence[IndexedSource]) -> int:
    return sum(len(source.documents) for source in sources)


def _refuse_a_drop(after: int, previous: Manifest | None, rules: BuildRules) -> None:
    if previous is None or rules.force or not previous.documents:
        return
    before = len(previous.documents)
    if after < before * (1 - rules.max_drop):
        raise BuildRefusedError(
            f"documents would fall from {before} to {after}, more than the allowed share of "
            f"{rules.max_drop:.0%}; check the folder, or build with --force"
        )


def _reusable(folder: SnapshotFolder, previous: Manifest | None, embedder: OnnxEmbedder) -> _Reusable:
    if previous is None or previous.embedder != embedder.name:
        return _Reusable()
    path = folder.path(previous.name)
    with closing(snapshot_tables.open_read_only(path / CHUNKS)) as connection:
        rows = dict(connection.execute("SELECT text_hash, id FROM chunks").fetchall())
    vectors: Vectors = np.load(path / VECTORS, mmap_mode="r")
    fitted = load_calibration(path)
    return _Reusable(rows, vectors, TokenStore(path, embedder.token_scale), fitted if fitted.curve else SHIPPED)


def _write(
    folder: SnapshotFolder,
    content: _Content,
    embedder: OnnxEmbedder,
    reusable: _Reusable,
    search: SearchRules,
    progress: Progress,
) -> Manifest:
    now = datetime.now(UTC)
    name = f"{now:%Y%m%dT%H%M%S%f}-{_hash(''.join(content.hashes))[:6]}"
    draft = folder.draft(name)
    vectors = np.empty((len(content.chunks), embedder.dimensions), dtype=np.float32)
    tokens = _embedded(content, embedder, reusable, vectors, progress)
    write_tokens(draft, tokens, len(content.chunks), len(embedder.token_scale) // 2)
    index = write_vectors(draft, vectors, search, lambda: embedder.embed(_question_samples(content.chunks)))
    _write_tables(draft, content)
    (draft / CALIBRATION).write_text(reusable.calibration.model_dump_json(), encoding="utf-8")
    documents = [document for source in content.sources for document in source.documents]
    skipped = [item for source in content.sources for item in source.skipped]
    manifest = Manifest(
        format=FORMAT,
        name=name,
        created_at=now.isoformat(timespec="seconds"),
        embedder=embedder.name,
        max_tokens=embedder.max_tokens,
        dimensions=embedder.dimensions,
        chunk_count=len(content.chunks),
        search=index,
        documents={document.document_id: document.content_hash for document in documents},
        skipped=tuple(
            SkippedFile(document_id=item.document_id, reason=item.reason, part=item.part) for item in skipped
        ),
        checksums={},
        withheld=content.withheld,
        remarks=content.remarks,
        languages=tuple(sorted({origin.language for origin in content.origins if origin.language})),
    )
    return sealed(folder, draft, manifest)


def _embedded(
    content: _Content, embedder: OnnxEmbedder, reusable: _Reusable, vectors: Vectors, progress: Progress
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
            for row, encoded in zip(
                rows, embedder.encode_documents([chunks[r].embedding_text for r in rows]), strict=True
            ):
                vectors[row] = encoded.vector
                made[row] = chunk_tokens(encoded, chunks[row].heading_path, chunks[row].text, embedder.token_scale)
            done += len(rows)
            progress(done, total)
        for row in window:
            if row in made:
                yield made[row]
            elif reusable.tokens is not None:
                vectors[row] = reusable.vectors[reusable.rows[hashes[row]]]
                yield reusable.tokens.tokens(reusable.rows[hashes[row]])


def _question_samples(chunks: Sequence[Chunk]) -> list[str]:
    """Return a few words each from random chunks: as short as questions, on the subjects of the documents."""
    rng, texts = np.random.default_rng(0), []
    for row in rng.choice(len(chunks), min(_QUESTIONS, len(chunks)), replace=False):
        words = chunks[row].text.split()
        start = int(rng.integers(max(1, len(words) - _QUESTION_WORDS)))
        texts.append(" ".join(words[start : start + _QUESTION_WORDS]))
    return texts


def _write_tables(draft: Path, content: _Content) -> None:
    with closing(sqlite3.connect(draft / CHUNKS)) as connection:
        # A draft that a crash leaves behind is deleted, so a journal would be of no use.
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        snapshot_tables.write(connection, content.sources, content.hashes)
        write_words(draft, connection, content.chunks, content.origins)
        connection.commit()


def _hash(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
