"""The words of a sentence as verification compares them: stemmed, with their synonyms."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from index.stemming import without_ending
from pipeline.proof.lexicon import GENERIC_WORDS, NEGATIONS, STOP_WORDS, SYNONYMS

# Scripts that do not put spaces between words: Thai, Han, kana, Hangul.
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:['.+-][^\W_{_UNSPACED}]+)*\+?")
_UNSPACED_START = re.compile(f"[{_UNSPACED}]")
_SHORT_VERB = re.compile(r"'(?:ll|re|ve|d|m)\b")
_NOT = re.compile(r"n't\b")
_NO_LONGER = re.compile(r"\bno longer\b|\bnot any ?more\b")
_SWITCH = re.compile(r"\b(?:turn|switch)(?:s|es|ed|ing)? (on|off)\b")
_GLUED_UNIT = re.compile(r"(?<=\d)(?=[a-z%€$])")
# Word stems that Snowball takes for another word's.
_OWN_STEMS = frozenset({"customer", "customers", "university", "universities", "organization", "organizations"})
_PREFIX = 7
_SCOPE = 4
_PAUSE = re.compile(r"[,;:()]\s")


def tokens(text: str) -> list[str]:
    """Return the lower-case words of `text`; unspaced scripts give overlapping pairs of characters."""
    found: list[str] = []
    for match in _TOKEN.finditer(_expanded(text.casefold())):
        word = match[0]
        if _UNSPACED_START.match(word):
            found.extend(word[i : i + 2] for i in range(max(1, len(word) - 1)))
        else:
            found.extend(_parts(word.removesuffix("'s")))
    return found


def content_words(words: Iterable[str]) -> list[str]:
    """Return the words that carry the fact: no stop words, no words any help page is told with."""
    return [word for word in words if word not in STOP_WORDS and word not in GENERIC_WORDS]


@lru_cache(maxsize=50_000)
def keys(word: str) -> frozenset[str]:
    """Return what a word may be matched by: its stem, its first letters, its groups of synonyms."""
    found = {word.removesuffix("s") if word in _OWN_STEMS else without_ending(word)}
    if len(word) > _PREFIX:
        found.add(word[:_PREFIX] + "-")
    found.update(f"#{number}" for number, group in enumerate(SYNONYMS) if word in group)
    return frozenset(found)


def keys_of(words: Iterable[str]) -> frozenset[str]:
    """Return all keys of `words`."""
    return frozenset(key for word in words for key in keys(word))


def denied_and_affirmed(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the keys of the words that a negation turns round, and of those that stand as they are.

    A negation turns the first word after it that has a meaning of its own, not beyond a comma.
    """
    denied: set[str] = set()
    affirmed: set[str] = set()
    for part in _PAUSE.split(text):
        words = tokens(part)
        turned = {at for start in _negations(words) if (at := _scope(words, start)) is not None}
        for at, word in enumerate(words):
            (denied if at in turned else affirmed).update(keys(word))
    return frozenset(denied), frozenset(affirmed)


def negation_count(words: Sequence[str]) -> int:
    """Return how many negations there are; "not only" is none."""
    return len(_negations(words))


def _negations(words: Sequence[str]) -> list[int]:
    return [
        at for at, word in enumerate(words) if word in NEGATIONS and words[at + 1 : at + 2] not in (["only"], ["just"])
    ]


def _scope(words: Sequence[str], negation: int) -> int | None:
    near = range(negation + 1, min(negation + 1 + _SCOPE, len(words)))
    return next((at for at in near if words[at] not in STOP_WORDS), None)


def _expanded(text: str) -> str:
    text = _SHORT_VERB.sub("", _NO_LONGER.sub("not", _NOT.sub(" not", text.replace("can't", "cannot"))))
    text = _GLUED_UNIT.sub(" ", text)
    return _SWITCH.sub(lambda match: "enable" if match[1] == "on" else "disable", text)


def _parts(word: str) -> list[str]:
    parts = word.split("-")
    return [word, *parts] if len(parts) > 1 and word in _HYPHENATED else parts


_HYPHENATED = frozenset({"self-hosted", "left-click", "right-click", "double-click", "e-mail"})
