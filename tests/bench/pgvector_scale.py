"""Dense candidates from pgvector beside those from FAISS: recall, time and plan for wide and narrow readers.

usage: python tests/bench/pgvector_scale.py [VECTORS [DATA_DIR]]     (default 100,000 and ../shared/data)
The vectors are mixtures of those of two real chunks each, with noise. As in a search, 40 candidates are asked for;
recall is that of the nearest ten. Below, `walk` or `exact` is the plan that is not taken there.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from support.corpora import corpora, searching
from support.engines.postgres import postgres
from support.models import shared_embedder

from index.ann import SearchRules, VectorSearch, write_vectors
from index.embedding.model import Vectors
from index.pgvector.candidates import EXACTLY, NEAR, PLAN_RULES, WALK, PgvectorCandidates, PlanRules
from index.pgvector.contents import Contents
from index.pgvector.database import Database
from index.pgvector.id_arrays import IdArray
from index.pgvector.local_files import Generation, RowIds
from index.pgvector.schema import Space, space_of
from index.pgvector.sending import finish
from index.readable import Readable, Rows
from index.snapshot import SnapshotFolder
from index.vector_codes import ByteVectors

_QUESTIONS, _NEAREST, _CANDIDATES = 200, 10, 40
_NOISE, _BLOCK = 0.02, 20_000
_MOST_EXACT = 100_000
_SETTINGS = (
    "shared_buffers=3GB",
    "maintenance_work_mem=3GB",
    "max_wal_size=8GB",
    "max_parallel_maintenance_workers=1",
    "fsync=off",
)


@dataclass(frozen=True)
class _Reader:
    name: str
    group: str
    mask: NDArray[np.bool_]

    @property
    def readable(self) -> Readable:
        return Readable.of(self.mask, frozenset({self.group}))


def main() -> None:
    """Print a line for each reader and way of searching."""
    count = int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 100_000
    data = Path(sys.argv[2] if len(sys.argv) > 2 else "../shared/data")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        rng = np.random.default_rng(7)
        real = _real_vectors(folder / "real", data)
        vectors = ByteVectors.empty(count, real.shape[1])
        for row, vector in enumerate(_mixtures(rng, real, count)):
            vectors.put(row, vector)
        questions = np.array(list(_mixtures(rng, real, _QUESTIONS)))
        readers = _readers(rng, vectors, count)
        server = stack.enter_context(postgres(settings=_SETTINGS))
        database = Database(server.url)
        stack.callback(database.close)
        generation = _loaded(database, vectors, readers)
        files = _faiss(folder / "files", vectors, lambda: questions[:100] + 0)
        ids = np.arange(1, count + 1)
        rows = RowIds(ids, np.arange(count, dtype=np.int32))
        bench = _Bench(files, database, generation, Contents(database, generation, rows), vectors, questions)
        for reader in readers:
            _compare(reader, bench)


@dataclass(frozen=True)
class _Bench:
    files: VectorSearch
    database: Database
    generation: Generation
    contents: Contents
    vectors: ByteVectors
    questions: Vectors

    def remote(self, rules: PlanRules = PLAN_RULES) -> PgvectorCandidates:
        """Return the search in the database, with these rules for its plan."""
        return PgvectorCandidates(self.database, self.generation, self.contents, rules)


def _compare(reader: _Reader, bench: _Bench) -> None:
    readable, questions, files, remote = reader.readable, bench.questions, bench.files, bench.remote()
    truth = [_truth(bench.vectors, question, readable) for question in questions]
    print(f"{reader.name}: {readable.count:,} chunks", flush=True)
    _measure("  files", lambda question: files.near(question, readable, _CANDIDATES), questions, truth)
    _measure("  pgvector", lambda question: remote.near(question, readable, _CANDIDATES), questions, truth)
    for name, rules in (("walk", PlanRules(0, 0)), ("exact", PlanRules(readable.count, 0))):
        if PLAN_RULES.is_exact(readable) == (name == "walk") and readable.count <= _MOST_EXACT:
            other, some = bench.remote(rules), slice(0, 40)
            _measure(f"    {name}", partial(_near, other, readable), questions[some], truth[some])
    _print_plan(bench.database, bench.generation.tables, readable, questions[0])


def _near(search: PgvectorCandidates, readable: Readable, question: Vectors) -> Rows:
    return search.near(question, readable, _CANDIDATES)


def _measure(name: str, near: Callable[[Vectors], Rows], questions: Vectors, truth: list[Rows]) -> None:
    for question in questions[:10]:
        near(question)
    spent, right, short = [], [], 0
    for question, wanted in zip(questions, truth, strict=True):
        began = time.perf_counter()
        found = near(question)
        spent.append((time.perf_counter() - began) * 1000)
        right.append(len(np.intersect1d(found[:_NEAREST], wanted)) / len(wanted))
        short += len(found) < _CANDIDATES
    print(
        f"{name}: p50 {median(spent):.2f} ms, p99 {np.percentile(spent, 99):.2f} ms, recall@10 {np.mean(right):.4f}, "
        f"fewer than {_CANDIDATES} found {short} times",
        flush=True,
    )


def _print_plan(database: Database, space: Space, readable: Readable, question: Vectors) -> None:
    vector = HalfVector(question)
    ids = IdArray(readable.rows[:_MOST_EXACT] + 1)
    names = sorted(readable.groups)
    for name, statement, values, settings in (
        ("walk", NEAR, [names, vector, 64], WALK),
        ("exact", EXACTLY, [ids, names, vector, _CANDIDATES], ()),
    ):
        (plan,) = database.read((space.sql("EXPLAIN (COSTS OFF) " + statement), values), settings=settings)
        print(f"    plan {name}: {' / '.join(line[:60].strip() for (line,) in plan)[:200]}", flush=True)


def _real_vectors(folder: Path, data: Path) -> Vectors:
    found = corpora(data)[0]
    searching(found, folder, shared_embedder())
    path, _ = SnapshotFolder(folder).newest_intact()
    return ByteVectors(np.load(path / "vectors.npy"), np.load(path / "vector_scales.npy")).decoded(slice(None))


def _mixtures(rng: np.random.Generator, real: Vectors, count: int) -> Iterator[Vectors]:
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        pairs, shares = rng.integers(0, len(real), (2, size)), rng.random((size, 1), dtype=np.float32)
        made = shares * real[pairs[0]] + (1 - shares) * real[pairs[1]]
        made += _NOISE * rng.standard_normal(made.shape, dtype=np.float32)
        yield from made / np.linalg.norm(made, axis=1, keepdims=True)


def _readers(rng: np.random.Generator, vectors: ByteVectors, count: int) -> list[_Reader]:
    topic = vectors.products(vectors.decoded(slice(0, 1))[0], None)
    shares = rng.random(count)
    return [
        _Reader("everything", "all", np.ones(count, dtype=np.bool_)),
        _Reader("10%", "tenth", shares < 0.1),
        _Reader("1%", "hundredth", shares < 0.01),
        _Reader("1%, of one topic", "topic", topic >= np.partition(topic, -count // 100)[-count // 100]),
        _Reader("5%, of one topic", "topics", topic >= np.partition(topic, -count // 20)[-count // 20]),
    ]


def _loaded(database: Database, vectors: ByteVectors, readers: list[_Reader]) -> Generation:
    began = time.perf_counter()
    with database.connected() as connection:
        space = space_of(connection, "bench", vectors.codes.shape[1])
        with connection.cursor() as cursor:
            statement = space.sql("COPY {vectors} (id, groups, vector) FROM STDIN (FORMAT BINARY)")
            with cursor.copy(statement) as copy:
                copy.set_types(("int8", "text[]", "halfvec"))
                for row in range(len(vectors)):
                    groups = [reader.group for reader in readers if reader.mask[row]]
                    copy.write_row((row + 1, groups, HalfVector(vectors.decoded(slice(row, row + 1))[0])))
        print(f"{len(vectors):,} vectors copied in {time.perf_counter() - began:.0f} s", flush=True)
        began = time.perf_counter()
        finish(connection, space)
        print(f"HNSW index in {time.perf_counter() - began:.0f} s", flush=True)
        for name, size in connection.execute(
            "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relname LIKE 'vectors_%'"
        ):
            print(f"  {name}: {size / len(vectors):,.0f} bytes a chunk", flush=True)
        made = connection.execute(
            "INSERT INTO citedesk_index.snapshots (space, chunks) VALUES (%s, %s) RETURNING generation",
            (space.number, len(vectors)),
        ).fetchone()
    return Generation(generation=made[0] if made else 0, space=space.number, dimensions=space.dimensions)


def _faiss(folder: Path, vectors: ByteVectors, questions: Callable[[], Vectors]) -> VectorSearch:
    folder.mkdir()
    began = time.perf_counter()
    index = write_vectors(folder, vectors, SearchRules(), questions)
    size = sum(file.stat().st_size for file in folder.iterdir()) / len(vectors)
    print(f"files in {time.perf_counter() - began:.0f} s, {size:,.0f} bytes a chunk: {index.model_dump()}", flush=True)
    return VectorSearch(folder, index, SearchRules())


def _truth(vectors: ByteVectors, question: Vectors, readable: Readable) -> Rows:
    products = vectors.products(question, readable.rows)
    return readable.rows[np.argpartition(-products, _NEAREST)[:_NEAREST]]


if __name__ == "__main__":
    main()
