"""Correct misspelt words of a question by the words that the asker's own documents hold.

A word is changed only if neither the documents nor a dictionary (the package pyspellchecker) know it and exactly one
word of the documents is near. A correction is shown to the asker, so `vocabulary` must come from documents that they
may read.
"""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from rapidfuzz.distance import OSA
from spellchecker import SpellChecker

from index.stemming import stem

# A word between spaces with the punctuation around it. Codes, paths, versions and addresses have more than letters.
_WORD = re.compile(r"(?<!\S)([\"'(\[¿¡]*)([^\W\d_]+)([\"')\].,;:!?]*)(?!\S)")
_SHORTEST = 4
# Two wrong letters are allowed from this length on, one below it.
_TWO_ERRORS_FROM = 8
# A word that a single document and no dictionary holds may be a mistake there.
_DOCUMENTS = 2
# Words with the same beginning are compared by their stems.
_BEGINNING = 3
# A word this much more frequent than any other near one is meant: "amount" and "account" for "acount".
_CLEARLY = 4
# Cost of an error: letters swapped, doubled or not doubled are the commonest ones.
_SLIP, _ERROR = 1, 2


def corrected(question: str, vocabulary: Mapping[str, int], language: str = "en") -> str | None:
    """Return the question with its misspelt words corrected; None if there is nothing to correct.

    `vocabulary` maps words in lower case to the number of documents that hold them. `language` is the question's: the
    words of its dictionary stay as they are.
    """
    changed = _WORD.sub(lambda match: f"{match[1]}{_meant(match, vocabulary, language)}{match[3]}", question)
    return changed if changed != question else None


def _meant(match: re.Match[str], vocabulary: Mapping[str, int], language: str) -> str:
    word = match[2]
    lower = word.casefold()
    # The first word may begin with a capital and be no name.
    spelled_as_a_name = word != lower and not (match.start() == 0 and word[1:].islower())
    if len(word) < _SHORTEST or spelled_as_a_name or _is_known(lower, vocabulary, language):
        return word
    found = _nearest(lower, vocabulary, language)
    return (found.capitalize() if word[0].isupper() else found) if found else word


def _is_known(word: str, vocabulary: Mapping[str, int], language: str) -> bool:
    if word in vocabulary or _is_in_a_dictionary(word, language):
        return True
    beginning, stemmed = word[:_BEGINNING], stem(word)
    return any(stem(known) == stemmed for known in vocabulary if known.startswith(beginning))


def _is_in_a_dictionary(word: str, language: str) -> bool:
    return any(word in _dictionary(name) for name in {"en", language} & _DICTIONARIES)


def _nearest(word: str, vocabulary: Mapping[str, int], language: str) -> str | None:
    """Return the one word that is meant: the fewest errors away, or clearly more frequent than others as near."""
    costs = {
        known: cost for known in _candidates(word, vocabulary, language) if (cost := _cost(word, known)) is not None
    }
    nearest = [known for known, cost in costs.items() if cost == min(costs.values())]
    nearest.sort(key=lambda known: -vocabulary[known])
    others = [known for known in nearest[1:] if stem(known) != stem(nearest[0])]
    if nearest and all(vocabulary[nearest[0]] >= _CLEARLY * vocabulary[other] for other in others):
        return nearest[0]
    return None


def _candidates(word: str, vocabulary: Mapping[str, int], language: str) -> list[str]:
    errors = _errors(word)
    return [
        known
        for known, documents in vocabulary.items()
        if known[0] == word[0]
        and abs(len(known) - len(word)) <= errors
        and len(known) >= _SHORTEST
        and (documents >= _DOCUMENTS or _is_in_a_dictionary(known, language))
    ]


def _cost(word: str, known: str) -> int | None:
    """Return the cost of the errors between two words; None if there are too many."""
    errors = _errors(word)
    distance = OSA.distance(word, known, score_cutoff=errors)
    if distance > errors:
        return None
    slip = sorted(word) == sorted(known) or _undoubled(word) == _undoubled(known)
    if len(word) == _SHORTEST and not slip and len(known) == len(word):
        return None
    return _SLIP if slip else _ERROR * distance


def _errors(word: str) -> int:
    return 2 if len(word) >= _TWO_ERRORS_FROM else 1


def _undoubled(word: str) -> str:
    return re.sub(r"(.)\1", r"\1", word)


_DICTIONARIES = frozenset({"en", "de", "es", "fr", "it", "nl", "pt", "ru"})


@lru_cache(maxsize=len(_DICTIONARIES))
def _dictionary(language: str) -> Collection[str]:
    return frozenset(SpellChecker(language=language).word_frequency.words())
