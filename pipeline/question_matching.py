"""Check that two similar questions ask for the same thing, before an approved answer is given to both.

Embeddings hardly distinguish numbers, "not", or "on" from "off", so the similarity of vectors is not enough.
"""

import re

from pipeline.proof.comparing import comparable
from pipeline.proof.lexicon import CONTRASTS
from pipeline.proof.values import values
from pipeline.proof.words import content_words, keys, negation_count, tokens

# Kinds of question by their question words; questions of different kinds never match.
_KINDS = (
    ("number", re.compile(r"\bhow (?:many|much|often|long|far|large|big|old)\b|\bwhat (?:number|amount|share)\b")),
    ("time", re.compile(r"\bwhen\b|\bwhat (?:time|day|date|year)\b|\bsince when\b|\buntil when\b")),
    ("person", re.compile(r"\bwho(?:m|se)?\b")),
    ("reason", re.compile(r"\bwhy\b|\bwhat for\b|\bhow come\b")),
    ("place", re.compile(r"\bwhere\b")),
    ("duty", re.compile(r"\b(?:must|have to|has to|need to|needs to|required|obliged|mandatory)\b")),
)
_RANKS = frozenset("first second third fourth last next previous other another same only both".split())
# Words of asking, which say nothing about what is asked for.
_ASKING = frozenset("please possible able tell know want like way question help forgot lost stay become".split())


def same_question(asked: str, known: str) -> bool:
    """Tell whether both questions agree in kind, values, negation and content words, so that one answer fits both."""
    mine, theirs = tokens(comparable(asked)), tokens(comparable(known))
    if _kinds(asked) != _kinds(known) or _values(asked) != _values(known):
        return False
    if bool(negation_count(mine)) != bool(negation_count(theirs)):
        return False
    if _contrast(frozenset(mine), frozenset(theirs)):
        return False
    # "The chair" and "the first chair" have similar vectors: each content word must be in both.
    return _all_found(mine, theirs) and _all_found(theirs, mine)


def _kinds(question: str) -> frozenset[str]:
    lower = question.casefold()
    return frozenset(name for name, pattern in _KINDS if pattern.search(lower))


def _values(question: str) -> frozenset[str]:
    ranks = _RANKS.intersection(tokens(comparable(question)))
    return frozenset(comparable(value) for value in values(question)) | ranks


def _contrast(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Tell whether the questions use opposite words, such as "on" and "off"."""
    return any(
        bool(mine & one and not theirs & one and theirs & other and not mine & other)
        for row in CONTRASTS
        for one in row
        for other in row
        if one is not other
    )


def _all_found(words: list[str], among: list[str]) -> bool:
    """Tell whether every content word of `words` is also in `among`, in any form."""
    held = frozenset(key for word in among for key in keys(word))
    return all(keys(word) & held for word in content_words(words) if word not in _ASKING)
