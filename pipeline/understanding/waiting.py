"""What an asker says about a question that waits for a person: they ask for news, or they take the question back.

As with small talk, every word of the message must belong to a phrase, here of waiting.toml, or be small talk itself.
"never mind the price, how do I pay?" is therefore a question.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal, get_args

from pipeline.understanding.smalltalk import kind_of, words_of

WaitingTalk = Literal["withdrawal", "news"]
# Longer messages say more than this. The limit also bounds the time that reading one takes.
_MOST_WORDS = 20
_MOST_CHARS = 200


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The phrases by their words, and the words that may stand beside them."""

    kinds: dict[tuple[str, ...], WaitingTalk]
    beside: frozenset[str]
    longest: int


def waiting_talk(text: str) -> WaitingTalk | None:
    """Return what a message says about a waiting question; None if it says or asks anything else.

    A message with a question mark takes nothing back.
    """
    if len(text) > _MOST_CHARS:
        return None
    words = words_of(text)
    kinds, rest = _read(words[:_MOST_WORDS])
    if not kinds or len(words) > _MOST_WORDS or not _is_small_talk(rest):
        return None
    return "news" if "?" in text and "news" in kinds else _without_question(kinds, text)


def _without_question(kinds: Sequence[WaitingTalk], text: str) -> WaitingTalk | None:
    return None if "?" in text else next(kind for kind in get_args(WaitingTalk) if kind in kinds)


def _read(words: Sequence[str]) -> tuple[list[WaitingTalk], list[str]]:
    """Return the kinds of the phrases in a message, and the words that belong to none and stand beside none."""
    kinds: list[WaitingTalk] = []
    rest: list[str] = []
    at = 0
    while at < len(words):
        size = next((n for n in range(_PHRASES.longest, 0, -1) if tuple(words[at : at + n]) in _PHRASES.kinds), 0)
        if size:
            kinds.append(_PHRASES.kinds[tuple(words[at : at + size])])
        elif words[at] not in _PHRASES.beside:
            rest.append(words[at])
        at += size or 1
    return kinds, rest


def _is_small_talk(words: Sequence[str]) -> bool:
    return not words or kind_of(" ".join(words)) in {"thanks", "greeting", "acknowledgement"}


def _read_phrases() -> _Phrases:
    read = tomllib.loads(files(__package__).joinpath("waiting.toml").read_text(encoding="utf-8"))
    kinds: dict[tuple[str, ...], WaitingTalk] = {
        words_of(phrase): kind for kind in get_args(WaitingTalk) for phrase in read[kind].split(",")
    }
    kinds.pop((), None)
    beside = frozenset(word for part in read["beside"].split(",") for word in words_of(part))
    return _Phrases(kinds, beside, max(map(len, kinds)))


# Read at import, so that no event loop waits for the file.
_PHRASES = _read_phrases()
