"""The outline of a PDF: its bookmarks and the paragraphs at which they stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from index.reading.formats.pdf.blocks import Block
from index.reading.formats.pdf.paragraphs import Paragraph

_MAX_BOOKMARKS = 10_000
_NUMBERING = re.compile(r"^(?:(?:chapter|section|kapitel|appendix)\s+)?[\dA-Z]{0,3}(?:\.\d+)*[.:)]?\s+", re.IGNORECASE)
_UNSPOKEN = re.compile(r"[\W_]+")
_TITLE_LINES = 4
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A bookmark's words, depth from 0, page from 1, and height above the page's lower edge if it says one."""

    name: str
    depth: int
    page: int
    height: float | None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that stands on a page; `level` as in Markdown."""

    name: str
    level: int
    page: int


Item = Block | Heading


def bookmarks(document: Any) -> list[Bookmark]:  # noqa: ANN401 - pypdfium2 has no types
    """Return the bookmarks in their order. A single one at the top is the document itself: the others move up."""
    found = list(dict.fromkeys(_bookmarks(document)))
    roots = sum(bookmark.depth == 0 for bookmark in found)
    return [replace(b, depth=max(0, b.depth - 1)) for b in found] if roots == 1 and len(found) > 1 else found


def _bookmarks(document: Any) -> Iterator[Bookmark]:  # noqa: ANN401
    import pypdfium2.raw as pdfium  # noqa: PLC0415

    for bookmark in islice(document.get_toc(), _MAX_BOOKMARKS):
        target = bookmark.get_dest()
        page = target.get_index() if target else None
        name = " ".join(bookmark.get_title().replace("\0", "").split())
        if page is None or not name:
            continue
        mode, view = target.get_view()
        height = {pdfium.PDFDEST_VIEW_XYZ: view[1:2], pdfium.PDFDEST_VIEW_FITH: view[:1]}.get(mode)
        yield Bookmark(name, bookmark.level, page + 1, height[0] if height else None)


def _split_at(blocks: Sequence[Block], names: Sequence[Bookmark]) -> Iterator[Block]:
    """Yield a page's blocks, those lines that are a bookmark's words as paragraphs of their own."""
    words = {_spoken(bookmark.name) for bookmark in names}
    for block in blocks:
        yield from _split(block, words) if isinstance(block, Paragraph) and words else (block,)


def _split(paragraph: Paragraph, words: set[str]) -> Iterator[Paragraph]:
    start = index = 0
    lines = paragraph.lines
    while index < len(lines):
        length = next((n for n in range(1, _TITLE_LINES) if _named(lines[index : index + n], words)), 0)
        if length:
            if index > start:
                yield replace(paragraph, lines=lines[start:index], full=False)
            yield replace(paragraph, lines=lines[index : index + length], full=False)
            start = index = index + length
        else:
            index += 1
    if start < len(lines):
        yield replace(paragraph, lines=lines[start:])


def _named(lines: Sequence[Any], words: set[str]) -> bool:
    text = " ".join(line.text for line in lines)
    return _spoken(text) in words or _spoken(_NUMBERING.sub("", text)) in words


def with_headings(blocks: Sequence[Block], names: Sequence[Bookmark], top: float) -> list[Item]:
    """Return a page's blocks with its bookmarks as headings in their places. `top` is the page's upper edge."""
    blocks = list(_split_at(blocks, names))
    before: dict[int, list[Heading]] = {}
    replaced: set[int] = set()
    for name in names:
        position, is_name = _place(blocks, name, top, replaced)
        before.setdefault(position, []).append(Heading(name.name, min(name.depth + 2, _DEEPEST), name.page))
        if is_name:
            replaced.add(position)
    items: list[Item] = []
    for number in range(len(blocks) + 1):
        items += before.get(number, [])
        items += [block for block in blocks[number : number + 1] if number not in replaced]
    return items


def _place(blocks: Sequence[Block], bookmark: Bookmark, top: float, taken: set[int]) -> tuple[int, bool]:
    """Return before which block a bookmark stands, and whether that block is its words."""
    y = top - bookmark.height if bookmark.height is not None else None
    same = [n for n, b in enumerate(blocks) if n not in taken and isinstance(b, Paragraph) and _is_name(b, bookmark)]
    if same:
        return min(same, key=lambda n: abs(blocks[n].top - (y or 0.0))), True
    if y is None:
        return 0, False
    return next((n for n, block in enumerate(blocks) if block.top >= y - 3), len(blocks)), False


def _is_name(paragraph: Paragraph, bookmark: Bookmark) -> bool:
    if len(paragraph.lines) > _TITLE_LINES:
        return False
    text, name = paragraph.text, _spoken(bookmark.name)
    return name in (_spoken(text), _spoken(_NUMBERING.sub("", text))) or _spoken(text) == _spoken(
        _NUMBERING.sub("", bookmark.name)
    )


def _spoken(text: str) -> str:
    return _UNSPOKEN.sub("", text).casefold()
