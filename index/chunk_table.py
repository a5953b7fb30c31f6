"""The chunks of one snapshot as its tables hold them: which rows a scope may read, and what stands in a row."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import snapshot_tables
from index.reading.documents import EVERYONE
from index.snapshot import CHUNKS

_CHUNKS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """What a score is made of: cosine, token match and words, each as found; `score` weighs them."""

    cosine: float
    tokens: float
    words: float


@dataclass(frozen=True, slots=True)
class RetrievedChunk:
    """A chunk found for a question. `score` is the fused score, comparable within one search only.

    `text` is verbatim; of a chunk further down the ranking it is the part that matches best.
    """

    chunk_id: str
    document_id: str
    title: str
    heading: str
    text: str
    url: str | None
    score: float
    groups: frozenset[str] = frozenset({EVERYONE})
    parts: ScoreParts | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search may see: documents of these groups whose id matches one of the patterns."""

    groups: frozenset[str]
    within: tuple[str, ...]

    @property
    def sql(self) -> str:
        """From `chunks c` on, with a question mark for each of `values`."""
        marks = ",".join("?" * len(self.groups))
        matches = " OR ".join("d.document_id GLOB ?" for _ in self.within)
        return (
            "FROM chunks c JOIN document_groups g ON g.document = c.document JOIN documents d ON d.id = c.document "
            f"WHERE g.group_name IN ({marks}){f' AND ({matches})' if matches else ''}"
        )

    @property
    def values(self) -> tuple[str, ...]:
        """What the question marks of `sql` stand for."""
        return (*sorted(self.groups), *self.within)


class ChunkRows:
    """One snapshot's table of chunks. Its connection serves one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self.connection = snapshot_tables.open_read_only(folder / CHUNKS)
        documents = self.connection.execute("SELECT document FROM chunks ORDER BY id")
        self.documents: NDArray[np.int32] = np.fromiter((document for (document,) in documents), dtype=np.int32)
        self.chunk = lru_cache(maxsize=_CHUNKS_KEPT)(self._read)

    def readable(self, scope: Scope) -> NDArray[np.int64]:
        """Return the rows that `scope` may read, ascending."""
        rows = self.connection.execute(f"SELECT DISTINCT c.id {scope.sql} ORDER BY c.id", scope.values)
        return np.fromiter((row for (row,) in rows), dtype=np.int64)

    def of_ids(self, chunk_ids: Collection[str]) -> dict[str, RetrievedChunk]:
        """Return those of the chunks that are here."""
        marks = ",".join("?" * len(chunk_ids))
        rows = self.connection.execute(
            f"SELECT id FROM chunks WHERE chunk_id IN ({marks})",  # noqa: S608
            sorted(chunk_ids),
        ).fetchall()
        return {chunk.chunk_id: chunk for (row,) in rows for chunk in [self.chunk(row)]}

    def of_document(self, document_id: str) -> tuple[RetrievedChunk, ...]:
        """Return a document's chunks in their order; none if it is not here."""
        rows = self.connection.execute(
            "SELECT c.id FROM chunks c JOIN documents d ON d.id = c.document WHERE d.document_id = ? ORDER BY c.id",
            (document_id,),
        ).fetchall()
        return tuple(self.chunk(row) for (row,) in rows)

    def _read(self, row: int) -> RetrievedChunk:
        chunk_id, document_id, title, path, anchor, text, url, groups = self.connection.execute(
            "SELECT c.chunk_id, d.document_id, d.title, c.heading_path, c.anchor, c.text, d.url, "
            "(SELECT json_group_array(group_name) FROM document_groups WHERE document = d.id) "
            "FROM chunks c JOIN documents d ON d.id = c.document WHERE c.id = ?",
            (row,),
        ).fetchone()
        return RetrievedChunk(
            chunk_id=chunk_id,
            document_id=document_id,
            title=title,
            heading=" > ".join(json.loads(path)[1:]),
            text=text,
            url=f"{url}#{anchor}" if url and anchor and "#" not in url else url,
            score=0.0,
            groups=frozenset(json.loads(groups)),
        )
