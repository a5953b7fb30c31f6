"""Escape text for Teams, so that it holds no markup, mention or link that the bot did not put there (pure)."""

import re

from bot.surfaces.wording import cut, linkable, unlinked
from pipeline.types import Source

ANSWER_CHARS = 20_000
NAME_CHARS, ABSTRACT_CHARS = 80, 160
# Characters that Teams and Adaptive Cards read as Markdown. The Markdown of an answer is not escaped.
_MARKS = re.compile(r"([\\`*_~\[\]()#|])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_TAGS = re.compile(r"[&<>]")


def answer_markdown(text: str) -> str:
    """Return an answer with its Markdown but without links and tags, cut to ANSWER_CHARS."""
    return untagged(cut(unlinked(text), ANSWER_CHARS))


def untagged(text: str) -> str:
    """Return `text` with `&`, `<` and `>` as entities, so that it holds no tag."""
    return _TAGS.sub(lambda match: _ENTITIES[match[0]], text)


def literal(text: str, limit: int) -> str:
    """Return a text on one line, cut to `limit` characters and then escaped, so that Markdown shows it as it is."""
    return _MARKS.sub(r"\\\1", cut(" ".join(text.split()), limit))


def source_line(source: Source) -> str:
    """Return `[n] linked title > heading` as a card's Markdown."""
    place = f" > {literal(source.heading, NAME_CHARS)}" if source.heading else ""
    return f"\\[{source.marker}\\] {linked(source.title, source.url)}{place}"


def linked(title: str, url: str | None) -> str:
    """Return a title, as a link if `url` is safe."""
    words = literal(title, NAME_CHARS)
    return f"[{words}]({safe_url(url)})" if safe_url(url) else words


def safe_url(url: str | None) -> str | None:
    """Return `url` if it can stand in a Markdown link without ending it early, else None."""
    return url if url and linkable(url) and not set(url) & set("()[]\\") else None
