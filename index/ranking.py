"""The candidates of a search, and the scores that put them in order."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from index.late_interaction import Similarities
from index.postings import Posting
from index.reranking import order

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
# Weights of the cosine and of the words in the final score, in which the token match has weight 1; and weight of the
# words in the coarse score that chooses the candidates. tests/bench/quality.py prints what other values give.
_COSINE, WORDS, _COARSE_WORDS = 0.5, 0.05, 0.3
# Weight of the words where the chunk with most of them is in another language than English, of which the packaged model
# knows less. Of 20 questions in five languages 16 found their chunk first with 0.05, 19 with 0.1, 20 with 0.2, and 19
# with 0.5 (tests/bench/languages.py, the half that was looked at).
WORDS_ELSEWHERE = 0.2
# Weight of the document's best score in each of its chunks' scores. The neighbour of a well-matching chunk answers
# more often than a chunk with the same words in another document.
_DOCUMENT = 0.2


@dataclass(frozen=True)
class EncodedQuestion:
    """A question, encoded: its vector, its content tokens, and the postings of its words and codes in `total` chunks.

    Of the tokens, float32[q, d], `weights`, float32[q], holds the rarity of their words, and `words`, int64[q], the
    number of the word that each belongs to.
    """

    vector: Floats
    tokens: Floats
    weights: Floats
    words: NDArray[np.int64]
    postings: Mapping[str, Posting]
    codes: Mapping[str, Posting]
    total: int


@dataclass(frozen=True)
class Ranked:
    """The candidates, best first: rows, final scores and parts, and the position of each in `similar`."""

    rows: Rows
    scores: Floats
    cosines: Floats
    matches: Floats
    words: Floats
    positions: Rows
    similar: Similarities
    word_weight: float

    @property
    def own_scores(self) -> Floats:
        """The scores before the document's best score is mixed in."""
        return own_scores(self.cosines, self.matches, self.words, self.word_weight)

    @property
    def unmatched_scores(self) -> Floats:
        """The same without the token match."""
        return own_scores(self.cosines, np.zeros_like(self.matches), self.words, self.word_weight)

    def reordered(self, given: Floats) -> "Ranked":
        """Return the first candidates in the order of the scores that a reranker gave them; equals keep their order.

        The best of them then has the best of their own final scores, and so on: those are compared with the others.
        """
        at = order(given, len(self.rows))
        return replace(
            self,
            rows=self.rows[at],
            cosines=self.cosines[at],
            matches=self.matches[at],
            words=self.words[at],
            positions=self.positions[at],
        )


def coarse_scores(cosines: Floats, words: Floats) -> Floats:
    """Return the scores that choose the candidates."""
    scores: Floats = cosines + _COARSE_WORDS * words
    return scores


def own_scores(cosines: Floats, matches: Floats, words: Floats, word_weight: float) -> Floats:
    """Return the scores of chunks by themselves."""
    return _COSINE * cosines + matches + word_weight * words


def final_scores(documents: NDArray[np.int32], scores: Floats) -> Floats:
    """Return the scores with the best one of each chunk's document mixed in."""
    found, of_rows = np.unique(documents, return_inverse=True)
    best = np.full(len(found), -np.inf, dtype=np.float32)
    np.maximum.at(best, of_rows, scores)
    mixed: Floats = (1 - _DOCUMENT) * scores + _DOCUMENT * best[of_rows]
    return mixed
