"""Words and BM25: the lexical half of retrieval, as postings with precomputed weights in memory-mapped files.

A posting holds a word's saturated frequency in each chunk, with title and headings weighted higher (BM25F, Robertson
and Zaragoza 2009). A search multiplies it by the word's rarity among the chunks that the asker may read (after "BM25S",
Lù 2024, which precomputes the product).
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import terms
from index.access import EVERYONE
from index.chunks import Chunk
from index.compounds import joined_neighbours, parts
from index.postings import K1, UNIT, Posting
from index.readable import Readable
from index.stemming import COMPOUNDING, STEMMED, stem, stem_in

ROWS, WEIGHTS = "word_rows.npy", "word_weights.npy"
_B = 0.75
# BM25 compares a chunk's length with the mean length. A constant replaces it: the mean would depend on chunks that the
# asker may not read.
_USUAL_WORDS = 100.0
# In fewer chunks than these, a word that all of them hold is as rare as if there were so many: a single page would
# otherwise hold common words only. Of 30 questions about one file each, 27 instead of 18 have enough then, and of 1,000
# other questions none (tests/bench/documents.py).
_FEW_CHUNKS = 20
_FIELD_WEIGHTS = (2.0, 1.5, 1.0)
PUBLIC = frozenset({EVERYONE})
# No word has these characters.
_ELSEWHERE = ":not English"


@dataclass(frozen=True, slots=True)
class Origin:
    """What the words of a chunk depend on: the language of its document, "" if unknown, and who may read it."""

    language: str = ""
    groups: frozenset[str] = PUBLIC


class Words:
    """The postings of one snapshot."""

    def __init__(self, folder: Path, tables: sqlite3.Connection, count: int, languages: Sequence[str] = ()) -> None:
        """Open the postings of `count` chunks, whose documents are in `languages`."""
        self._tables = tables
        self.languages = tuple(language for language in languages if language in STEMMED)
        self._rows: NDArray[np.int32] = np.asarray(np.load(folder / ROWS, mmap_mode="r"))
        self._weights: NDArray[np.uint8] = np.asarray(np.load(folder / WEIGHTS, mmap_mode="r"))
        self._count = count

    def posting(self, word: str, readable: Readable | None) -> Posting:
        """Return the posting of `word` among the readable chunks (None: all); unreadable chunks do not affect it."""
        return self.of_keys([stem(word), *(stem_in(language, word) for language in self.languages)], readable)

    def of_keys(self, keys: Iterable[str], readable: Readable | None) -> Posting:
        """Return one posting of several keys (stems): each chunk that holds one of them, with its largest weight."""
        spans = [span for key in keys if (span := self._span(key))] or [slice(0)]
        # A view: what it holds is read when it is needed.
        rows, weights = self._rows[spans[0]], self._weights[spans[0]]
        if len(spans) > 1:
            every = np.concatenate([self._rows[span] for span in spans])
            rows, weights = _largest(every, np.concatenate([self._weights[span] for span in spans]))
        total = self._count
        if readable is not None and readable.bitmap is not None:
            kept = readable.holds(rows)
            rows, weights, total = rows[kept], weights[kept], readable.count
        return Posting(rows, weights, _rarity(len(rows), total))

    def has(self, key: str, readable: Readable | None) -> bool:
        """Tell whether a readable chunk holds this key."""
        span = self._span(key)
        return span is not None and (readable is None or bool(readable.holds(self._rows[span]).any()))

    def longer(self, key: str) -> list[str]:
        """Return keys of the same language that begin or end with `key`, a stem of `stem_in`: compounds of its word."""
        language, _, part = key.partition(":")
        rows = self._tables.execute(
            "SELECT word FROM words WHERE word > ? AND word < ? AND word <> ? "
            "AND (substr(word, 1, ?) = ? OR substr(word, -?) = ?)",
            (f"{language}:", f"{language};", key, len(key), key, len(part), part),
        )
        return [word for (word,) in rows]

    def _span(self, key: str) -> slice | None:
        found = self._tables.execute("SELECT start, stop FROM words WHERE word = ?", (key,)).fetchone()
        return slice(*found) if found else None

    def is_foreign(self, row: int) -> bool:
        """Tell whether the document of a chunk is in another language than English."""
        return bool(self.of_keys([_ELSEWHERE], None).holds(np.array([row]))[0])


def write_words(
    folder: Path, tables: sqlite3.Connection, chunks: Sequence[Chunk], origins: Sequence[Origin] | None = None
) -> None:
    """Write the postings of `chunks`, in the order of their rows, and the table `words`. `origins` has one for each."""
    origins = origins or [Origin()] * len(chunks)
    known = _vocabularies(chunks, origins)
    counts, lengths = [], np.zeros(len(chunks))
    for row, (chunk, origin) in enumerate(zip(chunks, origins, strict=True)):
        count = _weighted_counts(chunk)
        lengths[row] = sum(count.values())
        counts.append(count | _other_forms(chunk, origin, known[origin.groups]) | _mark(origin.language))
    norms = K1 * (1 - _B + _B * lengths / _USUAL_WORDS)
    words = sorted({word for count in counts for word in count})
    numbers = {word: number for number, word in enumerate(words)}
    # One entry for each word of each chunk: in the order of the chunks, then sorted by word.
    entries = np.fromiter((numbers[word] for count in counts for word in count), dtype=np.int64)
    frequencies = np.fromiter((frequency for count in counts for frequency in count.values()), dtype=np.float64)
    rows = np.repeat(np.arange(len(counts), dtype=np.int32), [len(count) for count in counts])
    weights = frequencies * (K1 + 1) / (frequencies + norms[rows])
    order = np.argsort(entries, kind="stable")
    sizes = np.bincount(entries, minlength=len(words))
    stops = np.cumsum(sizes)
    spans = zip(words, (stops - sizes).tolist(), stops.tolist(), strict=True)
    tables.execute("CREATE TABLE words (word TEXT PRIMARY KEY, start INTEGER, stop INTEGER) STRICT, WITHOUT ROWID")
    tables.executemany("INSERT INTO words VALUES (?, ?, ?)", spans)
    np.save(folder / ROWS, rows[order])
    np.save(folder / WEIGHTS, np.maximum(np.rint(weights[order] / UNIT), 1).astype(np.uint8))


def _largest(rows: NDArray[np.int32], weights: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    kept, numbers = np.unique(rows, return_inverse=True)
    largest = np.zeros(len(kept), dtype=np.uint8)
    np.maximum.at(largest, numbers, weights)
    return kept, largest


def largest_rarity(total: int) -> float:
    """Return the largest possible rarity: that of a word in none of `total` chunks."""
    return _rarity(0, total)


def _rarity(holding: int, total: int) -> float:
    return float(np.log(1 + (max(total, _FEW_CHUNKS) - holding + 0.5) / (holding + 0.5)))


def _weighted_counts(chunk: Chunk) -> dict[str, float]:
    counts: dict[str, float] = {}
    for text, weight in _fields(chunk):
        for word, count in Counter(map(stem, [*terms.words(text), *terms.joined(text)])).items():
            counts[word] = counts.get(word, 0.0) + weight * count
    return counts


def _other_forms(chunk: Chunk, origin: Origin, known: frozenset[str]) -> dict[str, float]:
    """Return more keys of a chunk, with weights: stems of its language, parts of compounds, neighbours as one word."""
    counts: dict[str, float] = {}
    for text, weight in _fields(chunk):
        keys = list(joined_neighbours(text, known))
        if origin.language in STEMMED:
            found = terms.words(text)
            keys += [stem_in(origin.language, word) for word in found]
            if origin.language in COMPOUNDING:
                keys += [key for word in found for key in parts(word, origin.language, known.__contains__)]
        for key, count in Counter(keys).items():
            counts[key] = counts.get(key, 0.0) + weight * count
    return counts


def _mark(language: str) -> dict[str, float]:
    """Return a key that tells of a chunk that its document is in another language than English."""
    return {} if language in ("", "en") else {_ELSEWHERE: 1.0}


def _fields(chunk: Chunk) -> Iterator[tuple[str, float]]:
    fields = (chunk.heading_path[0], " ".join(chunk.heading_path[1:]), chunk.text)
    return zip(fields, _FIELD_WEIGHTS, strict=True)


def _vocabularies(chunks: Sequence[Chunk], origins: Sequence[Origin]) -> dict[frozenset[str], frozenset[str]]:
    """Return, for each set of groups, the words that all its readers may read.

    What another reader may read must not change how a chunk is found.
    """
    words: dict[frozenset[str], set[str]] = defaultdict(set)
    for chunk, origin in zip(chunks, origins, strict=True):
        for text, _ in _fields(chunk):
            words[origin.groups].update(terms.words(text))
    public = words[PUBLIC]
    return {groups: frozenset(own | public) for groups, own in words.items()}
