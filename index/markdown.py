"""What several modules need of Markdown: blocks, headings and their anchors, links, list marks, fenced code.

`blocks` and `first_heading` use markdown-it-py. Everything else is one shared regular expression each, because the
parser would give other results or cost build time. Links are removed from pieces of a block (a sentence, a table cell):
on the 8,172 pieces of the Zulip documentation that takes 11 ms, markdown-it-py's inline parser takes 180 ms, and they
differ in 4 pieces. List marks and fences are recognized line by line, also in answers and quotes that are no whole
documents. The anchors `{#id}` are no CommonMark.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_MAX_NESTING = 50
_LIST_MARK = r"(?:[-*+•]|\d{1,3}[.)])"
_LIST_ITEM = re.compile(rf"^\s*{_LIST_MARK}\s+")
_NUMBERED_ITEM = re.compile(r"\s*\d{1,3}[.)]\s")
_LINE_MARKS = re.compile(rf"^[^\S\n]*+(?:(?:>|#{{1,6}}[^\S\n]|{_LIST_MARK}[^\S\n])[^\S\n]*+)+", re.MULTILINE)
# A label holds no bracket and a target no new label, so that no text takes more than linear time.
_LINK = re.compile(r"!?\[([^\[\]\n]*+)\]\((?:[^)\s\]]|\](?!\())*+(?:\s++\"[^\"]*+\")?\)")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_CODE_IN_LINE = re.compile(r"\s*`{3,}+[^`\n]+`")
_TICKS = re.compile(r"\\?`+")
# Tested before the page is parsed, which costs as much as reading it.
_MAY_BE_TITLE = re.compile(r"^[ >]*(?:#[ \t]|=+[ \t]*$)", re.MULTILINE)
_HEADING_ID = re.compile(r" ?\{#([^\s{}]+)\}$")


def blocks(text: str, definitions: dict[str, Any] | None = None) -> "list[Token]":
    """Return the tokens of a document: CommonMark with tables. `definitions` takes up those of its reference links."""
    return _parser().parse(text, definitions)


@cache
def _parser() -> "MarkdownIt":
    # Imported late: only builds parse documents.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    # No caller needs the tokens within a paragraph.
    return MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table").disable("inline")


def first_heading(text: str) -> str | None:
    """Return the first heading of the first level, without its attributes; None if there is none."""
    if not _MAY_BE_TITLE.search(text):
        return None
    tokens = blocks(text)
    contents = (
        tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h1"
    )
    return next((words for content in contents if (words := heading_parts(content)[0])), None)


def heading_parts(heading: str) -> tuple[str, str | None]:
    """Return the words of a heading and the anchor that it ends in as `{#anchor}`, if it does."""
    words = " ".join(heading.split())
    found = _HEADING_ID.search(words)
    return (words[: found.start()], found[1]) if found else (words, None)


def with_anchor(heading: str, anchor: str) -> str:
    """Return a heading with an anchor at its end, which `heading_parts` takes apart again."""
    return f"{heading} {{#{anchor}}}"


def without_links(text: str) -> str:
    """Return Markdown with links and images reduced to their texts."""
    return _LINK.sub(r"\1", text)


def is_list_item(line: str) -> bool:
    """Tell whether `line` begins with a bullet or a number."""
    return _LIST_ITEM.match(line) is not None


def is_numbered_item(line: str) -> bool:
    """Tell whether `line` begins with a number as of a list."""
    return _NUMBERED_ITEM.match(line) is not None


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
        if mark and not fence and not _CODE_IN_LINE.match(line):
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


@dataclass(frozen=True, slots=True)
class CodeSpans:
    """Where the code spans of a text begin and end, in their order."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def holds(self, position: int) -> bool:
        """Tell whether `position` lies in a code span."""
        return self.end(position) is not None

    def end(self, position: int) -> int | None:
        """Return the end of the code span that holds `position`, None outside code."""
        at = bisect_right(self.starts, position) - 1
        return self.ends[at] if at >= 0 and position < self.ends[at] else None


def code_spans(text: str) -> CodeSpans:
    """Return the code spans: a run of backticks up to the next run of as many, within a paragraph."""
    runs = [(found.start() + found[0].startswith("\\"), found.end()) for found in _TICKS.finditer(text)]
    following: dict[tuple[int, int], list[int]] = {}
    paragraph = 0
    last = 0
    keys: list[tuple[int, int]] = []
    for at, (start, end) in enumerate(runs):
        paragraph += "\n\n" in text[last:start]
        last = end
        keys.append((paragraph, end - start))
        following.setdefault(keys[-1], []).append(at)
    starts: list[int] = []
    ends: list[int] = []
    done = -1
    for at, (start, _) in enumerate(runs):
        if at <= done:
            continue
        same = following[keys[at]]
        later = bisect_right(same, at)
        if later < len(same):
            done = same[later]
            starts.append(start)
            ends.append(runs[done][1])
    return CodeSpans(tuple(starts), tuple(ends))
