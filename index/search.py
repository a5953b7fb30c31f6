"""Search a snapshot: dense and lexical, filtered by access inside both, fused into one ranking."""

import json
import re
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index import sufficiency, tables
from index.documents import EVERYONE
from index.embedding import Embedder, Vectors
from index.errors import SnapshotCorruptError
from index.snapshot import CHUNKS, VECTORS, Manifest

# Weight of the cosine against the lexical score scaled to 0..1 by the best hit. Measured over
# reciprocal-rank and convex fusion on two document sets: tests/bench/fusion.py prints the table.
_DENSE_WEIGHT = 0.9
_CANDIDATES = 60
_FIELD_WEIGHTS = "2.0, 1.5, 1.0"
_WORD = re.compile(r"\w+")
_MAX_TERMS = 40
# Function words carry no evidence that a chunk is about the question.
_FUNCTION_WORDS = frozenset(
    _WORD.findall(
        "a am an and any are as at be been but by can could did do does for from get got had has have how i "
        "if in into is it its just me my no not of on or our shall she should so than that the their them "
        "then there these they this to us was we were what when where which who whom whose why will with "
        "would you your"
    )
)


@dataclass(frozen=True, slots=True)
class RetrievedChunk:
    """A chunk found for a question. `score` is the fused score, comparable within one search only."""

    chunk_id: str
    document_id: str
    title: str
    heading: str
    text: str
    url: str | None
    score: float
    groups: frozenset[str] = frozenset({EVERYONE})


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Chunks, best first, and how likely (0..1) they hold what the question asks for."""

    chunks: tuple[RetrievedChunk, ...]
    sufficiency: float
    snapshot: str
    hidden_is_nearer: bool = False


@dataclass(frozen=True, slots=True)
class _Scope:
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


# A hidden document explains a "not enough info" when it is this near, or by this much nearer than what was read.
_NEAR, _NEARER = 0.4, 0.1


class SnapshotSearch:
    """One opened snapshot. Safe to share between threads."""

    def __init__(self, path: Path, manifest: Manifest, embedder: Embedder) -> None:
        if manifest.embedder != embedder.name:
            raise SnapshotCorruptError(
                f"{manifest.name} was built with {manifest.embedder}, but the configured model is "
                f"{embedder.name}; build the index again"
            )
        self.name = manifest.name
        self._embedder = embedder
        self._lock = threading.Lock()
        self._rows = tables.open_read_only(path / CHUNKS)
        self._vectors = faiss.read_index(str(path / VECTORS))
        self._readable = lru_cache(maxsize=64)(self._readable_rows)

    def search(self, question: str, groups: Collection[str], limit: int, within: Sequence[str] = ()) -> Retrieval:
        """Return at most `limit` chunks that a member of `groups` may read, best first.

        `within` are GLOB patterns of document ids, of which one must match; none means every document.
        """
        vector = self._embedder.embed([question])
        with self._lock:
            return self._search(question, vector, _Scope(frozenset(groups) | {EVERYONE}, tuple(within)), limit)

    def chunks(self, chunk_ids: Collection[str]) -> dict[str, RetrievedChunk]:
        """Return those of the chunks that this snapshot holds, whoever may read them."""
        marks = ",".join("?" * len(chunk_ids))
        with self._lock:
            rows = self._rows.execute(
                f"SELECT id FROM chunks WHERE chunk_id IN ({marks})",  # noqa: S608
                sorted(chunk_ids),
            ).fetchall()
            found = [self._chunk(row, 0.0) for (row,) in rows]
        return {chunk.chunk_id: chunk for chunk in found}

    def chunks_of(self, document_id: str) -> tuple[RetrievedChunk, ...]:
        """Return a document's chunks in their order; none if it is gone."""
        with self._lock:
            rows = self._rows.execute(
                "SELECT c.id FROM chunks c JOIN documents d ON d.id = c.document WHERE d.document_id = ? ORDER BY c.id",
                (document_id,),
            ).fetchall()
            return tuple(self._chunk(row, 0.0) for (row,) in rows)

    def close(self) -> None:
        """Release the snapshot's files."""
        with self._lock:
            self._rows.close()

    def _search(self, question: str, vector: Vectors, scope: "_Scope", limit: int) -> Retrieval:
        readable = self._readable(scope)
        if not len(readable):
            return Retrieval((), 0.0, self.name, hidden_is_nearer=self._nearest_of_all(vector) > _NEAR)
        terms = question_terms(question)
        lexical = self._lexical(terms, scope)
        cosine = self._cosines(vector, readable, lexical)
        ranked = sorted(_fused(cosine, lexical).items(), key=lambda item: (-item[1], item[0]))[:limit]
        features = sufficiency.features(
            [cosine[row] for row, _ in ranked], self._coverages(terms, readable, [row for row, _ in ranked[:3]])
        )
        chunks = tuple(self._chunk(row, score) for row, score in ranked)
        nearer = len(readable) < self._vectors.ntotal and self._nearest_of_all(vector) > max(cosine.values()) + _NEARER
        return Retrieval(chunks, self._sufficiency(features), self.name, hidden_is_nearer=nearer)

    def _nearest_of_all(self, vector: Vectors) -> float:
        """Return the best cosine there is, whoever may read it; for operators, never for the asker."""
        scores, rows = self._vectors.search(vector, 1)
        return float(scores[0][0]) if rows[0][0] >= 0 else 0.0

    def _sufficiency(self, features: sufficiency.Features) -> float:
        return sufficiency.probability(features)

    def _readable_rows(self, scope: "_Scope") -> NDArray[np.int64]:
        rows = self._rows.execute(f"SELECT DISTINCT c.id {scope.sql} ORDER BY c.id", scope.values)
        return np.fromiter((row for (row,) in rows), dtype=np.int64)

    def _cosines(self, vector: Vectors, readable: NDArray[np.int64], lexical: dict[int, float]) -> dict[int, float]:
        wanted = min(_CANDIDATES, len(readable))
        only = faiss.SearchParameters(sel=faiss.IDSelectorBatch(readable))  # type: ignore[call-arg]
        scores, rows = self._vectors.search(vector, wanted, params=only)
        found = {int(row): float(score) for row, score in zip(rows[0], scores[0], strict=True) if row >= 0}
        for row in lexical.keys() - found.keys():
            found[row] = float(self._vectors.reconstruct(row) @ vector[0])
        return found

    def _lexical(self, terms: Sequence[str], scope: "_Scope") -> dict[int, float]:
        """Return BM25 scores (larger is better) of the best chunks that share a word with the question."""
        if not terms:
            return {}
        rows = self._rows.execute(
            f"SELECT w.rowid, -bm25(chunk_words, {_FIELD_WEIGHTS}) AS score FROM chunk_words w "  # noqa: S608
            f"WHERE chunk_words MATCH ? AND w.rowid IN (SELECT c.id {scope.sql}) "
            f"ORDER BY score DESC LIMIT {_CANDIDATES}",
            (" OR ".join(map(_quoted, terms)), *scope.values),
        )
        return {row: max(score, 0.0) for row, score in rows}

    def _coverages(self, terms: Sequence[str], readable: NDArray[np.int64], rows: Sequence[int]) -> list[float]:
        """Return, for each row, the share of the question's word weight (idf) that it contains."""
        weights = np.zeros(len(rows))
        total = 0.0
        for term in terms:
            found = np.fromiter(
                (
                    row
                    for (row,) in self._rows.execute(
                        "SELECT rowid FROM chunk_words WHERE chunk_words MATCH ?", (_quoted(term),)
                    )
                ),
                dtype=np.int64,
            )
            found = found[np.isin(found, readable, assume_unique=True)]
            weight = float(np.log(1 + (len(readable) - len(found) + 0.5) / (len(found) + 0.5)))
            total += weight
            weights += weight * np.isin(rows, found)
        return [float(w / total) if total else 0.0 for w in weights]

    def _chunk(self, row: int, score: float) -> RetrievedChunk:
        chunk_id, document_id, title, path, text, url, number = self._rows.execute(
            "SELECT c.chunk_id, d.document_id, d.title, c.heading_path, c.text, d.url, d.id "
            "FROM chunks c JOIN documents d ON d.id = c.document WHERE c.id = ?",
            (row,),
        ).fetchone()
        groups = self._rows.execute("SELECT group_name FROM document_groups WHERE document = ?", (number,))
        return RetrievedChunk(
            chunk_id=chunk_id,
            document_id=document_id,
            title=title,
            heading=" > ".join(json.loads(path)[1:]),
            text=text,
            url=url,
            score=score,
            groups=frozenset(name for (name,) in groups),
        )


def question_terms(question: str) -> tuple[str, ...]:
    """Return the question's content words in order, without repeats; all its words if it has no other."""
    words = list(dict.fromkeys(_WORD.findall(question.casefold())))
    content = [word for word in words if word not in _FUNCTION_WORDS]
    return tuple((content or words)[:_MAX_TERMS])


def _quoted(term: str) -> str:
    return f'"{term}"'


def _fused(cosine: dict[int, float], lexical: dict[int, float]) -> dict[int, float]:
    best = max(lexical.values(), default=0.0) or 1.0
    return {
        row: _DENSE_WEIGHT * score + (1 - _DENSE_WEIGHT) * lexical.get(row, 0.0) / best for row, score in cosine.items()
    }
