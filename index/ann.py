"""Nearest chunk vectors: exact while there are few, an inverted file with a measured recall once there are many.

`vectors.npy` and `vector_scales.npy` hold the vectors in bytes (`index.vector_codes`), memory-mapped. Up to
`exact_chunks` a search compares all of them. Above it, `vectors.faiss` finds candidates (IVF with 4-bit codes, reading
as many lists as the wanted recall needs), which are then compared exactly. tests/bench/scale.py prints at which size
the two take equally long. Searches that may see few chunks are always exact.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.embedding.model import Vectors
from index.readable import Readable, Rows
from index.retrieval import VectorIndex
from index.vector_codes import ByteVectors

VECTORS, SCALES, CLUSTERS = "vectors.npy", "vector_scales.npy", "vectors.faiss"
_RECALL_AT = 10
_TRAINING_PER_LIST = 50
_TRAINING_ROUNDS = 8
_ONE_QUESTION_ON_ALL_CORES = 1
# Candidates of the inverted file for each wanted row, among which the exact cosines choose.
_CANDIDATES = 3
_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class SearchRules:
    """Up to how many chunks a search is exact, and the recall@10 that an approximate search must reach."""

    exact_chunks: int = 8_000
    recall: float = 0.97


EXACT_WHILE_SMALL = SearchRules()


class VectorSearch:
    """The vectors of one snapshot. Safe to share between threads."""

    def __init__(self, folder: Path, index: VectorIndex, rules: SearchRules) -> None:
        self._vectors = open_vectors(folder)
        self._index, self._rules = index, rules
        self._clusters: Any = _opened(folder / CLUSTERS) if index.kind == "ivf" else None
        self._everything = Readable(len(self._vectors), len(self._vectors))

    def near(self, vector: Vectors, readable: Readable, count: int) -> Rows:
        """Return at most `count` readable rows nearest to `vector`, float32[dimensions], best first."""
        rows = self._rows_to_compare(vector, readable, count)
        cosines = self._vectors.products(vector, rows)
        best = np.argpartition(-cosines, count)[:count] if count < len(cosines) else np.arange(len(cosines))
        best = best[np.argsort(-cosines[best], kind="stable")]
        return best if rows is None else rows[best]

    def largest_cosine(self, vector: Vectors) -> float:
        """Return the cosine of the chunk nearest to `vector`, readable or not; 0 if there is none."""
        return float(self.cosines(vector, self.near(vector, self._everything, 1)).max(initial=0.0))

    def cosines(self, vector: Vectors, rows: Rows) -> NDArray[np.float32]:
        """Return float32[rows]: the cosine of each row to `vector`."""
        return self._vectors.products(vector, rows)

    def vectors(self, rows: Rows) -> Vectors:
        """Return float32[rows, dimensions]."""
        return self._vectors.decoded(rows)

    def _is_approximate(self, readable: Readable) -> bool:
        return self._clusters is not None and readable.count > self._rules.exact_chunks

    def _rows_to_compare(self, vector: Vectors, readable: Readable, count: int) -> Rows | None:
        if self._is_approximate(readable):
            return self._approximate(vector, readable, count * _CANDIDATES)
        return None if readable.bitmap is None else readable.rows

    def _approximate(self, vector: Vectors, readable: Readable, count: int) -> Rows:
        faiss = _faiss()
        share = readable.count / len(self._vectors)
        probes = min(self._index.lists, round(self._index.probes / share))
        selector = None if readable.bitmap is None else faiss.IDSelectorBitmap(readable.bitmap)
        chosen = faiss.SearchParametersIVF(nprobe=probes, sel=selector)
        _, rows = self._clusters.search(vector[None], count, params=chosen)
        return np.asarray(rows[0][rows[0] >= 0], dtype=np.int64)


def open_vectors(folder: Path) -> ByteVectors:
    """Return the vectors of a snapshot, memory-mapped."""
    # np.asarray: every operation on numpy's memmap subclass costs more than a small product.
    codes, scales = (np.asarray(np.load(folder / name, mmap_mode="r")) for name in (VECTORS, SCALES))
    return ByteVectors(codes, scales)


def write_vectors(
    folder: Path, vectors: ByteVectors, rules: SearchRules, questions: Callable[[], Vectors]
) -> VectorIndex:
    """Write the vectors, and above `exact_chunks` the inverted file; return the entry for the manifest.

    `questions` returns float32[n, dimensions], vectors like those of real questions: recall is measured on them.
    """
    np.save(folder / VECTORS, vectors.codes)
    np.save(folder / SCALES, vectors.scales)
    if len(vectors) <= rules.exact_chunks:
        return VectorIndex()
    return write_clusters(folder, vectors, rules, questions())


def write_clusters(folder: Path, vectors: ByteVectors, rules: SearchRules, questions: Vectors) -> VectorIndex:
    """Train and fill the inverted file, and choose how many lists a search reads by the measured recall@10."""
    faiss = _faiss()
    count, dimensions = vectors.codes.shape
    lists = min(4096, int(4 * count**0.5))
    coarse = faiss.IndexFlatIP(dimensions)
    clusters = faiss.IndexIVFScalarQuantizer(
        coarse, dimensions, lists, faiss.ScalarQuantizer.QT_4bit, faiss.METRIC_INNER_PRODUCT
    )
    clusters.cp.niter, clusters.cp.spherical, clusters.cp.min_points_per_centroid = _TRAINING_ROUNDS, True, 1
    sample = np.random.default_rng(0).choice(count, min(count, lists * _TRAINING_PER_LIST), replace=False)
    clusters.train(vectors.decoded(np.sort(sample)))
    truth = faiss.ResultHeap(len(questions), _RECALL_AT, keep_max=True)
    for start in range(0, count, _ROWS_AT_ONCE):
        part = vectors.decoded(slice(start, start + _ROWS_AT_ONCE))
        clusters.add(part)
        found, rows = faiss.knn(questions, part, min(_RECALL_AT, len(part)), metric=faiss.METRIC_INNER_PRODUCT)
        truth.add_result(found, rows + start)
    truth.finalize()
    probes, recall = _tuned(lambda probes: _recall(clusters, questions, truth.I, probes), lists, rules.recall)
    try:
        faiss.write_index(clusters, str(folder / CLUSTERS))
    except RuntimeError as error:
        raise OSError(errno.EIO, "cannot be written", str(folder / CLUSTERS)) from error
    return VectorIndex(kind="ivf", lists=lists, probes=probes, recall_at_10=round(recall, 4))


def _tuned(recall: Callable[[int], float], lists: int, wanted: float) -> tuple[int, float]:
    probes = 8
    while (reached := recall(probes)) < wanted and probes < lists:
        probes = min(lists, probes * 3 // 2)
    return probes, reached


def _recall(clusters: Any, queries: Vectors, truth: Rows, probes: int) -> float:  # noqa: ANN401
    clusters.nprobe = probes
    _, found = clusters.search(queries, _CANDIDATES * _RECALL_AT)
    return float(np.mean([len(np.intersect1d(a, b)) / _RECALL_AT for a, b in zip(found, truth, strict=True)]))


def _opened(file: Path) -> Any:  # noqa: ANN401 - FAISS has no useful types
    faiss = _faiss()
    # With plain IO_FLAG_MMAP each search starts threads that fetch its lists, which takes longer than the search.
    clusters = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
    clusters.parallel_mode = _ONE_QUESTION_ON_ALL_CORES
    return clusters


def _faiss() -> Any:  # noqa: ANN401
    # Without it OpenMP threads keep spinning after a search, on the cores that the model needs for the next question.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import faiss  # noqa: PLC0415 - 60 ms and 30 MB that a small index does not need

    return faiss
