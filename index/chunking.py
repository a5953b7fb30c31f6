"""Cut a Markdown document into chunks along its headings, sized in tokens of the embedding model and in characters.

A chunk is a run of whole blocks (paragraphs, list items, code blocks, tables) of one section. Only a block that alone
exceeds the limit is cut (`index.cutting`). Runs of blank lines are shortened.
"""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256

from index.chunks import Chunk, embedding_text
from index.cutting import CountTokens, Piece, Size, cut, cut_text, size_of
from index.outline import sections
from index.reading.documents import Document

# The heading path may take at most a quarter of a chunk's tokens.
_HEADING_SHARE = 4
# A short paragraph that announces what follows goes on into the chunk of what it announces.
_ANNOUNCES = re.compile(r"[^\n]{0,300}(?:[:：]|\?|(?:\*\*|__))[*_]{0,2}\s*")  # noqa: RUF001


def chunk_document(document: Document, count: CountTokens, limit: int) -> tuple[Chunk, ...]:
    """Return the document's chunks; the embedding text of each has at most `limit` tokens."""
    chunks: dict[str, Chunk] = {}
    for section in sections(document):
        path = _fitting_path(section.heading_path, count, limit // _HEADING_SHARE)
        most = Size(limit - count(embedding_text(path, "")))
        for text in _packed(section.blocks, count, most):
            chunk_id = _chunk_id(document.document_id, section.heading_path, text, len(chunks), chunks)
            chunks[chunk_id] = Chunk(chunk_id, document.document_id, path, text, section.anchor)
    return tuple(chunks.values())


def _chunk_id(document_id: str, path: tuple[str, ...], text: str, ordinal: int, taken: dict[str, Chunk]) -> str:
    # Stable across builds. A second chunk with the same headings and text in a document gets its number into the hash.
    key = "\0".join((document_id, *path, text))
    digest = sha256(key.encode()).hexdigest()[:12]
    return digest if digest not in taken else sha256(f"{key}\0{ordinal}".encode()).hexdigest()[:12]


def _fitting_path(path: tuple[str, ...], count: CountTokens, limit: int) -> tuple[str, ...]:
    """Return the path with its headings cut to equal shares of the limit, if it exceeds it; without some if need be."""
    if count(embedding_text(path, "")) <= limit:
        return path
    shares = (limit // len(path) - 1, limit // len(path) // 2, 1)
    for share in shares:
        short = tuple(cut_text(name, count, Size(share))[0].strip() for name in path)
        if count(embedding_text(short, "")) <= limit:
            return short
    return short[:1]


def _packed(blocks: Sequence[str], count: CountTokens, most: Size) -> Iterator[str]:
    """Yield runs of blocks that fit; a paragraph that announces the next block is in the run of that block."""
    run, size, has_text = list[str](), Size(0, 0), False
    for piece in (piece for block in blocks for piece in cut(block, count, most)):
        added = size_of(piece.text, count)
        if most.holds(size + added):
            run.append(piece.text)
            size += added
        elif has_text:
            finished, run = _divided(run, piece, count, most)
            yield "".join(finished).strip("\n")
            size = _sum(run, count)
        else:
            run, size = [piece.text], added
        has_text = has_text or bool(piece.text.strip())
    if has_text:
        yield "".join(run).strip("\n")


def _divided(run: list[str], piece: Piece, count: CountTokens, most: Size) -> tuple[list[str], list[str]]:
    """Return the run that ends before `piece`, and the next one. An announcement moves if it fits into the next."""
    begun = [piece.repeated, piece.text]
    moved = [run[-1], *begun]
    if "".join(run[:-1]).strip() and _ANNOUNCES.fullmatch(run[-1]) and most.holds(_sum(moved, count)):
        return run[:-1], moved
    return run, begun


def _sum(run: Sequence[str], count: CountTokens) -> Size:
    return sum((size_of(part, count) for part in run), Size(0, 0))
