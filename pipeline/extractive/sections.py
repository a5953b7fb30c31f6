"""A section of a document as a reader sees it: its Markdown in units that are shown whole or not at all.

A unit is a paragraph, a list, a table, a code block or an admonition, together with the lead-in that it needs: "Do
this:" is one unit with its list. Left out is what says nothing by itself: markup, images, links to other pages.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from index import markdown
from index.continuing import repeated
from index.retrieval import RetrievedChunk
from pipeline.markup import (
    cleaned,
    is_withheld,
    only_points_elsewhere,
    says_hardly_anything,
    with_usable_links,
)

if TYPE_CHECKING:
    from markdown_it.token import Token

# A lead-in without a colon belongs to the list under it if it is at most this long.
_LEAD_IN_CHARS = 300
_LEADS_IN = re.compile(r"[:：]\W*$")  # noqa: RUF001
# A line in bold, or a question: what follows is about it, and without that it says nothing.
_LABEL = re.compile(r"\s*+(?:(\*\*|__)[^*_\n]++\1[.:]?|[^\n]{3,200}[?？](?:\*\*|__)?)\s*+")  # noqa: RUF001
_BEFORE_LAST_SENTENCE = re.compile(r"([\s\S]*[.!?])\s+[^.!?]*$")
_ITEM_NUMBER = re.compile(r"^([\s>]*)\d{1,3}(?=[.)])")


class Kind(Enum):
    """What the last block of a unit is."""

    PARAGRAPH = auto()
    STEPS = auto()
    BULLETS = auto()
    TABLE = auto()
    CODE = auto()
    ADMONITION = auto()


_KINDS = {
    "paragraph_open": Kind.PARAGRAPH,
    "ordered_list_open": Kind.STEPS,
    "bullet_list_open": Kind.BULLETS,
    "table_open": Kind.TABLE,
    "fence": Kind.CODE,
    "code_block": Kind.CODE,  # indented code
    "blockquote_open": Kind.ADMONITION,
}
_TAKES_LEAD_IN = frozenset({Kind.STEPS, Kind.BULLETS, Kind.TABLE})


@dataclass(frozen=True, slots=True)
class Line:
    """Line `number` of a section: `raw` is verbatim in chunk number `chunk` (-1: in none), `clean` is what is shown."""

    number: int
    raw: str
    clean: str
    chunk: int


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one kind; `starts` are the numbers of the lines at which its list items or table rows begin.

    `part` is what is shown of a paragraph of which not all is shown.
    """

    kind: Kind
    lines: tuple[Line, ...]
    starts: tuple[int, ...] = ()
    part: str = ""

    @property
    def text(self) -> str:
        """The block as Markdown that can be shown."""
        if self.part:
            return self.part
        lines = [line.clean for line in self.lines]
        if self.kind is Kind.CODE:
            return "\n".join(lines).strip("\n")
        return "\n".join(line for line in lines if line.strip())


@dataclass(frozen=True, slots=True)
class Unit:
    """Blocks that are shown together, the last of which gives the kind."""

    blocks: tuple[Block, ...]

    @property
    def kind(self) -> Kind:
        """The kind of the last block."""
        return self.blocks[-1].kind

    @property
    def text(self) -> str:
        """The unit as Markdown that can be shown."""
        return "\n\n".join(block.text for block in self.blocks)

    @property
    def chunks(self) -> frozenset[int]:
        """The numbers of the chunks that the unit stands in."""
        return frozenset(line.chunk for block in self.blocks for line in block.lines if line.raw.strip())


@dataclass(frozen=True, slots=True)
class Section:
    """Neighbouring chunks of a document under the same headings, and their text in units."""

    chunks: tuple[RetrievedChunk, ...]
    units: tuple[Unit, ...]

    def quotes(self, units: Sequence[Unit]) -> Iterator[tuple[RetrievedChunk, str]]:
        """Yield each run of lines of `units` that stands in one chunk, verbatim, with its chunk."""
        for block in (block for unit in units for block in unit.blocks):
            for (chunk, _), run in groupby(enumerate(block.lines), key=lambda at: (at[1].chunk, at[1].number - at[0])):
                if quote := _raw([line for _, line in run]):
                    yield self.chunks[chunk], quote


def _raw(lines: Sequence[Line]) -> str:
    """Return neighbouring lines verbatim, from the first to the last one that is shown."""
    shown = [n for n, line in enumerate(lines) if line.clean.strip()]
    return "\n".join(line.raw for line in lines[shown[0] : shown[-1] + 1]) if shown else ""


def section_of(chunks: Sequence[RetrievedChunk]) -> Section:
    """Return the section that neighbouring chunks hold, in reading order."""
    url = chunks[0].url
    return Section(tuple(chunks), tuple(_units(list(_blocks(_lines(chunks), url)))))


def with_rows(block: Block, rows: Sequence[int]) -> Block:
    """Return a table or a list with those rows or items only; a table keeps its header."""
    ends = [*block.starts[1:], len(block.lines)]
    head = block.lines[: block.starts[0]] if block.starts else block.lines
    kept = [line for row in rows for line in block.lines[block.starts[row] : ends[row]]]
    starts = [len(head)]
    for row in rows[:-1]:
        starts.append(starts[-1] + ends[row] - block.starts[row])
    return Block(block.kind, (*head, *kept), tuple(starts))


def row_texts(block: Block) -> list[str]:
    """Return the text of each row of a table or each item of a list."""
    ends = [*block.starts[1:], len(block.lines)]
    return [
        "\n".join(line.clean for line in block.lines[start:end]) for start, end in zip(block.starts, ends, strict=True)
    ]


