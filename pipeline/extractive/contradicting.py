"""Sections of two documents that say nearly the same with other numbers: an old and a new edition, or a mistake.

A reader must see both, with their dates, because no rule can tell which one holds; the newer one comes first.
"""

from collections.abc import Collection

from index.naming import names_another
from index.stemming import stem
from index.terms import FUNCTION_WORDS, words

# Share of the words without digits that both have in common: "costs 12 dollars a person and month" and "is 19 dollars
# for each person per month, billed yearly" have 0.55.
_ALIKE = 0.4


def contradict(question: str, text: str, other: str) -> bool:
    """Tell whether two texts have other numbers in nearly the same words, and both are about what is asked."""
    numbers, others = _numbers(text), _numbers(other)
    if not (numbers - others and others - numbers):
        return False
    if not _are_alike(_told(text), _told(other)):
        return False
    return not (names_another(question, text) or names_another(question, other))


def _are_alike(told: Collection[str], other: Collection[str]) -> bool:
    both = set(told) | set(other)
    return len(set(told) & set(other)) >= _ALIKE * len(both)


def _numbers(text: str) -> set[str]:
    return {word for word in words(text) if any(map(str.isdigit, word))}


def _told(text: str) -> set[str]:
    return {stem(word) for word in words(text) if word not in FUNCTION_WORDS and not any(map(str.isdigit, word))}
