"""The sections of a Markdown document: runs of blocks under the same headings.

A line that asks a question, as in many lists of questions and answers, is a heading of its section.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from index import markdown
from index.markdown import without_links
from index.reading.documents import Document

if TYPE_CHECKING:
    from markdown_it.token import Token

_LIST_TYPES = ("bullet_list_open", "ordered_list_open")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*+\n){3,}+")
# A longer heading is text: its section begins with it, and the heading path holds its first words.
_HEADING_CHARS = 200
# A section this short has its question in its text: "No." alone tells nothing.
_SHORT_CHARS = 300
# A question in bold, or after a word such as "Q:", is a heading below all others.
_QUESTION_LEVEL, _QUESTION_CHARS = 7, 200
_BOLD_QUESTION = re.compile(r"(\*\*|__)(?P<words>[^*_\n]+[?？])\s*\1[.:]?\s*")  # noqa: RUF001
_SPEAKER = r"(?:\*\*|__)?[^\W\d_]{1,10}[ ]?\d{0,3}[:.](?:\*\*|__)?[ ]"
_ASKED = re.compile(rf"{_SPEAKER}\s*(?P<words>[^\n]*[?？])(?:\*\*|__)?\s*")  # noqa: RUF001
_ANSWERED = re.compile(rf"{_SPEAKER}")


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks, verbatim, under a path of headings that begins with the document's title."""

    heading_path: tuple[str, ...]
    blocks: tuple[str, ...]
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    title: str
    anchor: str


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines `start` to `end` (excluded) of the document, and the heading that they are, if they are one."""

    start: int
    end: int
    heading: _Heading | None = None


_Path = tuple[_Heading, ...]


def sections(document: Document) -> Iterator[Section]:
    """Yield the sections in reading order. A heading that holds no text is text of the section above it."""
    found = False
    for path, blocks in groupby(_placed(document), key=lambda placed: placed[0]):
        found = True
        yield _section(document, path, [text for _, text in blocks])
    heading = markdown.first_heading(document.text)
    if not found and heading:
        yield Section((document.title,), (heading,))


def _section(document: Document, path: _Path, blocks: Sequence[str]) -> Section:
    names = [heading.title for heading in path]
    own_title = names[:1] == [document.title]
    # The anchor of the title is the top of the page, where the page's link leads anyway.
    anchors = [heading.anchor for heading in path[own_title:] if heading.level < _QUESTION_LEVEL]
    is_short = sum(map(len, blocks)) <= _SHORT_CHARS
    if path and is_short and path[-1].level < _QUESTION_LEVEL and path[-1].title.endswith("?"):
        blocks = [f"{'#' * path[-1].level} {path[-1].title}\n\n", *blocks]
    heading_path = tuple(_shortened(name) for name in (names if own_title else [document.title, *names]))
    return Section(heading_path, tuple(blocks), anchors[-1] if anchors else "")


def _shortened(title: str) -> str:
    return title if len(title) <= _HEADING_CHARS else title[:_HEADING_CHARS].rsplit(" ", 1)[0] + "…"


def _placed(document: Document) -> Iterator[tuple[_Path, str]]:
    """Yield each block with the headings above it."""
    text = _BLANK_LINES.sub("\n\n", document.text)
    lines = _LINE.findall(text)
    path: _Path = ()
    is_empty = False
    for block in _blocks(text, named_anchors=document.named_anchors):
        words = "".join(lines[block.start : block.end])
        heading = block.heading
        if heading:
            if is_empty and heading.level <= path[-1].level:
                yield from _heading_alone(document, path)
            path = (*(above for above in path if above.level < heading.level), heading)
        is_empty = bool(heading) and path[-1].level < _QUESTION_LEVEL and len(path[-1].title) <= _HEADING_CHARS
        if not is_empty:
            yield path, f"{path[-1].title}\n\n" if heading and heading.level < _QUESTION_LEVEL else words
    if is_empty:
        yield from _heading_alone(document, path)


def _heading_alone(document: Document, path: _Path) -> Iterator[tuple[_Path, str]]:
    if path[-1].title not in ("", document.title):
        yield path[:-1], f"{path[-1].title}\n\n"


def _blocks(text: str, *, named_anchors: bool) -> Iterator[_Block]:
    """Yield headings and blocks in their order, each list item as a block."""
    tokens = markdown.blocks(text)
    taken: dict[str, int] = {}
    found: list[_Block] = []
    for position, token in enumerate(tokens):
        if token.map is None or not _is_block(token):
            continue
        heading = None
        if token.type == "heading_open":
            heading = _heading(token, tokens[position + 1].content, taken, named=named_anchors)
        elif token.type == "paragraph_open":
            following = tokens[position + 4].content if len(tokens) > position + 4 else ""
            heading = _question(tokens[position + 1].content, following)
        found.append(_Block(token.map[0], token.map[1], heading))
    end = text.count("\n") + 1
    # Blank lines between two blocks belong to the first, so that joined blocks are the original text.
    for block, after in pairwise([*found, _Block(end, end)]):
        yield replace(block, end=max(block.end, after.start))


def _is_block(token: "Token") -> bool:
    if token.level == 0:
        return token.nesting >= 0 and token.type not in _LIST_TYPES
    return token.level == 1 and token.type == "list_item_open"


def _heading(token: "Token", content: str, taken: dict[str, int], *, named: bool) -> _Heading:
    title, given = markdown.heading_parts(content)
    anchor = given or ("" if named else _slug(title, taken))
    return _Heading(int(token.tag[1:]), title, anchor)


def _question(paragraph: str, following: str) -> _Heading | None:
    """Return the question that a paragraph, or its first line, asks for the text after it to answer."""
    line, _, rest = paragraph.partition("\n")
    if len(line) > _QUESTION_CHARS:
        return None
    found = _BOLD_QUESTION.fullmatch(line)
    if not found and _ANSWERED.match(rest or following):
        found = _ASKED.fullmatch(line)
    return _Heading(_QUESTION_LEVEL, without_links(found["words"]).strip("*_ "), "") if found else None


def _slug(title: str, taken: dict[str, int]) -> str:
    """Return the anchor that GitHub and most site generators make of a heading; repeated ones are numbered."""
    slug = re.sub(r"[^\w\- ]", "", without_links(title).lower()).strip().replace(" ", "-")
    number = taken.get(slug, -1) + 1
    taken[slug] = number
    return f"{slug}-{number}" if number else slug
