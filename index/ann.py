"""Nearest chunk vectors: exact while there are few, an inverted file with a measured recall once there are many.

`vectors.npy` (float32[chunks, dimensions], unit rows, memory-mapped) is the truth. Up to `exact_chunks` it is searched
whole, by one matrix product: in a process that uses both cores for the model that is no slower than a FAISS flat index.
Beyond, it is searched through `vectors.faiss`: IVF with 8-bit codes, as many lists read as the wanted recall needs.
tests/bench/scale.py prints where the two ways meet. Who may read few chunks is always searched exactly.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from index.embedding.model import Vectors

Rows = NDArray[np.int64]
VECTORS, CLUSTERS = "vectors.npy", "vectors.faiss"
_RECALL_AT = 10
_TRAINING_PER_LIST = 50
_TRAINING_ROUNDS = 8
_ONE_QUESTION_ON_ALL_CORES = 1
_BACKGROUND = 1024
_BACKGROUNDS_KEPT = 8
# To copy a row out of its place costs as much as to multiply so many where they are.
_COPYING = 4


class VectorIndex(BaseModel):
    """How the vectors of a snapshot are searched, for the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = "exact"
    lists: int = 0
    probes: int = 0
    recall_at_10: float = 1.0


@dataclass(frozen=True, slots=True)
class SearchRules:
    """Up to how many chunks the search is exact, and which recall the approximate one must reach."""

    exact_chunks: int = 8_000
    recall: float = 0.97


EXACT_WHILE_SMALL = SearchRules()


