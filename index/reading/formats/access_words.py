"""Tell which keys are access rules, and which look like one that is not understood."""

import re
import unicodedata
from enum import Enum
from typing import Any

from rapidfuzz.distance import OSA

from index.reading.formats.fields import Fields, bare

RULES = ("access", "groups")
_TYPOS_OF = ("access", "groups", "group")
# Words of other tools for who may read. The long ones also count with one wrong letter.
_LONG = frozenset("audience audiences permission permissions visibility restricted confidential".split())
_SHORT = frozenset(
    "accesses acl acls readers reader viewers viewer readable viewable visible private privacy protected internal"
    " secret restrict restriction restrictions confidentiality classification sensitivity clearance roles"
    " password public allow allowed deny"
    " zugriff zugang gruppen gruppe berechtigung berechtigungen sichtbarkeit".split()
)
# One of these words is enough in a longer key, such as `accessLevel`. Beside the others only fillers may stand.
_STRONG = frozenset("access audience audiences permission permissions visibility acl".split())
_FILLERS = frozenset(
    "is are only use page doc docs document article content for to by the a of target intended level list min default"
    " ms allowed allow can may be with user users read view required".split()
)
# A group is a rule only beside one of these: `group_by` and `nav_group` are none.
_OF_PEOPLE = frozenset("allow allowed user users read view member members security entra slack ad ldap okta".split())
_PHRASES = frozenset(
    frozenset(
        "requireslogin requirelogin loginrequired requiressignin signedinonly loggedinonly membersonly"
        " passwordprotected teams onlyfor limitedto accessibleto".split()
    )
    | {"alloweduser", "allowedusers", "allowusers", "whocanread", "whomayread", "canread", "readby", "sharedwith"}
)
# Letters of other scripts that look like Latin ones.
_LOOKS_LIKE = str.maketrans(
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u0455\u0458\u0501\u0261\u03b1\u03bf\u03c1\u03c5\u03b5\u03f2\u03c3",
    "aceopxyisjdgaopuecs",
)
_FALSE = frozenset({"false", "no", "off", "0", "null", "none", "~"})
_TRUE = frozenset({"true", "yes", "on", "1"})
_PUBLIC = frozenset("everyone everybody all public anyone world open unrestricted".split())
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


class Kind(Enum):
    """What a key is: a rule, a rule with a slip of the pen, or another word for who may read."""

    RULE = "rule"
    MISSPELT = "misspelt"
    FOREIGN = "foreign"


def kind_of(key: str) -> Kind | None:
    """Return what a key is; None if it says nothing about who may read."""
    letters = bare(key)
    if letters in RULES:
        return Kind.RULE
    letters = letters.translate(_LOOKS_LIKE)
    if any(_like(letters, word) for word in _TYPOS_OF):
        return Kind.MISSPELT
    if letters in _LONG | _SHORT | _PHRASES or any(OSA.distance(letters, w, score_cutoff=1) <= 1 for w in _LONG):
        return Kind.FOREIGN
    return Kind.FOREIGN if _is_foreign(_words(key)) else None


def limits(key: str, value: Any) -> bool:  # noqa: ANN401 - the value as the file gives it
    """Tell whether the value of a foreign key can limit who may read: `visibility: public` does not."""
    letters = bare(key)
    said = _said(value)
    if said is None:
        return True
    if letters.endswith("public"):
        return not all(word in _TRUE | _PUBLIC | {"null"} for word in said)
    if "visible" in letters and all(word in _TRUE | _FALSE for word in said):
        return False
    return not all(word in _FALSE | _PUBLIC or _DAY.match(word) for word in said)


def is_public(value: Any) -> bool:  # noqa: ANN401 - the value as the file gives it
    """Tell whether a value says in any words that everyone may read."""
    said = _said(value)
    return bool(said) and all(word in _PUBLIC for word in said or ())


def _like(letters: str, word: str) -> bool:
    return OSA.distance(letters, word, score_cutoff=1) <= 1 or _once(letters) == _once(word)


def _once(letters: str) -> str:
    """Drop repeated letters: "acess", "aces" and "accesss" are one word."""
    return re.sub(r"(.)\1+", r"\1", letters)


def _is_foreign(words: frozenset[str]) -> bool:
    if len(words) < 2:  # noqa: PLR2004 - one word was looked up whole
        return False
    meant = words - _FILLERS
    if words & {"group", "groups"}:
        return bool(words & (_STRONG | _OF_PEOPLE))
    return bool(words & _STRONG) or (len(meant) == 1 and meant <= _LONG | _SHORT)


def _words(key: str) -> frozenset[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", key) if not unicodedata.combining(c))
    return frozenset(word.casefold() for word in _WORD.findall(plain))


def _said(value: Any) -> list[str] | None:  # noqa: ANN401 - the value as the file gives it
    """Return the scalars of a value as words in lower case; None if it is nested."""
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, list | Fields) for item in items):
        return None
    return ["null" if item is None else str(item).strip().casefold() for item in items]
