"""Late interaction: the token vectors of every chunk, two bits a value, and their match with a question's tokens.

The score is that of ColBERT (Khattab and Zaharia 2020): each token of the question takes its best match in the chunk,
weighted by the rarity of its word. The token vectors are those of the sentence model, so no other model and no second
run is needed. tests/bench/quality.py prints what the score contributes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from index.chunks import heading_line, pieces
from index.embedding.model import Encoded, Vectors
from index.markdown import without_links
from index.terms import FUNCTION_WORDS, is_unspaced
from index.vector_codes import Codes, token_codes, token_products

CODES, STARTS, PIECES = "token_codes.npy", "token_starts.npy", "token_pieces.npy"
HEADING = 255
# Of two tokens of a piece that are so alike (a word said twice), one is kept: 11% are left out. No set of
# tests/bench/quality.py finds two quotes more or less, with 0.75 one does.
_ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class ChunkTokens:
    """Tokens of one chunk: codes uint8[n, d/4]; pieces uint8[n], the piece of the text that holds each, or HEADING."""

    codes: Codes
    pieces: NDArray[np.uint8]


def chunk_tokens(encoded: Encoded, heading_path: Sequence[str], text: str) -> ChunkTokens:
    """Return the tokens of the chunk's content words; `encoded` is its embedding text, encoded."""
    whole = heading_line(heading_path) + "".join(map(without_links, pieces(text)))
    kept = content_tokens(whole, encoded.spans) or [0]
    ends = np.cumsum([len(heading_line(heading_path)), *(len(without_links(piece)) for piece in pieces(text))])
    starts = np.array([encoded.spans[token][0] for token in kept])
    # Pieces are numbered up to HEADING - 1; all later pieces get that number too.
    numbers = np.minimum(np.searchsorted(ends, starts, side="right") - 1, HEADING - 1)
    of_pieces = np.where(numbers < 0, HEADING, numbers).astype(np.uint8)
    tokens = encoded.tokens[kept]
    distinct = _distinct(tokens, of_pieces)
    return ChunkTokens(token_codes(tokens[distinct]), of_pieces[distinct])


def _distinct(tokens: Vectors, of_pieces: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return bool[n]: whether a token differs from every one before it that is kept of the same piece."""
    alike = (tokens @ tokens.T > _ALIKE) & np.equal.outer(of_pieces, of_pieces)
    distinct = np.ones(len(tokens), dtype=np.bool_)
    for token in range(len(tokens)):
        if distinct[token]:
            distinct[token + 1 :] &= ~alike[token, token + 1 :]
    return distinct


def content_tokens(text: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """Return the numbers of the tokens that belong to content words: no function words, no punctuation."""
    return [token for token, span in enumerate(spans) if (word := word_at(text, span)) and word not in FUNCTION_WORDS]


def word_at(text: str, span: tuple[int, int]) -> str:
    """Return the whole word, in lower case, to which a token's characters belong; "" for punctuation.

    In a script without spaces it is the token's first character and the next one, or the one before (`terms.words`).
    """
    start, end = span
    if not any(character.isalnum() for character in text[start:end]):
        return ""
    if is_unspaced(text[start:end]):
        return _pair_at(text, start)
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[start:end].casefold()


def _pair_at(text: str, at: int) -> str:
    if is_unspaced(text[at + 1 : at + 2]):
        return text[at : at + 2]
    return text[at - 1 : at + 1] if at and is_unspaced(text[at - 1]) else text[at : at + 1]


class TokenStore:
    """The tokens of one snapshot, memory-mapped; a search reads those of its candidates only."""

    def __init__(self, folder: Path) -> None:
        self._codes: Codes = np.asarray(np.load(folder / CODES, mmap_mode="r"))
        self._starts: NDArray[np.int64] = np.asarray(np.load(folder / STARTS, mmap_mode="r"))
        self._pieces: NDArray[np.uint8] = np.asarray(np.load(folder / PIECES, mmap_mode="r"))

    def similarities(self, question: Vectors, rows: Sequence[int]) -> "Similarities":
        """Return the best match of each token of `question`, float32[q, d], in the chunks `rows` and their pieces."""
        return similarities(question, [self.tokens(row) for row in rows])

    def tokens(self, row: int) -> ChunkTokens:
        """Return a chunk's tokens, so that a build can reuse them."""
        start, stop = self._starts[row], self._starts[row + 1]
        return ChunkTokens(self._codes[start:stop], self._pieces[start:stop])


@dataclass(frozen=True, slots=True)
class Similarities:
    """Similarity of each token of a question to the best token of several chunks, and of each of their pieces.

    `by_chunk` is float32[chunks, q]. `by_piece` is float32[n, q], with the pieces of all chunks below each other: those
    of chunk k are bounds[k]:bounds[k+1], and `pieces`, uint8[n], holds the number of each in its chunk, or HEADING.
    """

    by_chunk: NDArray[np.float32]
    by_piece: NDArray[np.float32]
    pieces: NDArray[np.uint8]
    bounds: NDArray[np.int64]

    def piece_scores(self, chunk: int, weights: NDArray[np.float32], count: int) -> list[float]:
        """Return the weighted match of each of the `count` pieces of one chunk, at least 0; 0 without tokens."""
        rows = slice(self.bounds[chunk], self.bounds[chunk + 1])
        scores = [0.0] * count
        for piece, score in zip(self.pieces[rows].tolist(), (self.by_piece[rows] @ weights).tolist(), strict=True):
            if piece < count:
                scores[piece] = max(0.0, score)
        return scores


def similarities(question: Vectors, chunks: Sequence[ChunkTokens]) -> Similarities:
    """Return the best match of each token of `question`, float32[q, d], in the chunks and their pieces."""
    pieces = np.concatenate([chunk.pieces for chunk in chunks])
    ends = np.cumsum([0, *(len(chunk.pieces) for chunk in chunks)])
    begins = np.ones(len(pieces), dtype=np.bool_)
    np.not_equal(pieces[1:], pieces[:-1], out=begins[1:])
    begins[ends[:-1]] = True
    starts = np.flatnonzero(begins)
    codes = np.concatenate([chunk.codes for chunk in chunks])
    by_piece = np.maximum.reduceat(token_products(codes, question), starts, axis=0)
    bounds = np.searchsorted(starts, ends)
    return Similarities(np.maximum.reduceat(by_piece, bounds[:-1], axis=0), by_piece, pieces[starts], bounds)


def write_tokens(folder: Path, tokens: Iterable[ChunkTokens], count: int) -> None:
    """Write the tokens of `count` chunks in the order of their rows, without keeping all of them in memory."""
    starts = np.zeros(count + 1, dtype=np.int64)
    numbers: list[NDArray[np.uint8]] = []
    rows = iter(tokens)
    first = next(rows)
    width = first.codes.shape[1]
    with (folder / CODES).open("wb") as stream:
        _write_header(stream, 0, width)
        for row, item in enumerate(chain([first], rows)):
            stream.write(item.codes.tobytes())
            starts[row + 1] = starts[row] + len(item.codes)
            numbers.append(item.pieces)
        stream.seek(0)
        _write_header(stream, int(starts[-1]), width)
    np.save(folder / STARTS, starts)
    np.save(folder / PIECES, np.concatenate(numbers))


def _write_header(stream: BinaryIO, rows: int, width: int) -> None:
    # The number of rows is known at the end only; numpy pads the header, so that rewriting it does not move the data.
    np.lib.format.write_array_header_2_0(stream, {"descr": "|u1", "fortran_order": False, "shape": (rows, width)})
