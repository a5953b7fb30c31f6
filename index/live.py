"""The retriever that a running process holds: it follows `CURRENT` and survives a damaged snapshot."""

import threading
from collections.abc import Collection, Sequence
from pathlib import Path

import structlog

from index.ann import EXACT_WHILE_SMALL, SearchRules
from index.chunk_table import RetrievedChunk
from index.embedding.model import OnnxEmbedder
from index.errors import IndexUnavailableError
from index.excerpts import EXCERPTS, ExcerptRules
from index.search import Retrieval, SnapshotSearch
from index.snapshot import Manifest, SnapshotFolder

_log = structlog.get_logger(__name__)


class LiveRetriever:
    """Searches the live snapshot and takes up a new one at the next search after a switch.

    A search that has begun keeps the snapshot it began with.
    """

    def __init__(
        self,
        data_dir: Path,
        embedder: OnnxEmbedder,
        rules: SearchRules = EXACT_WHILE_SMALL,
        excerpts: ExcerptRules = EXCERPTS,
    ) -> None:
        self._folder = SnapshotFolder(data_dir)
        self._embedder, self._rules, self._excerpts = embedder, rules, excerpts
        self._lock = threading.Lock()
        self._seen: str | None = None
        self._opened: tuple[SnapshotSearch, Manifest] | None = None

    def search(self, question: str, groups: Collection[str], limit: int, within: Sequence[str] = ()) -> Retrieval:
        """Return chunks that `groups` may read. Raises IndexUnavailableError if nothing can be served."""
        return self._current()[0].search(question, groups, limit, within)

    def chunks(self, chunk_ids: Collection[str]) -> dict[str, RetrievedChunk]:
        """Return those of the chunks that the live snapshot holds, whoever may read them."""
        return self._current()[0].chunks(chunk_ids)

    def chunks_of(self, document_id: str) -> tuple[RetrievedChunk, ...]:
        """Return a document's chunks in their order; none if it is gone."""
        return self._current()[0].chunks_of(document_id)

    def manifest(self) -> Manifest:
        """Return the manifest of the snapshot that is being served."""
        return self._current()[1]

    @property
    def snapshot(self) -> str:
        """Name of the snapshot that is being served."""
        return self._current()[0].name

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
            path, manifest = self._folder.newest_intact()
            opened = SnapshotSearch(path, manifest, self._embedder, self._rules, self._excerpts)
        except IndexUnavailableError as error:
            if self._opened is None:
                raise
            _log.error("snapshot_kept", snapshot=self._opened[0].name, code=error.code)
            return
        if opened.name != self._folder.current_name():
            _log.error("snapshot_fell_back", snapshot=opened.name)
        self._opened = (opened, manifest)
