"""Cut a Markdown document into chunks along its headings, sized in tokens of the embedding model.

A chunk is a run of whole blocks (paragraphs, list items, code blocks, tables) of one section. Only a block that alone
exceeds the limit is cut: at line ends, if need be at sentence ends, between words or between characters.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

from index import markdown
from index.chunks import Chunk, embedding_text
from index.markdown import without_links
from index.reading.documents import Document

if TYPE_CHECKING:
    from markdown_it.token import Token

CountTokens = Callable[[str], int]
_LIST_TYPES = ("bullet_list_open", "ordered_list_open")
_SEPARATORS = (re.compile(r"(?<=\n)"), re.compile(r"(?<=[.!?。！？])\s+"), re.compile(r"\s+"))  # noqa: RUF001
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# The heading path may take at most a quarter of a chunk's tokens.
_HEADING_SHARE = 4


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    title: str
    anchor: str


@dataclass(frozen=True, slots=True)
class _Section:
    heading_path: tuple[str, ...]
    blocks: tuple[str, ...]
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines `start` to `end` (excluded) of the document, and the heading that they are, if they are one."""

    start: int
    end: int
    heading: _Heading | None = None


def chunk_document(document: Document, count: CountTokens, limit: int) -> tuple[Chunk, ...]:
    """Return the document's chunks; the embedding text of each has at most `limit` tokens."""
    chunks: dict[str, Chunk] = {}
    for section in _sections(document):
        path = _fitting_path(section.heading_path, count, limit // _HEADING_SHARE)
        budget = limit - count(embedding_text(path, ""))
        for text in _packed(section.blocks, count, budget):
            chunk_id = _chunk_id(document.document_id, section.heading_path, text, len(chunks), chunks)
            chunks[chunk_id] = Chunk(chunk_id, document.document_id, path, text, section.anchor)
    return tuple(chunks.values())


def _chunk_id(document_id: str, path: tuple[str, ...], text: str, ordinal: int, taken: dict[str, Chunk]) -> str:
    # Stable across builds. A second chunk with the same headings and text in a document gets its number into the hash.
    key = "\0".join((document_id, *path, text))
    digest = sha256(key.encode()).hexdigest()[:12]
    return digest if digest not in taken else sha256(f"{key}\0{ordinal}".encode()).hexdigest()[:12]


def _sections(document: Document) -> Iterator[_Section]:
    lines = _LINE.findall(document.text)
    path: list[_Heading] = []
    blocks: list[str] = []
    for block in _blocks(document):
        if block.heading is None:
            blocks.append("".join(lines[block.start : block.end]))
            continue
        if blocks:
            yield _section(document, path, blocks)
        path = [*(heading for heading in path if heading.level < block.heading.level), block.heading]
        blocks = []
    if blocks:
        yield _section(document, path, blocks)
    elif len(path) == 1:
        yield _Section((document.title,), (path[0].title,))


def _section(document: Document, path: list[_Heading], blocks: list[str]) -> _Section:
    names = [heading.title for heading in path]
    own_title = names[:1] == [document.title]
    # The anchor of the title is the top of the page, where the page's link leads anyway.
    anchor = path[-1].anchor if len(path) > own_title else ""
    return _Section(tuple(names if own_title else [document.title, *names]), tuple(blocks), anchor)


def _blocks(document: Document) -> Iterator[_Block]:
    """Yield headings and blocks in their order, each list item as a block."""
    tokens = markdown.blocks(document.text)
    taken: dict[str, int] = {}
    found: list[_Block] = []
    for position, token in enumerate(tokens):
        if token.map is None or not _is_block(token):
            continue
        heading = None
        if token.type == "heading_open":
            heading = _heading(token, tokens[position + 1].content, taken, named=document.named_anchors)
        found.append(_Block(token.map[0], token.map[1], heading))
    end = _line_count(document.text)
    # Blank lines between two blocks belong to the first, so that joined blocks are the original text.
    for block, following in pairwise([*found, _Block(end, end)]):
        yield replace(block, end=max(block.end, following.start))


def _heading(token: "Token", content: str, taken: dict[str, int], *, named: bool) -> _Heading:
    title, given = markdown.heading_parts(content)
    anchor = given or ("" if named else _slug(title, taken))
    return _Heading(int(token.tag[1:]), title, anchor)


def _slug(title: str, taken: dict[str, int]) -> str:
    """Return the anchor that GitHub and most site generators make of a heading; repeated ones are numbered."""
    slug = re.sub(r"[^\w\- ]", "", without_links(title).lower()).strip().replace(" ", "-")
    number = taken.get(slug, -1) + 1
    taken[slug] = number
    return f"{slug}-{number}" if number else slug


def _line_count(text: str) -> int:
    return text.count("\n") + 1


def _is_block(token: "Token") -> bool:
    if token.level == 0:
        return token.nesting >= 0 and token.type not in _LIST_TYPES
    return token.level == 1 and token.type == "list_item_open"


def _fitting_path(path: tuple[str, ...], count: CountTokens, limit: int) -> tuple[str, ...]:
    while len(path) > 1 and count(embedding_text(path, "")) > limit:
        path = (path[0], *path[2:])
    if count(embedding_text(path, "")) > limit:
        return (_cut(path[0], count, limit)[0].strip(),)
    return path


def _packed(blocks: Sequence[str], count: CountTokens, budget: int) -> Iterator[str]:
    """Yield runs of blocks whose text has at most `budget` tokens each."""
    run = ""
    size = 0
    for block in blocks:
        for piece in _cut(block, count, budget):
            piece_size = count(without_links(piece))
            if run.strip() and size + piece_size > budget:
                yield run.strip("\n")
                run, size = "", 0
            run, size = run + piece, size + piece_size
    if run.strip():
        yield run.strip("\n")


def _cut(text: str, count: CountTokens, budget: int, level: int = 0) -> list[str]:
    """Return `text` whole if it fits, else cut at the separators of `level`, and longer parts at those of the next."""
    if count(without_links(text)) <= budget:
        return [text]
    if level == len(_SEPARATORS):
        half = max(1, len(text) // 2)
        return (
            [text]
            if half == len(text)
            else [*_cut(text[:half], count, budget, level), *_cut(text[half:], count, budget, level)]
        )
    parts = _separated(text, _SEPARATORS[level])
    pieces = [piece for part in parts for piece in _cut(part, count, budget, level + 1)]
    return _joined(pieces, count, budget)


def _separated(text: str, separator: re.Pattern[str]) -> list[str]:
    ends = [match.end() for match in separator.finditer(text) if 0 < match.end() < len(text)]
    return [text[start:end] for start, end in pairwise([0, *ends, len(text)])]


def _joined(pieces: list[str], count: CountTokens, budget: int) -> list[str]:
    runs: list[str] = []
    size = 0
    for piece in pieces:
        piece_size = count(without_links(piece))
        if runs and size + piece_size <= budget:
            runs[-1] += piece
            size += piece_size
        else:
            runs.append(piece)
            size = piece_size
    return runs
