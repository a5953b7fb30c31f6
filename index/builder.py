"""Build a snapshot: read what changed, reuse the rest, verify, then publish."""

import fcntl
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from index import snapshot_tables
from index.ann import SearchRules
from index.embedding.model import OnnxEmbedder
from index.errors import (
    BuildRefusedError,
    BuildRunningError,
    BuildStoppedError,
    CitedeskError,
    IndexUnavailableError,
    SnapshotCorruptError,
)
from index.freshness import not_seen, with_days
from index.reading.documents import LoadRules
from index.reading.source import Source
from index.reading.sources import Location, survey
from index.retrieval import IN_DATABASE, LastBuild, Manifest, NotSeen, SkippedFile, WithheldText
from index.snapshot import CHUNKS, SnapshotFolder
from index.snapshot_tables import IndexedSource
from index.snapshot_writing import (
    Content,
    Progress,
    Target,
    VectorTables,
    reusable_of,
    skipped_files,
    text_hashes,
    written,
)
from index.withheld_texts import Withheld, withheld_texts

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BuildRules:
    """How to build. `max_drop` is the share of documents that may disappear in a build without `force`.

    `withheld` finds the passages that address a model, for the coverage report; None looks for none.
    With `only_changes` a build that finds the documents of the live snapshot again makes no other one. `tables` is the
    database for vectors, tokens and texts; without one they stay in the snapshot's folder.
    """

    load: LoadRules = field(default_factory=LoadRules)
    search: SearchRules = field(default_factory=SearchRules)
    withheld: Withheld | None = None
    max_drop: float = 0.5
    keep_snapshots: int = 3
    force: bool = False
    only_changes: bool = False
    tables: VectorTables | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a build saw, indexed and skipped. `reused` counts the chunks whose vectors came from the last snapshot.

    `withheld` are the documents that hold text addressed to a language model. `remarks` are as in the manifest,
    `not_seen` as in LastBuild.
    """

    snapshot: str
    indexed: int
    chunks: int
    reused: int
    skipped: tuple[SkippedFile, ...]
    withheld: tuple[WithheldText, ...] = ()
    remarks: tuple[str, ...] = ()
    not_seen: tuple[NotSeen, ...] = ()

    @property
    def seen(self) -> int:
        """Number of documents seen, indexed or not."""
        return self.indexed + len(self.skipped) - self.unread_parts

    @property
    def unread_parts(self) -> int:
        """Number of parts of indexed documents that could not be read."""
        return sum(bool(item.part) for item in self.skipped)


def build(
    locations: Sequence[Location],
    data_dir: Path,
    embedder: OnnxEmbedder,
    rules: BuildRules,
    progress: Progress = lambda _done, _total: None,
    checkpoint: Callable[[], None] = lambda: None,
) -> Coverage:
    """Index `locations` (folders, files, addresses) into a new snapshot below `data_dir` and make it the live one.

    `checkpoint` is called every few seconds, and may raise BuildStoppedError to end the build. Raises BuildRefusedError
    if there is nothing to index, another build is running, or more documents disappeared than allowed; the live
    snapshot then stays live.
    """
    folder = SnapshotFolder(data_dir)
    with _disk_errors(folder), only_build(folder):
        folder.snapshots.mkdir(exist_ok=True)
        try:
            coverage = _built(locations, folder, embedder, rules, _Steps(progress, checkpoint))
        except BuildStoppedError:
            raise
        except Exception as error:
            words = str(error) if isinstance(error, CitedeskError) else _disk_words(error) or type(error).__name__
            earlier = folder.last_build()
            folder.note(LastBuild(at=_now(), error=words, not_seen=earlier.not_seen if earlier else ()))
            raise
        folder.note(LastBuild(at=_now(), not_seen=coverage.not_seen))
    return coverage


@dataclass(frozen=True)
class _Steps:
    """What a build calls on its way."""

    progress: Progress
    checkpoint: Callable[[], None]

    def embedded(self, done: int, total: int) -> None:
        """Tell how many of the new chunks are embedded."""
        self.checkpoint()
        self.progress(done, total)


def _built(
    locations: Sequence[Location], folder: SnapshotFolder, embedder: OnnxEmbedder, rules: BuildRules, steps: _Steps
) -> Coverage:
    previous = _previous(folder)
    found = survey(locations, folder.root, rules.load, steps.checkpoint)
    sources = _read(found.sources, folder, previous, embedder, rules, steps)
    _refuse_a_drop(_count(sources), previous, rules)
    chunks = [c for source in sources for document in source.documents for c in document.chunks]
    if not chunks:
        raise BuildRefusedError("nothing to index: no readable document at the given places")
    withheld = _withheld(found.sources, sources, previous, rules)
    remarks = tuple(f"{item.place}: {item.reason}" for item in found.left_out)
    content = Content(sources, chunks, text_hashes(chunks), withheld, remarks)
    if rules.only_changes and previous is not None and _is_same(content, previous, folder, embedder, rules):
        name, reused = previous.name, len(chunks)
    else:
        reusable = reusable_of(folder, previous, embedder)
        target = Target(folder, rules.search, rules.tables)
        made, new = written(target, content, embedder, reusable, steps.embedded)
        name, reused = made.name, len(chunks) - new
        folder.prune(rules.keep_snapshots)
        if rules.tables:
            rules.tables.prune([folder.path(kept) for kept in folder.names()])
    today = datetime.now(UTC).date()
    ids = {document.document_id for source in sources for document in source.documents}
    return Coverage(
        name,
        len(ids),
        len(chunks),
        reused,
        tuple(skipped_files(sources)),
        withheld or (),
        remarks,
        not_seen(found.sources, ids, previous, folder.last_build(), today),
    )


@contextmanager
def _disk_errors(folder: SnapshotFolder) -> Iterator[None]:
    """Raise BuildRefusedError for what the disk refuses in the body: it is full, read-only or somebody else's."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        words = _disk_words(error)
        raise BuildRefusedError(f"the index in {folder.root} cannot be built: {words}; nothing has changed") from error


