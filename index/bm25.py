"""Words and BM25: the lexical half of retrieval, as postings with precomputed weights in memory-mapped files.

A posting holds a word's saturated frequency in each chunk, with title and headings weighted higher (BM25F, Robertson
and Zaragoza 2009). A search multiplies it by the word's rarity among the chunks that the asker may read (after "BM25S",
Lù 2024, which precomputes the product).
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import terms
from index.chunks import Chunk
from index.stemming import stem

Rows = NDArray[np.int64]
ROWS, WEIGHTS = "word_rows.npy", "word_weights.npy"
_K1, _B = 1.2, 0.75
# BM25 compares a chunk's length with the mean length. A constant replaces it: the mean would depend on chunks that the
# asker may not read.
_USUAL_WORDS = 100.0
_FIELD_WEIGHTS = (2.0, 1.5, 1.0)


@dataclass(frozen=True, slots=True)
class Posting:
    """The chunks that hold a word (int32[n], ascending), its weight in each (float32[n]), and its rarity (idf)."""

    rows: NDArray[np.int32]
    weights: NDArray[np.float32]
    rarity: float


class Words:
    """The postings of one snapshot."""

    def __init__(self, folder: Path, tables: sqlite3.Connection, count: int) -> None:
        self._tables = tables
        self._rows: NDArray[np.int32] = np.asarray(np.load(folder / ROWS, mmap_mode="r"))
        self._weights: NDArray[np.float32] = np.asarray(np.load(folder / WEIGHTS, mmap_mode="r"))
        self._count = count

    def posting(self, word: str, readable: NDArray[np.bool_] | None) -> Posting:
        """Return the posting of `word` among the readable chunks (None: all); unreadable chunks do not affect it."""
        found = self._tables.execute("SELECT start, stop FROM words WHERE word = ?", (stem(word),)).fetchone()
        start, stop = found or (0, 0)
        rows, weights = self._rows[start:stop], self._weights[start:stop]
        total = self._count
        if readable is not None:
            kept = readable[rows]
            rows, weights, total = rows[kept], weights[kept], int(np.count_nonzero(readable))
        return Posting(rows, weights, _rarity(len(rows), total))

    def scores(self, postings: Iterable[Posting]) -> NDArray[np.float32]:
        """Return float32[chunks]: the BM25 score of each chunk, 0 if it holds none of the words."""
        scores = np.zeros(self._count, dtype=np.float32)
        for posting in postings:
            scores[posting.rows] += posting.weights * np.float32(posting.rarity)
        return scores


def held(postings: Iterable[Posting], rows: Rows, total: int) -> NDArray[np.float32]:
    """Return float32[rows]: the share of the words that each row holds, of those that any of `total` chunks holds.

    Words are weighted by rarity, and so is the sum: a row that holds a single common word has a small share.
    """
    found = [posting for posting in postings if len(posting.rows)]
    shares = np.zeros(len(rows), dtype=np.float32)
    for posting in found:
        shares[np.isin(rows, posting.rows)] += posting.rarity
    return shares / max(sum(posting.rarity for posting in found), largest_rarity(total))


def write_words(folder: Path, tables: sqlite3.Connection, chunks: Sequence[Chunk]) -> None:
    """Write the postings of `chunks`, in the order of their rows, and the table `words`."""
    counts = [_weighted_counts(chunk) for chunk in chunks]
    lengths = np.array([sum(count.values()) for count in counts], dtype=np.float64)
    norms = _K1 * (1 - _B + _B * lengths / _USUAL_WORDS)
    words = sorted({word for count in counts for word in count})
    numbers = {word: number for number, word in enumerate(words)}
    # One entry for each word of each chunk: in the order of the chunks, then sorted by word.
    entries = np.fromiter((numbers[word] for count in counts for word in count), dtype=np.int64)
    frequencies = np.fromiter((frequency for count in counts for frequency in count.values()), dtype=np.float64)
    rows = np.repeat(np.arange(len(counts), dtype=np.int32), [len(count) for count in counts])
    weights = frequencies * (_K1 + 1) / (frequencies + norms[rows])
    order = np.argsort(entries, kind="stable")
    sizes = np.bincount(entries, minlength=len(words))
    stops = np.cumsum(sizes)
    spans = zip(words, (stops - sizes).tolist(), stops.tolist(), strict=True)
    tables.execute("CREATE TABLE words (word TEXT PRIMARY KEY, start INTEGER, stop INTEGER) STRICT, WITHOUT ROWID")
    tables.executemany("INSERT INTO words VALUES (?, ?, ?)", spans)
    np.save(folder / ROWS, rows[order])
    np.save(folder / WEIGHTS, weights[order].astype(np.float32))


def largest_rarity(total: int) -> float:
    """Return the largest possible rarity: that of a word in none of `total` chunks."""
    return _rarity(0, total)


def _rarity(holding: int, total: int) -> float:
    return float(np.log(1 + (total - holding + 0.5) / (holding + 0.5)))


def _weighted_counts(chunk: Chunk) -> dict[str, float]:
    counts: dict[str, float] = {}
    fields = (chunk.heading_path[0], " ".join(chunk.heading_path[1:]), chunk.text)
    for text, weight in zip(fields, _FIELD_WEIGHTS, strict=True):
        for word, count in Counter(map(stem, [*terms.words(text), *terms.joined(text)])).items():
            counts[word] = counts.get(word, 0.0) + weight * count
    return counts
