"""Token vectors of every chunk, four bits a value, and how well a question's tokens find themselves in them.

The score is ColBERT's late interaction (Khattab and Zaharia 2020) on the token vectors that a sentence model has
anyway: each token of the question takes its best match in the chunk, weighted by how rare its word is. It needs no
further model and no further run of the one there is. What it brings is printed by tests/bench/quality.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from index.chunking import heading_line, pieces, without_links
from index.embedding import Encoded, Vectors
from index.lexical import FUNCTION_WORDS

Codes = NDArray[np.uint8]
CODES, STARTS, PIECES = "token_codes.npy", "token_starts.npy", "token_pieces.npy"
HEADING = 255
_LEVELS = 7.5
# Tokens unpacked at a time: what they take stays in the second cache, and no query asks the system for memory.
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class ChunkTokens:
    """Tokens of one chunk: codes uint8[n, d/2]; pieces uint8[n], the piece of its text each stands in, or HEADING."""

    codes: Codes
    pieces: NDArray[np.uint8]


def chunk_tokens(encoded: Encoded, heading_path: Sequence[str], text: str, scale: Vectors) -> ChunkTokens:
    """Return the tokens worth keeping: those of content words. `encoded` is of the chunk's embedding text."""
    whole = heading_line(heading_path) + "".join(map(without_links, pieces(text)))
    kept = content_tokens(whole, encoded.spans) or [0]
    ends = np.cumsum([len(heading_line(heading_path)), *(len(without_links(piece)) for piece in pieces(text))])
    starts = np.array([encoded.spans[token][0] for token in kept])
    places = np.searchsorted(ends, starts, side="right") - 1
    return ChunkTokens(_packed(encoded.tokens[kept], scale), np.where(places < 0, HEADING, places).astype(np.uint8))


def content_tokens(text: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return which tokens belong to a word that is neither a function word nor a sign."""
    return [place for place, span in enumerate(spans) if (word := word_at(text, span)) and word not in FUNCTION_WORDS]


def word_at(text: str, span: tuple[int, int]) -> str:
    """Return the whole word, in lower case, that a token's characters are a part of; "" if they are no word."""
    start, end = span
    if not any(character.isalnum() for character in text[start:end]):
        return ""
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[start:end].casefold()


class TokenStore:
    """The tokens of one snapshot, on disk; a search reads those of its candidates."""

    def __init__(self, folder: Path, scale: Vectors) -> None:
        self._codes: Codes = np.asarray(np.load(folder / CODES, mmap_mode="r"))
        self._starts: NDArray[np.int64] = np.load(folder / STARTS)
        self._pieces: NDArray[np.uint8] = np.asarray(np.load(folder / PIECES, mmap_mode="r"))
        self._scale = scale

    def similarities(self, question: Vectors, rows: Sequence[int]) -> "Similarities":
        """Return how near every token of the chunks `rows` is to each of question: float32[q, d]."""
        spans = [(int(self._starts[row]), int(self._starts[row + 1])) for row in rows]
        codes = np.concatenate([self._codes[start:stop] for start, stop in spans])
        # Codes stand for (code - 7.5) * scale: the scale goes into the question, the offset is one number a token.
        scaled = (question * (self._scale / _LEVELS)).T
        products = np.empty((len(codes), len(question)), dtype=np.float32)
        for start in range(0, len(codes), _BLOCK):
            np.matmul(_unpacked(codes[start : start + _BLOCK]), scaled, out=products[start : start + _BLOCK])
        products -= _LEVELS * scaled.sum(axis=0)
        bounds = np.cumsum([0, *(stop - start for start, stop in spans)])
        return Similarities(products, bounds)

    def pieces(self, row: int) -> NDArray[np.uint8]:
        """Return the piece of each token of a chunk."""
        return self._pieces[self._starts[row] : self._starts[row + 1]]

    def tokens(self, row: int) -> ChunkTokens:
        """Return a chunk's tokens, for a build that keeps them."""
        start, stop = self._starts[row], self._starts[row + 1]
        return ChunkTokens(self._codes[start:stop], self._pieces[start:stop])


@dataclass(frozen=True, slots=True)
class Similarities:
    """float32[tokens, q] of several chunks, one below the other; chunk n has the tokens bounds[n]:bounds[n+1]."""

    products: NDArray[np.float32]
    bounds: NDArray[np.int64]

    @property
    def best(self) -> NDArray[np.float32]:
        """float32[chunks, q]: the best match of each token of the question in each chunk."""
        best: NDArray[np.float32] = np.maximum.reduceat(self.products, self.bounds[:-1], axis=0)
        return best

    def of(self, chunk: int) -> NDArray[np.float32]:
        """float32[tokens, q] of one chunk."""
        return self.products[self.bounds[chunk] : self.bounds[chunk + 1]]


def write_tokens(folder: Path, tokens: Iterable[ChunkTokens], count: int, width: int) -> None:
    """Write the tokens of `count` chunks, in the order of their rows, without holding them all."""
    starts = np.zeros(count + 1, dtype=np.int64)
    places: list[NDArray[np.uint8]] = []
    with (folder / CODES).open("wb") as stream:
        _write_header(stream, 0, width)
        for row, item in enumerate(tokens):
            stream.write(item.codes.tobytes())
            starts[row + 1] = starts[row] + len(item.codes)
            places.append(item.pieces)
        stream.seek(0)
        _write_header(stream, int(starts[-1]), width)
    np.save(folder / STARTS, starts)
    np.save(folder / PIECES, np.concatenate(places))


def _write_header(stream: BinaryIO, rows: int, width: int) -> None:
    # The length is known last; numpy leaves room in the header for it to grow.
    np.lib.format.write_array_header_2_0(stream, {"descr": "|u1", "fortran_order": False, "shape": (rows, width)})


def _unpacked(codes: Codes) -> Vectors:
    half = codes.shape[1]
    values = np.empty((len(codes), 2 * half), dtype=np.float32)
    values[:, :half] = codes & 15
    values[:, half:] = codes >> 4
    return values


def _packed(tokens: Vectors, scale: Vectors) -> Codes:
    codes = np.clip(np.rint(tokens / scale * _LEVELS + _LEVELS), 0, 15).astype(np.uint8)
    half = codes.shape[1] // 2
    packed: Codes = codes[:, :half] | (codes[:, half:] << 4)
    return packed
