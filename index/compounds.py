"""Words that are written together or apart: "login" and "log in", "Versandkosten" and "Kosten für den Versand"."""

from collections.abc import Callable, Collection, Iterator

from index.stemming import stem, stem_in
from index.terms import FUNCTION_WORDS, neighbours

# Shorter parts of a compound are endings and prefixes more often than words.
_PART = 4
# What German and Scandinavian compounds have between their parts.
_LINKS = ("", "s", "es", "n", "en", "er", "e")


def joined_key(word: str) -> str:
    """Return the key of a word that is written as two: not the word's own, whose rarity stays what it is."""
    return f"+{stem(word)}"


def joined_neighbours(text: str, known: Collection[str]) -> Iterator[str]:
    """Yield a key for two words that may be one: those with a hyphen, and those that together are a known word."""
    for first, second, hyphen in neighbours(text):
        together = first + second
        if (hyphen or together in known) and together not in FUNCTION_WORDS:
            yield joined_key(together)


def parts(word: str, language: str, is_known: Callable[[str], bool]) -> frozenset[str]:
    """Return the stems of the known words that a compound begins or ends with, beside its own stem."""
    found: set[str] = set()
    for at in range(_PART, len(word) - _PART + 1):
        cut = (word[:at].removesuffix(link) for link in _LINKS)
        found.update(part for part in (*cut, word[at:]) if len(part) >= _PART and is_known(part))
    return frozenset(stem_in(language, part) for part in found) - {stem_in(language, word)}


def splits(word: str) -> list[tuple[str, str]]:
    """Return the ways to part a word in two, the most even one first."""
    ways = [(word[:at], word[at:]) for at in range(1, len(word))]
    return sorted(ways, key=lambda way: -min(map(len, way)))
