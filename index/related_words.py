"""The words of a question as documents may write them otherwise: as one word, apart, or inside a compound.

They help to find candidates. To the score that puts these in order they add only for words that stand nowhere as asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from index import terms
from index.bm25 import Words
from index.compounds import joined_key, parts, splits
from index.postings import Posting
from index.readable import Readable
from index.stemming import COMPOUNDING, stem, stem_in

# Another spelling or a part says less than the word itself.
_WEIGHT = 0.5
# Shorter and longer words are seldom two words written as one.
_APART = range(4, 21)
_COMPOUND, _PART = 8, 4


@dataclass(frozen=True, slots=True)
class Related:
    """Postings of other spellings: of words that readable chunks hold as asked, and of words that none does."""

    held: list[Posting]
    missing: list[Posting]


def related(words: Words, question: str, readable: Readable | None) -> Related:
    """Return the postings of what a question's words may be written as, among the readable chunks."""
    found = Related([], [])
    spellings: dict[str, list[Posting]] = {}
    for first, second, _ in terms.neighbours(question):
        spellings[first] = [words.of_keys([stem(first + second), joined_key(first + second)], readable)]
    for word in terms.question_terms(question):
        spellings.setdefault(word, []).extend(_spellings(words, word, readable))
    for word, postings in spellings.items():
        kind = found.held if len(words.posting(word, readable).rows) else found.missing
        kind.extend(replace(p, weights=p.weights * np.float32(_WEIGHT)) for p in postings if len(p.rows))
    return found


def _spellings(words: Words, word: str, readable: Readable | None) -> Iterator[Posting]:
    yield words.of_keys([joined_key(word)], readable)
    yield _apart(words, word, readable)
    for language in COMPOUNDING.intersection(words.languages):
        yield _compounds(words, word, language, readable)


def _apart(words: Words, word: str, readable: Readable | None) -> Posting:
    """Return the chunks with both parts of a word that stands nowhere as one, parted as evenly as they are known."""
    is_asked = word.isalpha() and len(word) in _APART and not words.has(stem(word), readable)
    for pair in splits(word) if is_asked else ():
        if all(words.has(stem(part), readable) for part in pair):
            first, second = sorted((words.of_keys([stem(part)], readable) for part in pair), key=lambda p: len(p.rows))
            both = second.holds(first.rows)
            rows = first.rows[both]
            weights = np.minimum(first.weights[both], second.weights[np.searchsorted(second.rows, rows)])
            return Posting(rows, weights, max(first.rarity, second.rarity))
    return words.of_keys([], readable)


def _compounds(words: Words, word: str, language: str, readable: Readable | None) -> Posting:
    """Return the chunks with the parts of a compound; for a word that stands nowhere alone, with its compounds."""
    keys: set[str] = set()
    if len(word) >= _COMPOUND:
        keys.update(parts(word, language, lambda part: words.has(stem_in(language, part), readable)))
    if len(word) >= _PART and not words.has(key := stem_in(language, word), readable):
        keys.update(words.longer(key))
    return words.of_keys(sorted(keys), readable)
