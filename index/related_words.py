"""The words of a question as documents may write them otherwise: as one word, apart, or inside a compound.

They add to the lexical score only. What a question names is told by its own words.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from index import terms
from index.bm25 import Posting, Words
from index.compounds import parts, splits
from index.stemming import COMPOUNDING, stem, stem_in

Mask = NDArray[np.bool_] | None
# A part says less than the whole word.
_PART_WEIGHT = 0.5
# Shorter and longer words are seldom two words written as one.
_APART = range(4, 21)
_COMPOUND, _PART = 8, 4


def related(words: Words, question: str, readable: Mask) -> list[Posting]:
    """Return the postings of what a question's words may be written as, among the readable chunks."""
    together = {stem(first + second): None for first, second, _ in terms.neighbours(question)}
    found = [words.of_keys([key], readable) for key in together]
    for word in terms.question_terms(question):
        if word.isalpha() and len(word) in _APART and not words.has(stem(word)):
            found.append(_apart(words, word, readable))
        for language in COMPOUNDING.intersection(words.languages):
            found.append(_compounds(words, word, language, readable))
    return [posting for posting in found if len(posting.rows)]


def _apart(words: Words, word: str, readable: Mask) -> Posting:
    """Return the chunks that hold both parts of a word, parted as evenly as they are known."""
    for pair in splits(word):
        if all(words.has(stem(part)) for part in pair):
            first, second = (words.of_keys([stem(part)], readable) for part in pair)
            rows, of_first, of_second = np.intersect1d(first.rows, second.rows, assume_unique=True, return_indices=True)
            weights = np.minimum(first.weights[of_first], second.weights[of_second])
            return Posting(rows, weights, max(first.rarity, second.rarity))
    return words.of_keys([], readable)


def _compounds(words: Words, word: str, language: str, readable: Mask) -> Posting:
    """Return the chunks with the parts of a compound; for a word that stands nowhere alone, with its compounds."""
    keys: set[str] = set()
    if len(word) >= _COMPOUND:
        keys.update(parts(word, language, lambda part: words.has(stem_in(language, part))))
    if len(word) >= _PART and not words.has(key := stem_in(language, word)):
        keys.update(words.longer(key))
    posting = words.of_keys(sorted(keys), readable)
    return replace(posting, weights=posting.weights * np.float32(_PART_WEIGHT))
