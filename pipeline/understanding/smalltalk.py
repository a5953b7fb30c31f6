"""Messages that ask nothing of the documents: greetings, thanks, calls for help, acknowledgements.

A message is small talk only if each of its words belongs to a phrase of smalltalk.toml, so any other word makes it a
question. The list decides nothing about what is true.
"""

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, get_args

from rapidfuzz.distance import OSA

SmallTalk = Literal["help", "thanks", "greeting", "acknowledgement"]

_SHORTCODE = re.compile(r":[a-z0-9_+-]+:", re.IGNORECASE)
_EMOTICON = re.compile(r"(?<!\w)(?:[:;=]['-]?[()\[\]dpo3/|*]|<3|xd|\^\^|;-?\))(?!\w)", re.IGNORECASE)
_REPEATED = re.compile(r"(.)\1+")
_PLEASE = frozenset("please pls plz bite kindly".split())
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI")
# Someone may also say what they will do next, in up to six words of their own.
_PROMISE = re.compile(
    r"(?:(?:i|we) (?:wil|l) |wil |gona |going to |let me |lemme )(?:try|check|test|ask|read|lok|do)(?: \w+){0,6}"
)
_ASKS = frozenset("but how what where when why who which whom whose can could should does is are if".split())
# A longer word of thanks or greeting may have one wrong letter. A shorter one may be a letter away from a question:
# "valeu" and "value", "noted" and "notes".
_MISSPELT_FROM = 6
# Small talk is short. What follows takes time that grows faster than a message, and the event loop waits for it.
_MOST_CHARS = 600


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The phrases by their words, the words that may stand beside them, and the words that may be misspelt."""

    kinds: dict[tuple[str, ...], SmallTalk]
    beside: frozenset[str]
    misspelt: tuple[str, ...]
    longest: int


def kind_of(text: str) -> SmallTalk | None:
    """Return what kind of small talk a message is; None if it may hold a question, or nothing at all."""
    if len(text) > _MOST_CHARS:
        return None
    words = words_of(text)
    if not words:
        return _without_words(text)
    kinds = _kinds_of([word for word in words if word not in _PLEASE], asks="?" in text)
    return next((kind for kind in get_args(SmallTalk) if kind in kinds), None)


def _without_words(text: str) -> SmallTalk | None:
    """Return the kind of a message of emoji and punctuation: a bare question mark asks for help."""
    if not text.strip():
        return None
    return "help" if "?" in text else "acknowledgement"


def _kinds_of(words: Sequence[str], *, asks: bool) -> frozenset[SmallTalk]:
    """Return the kinds of the phrases that make up the message; none if a word is left over."""
    phrases = _PHRASES
    kinds: set[SmallTalk] = set()
    at = 0
    while at < len(words):
        if not asks and _is_promise(words[at:]):
            return frozenset(kinds | {"acknowledgement"})
        size, kind = _phrase_at(words, at, phrases)
        if not size:
            return frozenset()
        if kind:
            kinds.add(kind)
        at += size
    return frozenset(kinds)


def _phrase_at(words: Sequence[str], at: int, phrases: _Phrases) -> tuple[int, SmallTalk | None]:
    """Return the length and kind of the longest phrase that begins there; 1 and None for a word beside; else 0."""
    for size in range(min(phrases.longest, len(words) - at), 0, -1):
        if kind := phrases.kinds.get(tuple(words[at : at + size])):
            return size, kind
    if words[at] in phrases.beside:
        return 1, None
    meant = _meant(words[at], phrases)
    return (1, phrases.kinds[(meant,)]) if meant else (0, None)


def _meant(word: str, phrases: _Phrases) -> str | None:
    if len(word) < _MISSPELT_FROM:
        return None
    return next((known for known in phrases.misspelt if OSA.distance(word, known, score_cutoff=1) <= 1), None)


def _is_promise(words: Sequence[str]) -> bool:
    return not _ASKS.intersection(words) and bool(_PROMISE.fullmatch(" ".join(words)))


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a message without emoji, case, accents and repeated letters.

    Each letter of a script without spaces is a word.
    """
    plain = unicodedata.normalize("NFKD", _EMOTICON.sub(" ", _SHORTCODE.sub(" ", text)).casefold())
    kept = "".join(_spelled(character) for character in plain)
    return tuple(_REPEATED.sub(r"\1", word) for word in kept.split())


def _spelled(character: str) -> str:
    if unicodedata.category(character)[0] not in "LMN":
        return " "
    if unicodedata.combining(character):
        return ""
    return f" {character} " if unicodedata.name(character, "").startswith(_UNSPACED) else character


def _read_phrases() -> _Phrases:
    read = tomllib.loads(files(__package__).joinpath("smalltalk.toml").read_text(encoding="utf-8"))
    kinds: dict[tuple[str, ...], SmallTalk] = {}
    for kind in get_args(SmallTalk):
        for phrase in read[kind].split(","):
            kinds.setdefault(words_of(phrase), kind)
    kinds.pop((), None)
    beside = frozenset(word for part in read["beside"].split(",") for word in words_of(part))
    misspelt = tuple(
        words[0]
        for words, kind in kinds.items()
        if len(words) == 1 and len(words[0]) >= _MISSPELT_FROM and kind in {"thanks", "greeting"}
    )
    return _Phrases(kinds, beside, misspelt, max(map(len, kinds)))


# Read at import, so that no event loop waits for the file.
_PHRASES = _read_phrases()
