"""Cut Markdown into units: sentences, list items, table rows, code blocks, headings. A quote is widened to units.

Blocks are those of CommonMark with tables; only a paragraph or a list item is cut into sentences, by sentencex, which
knows the abbreviations of many languages.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

import sentencex

from index import markdown

if TYPE_CHECKING:
    from markdown_it.token import Token

Kind = Literal["text", "item", "row", "code", "heading"]
_TEXTS_KEPT = 4096
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
# sentencex also cuts before an amount, after some abbreviations, and before the marks that close a bold paragraph;
# no sentence begins with such a character.
_GOES_ON = re.compile(r"\s*+[a-zß-ÿ$€£%,;:)\]]|[*_]++\s*+\Z")
# A sentence ends where it ends by the abbreviations and ordinals of all these languages.
# Italian and Dutch are left out: their lists join English sentences that end in "it", "so" or "form".
_LANGUAGES = ("en", "de", "fr", "es", "pt")
# A short number with a full stop may be an ordinal. A unit of two sentences does less harm than half a sentence.
_ORDINAL = re.compile(r"(?<![\w.])\d{1,2}\.\s*$")
_TABLE_ROWS, _LIST_CHARS = 12, 1500


@dataclass(frozen=True, slots=True)
class Unit:
    """Characters `start` to `end` (excluded) of a text. Units of one paragraph, list or table share their `block`."""

    start: int
    end: int
    kind: Kind
    block: int

    def of(self, text: str) -> str:
        """Return the unit's characters of `text`."""
        return text[self.start : self.end].strip()


@lru_cache(maxsize=_TEXTS_KEPT)
def units(text: str) -> tuple[Unit, ...]:
    """Return the units of `text` in order. A list item is one unit, however many sentences it has."""
    return tuple(_units(text))


@lru_cache(maxsize=_TEXTS_KEPT)
def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a paragraph or a list item, without the space around them."""
    return tuple(text[start:end].strip() for start, end in _sentence_spans(text) if text[start:end].strip())


def shown_with(text: str, wanted: Sequence[Unit]) -> list[Unit]:
    """Return the units to show where `wanted` are quoted: whole lists, tables and code, with the sentence before them.

    That sentence may turn them round: "Guests can do none of this." Before a paragraph, one that ends in a colon may.
    Of a long list or table only the wanted items or rows are shown; a row always comes with the table's header.
    """
    all_units = units(text)
    blocks = {unit.block for unit in wanted if unit.kind in {"item", "row", "code"}}
    whole = {block for block in blocks if _is_short([unit for unit in all_units if unit.block == block])}
    shown = {at for at, unit in enumerate(all_units) if unit in wanted or unit.block in whole}
    for block in {all_units[at].block for at in shown}:
        first = next(at for at, unit in enumerate(all_units) if unit.block == block)
        if all_units[first].kind == "row":
            shown.add(first)
        if first and _leads_in(all_units[first - 1].of(text), all_units[first - 1], all_units[first]):
            shown.add(first - 1)
    shown |= {at - 1 for at in shown if at and asks(all_units[at - 1].of(text))}
    return [all_units[at] for at in sorted(shown)]


def asks(words: str) -> bool:
    """Tell whether a unit is a question, which is shown with the unit after it: an answer may be "No."."""
    return words.rstrip("*_ ").endswith(("?", "？"))  # noqa: RUF001


def _leads_in(words: str, unit: Unit, following: Unit) -> bool:
    if unit.kind != "text" or following.kind == "heading":
        return False
    return following.kind != "text" or words.rstrip("*_ ").endswith((":", "：")) or words.startswith("**")  # noqa: RUF001


def _is_short(block: Sequence[Unit]) -> bool:
    if block[0].kind == "row":
        return len(block) <= _TABLE_ROWS
    return block[0].kind == "code" or block[-1].end - block[0].start <= _LIST_CHARS


def _units(text: str) -> Iterator[Unit]:
    starts = [0, *accumulate(len(line) for line in _LINE.findall(text))]
    block = -1
    depth = 0
    tokens = markdown.blocks(text)
    for at, token in enumerate(tokens):
        if token.type in _OUTERMOST:
            block += depth == 0
            depth += 1
        elif token.type in _CLOSES:
            depth -= 1
        kind = _KINDS.get(token.type)
        if token.type == "list_item_open" and tokens[at + 1].type == "list_item_close":
            # "16." alone is a list item without text.
            kind = "text"
        if kind is None or token.map is None:
            continue
        block += depth == 0
        yield from _cut(text, Unit(starts[token.map[0]], starts[token.map[1]], kind, block), token, in_list=depth > 0)


_OUTERMOST = frozenset({"bullet_list_open", "ordered_list_open", "table_open"})
_CLOSES = frozenset({"bullet_list_close", "ordered_list_close", "table_close"})
_KINDS: dict[str, Kind] = {
    "paragraph_open": "text",
    "heading_open": "heading",
    "tr_open": "row",
    "fence": "code",
    "code_block": "code",
    "html_block": "text",
}


def _cut(text: str, unit: Unit, token: "Token", *, in_list: bool) -> Iterator[Unit]:
    if unit.kind == "text" and in_list:
        yield Unit(unit.start, unit.end, "item", unit.block)
    elif unit.kind == "text":
        for start, end in _sentence_spans(text[unit.start : unit.end]):
            yield Unit(unit.start + start, unit.start + end, "text", unit.block)
    elif token.type != "tr_open" or token.map:
        yield unit


def _sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each sentence. What begins in the middle of one is part of it."""
    spans: list[tuple[int, int]] = []
    start = 0
    for end in sorted(frozenset.intersection(*(_sentence_ends(text, language) for language in _LANGUAGES))):
        goes_on = _GOES_ON.match(text, end) or _ORDINAL.search(text, start, end) or text.count("`", start, end) % 2
        if end == len(text) or not goes_on:
            spans.append((start, end))
            start = end
    return [(start, end) for start, end in spans if text[start:end].strip()]


def _sentence_ends(text: str, language: str) -> frozenset[int]:
    ends = [0]
    for part in sentencex.segment(language, text):
        ends.append(text.find(part, ends[-1]) + len(part))
    return frozenset({*ends[1:], len(text)})