@dataclass(frozen=True, eq=False)
class Readable:
    """The chunks that a search may see: rows in ascending order; `mask` bool[chunks] is None if it is all of them.

    One is made for each scope and kept: it is equal to itself only.
    """

    rows: Rows
    mask: NDArray[np.bool_] | None
    bitmap: NDArray[np.uint8] | None = field(repr=False, default=None)

    @classmethod
    def of(cls, rows: Rows, count: int) -> "Readable":
        """Return the set of `rows` out of `count` chunks."""
        if len(rows) == count:
            return cls(rows, None)
        mask = np.zeros(count, dtype=np.bool_)
        mask[rows] = True
        return cls(rows, mask, np.packbits(mask, bitorder="little"))

    @cached_property
    def sample(self) -> Rows:
        """Rows that stand for all of them, the same each time."""
        count = len(self.rows)
        places = np.random.default_rng(count).choice(count, min(count, _BACKGROUND), replace=False)
        return self.rows[np.sort(places)]


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest rows, best first, and the background they stand out from: `others` and their cosines, float32."""

    rows: Rows
    others: Rows | slice
    cosines: NDArray[np.float32]


class VectorSearch:
    """The vectors of one snapshot. Safe to share between threads."""

    def __init__(self, folder: Path, index: VectorIndex, rules: SearchRules) -> None:
        # A plain array over the mapped file: the subclass that numpy returns costs more than a small product.
        self.vectors: Vectors = np.asarray(np.load(folder / VECTORS, mmap_mode="r"))
        self._index, self._rules = index, rules
        self._clusters: Any = _opened(folder / CLUSTERS) if index.kind == "ivf" else None
        self._everything = Readable(np.arange(len(self.vectors)), None)
        self._background = lru_cache(maxsize=_BACKGROUNDS_KEPT)(lambda readable: self.vectors[readable.sample])

    def near(self, vector: Vectors, readable: Readable, count: int) -> Near:
        """Return at most `count` readable chunks nearest to `vector`, float32[dimensions].

        Their background is all that is readable while it is searched whole, else the same sample each time.
        """
        if self._is_approximate(readable):
            rows = self._approximate(vector, readable, count)
            return Near(rows, readable.sample, self._background(readable) @ vector)
        # All of them as a slice: picked one by one they would be copied.
        others = slice(None) if readable.mask is None else readable.rows
        cosines = self.cosines(vector, others)
        places = np.argpartition(-cosines, count)[:count] if count < len(cosines) else np.arange(len(cosines))
        return Near(readable.rows[places[np.argsort(-cosines[places], kind="stable")]], others, cosines)

    def largest_cosine(self, vector: Vectors) -> float:
        """Return the cosine of the chunk nearest to `vector`, whoever may read it; 0 if there is none."""
        rows = self._approximate(vector, self._everything, 1) if self._is_approximate(self._everything) else slice(None)
        return float(self.cosines(vector, rows).max(initial=0.0))

    def cosines(self, vector: Vectors, rows: Rows | slice) -> NDArray[np.float32]:
        """Return float32[rows]: their cosine to `vector`."""
        found: NDArray[np.float32]
        if isinstance(rows, slice) or len(rows) * _COPYING < len(self.vectors):
            found = self.vectors[rows] @ vector
        else:
            found = (self.vectors @ vector)[rows]
        return found

    def _is_approximate(self, readable: Readable) -> bool:
        return self._clusters is not None and len(readable.rows) > self._rules.exact_chunks

    def _approximate(self, vector: Vectors, readable: Readable, count: int) -> Rows:
        faiss = _faiss()
        share = len(readable.rows) / len(self.vectors)
        probes = min(self._index.lists, round(self._index.probes / share))
        selector = None if readable.bitmap is None else faiss.IDSelectorBitmap(readable.bitmap)
        chosen = faiss.SearchParametersIVF(nprobe=probes, sel=selector)
        _, rows = self._clusters.search(vector[None], count, params=chosen)
        return np.asarray(rows[0][rows[0] >= 0], dtype=np.int64)


def write_vectors(folder: Path, vectors: Vectors, rules: SearchRules, questions: Callable[[], Vectors]) -> VectorIndex:
    """Write the vectors, and the inverted file if they are many; return what the manifest says of it.

    `questions` makes float32[n, dimensions], vectors like those that will be asked for: recall is measured on them.
    """
    np.save(folder / VECTORS, vectors)
    if len(vectors) <= rules.exact_chunks:
        return VectorIndex()
    return write_clusters(folder, vectors, rules, questions())


def write_clusters(folder: Path, vectors: Vectors, rules: SearchRules, questions: Vectors) -> VectorIndex:
    """Train and fill the inverted file and choose how many lists a search reads, by measured recall@10."""
    faiss = _faiss()
    count, dimensions = vectors.shape
    lists = min(4096, int(4 * count**0.5))
    coarse = faiss.IndexFlatIP(dimensions)
    clusters = faiss.IndexIVFScalarQuantizer(
        coarse, dimensions, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    clusters.cp.niter, clusters.cp.spherical, clusters.cp.min_points_per_centroid = _TRAINING_ROUNDS, True, 1
    sample = np.random.default_rng(0).choice(count, min(count, lists * _TRAINING_PER_LIST), replace=False)
    clusters.train(np.ascontiguousarray(vectors[np.sort(sample)]))
    for start in range(0, count, 65_536):
        clusters.add(np.ascontiguousarray(vectors[start : start + 65_536]))
    truth = _exact(vectors, questions)
    probes, recall = _tuned(lambda probes: _recall(clusters, questions, truth, probes), lists, rules.recall)
    faiss.write_index(clusters, str(folder / CLUSTERS))
    return VectorIndex(kind="ivf", lists=lists, probes=probes, recall_at_10=round(recall, 4))


def _tuned(recall: Callable[[int], float], lists: int, wanted: float) -> tuple[int, float]:
    probes = 8
    while (reached := recall(probes)) < wanted and probes < lists:
        probes = min(lists, probes * 3 // 2)
    return probes, reached


def _exact(vectors: Vectors, queries: Vectors) -> Rows:
    faiss = _faiss()
    _, rows = faiss.knn(queries, vectors, _RECALL_AT, metric=faiss.METRIC_INNER_PRODUCT)
    return np.asarray(rows, dtype=np.int64)


def _recall(clusters: Any, queries: Vectors, truth: Rows, probes: int) -> float:  # noqa: ANN401
    clusters.nprobe = probes
    _, found = clusters.search(queries, _RECALL_AT)
    return float(np.mean([len(np.intersect1d(a, b)) / _RECALL_AT for a, b in zip(found, truth, strict=True)]))


def _opened(file: Path) -> Any:  # noqa: ANN401 - FAISS has no types worth the name
    faiss = _faiss()
    # With IO_FLAG_MMAP each search would start threads to fetch its lists, which takes longer than the search.
    clusters = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
    clusters.parallel_mode = _ONE_QUESTION_ON_ALL_CORES
    return clusters


def _faiss() -> Any:  # noqa: ANN401
    # Its threads would go on spinning after a search, on the cores that the model needs for the next question.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import faiss  # noqa: PLC0415 - 60 ms and 30 MB that a small index does not need

    return faiss
