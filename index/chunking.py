"""Cut a Markdown document into chunks along its headings, sized in tokens of the embedding model.

A chunk is a run of whole blocks (paragraphs, list items, code blocks, tables) of one section. Only a
block that alone exceeds the limit is cut: at line ends, else at sentence ends, else between words.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.documents import Document

CountTokens = Callable[[str], int]
_PARSER = MarkdownIt("commonmark", {"maxNesting": 50}).enable("table")
_LIST_TYPES = ("bullet_list_open", "ordered_list_open")
_SEPARATORS = (re.compile(r"(?<=\n)"), re.compile(r"(?<=[.!?。！？])\s+"), re.compile(r"\s+"))  # noqa: RUF001
_INLINE_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_MAX_HEADING_SHARE = 4


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of a document's own text, with where it stands in it."""

    chunk_id: str
    document_id: str
    heading_path: tuple[str, ...]
    text: str

    @property
    def embedding_text(self) -> str:
        """What is embedded: the heading path, then the text without link targets."""
        return embedding_text(self.heading_path, self.text)


@dataclass(frozen=True, slots=True)
class _Section:
    heading_path: tuple[str, ...]
    blocks: tuple[str, ...]


def chunk_document(document: Document, count: CountTokens, limit: int) -> tuple[Chunk, ...]:
    """Return the document's chunks; the embedding text of each has at most `limit` tokens."""
    chunks: dict[str, Chunk] = {}
    for section in _sections(document):
        path = _fitting_path(section.heading_path, count, limit // _MAX_HEADING_SHARE)
        budget = limit - count(embedding_text(path, ""))
        for text in _packed(section.blocks, count, budget):
            chunk_id = _chunk_id(document.document_id, section.heading_path, text, len(chunks), chunks)
            chunks[chunk_id] = Chunk(chunk_id, document.document_id, path, text)
    return tuple(chunks.values())


def embedding_text(heading_path: Sequence[str], text: str) -> str:
    """Return the text that stands for a chunk in vector space."""
    return " > ".join(heading_path) + "\n" + _INLINE_LINK.sub(r"\1", text)


def _chunk_id(document_id: str, path: tuple[str, ...], text: str, ordinal: int, taken: dict[str, Chunk]) -> str:
    # Stable across builds; equal text under the same heading of one document is told apart by place.
    key = "\0".join((document_id, *path, text))
    digest = sha256(key.encode()).hexdigest()[:12]
    return digest if digest not in taken else sha256(f"{key}\0{ordinal}".encode()).hexdigest()[:12]


def _sections(document: Document) -> Iterator[_Section]:
    lines = document.text.splitlines(keepends=True)
    path: list[tuple[int, str]] = []
    blocks: list[str] = []
    for kind, start, end, title in _blocks(document.text):
        if kind.startswith("h"):
            if blocks:
                yield _Section(_path_names(document, path), tuple(blocks))
            level = int(kind[1:])
            path = [*(entry for entry in path if entry[0] < level), (level, title)]
            blocks = []
            continue
        blocks.append("".join(lines[start:end]))
    if blocks:
        yield _Section(_path_names(document, path), tuple(blocks))
    elif path and len(path) == 1:
        yield _Section((document.title,), (path[0][1],))


def _path_names(document: Document, path: list[tuple[int, str]]) -> tuple[str, ...]:
    names = [name for _, name in path]
    return tuple(names if names[:1] == [document.title] else [document.title, *names])


def _blocks(text: str) -> Iterator[tuple[str, int, int, str]]:
    """Yield (kind, first line, line after the last, heading text) of each block, list items apart."""
    tokens = _PARSER.parse(text)
    starts: list[tuple[str, int, int, str]] = []
    for position, token in enumerate(tokens):
        if token.map is None or not _is_block(token):
            continue
        title = tokens[position + 1].content if token.type == "heading_open" else ""
        kind = token.tag if token.type == "heading_open" else "block"
        starts.append((kind, token.map[0], token.map[1], " ".join(title.split())))
    # Blank lines between two blocks belong to the first, so that joined blocks read as written.
    for (kind, start, end, title), following in pairwise([*starts, ("", len(text), 0, "")]):
        yield kind, start, max(end, min(following[1], _line_count(text))), title


def _line_count(text: str) -> int:
    return text.count("\n") + 1


def _is_block(token: Token) -> bool:
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
            piece_size = count(_INLINE_LINK.sub(r"\1", piece))
            if run.strip() and size + piece_size > budget:
                yield run.strip("\n")
                run, size = "", 0
            run, size = run + piece, size + piece_size
    if run.strip():
        yield run.strip("\n")


def _cut(text: str, count: CountTokens, budget: int, level: int = 0) -> list[str]:
    """Return `text` whole if it fits, else cut at the gentlest separator that makes it fit."""
    if count(_INLINE_LINK.sub(r"\1", text)) <= budget:
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
        piece_size = count(_INLINE_LINK.sub(r"\1", piece))
        if runs and size + piece_size <= budget:
            runs[-1] += piece
            size += piece_size
        else:
            runs.append(piece)
            size = piece_size
    return runs