def _lines(chunks: Sequence[RetrievedChunk]) -> list[Line]:
    """Return the lines of all chunks, without what a chunk repeats of a table or list that it goes on with."""
    raw: list[tuple[str, int]] = []
    in_code = False
    for number, chunk in enumerate(chunks):
        text = chunk.text.split("\n")
        if raw and not in_code:
            known = repeated([line for line, _ in raw], text)
            text = text[known:]
            raw.extend([] if known else [("", -1)])
        raw.extend((line, number) for line in text)
        in_code = _ends_in_code([line for line, _ in raw])
    clean = cleaned([line for line, _ in raw])
    return [Line(n, line, shown, chunk) for n, ((line, chunk), shown) in enumerate(zip(raw, clean, strict=True))]


def _ends_in_code(lines: Sequence[str]) -> bool:
    runs = list(markdown.code_apart("\n".join(lines)))
    last, is_code = runs[-1]
    return is_code and not (last.count("\n") and last.rstrip().endswith(("```", "~~~")))


def _blocks(lines: Sequence[Line], url: str | None) -> Iterator[Block | None]:
    """Yield the blocks that are worth showing, in order; None where something is left out."""
    tokens = markdown.blocks("\n".join(line.clean for line in lines) + "\n")
    shown_to = 0
    for position, token in enumerate(tokens):
        if token.level or token.nesting < 0 or token.map is None or token.type not in _KINDS:
            continue
        start, end = token.map
        if any(line.raw.strip() for line in lines[shown_to:start]):
            yield None
        while end > start and not lines[end - 1].clean.strip():
            end -= 1
        shown_to = end
        kind = _KINDS[token.type]
        held = tuple(_numbered(lines[start:end], tokens[position:], start))
        block = Block(kind, held, _starts(kind, tokens[position:], start))
        yield _worth_showing(block, url)
    if any(line.raw.strip() for line in lines[shown_to:]):
        yield None


def _worth_showing(block: Block, url: str | None) -> Block | None:
    if is_withheld(block.text):
        return None
    if block.kind is Kind.CODE:
        # Text that was indented inside tags only looks like code.
        return block if all(line.raw.rstrip() == line.clean.rstrip() for line in block.lines) else None
    if only_points_elsewhere(block.text):
        return None
    shown = replace(block, lines=tuple(replace(line, clean=with_usable_links(line.clean, url)) for line in block.lines))
    return None if says_hardly_anything(shown.text) and shown.text != block.text else shown


def _starts(kind: Kind, tokens: "Sequence[Token]", offset: int) -> tuple[int, ...]:
    """Return the first lines of the items or rows of the list or table that `tokens` begin with."""
    if kind not in (Kind.STEPS, Kind.BULLETS, Kind.TABLE):
        return ()
    starts: list[int] = []
    for token in tokens[1:]:
        if token.level == 0:
            break
        is_item = token.type == "list_item_open" and token.level == 1
        is_row = token.type == "tr_open" and kind is Kind.TABLE
        if token.map and (is_item or is_row):
            starts.append(token.map[0] - offset)
    return tuple(starts[1:] if kind is Kind.TABLE else starts)


def _units(blocks: Sequence[Block | None]) -> Iterator[Unit]:
    waiting: list[Block] = []
    for block, following in pairwise([*blocks, None]):
        if block is None:
            yield from _without_its_object(waiting)
            waiting = []
        elif _needs_more(block) or (following and _introduces(block, following)):
            waiting.append(block)
        else:
            yield Unit((*waiting, block))
            waiting = []
    yield from _without_its_object(waiting)


def _without_its_object(waiting: Sequence[Block]) -> Iterator[Unit]:
    """Yield what a lead-in says before its last sentence, which announces something that is not shown."""
    if waiting and (said := _BEFORE_LAST_SENTENCE.match(waiting[-1].text)) and waiting[-1].kind is Kind.PARAGRAPH:
        lines = waiting[-1].lines
        shown = said[1].split("\n")
        kept = [replace(line, clean=text) for line, text in zip(lines, shown, strict=False)]
        yield Unit((*waiting[:-1], replace(waiting[-1], lines=tuple(kept))))


def _needs_more(block: Block) -> bool:
    if block.kind is not Kind.PARAGRAPH:
        return False
    return bool(_LEADS_IN.search(block.text) or _LABEL.fullmatch(block.text))


def _introduces(block: Block, following: Block) -> bool:
    """Tell whether a paragraph is the lead-in of a list or table, or the last item of a list that of the next block."""
    if block.kind in (Kind.STEPS, Kind.BULLETS):
        return bool(_LEADS_IN.search(block.text))
    short = block.kind is Kind.PARAGRAPH and len(block.text) <= _LEAD_IN_CHARS
    return short and following.kind in _TAKES_LEAD_IN


def _numbered(lines: Sequence[Line], tokens: "Sequence[Token]", offset: int) -> Iterator[Line]:
    """Yield the lines with all numbered lists counted through: many authors write "1." before every step."""
    numbers: dict[int, int] = {}
    counts: list[int] = []
    for token in tokens:
        if token.type == "ordered_list_open":
            counts.append(int(token.attrs.get("start", 1)))
        elif token.type == "ordered_list_close":
            counts.pop()
        elif token.type == "list_item_open" and token.info and token.map:
            numbers[token.map[0] - offset] = counts[-1]
            counts[-1] += 1
        if token.level == 0 and token.nesting <= 0:
            break
    for at, line in enumerate(lines):
        number = f"\\g<1>{numbers.get(at)}"
        yield replace(line, clean=_ITEM_NUMBER.sub(number, line.clean)) if at in numbers else line
