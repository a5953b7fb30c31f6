"""Whether two questions that sound alike ask the same: a check beside the similarity of their vectors.

An embedding hardly sees a number, a "not" or "on" for "off"; what asks for another thing must not get an answer
that was approved for this one.
"""

import re

from pipeline.comparing import comparable
from pipeline.lexicon import CONTRASTS
from pipeline.values import values
from pipeline.words import content_words, keys, negation_count, tokens

# What is asked for, by the words that ask for it; two questions of different kinds are never the same.
_KINDS = (
    ("number", re.compile(r"\bhow (?:many|much|often|long|far|large|big|old)\b|\bwhat (?:number|amount|share)\b")),
    ("time", re.compile(r"\bwhen\b|\bwhat (?:time|day|date|year)\b|\bsince when\b|\buntil when\b")),
    ("person", re.compile(r"\bwho(?:m|se)?\b")),
    ("reason", re.compile(r"\bwhy\b|\bwhat for\b|\bhow come\b")),
    ("place", re.compile(r"\bwhere\b")),
)
_SHARED = 0.5


def same_question(asked: str, known: str) -> bool:
    """Tell whether nothing in the words speaks against one answer for both."""
    mine, theirs = tokens(comparable(asked)), tokens(comparable(known))
    if _kinds(asked) != _kinds(known) or _values(asked) != _values(known):
        return False
    if bool(negation_count(mine)) != bool(negation_count(theirs)):
        return False
    return not _contrast(frozenset(mine), frozenset(theirs)) and _share(mine, theirs) >= _SHARED


def _kinds(question: str) -> frozenset[str]:
    lower = question.casefold()
    return frozenset(name for name, pattern in _KINDS if pattern.search(lower))


def _values(question: str) -> frozenset[str]:
    return frozenset(comparable(value) for value in values(question))


def _contrast(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Tell whether one says a word that excludes the other's: "on" for "off"."""
    return any(
        bool(mine & one and not theirs & one and theirs & other and not mine & other)
        for row in CONTRASTS
        for one in row
        for other in row
        if one is not other
    )


def _share(mine: list[str], theirs: list[str]) -> float:
    """Return the share of the shorter question's content words that the other has too, in whatever form."""
    shorter, longer = sorted((content_words(mine), content_words(theirs)), key=len)
    if not shorter:
        return 1.0
    held = frozenset(key for word in longer for key in keys(word))
    return sum(bool(keys(word) & held) for word in shorter) / len(shorter)
