"""The retriever of a running process: it follows `CURRENT` and falls back when a snapshot is damaged.

A snapshot is opened after a quick check and verified in the background while it is being served.
"""

import sqlite3
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog

from index.ann import EXACT_WHILE_SMALL, SearchRules
from index.errors import IndexUnavailableError, SnapshotCorruptError
from index.excerpts import EXCERPTS, ExcerptRules
from index.mapped_files import MappedFiles
from index.parts import VectorDatabase
from index.reranking import Reranking
from index.retrieval import Manifest, Retrieval, RetrievedChunk
from index.search import QuestionEncoder, SnapshotSearch
from index.snapshot import SnapshotFolder, verified_manifest

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
# What SQLite says of tables that are damaged, where a large file is searched before all of it is verified.
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR})


@dataclass(frozen=True, slots=True)
class _Opened:
    """A snapshot that is searched, and its files as they were when it was opened."""

    search: SnapshotSearch
    manifest: Manifest
    files: MappedFiles


class LiveRetriever:
    """The port `Retriever` over the snapshots of one data directory."""

    def __init__(
        self,
        data_dir: Path,
        embedder: QuestionEncoder,
        rules: SearchRules = EXACT_WHILE_SMALL,
        excerpts: ExcerptRules = EXCERPTS,
        reranking: Reranking | None = None,
        database: VectorDatabase | None = None,
    ) -> None:
        self._folder = SnapshotFolder(data_dir)
        self._embedder, self._rules, self._excerpts, self._reranking = embedder, rules, excerpts, reranking
        self._database = database
        self._lock = threading.Lock()
        self._seen: str | None = None
        self._damaged: dict[str, str] = {}
        self._opened: _Opened | None = None

    def search(self, question: str, groups: Collection[str], limit: int, within: Sequence[str] = ()) -> Retrieval:
        """Return at most `limit` chunks that `groups` may read, best first."""
        return self._asked(lambda snapshot: snapshot.search(question, groups, limit, within))

    def words(self, groups: Collection[str], within: Sequence[str] = ()) -> Mapping[str, int]:
        """Return the words of the documents that `groups` may read, with the number of documents that hold each."""
        return self._asked(lambda snapshot: snapshot.words(groups, within))

    def rarities(self, terms: Collection[str], groups: Collection[str], within: Sequence[str] = ()) -> dict[str, float]:
        """Return how rare each term is in what `groups` may read, if it stands there."""
        return self._asked(lambda snapshot: snapshot.rarities(terms, groups, within))

    def chunks(self, chunk_ids: Collection[str]) -> dict[str, RetrievedChunk]:
        """Return those of the chunks that the snapshot holds, by id, whoever may read them."""
        return self._asked(lambda snapshot: snapshot.chunks(chunk_ids))

    def chunks_of(self, document_id: str) -> tuple[RetrievedChunk, ...]:
        """Return a document's chunks in reading order; () if the snapshot does not hold it."""
        return self._asked(lambda snapshot: snapshot.chunks_of(document_id))

    def manifest(self) -> Manifest:
        """Return the manifest of the snapshot that is being served."""
        return self._current().manifest

    @property
    def snapshot(self) -> str:
        """Name of the snapshot that is being served."""
        return self._current().search.name

    @property
    def reranker(self) -> str:
        """Name of the reranker; "" without one."""
        return self._reranking.scorer.name if self._reranking else ""

    def reopen(self) -> None:
        """Look at the live snapshot again at the next call: what was damaged may have been mended."""
        with self._lock:
            self._seen = None

    def _asked(self, ask: Callable[[SnapshotSearch], _T]) -> _T:
        """Ask the current snapshot; if its tables turn out to be damaged, ask the one before."""
        search = self._current().search
        try:
            return ask(search)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                raise
            self._give_up(search.name, f"{search.name}: {error}")
        return ask(self._current().search)

    def _current(self) -> _Opened:
        with self._lock:
            live = self._folder.current_name()
            self._close_if_changed()
            if self._opened is None or live != self._seen:
                self._open()
                self._seen = live
            if self._opened is None:  # pragma: no cover - _open either sets it or raises
                raise IndexUnavailableError("no index")
            return self._opened

    def _open(self) -> None:
        try:
            path, manifest = self._folder.newest_to_open(self._damaged)
            files = MappedFiles(path, manifest.sizes)
            opened = SnapshotSearch(
                path, manifest, self._embedder, self._rules, self._excerpts, self._reranking, self._database
            )
        except IndexUnavailableError as error:
            if self._opened is None:
                raise
            _log.error("snapshot_kept", snapshot=self._opened.search.name, code=error.code)
            return
        if opened.name != self._folder.current_name():
            _log.error("snapshot_fell_back", snapshot=opened.name)
        self._opened = _Opened(opened, manifest, files)
        # A daemon: reading 40 GB must not keep a process from ending.
        threading.Thread(target=self._verify, args=(path,), name=f"verify-{path.name}", daemon=True).start()

    def _close_if_changed(self) -> None:
        """Close a snapshot whose files were written into; opening it again finds out whether it is whole."""
        try:
            if self._opened is not None:
                self._opened.files.require_unchanged()
        except SnapshotCorruptError as error:
            _log.error("snapshot_changed", reason=str(error))
            self._opened = None

    def _verify(self, path: Path) -> None:
        """Read what opening did not, and let the next search open an older snapshot if this one is damaged."""
        try:
            verified_manifest(path)
        except SnapshotCorruptError as error:
            if not path.is_dir():  # it was pruned meanwhile, so another one is live
                return
            self._give_up(path.name, str(error))

    def _give_up(self, name: str, reason: str) -> None:
        """Serve a damaged snapshot no longer."""
        _log.error("snapshot_damaged", snapshot=name, reason=reason)
        with self._lock:
            self._damaged[name] = reason
            if self._opened is not None and self._opened.search.name == name:
                self._opened = None
