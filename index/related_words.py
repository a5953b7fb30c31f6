"""The words of a question as documents may write them otherwise: as one word, apart, or inside a compound.

They add to the lexical score only. What a question names is told by its own words.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from index import terms
from index.bm25 import Posting, Words
from index.compounds import joined_key, parts, splits
from index.stemming import COMPOUNDING, stem, stem_in

Mask = NDArray[np.bool_] | None
# Another spelling or a part says less than the word itself.
_WEIGHT = 0.5
# Shorter and longer words are seldom two words written as one.
_APART = range(4, 21)
_COMPOUND, _PART = 8, 4


def related(words: Words, question: str, readable: Mask) -> list[Posting]:
    """Return the postings of what a question's words may be written as, among the readable chunks."""
    asked = terms.question_terms(question)
    together = dict.fromkeys(first + second for first, second, _ in terms.neighbours(question))
    found = [words.of_keys([stem(word), joined_key(word)], readable) for word in together]
    found.extend(words.of_keys([joined_key(word)], readable) for word in asked)
    found.extend(_apart(words, word, readable) for word in asked)
    for language in COMPOUNDING.intersection(words.languages):
        found.extend(_compounds(words, word, language, readable) for word in asked)
    return [replace(p, weights=p.weights * np.float32(_WEIGHT)) for p in found if len(p.rows)]


def _apart(words: Words, word: str, readable: Mask) -> Posting:
    """Return the chunks with both parts of a word that stands nowhere as one, parted as evenly as they are known."""
    is_asked = word.isalpha() and len(word) in _APART and not words.has(stem(word), readable)
    for pair in splits(word) if is_asked else ():
        if all(words.has(stem(part), readable) for part in pair):
            first, second = (words.of_keys([stem(part)], readable) for part in pair)
            rows, of_first, of_second = np.intersect1d(first.rows, second.rows, assume_unique=True, return_indices=True)
            weights = np.minimum(first.weights[of_first], second.weights[of_second])
            return Posting(rows, weights, max(first.rarity, second.rarity))
    return words.of_keys([], readable)


def _compounds(words: Words, word: str, language: str, readable: Mask) -> Posting:
    """Return the chunks with the parts of a compound; for a word that stands nowhere alone, with its compounds."""
    keys: set[str] = set()
    if len(word) >= _COMPOUND:
        keys.update(parts(word, language, lambda part: words.has(stem_in(language, part), readable)))
    if len(word) >= _PART and not words.has(key := stem_in(language, word), readable):
        keys.update(words.longer(key))
    return words.of_keys(sorted(keys), readable)
