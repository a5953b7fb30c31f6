"""What several modules need of Markdown: blocks, headings and their anchors, links, list marks, fenced code.

`blocks` uses markdown-it-py. Everything else is one shared regular expression each, because the parser would give other
results or cost build time. Links are removed from pieces of a block (a sentence, a table cell): on the 8,172 pieces of
the Zulip documentation that takes 11 ms, markdown-it-py's inline parser takes 180 ms, and they differ in 4 pieces.
List marks and fences are recognized line by line, also in answers and quotes that are no whole documents. The anchors
`{#id}` are no CommonMark.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_MAX_NESTING = 50
_LIST_MARK = r"(?:[-*+•]|\d{1,3}[.)])"
_LIST_ITEM = re.compile(rf"^\s*{_LIST_MARK}\s+")
_NUMBERED_ITEM = re.compile(r"\s*\d{1,3}[.)]\s")
_LINE_MARKS = re.compile(rf"^[^\S\n]*+(?:(?:>|#{{1,6}}[^\S\n]|{_LIST_MARK}[^\S\n])[^\S\n]*+)+", re.MULTILINE)
# A label holds no bracket and a target no new label, so that no text takes more than linear time.
_TARGET, _LOOSE_TARGET = (rf"(?:[^){space}\]]|\](?!\())*+" for space in (r"\s", r"\n"))
_LINK = re.compile(rf"(!?)\[([^\[\]\n]*+)\]\({_TARGET}(?:\s++\"[^\"]*+\")?\)")
_LIKE_A_LINK = re.compile(rf"(!?)\[([^\[\]\n]*+)\]\({_LOOSE_TARGET}\)")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_HEADING_ID = re.compile(r"(?:(?<!\s)\s++)?\{#([^\s{}]++)\}\s*+$")
_HEADING_ATTRIBUTES = re.compile(r"\{#[^{}]*\}\s*$")


def blocks(text: str) -> "list[Token]":
    """Return the tokens of a document: CommonMark with tables."""
    return _parser().parse(text)


@cache
def _parser() -> "MarkdownIt":
    # Imported late: only builds parse documents.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    return MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table")


def first_heading(text: str) -> str | None:
    """Return the first heading of the first level, without its attributes; None if there is none."""
    for line in text.splitlines():
        if line.startswith("# "):
            return _HEADING_ATTRIBUTES.sub("", line[2:]).strip().rstrip("#").strip() or None
    return None


def heading_parts(heading: str) -> tuple[str, str | None]:
    """Return the words of a heading and the anchor that it ends in as `{#anchor}`, if it does."""
    found = _HEADING_ID.search(heading)
    return " ".join(_HEADING_ID.sub("", heading).split()), found[1] if found else None


def with_anchor(heading: str, anchor: str) -> str:
    """Return a heading with an anchor at its end, which `heading_parts` takes apart again."""
    return f"{heading} {{#{anchor}}}"


def without_links(text: str) -> str:
    """Return Markdown with links and images reduced to their texts."""
    return _LINK.sub(r"\2", text)


def without_links_and_images(text: str, *, loose: bool = False) -> str:
    """Return Markdown with links reduced to their texts and images left out.

    With `loose` this includes what CommonMark takes for plain text, such as a target with spaces.
    """
    expression = _LIKE_A_LINK if loose else _LINK
    return expression.sub(lambda link: "" if link[1] else link[2], text)


def is_list_item(line: str) -> bool:
    """Tell whether `line` begins with a bullet or a number."""
    return _LIST_ITEM.match(line) is not None


def is_numbered_item(line: str) -> bool:
    """Tell whether `line` begins with a number as of a list."""
    return _NUMBERED_ITEM.match(line) is not None


def without_list_mark(line: str) -> str:
    """Return `line` without its bullet or number."""
    return _LIST_ITEM.sub("", line)


def without_line_marks(text: str) -> str:
    """Return `text` without the marks of quotes, headings and list items at the beginning of its lines."""
    return _LINE_MARKS.sub("", text)


def lines(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each line and whether it belongs to fenced code. Every fence opens or closes, as models write them."""
    in_code = False
    for line in text.splitlines():
        is_fence = _FENCE.match(line) is not None
        yield line, in_code or is_fence
        in_code ^= is_fence


def code_apart(text: str) -> Iterator[tuple[str, bool]]:
    """Yield runs of lines and whether each is a fenced code block, which only a fence of its own kind closes."""
    run: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark and not fence:
            if run:
                yield "\n".join(run), False
            run, fence = [line], mark[1]
        elif fence and mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
            yield "\n".join([*run, line]), True
            run, fence = [], ""
        else:
            run.append(line)
    if run:
        yield "\n".join(run), bool(fence)
