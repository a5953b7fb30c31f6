"""Which documents a search may see: the groups that stand for everybody and nobody, and patterns of document ids."""

import re
import unicodedata
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

EVERYONE = "everyone"
NOBODY = "nobody"
_PATTERNS_KEPT = 1024
# A set in brackets, as fnmatch reads one: a "]" that comes first is a member. Without its end it is a plain "[".
_SET = re.compile(r"\[(?:([!^])?+(\]?+[^\]]*)\])?+")


def matches(document_id: str, patterns: Iterable[str]) -> bool:
    """Tell whether a document id matches one of the patterns.

    Upper and lower case differ. `*` stands for any characters, also for "/", `?` for one character, `[a-z]` for one of
    a set, `[!a-z]` or `[^a-z]` for one outside it. A bracket that is never closed stands for itself. A letter with its
    accent is one character, however it is encoded: macOS parts them in the names of files.
    """
    composed = unicodedata.normalize("NFC", document_id)
    return any(_compiled(pattern).match(composed) for pattern in patterns)


def normalized(pattern: str) -> str:
    """Return the pattern in the one spelling that fnmatch reads like `matches`."""
    return _SET.sub(_normalized_set, pattern)


@lru_cache(maxsize=_PATTERNS_KEPT)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(normalized(unicodedata.normalize("NFC", pattern))))


def _normalized_set(found: re.Match[str]) -> str:
    negated, members = found.groups()
    if members is None:
        return "[[]"
    return f"[!{members}]" if negated else f"[{members}]"
