"""The retriever of a running process: it follows `CURRENT` and falls back when a snapshot is damaged.

A snapshot is opened after a quick check and verified in the background while it is being served.
"""

import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import structlog

from index.ann import EXACT_WHILE_SMALL, SearchRules
from index.errors import IndexUnavailableError, SnapshotCorruptError
from index.excerpts import EXCERPTS, ExcerptRules
from index.parts import VectorDatabase
from index.reranking import Reranking
from index.retrieval import Manifest, Retrieval, RetrievedChunk
from index.search import QuestionEncoder, SnapshotSearch
from index.snapshot import SnapshotFolder, verified_manifest

_log = structlog.get_logger(__name__)


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
        self._opened: tuple[SnapshotSearch, Manifest] | None = None

    def search(self, question: str, groups: Collection[str], limit: int, within: Sequence[str] = ()) -> Retrieval:
        """Return at most `limit` chunks that `groups` may read, best first."""
        return self._current()[0].search(question, groups, limit, within)

    def words(self, groups: Collection[str], within: Sequence[str] = ()) -> Mapping[str, int]:
        """Return the words of the documents that `groups` may read, with the number of documents that hold each."""
        return self._current()[0].words(groups, within)

    def rarities(self, terms: Collection[str], groups: Collection[str], within: Sequence[str] = ()) -> dict[str, float]:
        """Return how rare each term is in what `groups` may read, if it stands there."""
        return self._current()[0].rarities(terms, groups, within)

    def chunks(self, chunk_ids: Collection[str]) -> dict[str, RetrievedChunk]:
        """Return those of the chunks that the snapshot holds, by id, whoever may read them."""
        return self._current()[0].chunks(chunk_ids)

    def chunks_of(self, document_id: str) -> tuple[RetrievedChunk, ...]:
        """Return a document's chunks in reading order; () if the snapshot does not hold it."""
        return self._current()[0].chunks_of(document_id)

    def manifest(self) -> Manifest:
        """Return the manifest of the snapshot that is being served."""
        return self._current()[1]

    @property
    def snapshot(self) -> str:
        """Name of the snapshot that is being served."""
        return self._current()[0].name

    @property
    def reranker(self) -> str:
        """Name of the reranker; "" without one."""
        return self._reranking.scorer.name if self._reranking else ""

    def reopen(self) -> None:
        """Look at the live snapshot again at the next call: what was damaged may have been mended."""
        with self._lock:
            self._seen = None

    def _current(self) -> tuple[SnapshotSearch, Manifest]:
        with self._lock:
            live = self._folder.current_name()
            if self._opened is None or live != self._seen:
                self._open()
                self._seen = live
            if self._opened is None:  # pragma: no cover - _open either sets it or raises
                raise IndexUnavailableError("no index")
            return self._opened

    def _open(self) -> None:
        try:
            path, manifest = self._folder.newest_to_open(self._damaged)
            opened = SnapshotSearch(
                path, manifest, self._embedder, self._rules, self._excerpts, self._reranking, self._database
            )
        except IndexUnavailableError as error:
            if self._opened is None:
                raise
            _log.error("snapshot_kept", snapshot=self._opened[0].name, code=error.code)
            return
        if opened.name != self._folder.current_name():
            _log.error("snapshot_fell_back", snapshot=opened.name)
        self._opened = (opened, manifest)
        # A daemon: reading 40 GB must not keep a process from ending.
        threading.Thread(target=self._verify, args=(path,), name=f"verify-{path.name}", daemon=True).start()

    def _verify(self, path: Path) -> None:
        """Read what opening did not, and let the next search open an older snapshot if this one is damaged."""
        try:
            verified_manifest(path)
        except SnapshotCorruptError as error:
            if not path.is_dir():  # it was pruned meanwhile, so another one is live
                return
            _log.error("snapshot_damaged", snapshot=path.name, reason=str(error))
            with self._lock:
                self._damaged[path.name] = str(error)
                if self._opened is not None and self._opened[0].name == path.name:
                    self._opened = None
