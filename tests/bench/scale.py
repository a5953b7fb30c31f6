"""A million clustered vectors: time, recall against exact search, memory, and a filter that leaves one in a hundred.

usage: python tests/bench/scale.py [VECTORS]     (default 1,000,000; about 6 GB of memory, most of it for the truth)
First it prints where exact and approximate search meet, and where a FAISS flat index stands beside them.
"""

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
sys.path.insert(0, str(Path(__file__).parents[2]))

import faiss
import numpy as np

from index.ann import VECTORS, SearchRules, VectorSearch, write_vectors
from index.embedding.model import Vectors
from index.readable import Readable, Rows
from index.retrieval import VectorIndex
from index.vector_codes import ByteVectors

_DIMENSIONS, _CLUSTERS, _SPREAD = 384, 20_000, 0.9
_QUESTIONS, _NEAREST = 1000, 10
_READABLE_SHARE = 0.01
_FEW = 200


def main() -> None:
    """Print a line for each measurement."""
    count = int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 1_000_000
    rng = np.random.default_rng(7)
    centres = _unit(rng.standard_normal((_CLUSTERS, _DIMENSIONS), dtype=np.float32))
    for small in (2_500, 5_000, 10_000, 50_000):
        _both_ways(_clustered(rng, centres, small), _clustered(rng, centres, _FEW))
    with tempfile.TemporaryDirectory() as folder:
        vectors = _clustered(rng, centres, count)
        began = time.perf_counter()
        index = write_vectors(Path(folder), _coded(vectors), SearchRules(), lambda: _clustered(rng, centres, 200))
        print(f"{count:,} vectors: built in {time.perf_counter() - began:.0f} s; manifest: {index.model_dump_json()}")
        readable = np.sort(rng.choice(count, round(count * _READABLE_SHARE), replace=False))
        held_out = _clustered(rng, centres, _QUESTIONS)
        truths = [_truth(vectors, held_out), readable[_truth(vectors[readable], held_out)]]
        del vectors
        # In a process of its own, so that the memory is that of serving.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            for line in pool.apply(_served, (Path(folder), index, held_out, readable, truths)):
                print(line)


def _served(folder: Path, index: VectorIndex, questions: Vectors, some: Rows, truths: Sequence[Rows]) -> list[str]:
    count = int(np.load(folder / VECTORS, mmap_mode="r").shape[0])
    before = _resident_mb("RssAnon")
    search = VectorSearch(folder, index, SearchRules())
    mask = np.zeros(count, dtype=np.bool_)
    mask[some] = True
    scopes = (Readable.of(np.ones(count, dtype=np.bool_)), Readable.of(mask))
    lines = []
    for name, readable, truth in zip(("all readable", f"{len(some):,} readable"), scopes, truths, strict=True):
        for question in questions[:50]:
            search.near(question, readable, _NEAREST)
        spent, right = [], []
        for question, wanted in zip(questions, truth, strict=True):
            began = time.perf_counter()
            found = search.near(question, readable, _NEAREST)
            spent.append((time.perf_counter() - began) * 1000)
            right.append(len(np.intersect1d(found, wanted)) / _NEAREST)
        lines.append(
            f"{name}: p50 {median(spent):.2f} ms, p99 {np.percentile(spent, 99):.2f} ms, "
            f"recall@{_NEAREST} {np.mean(right):.4f}"
        )
    own = _resident_mb("RssAnon") - before
    files = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    lines.append(f"memory of its own {own:.0f} MB, of mapped files {_resident_mb('RssFile'):.0f} of {files:.0f} MB")
    return lines


def _coded(vectors: Vectors) -> ByteVectors:
    coded = ByteVectors.empty(*vectors.shape)
    for row, vector in enumerate(vectors):
        coded.put(row, vector)
    return coded


def _both_ways(vectors: Vectors, questions: Vectors) -> None:
    flat = faiss.IndexFlatIP(_DIMENSIONS)
    flat.add(vectors)
    everything = Readable.of(np.ones(len(vectors), dtype=np.bool_))
    with tempfile.TemporaryDirectory() as folder:
        rules = SearchRules(exact_chunks=1)
        index = write_vectors(Path(folder), _coded(vectors), rules, lambda: questions)
        exact = VectorSearch(Path(folder), VectorIndex(), rules)
        approximate = VectorSearch(Path(folder), index, rules)
        spent = [
            _times(lambda question: exact.near(question, everything, _NEAREST), questions),
            _times(lambda question: approximate.near(question, everything, _NEAREST), questions),
            _times(lambda question: flat.search(question[None], _NEAREST), questions),
        ]
    print(
        f"{len(vectors):,} vectors: exact p50 {spent[0]:.2f} ms, approximate {spent[1]:.2f} ms (recall "
        f"{index.recall_at_10:.3f}), FAISS flat {spent[2]:.2f} ms"
    )


def _times(call: Callable[[Vectors], object], questions: Vectors) -> float:
    spent = []
    for question in questions:
        began = time.perf_counter()
        call(question)
        spent.append((time.perf_counter() - began) * 1000)
    return median(spent)


def _clustered(rng: np.random.Generator, centres: Vectors, count: int) -> Vectors:
    """Return unit vectors around centres whose sizes differ as those of topics do."""
    shares = 1 / np.arange(1, len(centres) + 1) ** 0.5
    chosen = rng.choice(len(centres), count, p=shares / shares.sum())
    vectors = np.empty((count, _DIMENSIONS), dtype=np.float32)
    for start in range(0, count, 65_536):
        part = chosen[start : start + 65_536]
        noise = _unit(rng.standard_normal((len(part), _DIMENSIONS), dtype=np.float32))
        vectors[start : start + 65_536] = _unit(centres[part] + _SPREAD * noise)
    return vectors


def _truth(vectors: Vectors, questions: Vectors) -> Rows:
    _, rows = faiss.knn(questions, vectors, _NEAREST, metric=faiss.METRIC_INNER_PRODUCT)
    return np.asarray(rows, dtype=np.int64)


def _unit(vectors: Vectors) -> Vectors:
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def _resident_mb(kind: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(kind)).split()[1]) / 1024


if __name__ == "__main__":
    main()
