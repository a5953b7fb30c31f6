"""Check that two similar questions ask for the same thing, before an approved answer is given to both.

Embeddings hardly distinguish numbers, "not", "to" from "from", or "on" from "off", so the similarity of vectors is not
enough: both questions must also have the same content words, by their stems, and no opposite directions.
"""

import re

from index.stemming import stem
from index.terms import FUNCTION_WORDS
from pipeline.proof.comparing import comparable
from pipeline.proof.quantities import spelled_out

# Kinds of question by their question words; questions of different kinds never match.
_KINDS = (
    ("number", re.compile(r"\bhow (?:many|much|often|long|far|large|big|old)\b|\bwhat (?:number|amount|share)\b")),
    ("time", re.compile(r"\bwhen\b|\bwhat (?:time|day|date|year)\b|\bsince when\b|\buntil when\b")),
    ("person", re.compile(r"\bwho(?:m|se)?\b")),
    ("way", re.compile(r"\bhow\b(?! (?:many|much|often|long|far|large|big|old)\b)")),
    ("reason", re.compile(r"\bwhy\b|\bwhat for\b|\bhow come\b")),
    ("place", re.compile(r"\bwhere\b")),
    ("duty", re.compile(r"\b(?:must|have to|has to|need to|needs to|required|obliged|mandatory)\b")),
)
# Words of asking, and verbs that any question can be told with: they do not say what is asked for.
_ASKING = frozenset(
    map(
        stem,
        "please possible able allowed may must might need want like way tell know happen become use make give get set "
        "include included keep stay lost forgot one after if also place".split(),
    )
)
_NEGATION = re.compile(r"\b(?:not|no|never|without|cannot)\b|n't\b")
# One word for what is said with two.
_SWITCH = re.compile(r"\b(?:turn|switch)(?:s|es|ed|ing)?\s+(on|off)\b")
_SWITCHED = {"on": "enable", "off": "disable"}
# Short forms as whole words; of "is", "am", "have" and the like nothing is left, because they do not count.
_SHORT_FORMS = (
    (re.compile(r"\bcan(?:'t|not)\b"), "can not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"'(?:s|m|re|ve|ll|d)\b"), ""),
)
# Opposite directions, told by words that do not count. People use other prepositions for one another: "from a file" and
# "with a file" are the same.
_DIRECTIONS = {"to": "to", "into": "to", "from": "from"}
_WORD = re.compile(r"\w+(?:['.+-]\w+)*")


def same_question(asked: str, known: str) -> bool:
    """Tell whether both questions agree in kind, numbers, negation and content words, so that one answer fits both.

    No word may be where to in one and where from in the other: "to Peru" and "from Peru" differ.
    """
    mine, theirs = _plain(asked), _plain(known)
    return (
        _kinds(mine) == _kinds(theirs)
        and _numbers(mine) == _numbers(theirs)
        and bool(_NEGATION.search(mine)) == bool(_NEGATION.search(theirs))
        and _content(mine) == _content(theirs)
        and not _turns_round(mine, theirs)
    )


def _plain(question: str) -> str:
    plain = comparable(question).replace("e-mail", "email")
    for short, long in _SHORT_FORMS:
        plain = short.sub(long, plain)
    return _SWITCH.sub(lambda match: _SWITCHED[match[1]], plain)


def _kinds(question: str) -> frozenset[str]:
    return frozenset(name for name, pattern in _KINDS if pattern.search(question))


def _numbers(question: str) -> frozenset[tuple[object, str]]:
    return frozenset((quantity.readings, quantity.unit) for quantity in spelled_out(question))


def _content(question: str) -> frozenset[str]:
    return frozenset(stem(word) for word in _words(question) if word not in FUNCTION_WORDS) - _ASKING


def _turns_round(one: str, other: str) -> bool:
    mine, theirs = _directed(one), _directed(other)
    return any(mine[word] != theirs[word] for word in mine.keys() & theirs.keys())


def _directed(question: str) -> dict[str, str]:
    """Return the content words that follow "to" or "from", with it; "the" and the like may stand between them."""
    found: dict[str, str] = {}
    direction = ""
    for word in _words(question):
        if word in _DIRECTIONS:
            direction = _DIRECTIONS[word]
        elif word not in FUNCTION_WORDS:
            found |= {stem(word): direction} if direction else {}
            direction = ""
    return found


def _words(question: str) -> list[str]:
    return [part for word in _WORD.findall(question) for part in re.split(r"[-']", word) if part]
