"""Stage 1 (normalize): remove chat markup from a question and check its length."""

import re
import unicodedata

from pipeline.errors import LimitReachedError
from pipeline.types import Failure, NormalizedQuestion

# Mentions and links make a message longer than its words, hardly more than so many times.
_MARKUP_SHARE = 8
_MENTION = re.compile(r"<[@!][^<>\n]*+>")
_CHANNEL = re.compile(r"<#[A-Z0-9]++(?:\|([^<>\n]*+))?>")
_LINK = re.compile(r"<((?:https?|mailto|tel):[^<|>\s]++)(?:\|([^<>\n]*+))?>")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def normalize(text: str, max_chars: int) -> NormalizedQuestion:
    """Return the cleaned question. Raises LimitReachedError if it is empty or longer than `max_chars`."""
    if len(text) > max_chars * _MARKUP_SHARE:
        raise LimitReachedError(Failure.INPUT_TOO_LONG, max_chars)
    cleaned = unmarked(text)
    if not any(character.isalnum() for character in cleaned):
        raise LimitReachedError(Failure.INPUT_EMPTY, max_chars)
    if len(cleaned) > max_chars:
        raise LimitReachedError(Failure.INPUT_TOO_LONG, max_chars)
    return NormalizedQuestion(cleaned)


def unmarked(text: str) -> str:
    """Return the text of a chat message without mentions, link syntax and invisible characters."""
    text = _MENTION.sub(" ", text)
    text = _CHANNEL.sub(lambda match: f"#{match[1]}" if match[1] else " ", text)
    text = _LINK.sub(lambda match: match[2] or match[1], text)
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    printable = "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else " " for c in text)
    return "\n".join(line for line in (" ".join(line.split()) for line in printable.splitlines()) if line)
