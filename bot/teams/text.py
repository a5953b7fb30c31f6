"""Text for Teams: nothing in it is markup, a mention or a link that we did not mean."""

import re

from bot.surfaces.wording import cut, linkable, unlinked
from pipeline.types import Source

ANSWER_CHARS = 20_000
NAME_CHARS, ABSTRACT_CHARS = 80, 160
# What Teams and Adaptive Cards read as Markdown outside of an answer, whose own Markdown stays.
_MARKS = re.compile(r"([\\`*_~\[\]()#|])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_TAGS = re.compile(r"[&<>]")


def answer_markdown(text: str) -> str:
    """Return an answer with its own Markdown, without links and without anything that could be a tag."""
    return untagged(cut(unlinked(text), ANSWER_CHARS))


def untagged(text: str) -> str:
    """Return `text` with what would begin or end a tag disarmed."""
    return _TAGS.sub(lambda match: _ENTITIES[match[0]], text)


def literal(text: str, limit: int) -> str:
    """Return at most `limit` characters of a person's or a document's text on one line, shown as they are."""
    return _MARKS.sub(r"\\\1", cut(" ".join(text.split()), limit))


def source_line(source: Source) -> str:
    """Return `[n] linked title > heading` as a card's Markdown."""
    place = f" > {literal(source.heading, NAME_CHARS)}" if source.heading else ""
    return f"\\[{source.marker}\\] {linked(source.title, source.url)}{place}"


def linked(title: str, url: str | None) -> str:
    """Return a title, as a link if it has a safe one."""
    words = literal(title, NAME_CHARS)
    return f"[{words}]({safe_url(url)})" if safe_url(url) else words


def safe_url(url: str | None) -> str | None:
    """Return an address that can stand in Markdown without breaking out of it, else None."""
    return url if url and linkable(url) and not set(url) & set("()[]\\") else None
