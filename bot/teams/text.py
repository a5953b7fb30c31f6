"""Escape text for Teams, so that it holds no markup, mention or link that the bot did not put there (pure)."""

import re
from itertools import pairwise

from bot.surfaces.showing import Keep, readable, tables_as_lists
from bot.surfaces.wording import cut, linkable, updated_words
from bot.surfaces.words import ENGLISH, Words
from index.markdown import code_apart
from pipeline.types import Source

ANSWER_CHARS = 20_000
NAME_CHARS, ABSTRACT_CHARS = 80, 160
# Characters that Teams and Adaptive Cards read as Markdown. The Markdown of an answer is not escaped.
_MARKS = re.compile(r"([\\`*_~\[\]()#|])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_NUMBER = r"\[{}\]"
_HEADING = re.compile(r"^#{1,6}\s+(.+?)[ \t]*#*$", re.MULTILINE)
_TAGS = re.compile(r"[&<>]")
_ITEM = re.compile(r"\s{0,12}(?:[-*+]|\d{1,9}[.)])\s")
# A longer address stands as its title alone: ten sources with such links would fill a card.
_URL_CHARS = 600


def answer_markdown(text: str, keep: Keep) -> str:
    """Return an answer with the links that `keep` takes, rows of tables as list items, no tags, cut to ANSWER_CHARS.

    A document's bracketed number is escaped, because Teams takes `[3]` for a citation.
    """
    shown = cut(tables_as_lists(readable(text, keep, _NUMBER)), ANSWER_CHARS)
    return untagged("\n".join(run if is_code else with_breaks(run) for run, is_code in code_apart(shown)))


def card_parts(text: str, keep: Keep) -> list[tuple[str, bool]]:
    """Return an answer as runs of a card's Markdown and of code, each with whether it is code.

    A card knows neither headings nor fences: a heading becomes a bold line, code is to be shown in a fixed width.
    """
    return [
        ("\n".join(run.strip("\n").split("\n")[1:-1]) if is_code else _HEADING.sub(r"**\1**", run).strip(), is_code)
        for run, is_code in code_apart(answer_markdown(text, keep))
        if run.strip()
    ]


def with_breaks(text: str) -> str:
    """Return Markdown in which every line that is no list item is a paragraph, because Teams joins single lines."""
    lines = text.split("\n")
    parts, in_list = [lines[0]], bool(_ITEM.match(lines[0]))
    for before, line in pairwise(lines):
        is_item = bool(_ITEM.match(line))
        in_list = in_list and (is_item or line.startswith((" ", "\t")) or not line.strip())
        is_apart = not before.strip() or not line.strip()
        parts.append(f"{'' if is_apart or in_list else chr(10)}{line}")
        in_list = in_list or is_item
    return "\n".join(parts)


def untagged(text: str) -> str:
    """Return `text` with `&`, `<` and `>` as entities, so that it holds no tag."""
    return _TAGS.sub(lambda match: _ENTITIES[match[0]], text)


def literal(text: str, limit: int) -> str:
    """Return a text on one line, escaped so that Markdown shows it as it is, and cut to `limit` characters."""
    line = " ".join(text.split())
    marks = len(_MARKS.findall(line[:limit]))
    return _MARKS.sub(r"\\\1", cut(line, max(limit - marks, limit // 2)))


def literal_lines(text: str, limit: int) -> str:
    """Return what a person wrote with its lines as paragraphs, cut to `limit` characters and then escaped."""
    lines = [literal(line, limit) for line in cut(text.strip(), limit).splitlines()]
    return with_breaks("\n".join(lines))


def source_line(source: Source, words: Words = ENGLISH) -> str:
    """Return `[n] linked title > heading · updated 3 May 2026` as a card's Markdown."""
    place = f" > {literal(source.heading, NAME_CHARS)}" if source.heading else ""
    changed = f" · {updated_words(source.updated, words)}" if source.updated else ""
    return f"\\[{source.marker}\\] {linked(source.title, source.url)}{place}{changed}"


def linked(title: str, url: str | None) -> str:
    """Return a title, as a link if `url` is safe."""
    words = literal(title, NAME_CHARS)
    return f"[{words}]({safe_url(url)})" if safe_url(url) else words


def safe_url(url: str | None) -> str | None:
    """Return `url` if it can stand in a Markdown link without ending it early, else None."""
    return url if url and len(url) <= _URL_CHARS and linkable(url) and not set(url) & set("()[]\\") else None