def _disk_words(error: Exception) -> str:
    """Return what the disk refused, with the file if it is known; "" if it was not the disk."""
    if isinstance(error, OSError):
        # NumPy raises one without a reason when the disk takes only a part of an array.
        words = error.strerror or f"the disk is full: {error}"
        return f"{words} ({error.filename})" if error.filename else words
    return str(error) if isinstance(error, sqlite3.Error) else ""


@contextmanager
def only_build(folder: SnapshotFolder) -> Iterator[None]:
    """Hold the build lock. Raises BuildRunningError if another build holds it."""
    folder.root.mkdir(parents=True, exist_ok=True)
    with (folder.root / "build.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BuildRunningError("another build of this index is running; try again when it has ended") from error
        yield


def _read(
    found: Sequence[Source],
    folder: SnapshotFolder,
    previous: Manifest | None,
    embedder: OnnxEmbedder,
    rules: BuildRules,
    steps: _Steps,
) -> list[IndexedSource]:
    """Return what every source gives; unchanged sources are taken from the previous snapshot."""
    from index.ingestion import ingested  # noqa: PLC0415 - its parsers are needed only to build, not to serve

    wanted = {source.source_id: source.fingerprint for source in found}
    kept = {}
    if previous is not None:
        kept = _unchanged(folder, previous, wanted, rules)
    made = dict(kept)
    new = [source for source in found if source.source_id not in kept]
    with closing(ingested(new, embedder, rules.load, steps.checkpoint)) as fresh:
        for source in fresh:
            steps.checkpoint()
            made[source.source_id] = source
    today = datetime.now(UTC).date()
    return [with_days(made[source.source_id], source, today) for source in found]


def _unchanged(
    folder: SnapshotFolder, previous: Manifest, wanted: dict[str, str], rules: BuildRules
) -> dict[str, IndexedSource]:
    """Return the sources of the previous snapshot that are unchanged; none if nothing can read their texts."""
    path, chunks_of = folder.path(previous.name), None
    if previous.search.kind == IN_DATABASE:
        if rules.tables is None:
            return {}
        chunks_of = rules.tables.chunks(path)
    try:
        return {source.source_id: source for source in snapshot_tables.unchanged(path / CHUNKS, wanted, chunks_of)}
    except SnapshotCorruptError as error:
        _log.warning("sources_read_again", reason=str(error))
        return {}


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


def _is_same(
    content: Content, previous: Manifest, folder: SnapshotFolder, embedder: OnnxEmbedder, rules: BuildRules
) -> bool:
    """Tell whether a snapshot of this content would hold what the previous one holds.

    What else was skipped may differ: a page that fails in another way each time would make a snapshot each time.
    """
    before = snapshot_tables.fingerprints(folder.path(previous.name) / CHUNKS)
    giving = [source for source in content.sources if source.documents]
    return (
        previous.embedder == embedder.name
        and (previous.search.kind == IN_DATABASE) == (rules.tables is not None)
        and all(before.get(source.source_id) == source.fingerprint for source in giving)
        and previous.documents.keys() == {d.document_id for source in giving for d in source.documents}
    )


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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
