"""Names of two words ("Nimbus Pro", "Windows 11", "version 3.3"), and texts about another one of their kind."""

import re
from itertools import pairwise

_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*")  # noqa: RUF001 - an apostrophe
_VERSION = re.compile(r"v?\d+(?:\.\d+)+|v\d+", re.IGNORECASE)
# A sentence with a larger share of capitals is written like a title, or in a language that gives nouns a capital.
_CAPITALS = 0.4


def names_another(question: str, text: str) -> bool:
    """Tell whether a text names another thing of the same kind as the question does, and not the one asked about.

    "Nimbus Go does not" is no answer about Nimbus Pro, and what holds for version 3.20 may not hold for 3.3.
    """
    if _has_many_capitals(question) or _has_many_capitals(text):
        return False
    held = {word.casefold() for word in _WORD.findall(text)}
    return any(
        second.casefold() not in held and any(_is_other(second, other) for other in _after(first, text))
        for first, second in _names(question)
    )


def _names(text: str) -> list[tuple[str, str]]:
    return [(first, second) for first, second in _neighbours(text) if _is_name(first, second)]


def _is_name(first: str, second: str) -> bool:
    if _VERSION.fullmatch(second):
        return first[0].isalpha()
    return first[0].isupper() and (second[0].isupper() or second[0].isdigit())


def _is_other(second: str, other: str) -> bool:
    """Tell whether two words may tell things of one name apart: two numbers, or two words with a capital."""
    if second[-1].isdigit() or other[-1].isdigit():
        return second[-1].isdigit() and other[-1].isdigit()
    return other[0].isupper()


def _after(first: str, text: str) -> set[str]:
    """Return the words that stand behind a word in a text."""
    return {second for word, second in _neighbours(text) if word.casefold() == first.casefold()}


def _neighbours(text: str) -> list[tuple[str, str]]:
    """Return the pairs of words with one space between them."""
    found = list(_WORD.finditer(text))
    return [(a[0], b[0]) for a, b in pairwise(found) if text[a.end() : b.start()] == " "]


def _has_many_capitals(text: str) -> bool:
    inside = [second for _, second in _neighbours(text) if second[0].isalpha()]
    return sum(word[0].isupper() for word in inside) > max(2, _CAPITALS * len(inside))
