"""Escape text for Teams, so that it cannot add markup, mentions or links."""

import re

from bot.surfaces.wording import cut, linkable, unlinked
from pipeline.types import Source

ANSWER_CHARS = 20_000
NAME_CHARS, ABSTRACT_CHARS = 80, 160
# Markdown marks of Teams and Adaptive Cards. An answer keeps its own Markdown.
_MARKS = re.compile(r"([\\`*_~\[\]()#|])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_TAGS = re.compile(r"[&<>]")


def answer_markdown(text: str) -> str:
    """Return an answer with its Markdown, without links and with tags escaped."""
    return untagged(cut(unlinked(text), ANSWER_CHARS))


def untagged(text: str) -> str:
    """Return `text` with `&`, `<` and `>` escaped."""
    return _TAGS.sub(lambda match: _ENTITIES[match[0]], text)


def literal(text: str, limit: int) -> str:
    """Return `text` on one line, at most `limit` characters, with its Markdown marks escaped."""
    return _MARKS.sub(r"\\\1", cut(" ".join(text.split()), limit))


def source_line(source: Source) -> str:
    """Return `[n] linked title > heading` as a card's Markdown."""
    place = f" > {literal(source.heading, NAME_CHARS)}" if source.heading else ""
    return f"\\[{source.marker}\\] {linked(source.title, source.url)}{place}"


def linked(title: str, url: str | None) -> str:
    """Return a title, as a link if its address is safe."""
    words = literal(title, NAME_CHARS)
    return f"[{words}]({safe_url(url)})" if safe_url(url) else words


def safe_url(url: str | None) -> str | None:
    """Return an address if it cannot break out of a Markdown link, else None."""
    return url if url and linkable(url) and not set(url) & set("()[]\\") else None
