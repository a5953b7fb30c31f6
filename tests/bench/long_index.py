"""What a question costs in a long index: time, memory, and the first question of a group of readers; and opening it.

usage: python tests/bench/long_index.py [CHUNKS ...]     (default 10,000 and 200,000; 25 words of Zipf's law each)
Every second document is for one group only. Times are of the thread, so that other work on the machine adds little.
"""

import os
import sqlite3
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from index import snapshot_tables
from index.access import EVERYONE
from index.ann import SearchRules, write_vectors
from index.bm25 import write_words
from index.chunks import Chunk
from index.embedding.model import Encoded, Vectors
from index.late_interaction import ChunkTokens, write_tokens
from index.retrieval import Manifest
from index.search import SnapshotSearch
from index.snapshot import CHUNKS, FORMAT
from index.snapshot_tables import IndexedDocument, IndexedSource
from index.sufficiency import CALIBRATION, SHIPPED
from index.vector_codes import ByteVectors, token_codes

_DIMENSIONS, _DIRECTIONS, _TOKENS = 64, 128, 12
_WORDS, _COMMON, _CHUNK_WORDS, _DOCUMENT_CHUNKS = 30_000, 40, 25, 10
_ROUNDS = 150
_CLOSED = "leads"


class _Encoder:
    """Encodes a question as the vector of some chunk, and a random token for each of its words."""

    name = "synthetic"

    def __init__(self, vectors: Vectors, rng: np.random.Generator) -> None:
        self._vectors, self._rng = vectors, rng

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Return one encoding for each text."""
        return [self._encoded(text) for text in texts]

    def _encoded(self, text: str) -> Encoded:
        ends = np.cumsum([len(word) + 1 for word in text.split()]) - 1
        spans = tuple((int(end) - len(word), int(end)) for word, end in zip(text.split(), ends, strict=True))
        tokens = _unit(self._rng.standard_normal((len(spans), _DIRECTIONS), dtype=np.float32))
        return Encoded(self._vectors[self._rng.integers(len(self._vectors))], tokens, spans)


def main() -> None:
    """Print a line for each kind of question and readers."""
    for count in [int(given.replace(",", "")) for given in sys.argv[1:]] or [10_000, 200_000]:
        with tempfile.TemporaryDirectory() as folder:
            rng = np.random.default_rng(1)
            vectors = _clustered(rng, count)
            manifest = _written(Path(folder), vectors, rng)
            began = time.perf_counter()
            search = SnapshotSearch(Path(folder), manifest, _Encoder(vectors, rng))
            print(f"{count:,} chunks opened in {(time.perf_counter() - began) * 1000:.0f} ms")
            _ask(search, rng)


def _ask(search: SnapshotSearch, rng: np.random.Generator) -> None:
    rare, common = rng.integers(5_000, _WORDS, 200), rng.integers(0, _COMMON, 200)
    kinds = {"rare": (rare, rare), "mixed": (rare, common), "common": (common, common)}
    for groups in ((), (_CLOSED,)):
        first = _seconds(search, "Who asks first?", groups)
        for kind, (odd, even) in kinds.items():
            asked = [" ".join(map(_word, [*odd[n : n + 2], *even[n + 2 : n + 4]])) for n in range(_ROUNDS)]
            spent = [_seconds(search, question, groups) * 1000 for question in asked]
            tracemalloc.start()
            search.search(asked[0], groups, 10)
            peak = tracemalloc.get_traced_memory()[1] / 1e6
            tracemalloc.stop()
            print(
                f"  {'all' if groups else 'half'} readable, {kind} words: p50 {np.median(spent):.2f} ms, p95 "
                f"{np.percentile(spent, 95):.2f} ms, at most {peak:.2f} MB; first question {first * 1000:.0f} ms"
            )


def _seconds(search: SnapshotSearch, question: str, groups: Sequence[str]) -> float:
    began = time.thread_time()
    search.search(question, groups, 10)
    return time.thread_time() - began


def _written(folder: Path, vectors: Vectors, rng: np.random.Generator) -> Manifest:
    chunks, documents = _texts(len(vectors), rng)
    with closing(sqlite3.connect(folder / CHUNKS)) as tables:
        tables.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        hashes = [chunk.chunk_id.encode() for chunk in chunks]
        snapshot_tables.write(folder, tables, [IndexedSource("s", "", documents)], hashes)
        write_words(folder, tables, chunks)
        tables.commit()
    coded = ByteVectors.empty(*vectors.shape)
    for row, vector in enumerate(vectors):
        coded.put(row, vector)
    write_tokens(folder, _tokens(len(chunks), rng), len(chunks))
    index = write_vectors(folder, coded, SearchRules(), lambda: vectors[rng.integers(0, len(vectors), 200)])
    (folder / CALIBRATION).write_text(SHIPPED.model_dump_json(), encoding="utf-8")
    return Manifest(
        format=FORMAT, name="synthetic", created_at="", embedder=_Encoder.name, max_tokens=256, dimensions=_DIMENSIONS,
        chunk_count=len(chunks), search=index, documents={}, skipped=(), checksums={},
    )  # fmt: skip


def _texts(count: int, rng: np.random.Generator) -> tuple[list[Chunk], tuple[IndexedDocument, ...]]:
    shares = 1 / np.arange(1, _WORDS + 1)
    words = rng.choice(_WORDS, (count, _CHUNK_WORDS), p=shares / shares.sum())
    chunks = [
        Chunk(f"c{row}", f"d{row // _DOCUMENT_CHUNKS}", ("Page",), " ".join(map(_word, numbers)))
        for row, numbers in enumerate(words.tolist())
    ]
    documents = tuple(
        IndexedDocument(
            f"d{number}", "Page", None, frozenset({_CLOSED if number % 2 else EVERYONE}), "",
            tuple(chunks[start : start + _DOCUMENT_CHUNKS]),
        )
        for number, start in enumerate(range(0, count, _DOCUMENT_CHUNKS))
    )  # fmt: skip
    return chunks, documents


def _word(number: int) -> str:
    letters = [chr(ord("a") + number // 26**place % 26) for place in range(4)]
    return f"{''.join(letters)}q"


def _tokens(count: int, rng: np.random.Generator) -> Iterator[ChunkTokens]:
    some = token_codes(_unit(rng.standard_normal((5_000, _DIRECTIONS), dtype=np.float32)))
    for _ in range(count):
        yield ChunkTokens(some[rng.integers(0, len(some), _TOKENS)], np.zeros(_TOKENS, dtype=np.uint8))


def _clustered(rng: np.random.Generator, count: int) -> Vectors:
    centres = _unit(rng.standard_normal((500, _DIMENSIONS), dtype=np.float32))
    noise = _unit(rng.standard_normal((count, _DIMENSIONS), dtype=np.float32))
    return _unit(centres[rng.integers(0, len(centres), count)] + np.float32(0.9) * noise)


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


if __name__ == "__main__":
    main()
