"""Markdown and MDX to Markdown that holds what a reader of the page sees.

First what generators add is taken out line by line (modules, components, admonitions), then the page is parsed, and
each of its blocks is reduced to what a reader sees. Code stays as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from index.markdown import blocks, code_apart, code_spans, first_heading, heading_parts, with_anchor
from index.reading.formats import front_matter
from index.reading.formats.content import Content
from index.reading.formats.directives import unfolded
from index.reading.formats.encoding import decoded
from index.reading.formats.html_blocks import open_structure, read_html
from index.reading.formats.inline import Names, Seen, seen
from index.reading.formats.mdx import without_components, without_modules
from index.reading.formats.tags import Tags

_NOTE = re.compile(r" {0,3}\[\^([^\[\]\s]+)\]:[ \t]*(.*)$")
_CONTINUED = re.compile(r"(?: {2}|\t)\s*\S")
_BEGINS_BLOCK = re.compile(r"[#>|]|[-*+]\s|\d{1,9}[.)]\s")
_HEADING = re.compile(r"([ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)(#{1,6})(?:[ \t]+|$)")
_CLOSING_MARKS = re.compile(r"(?:^|[ \t])#+[ \t]*$")
_MARKS_ONLY = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])?[ \t]*(?:\[[ xX]\])?[ \t]*$")
_LIST_MARK = re.compile(r"[-*+]|\d{1,9}[.)]")
_ANCHOR = re.compile(r"[^\s{}]+")


@dataclass(frozen=True, slots=True)
class _Part:
    """Lines `start` to `end` (excluded) of a page: code, HTML, a heading of `level`, or text, in a block to `outer`."""

    start: int
    end: int
    kind: str
    content: str = ""
    level: int = 0
    outer: int = 0


def markdown(raw: bytes) -> Content:
    """Return a Markdown page without the syntax that only its site generator reads."""
    return _page(raw, is_mdx=False)


def mdx(raw: bytes) -> Content:
    """Return an MDX page without its modules, components and expressions."""
    return _page(raw, is_mdx=True)


def _page(raw: bytes, *, is_mdx: bool) -> Content:
    said, body = front_matter.split(decoded(raw))
    text = reduced(body, is_mdx=is_mdx)
    return Content(said.title or first_heading(text), text, said.url, said.access, updated=said.updated)


def reduced(body: str, *, is_mdx: bool = False) -> str:
    """Return Markdown with everything that only a generator reads as plain paragraphs; code stays as it is."""
    tags = Tags.of(_prose(body))
    text = without_components(without_modules(body, is_mdx=is_mdx), tags, is_mdx=is_mdx)
    lines, notes = _footnotes(unfolded(text).split("\n"))
    return _joined(_read(lines, notes, tags))


def _prose(text: str) -> Iterator[str]:
    for run, is_code in code_apart(text):
        if not is_code:
            spans = code_spans(run)
            edges = [0, *(edge for pair in zip(spans.starts, spans.ends, strict=True) for edge in pair), len(run)]
            yield from (run[edges[at] : edges[at + 1]] for at in range(0, len(edges), 2))


def _footnotes(lines: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the lines without the texts of footnotes, and these by their names."""
    kept: list[str] = []
    notes: dict[str, list[str]] = {}
    note: list[str] | None = None
    for run, is_code in code_apart("\n".join(lines)):
        if is_code:
            kept.append(run)
            note = None
            continue
        for line in run.split("\n"):
            if found := _NOTE.match(line):
                note = notes.setdefault(found[1], [])
                note.append(found[2])
            elif note is not None and _goes_on(note, line):
                note.append(line.strip())
            else:
                note = None
                kept.append(line)
    text = "\n".join(kept)
    return text.split("\n"), {name: "\n".join(note).strip() for name, note in notes.items()}


def _goes_on(note: list[str], line: str) -> bool:
    """Tell whether a line belongs to a footnote: it is indented, blank, or follows in the same paragraph."""
    if _CONTINUED.match(line) or not line.strip():
        return True
    return bool(note[-1].strip()) and not _BEGINS_BLOCK.match(line)


def _read(lines: list[str], notes: dict[str, str], tags: Tags) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a page as a reader sees them, and whether each is code."""
    text = "\n".join(lines)
    found: dict[str, Any] = {}
    parts = _whole(list(_parts(text, found)), lines)
    defined = found.get("references", {})
    names = Names({label: said["href"] for label, said in defined.items()}, frozenset(notes), tags)
    hidden = {line for said in [*defined.values(), *found.get("duplicate_refs", [])] for line in range(*said["map"])}
    reader = _Reader(names, notes)
    position = 0
    for part in parts:
        if part.start < position:
            continue
        yield from _between(lines, position, part.start, hidden)
        yield from reader.read(part, lines)
        position = part.end
    yield from _between(lines, position, len(lines), hidden)
    yield from reader.rest()


def _between(lines: list[str], start: int, end: int, hidden: set[int]) -> Iterator[tuple[str, bool]]:
    """Yield the lines that belong to no part, without the definitions of links."""
    yield from ((lines[at], False) for at in range(start, end) if at not in hidden)


def _parts(text: str, found: dict[str, Any]) -> Iterator[_Part]:
    tokens = blocks(text, found)
    outer = 0
    for at, token in enumerate(tokens):
        if token.map is None:
            continue
        start, end = token.map
        outer = end if token.level == 0 else outer
        if token.type in {"fence", "code_block"}:
            yield _Part(start, end, "code", outer=outer)
        elif token.type == "html_block":
            yield _Part(start, end, "html", token.content, outer=outer)
        elif token.type == "heading_open":
            yield _Part(start, end, "heading", tokens[at + 1].content, int(token.tag[1:]), outer)
        elif token.type in {"paragraph_open", "table_open"}:
            yield _Part(start, end, "table" if token.type == "table_open" else "text", outer=outer)


def _whole(parts: list[_Part], lines: list[str]) -> list[_Part]:
    """Return the parts with tables and lists of HTML in one part each, although blank lines end a block of HTML."""
    merged: list[_Part] = []
    # Up to which part it is known that the name is not closed.
    open_to: dict[str, int] = {}
    for at, part in enumerate(parts):
        if merged and part.start < merged[-1].end:
            continue
        name = open_structure(part.content) if part.kind == "html" and part.end == part.outer else None
        if name and open_to.get(name, 0) <= at:
            closing, open_to[name] = _closing_part(parts, at, f"</{name}", lines)
            if closing:
                content = "\n".join(lines[part.start : closing])
                part = replace(part, end=closing, outer=closing, content=content)  # noqa: PLW2901
        merged.append(part)
    return merged


def _closing_part(parts: list[_Part], at: int, mark: str, lines: list[str]) -> tuple[int | None, int]:
    """Return the end of the part that closes a table, None if a fence or heading comes first, and how far it looked."""
    for position in range(at + 1, len(parts)):
        part = parts[position]
        text = "\n".join(lines[part.start : part.end])
        if (
            part.kind == "heading"
            or (part.kind == "code" and "<" not in text)
            or text.lstrip().startswith(("```", "~~~"))
        ):
            return None, position
        if mark in text.lower():
            return part.end, position
    return None, len(parts)


class _Reader:
    """Reads the parts of a page in their order."""

    def __init__(self, names: Names, notes: dict[str, str]) -> None:
        self._names = names
        self._notes = dict(notes)
        self._due: list[str] = []
        self._outer = 0
        self._anchor: str | None = None

    def read(self, part: _Part, lines: list[str]) -> Iterator[tuple[str, bool]]:
        """Yield what a reader sees of a part, after the footnotes of the block before."""
        if part.start >= self._outer:
            yield from self._footnotes()
        self._outer = part.outer
        anchor, self._anchor = self._anchor, None
        if part.kind == "code":
            yield "\n".join(lines[part.start : part.end]), True
        elif part.kind == "heading":
            yield self._heading(part, lines, anchor), False
        elif part.kind == "html":
            yield from code_apart(self._html(part, lines))
        else:
            yield self._text(part, lines), False

    def rest(self) -> Iterator[tuple[str, bool]]:
        """Yield the footnotes that are left."""
        yield from self._footnotes()
        self._due = list(self._notes)
        yield from self._footnotes()

    def _footnotes(self) -> Iterator[tuple[str, bool]]:
        for name in self._due:
            if text := self._notes.pop(name, ""):
                yield f"\n{self._seen(text).text}\n", False
        self._due = []

    def _seen(self, text: str, line_break: str = "\n") -> Seen:
        found = seen(text, self._names, line_break=line_break)
        self._due += found.notes
        return found

    def _heading(self, part: _Part, lines: list[str], anchor: str | None) -> str:
        mark = _HEADING.match(lines[part.start])
        content = _CLOSING_MARKS.sub("", part.content) if mark else part.content
        words, given = heading_parts(" ".join(content.split()))
        found = self._seen(words, " ")
        ids = [name for name in (given, *found.ids, anchor) if name and _ANCHOR.fullmatch(name)]
        heading = " ".join(found.text.split())
        before = mark[1] if mark else ""
        return f"{before}{'#' * part.level} {with_anchor(heading, ids[0]) if ids and heading else heading}"

    def _html(self, part: _Part, lines: list[str]) -> str:
        found = read_html(part.content, self._names)
        self._due += found.notes
        self._anchor = found.ids[-1] if found.ids and not found.text.strip() else None
        first = lines[part.start]
        own = part.content.split("\n", 1)[0]
        prefix = first[: len(first) - len(own)] if first.endswith(own) else ""
        following = _LIST_MARK.sub(lambda mark: " " * len(mark[0]), prefix)
        text = found.text.strip("\n")
        return "\n".join(
            [*(f"{following if at else prefix}{x}" for at, x in enumerate(text.split("\n"))), following.rstrip()]
        )

    def _text(self, part: _Part, lines: list[str]) -> str:
        if part.kind == "table":
            return "\n".join(self._seen(line, " ").text for line in lines[part.start : part.end])
        source = "\n".join(lines[part.start : part.end])
        nested = source[:1] in {" ", ">", "\t"} or _LIST_MARK.match(source) is not None
        found = self._seen(source, " " if nested else "\n")
        self._anchor = found.ids[-1] if found.ids and not found.text.strip() else None
        if found.text == source:
            return source
        kept = (line.rstrip() for line in found.text.split("\n"))
        return "\n".join(line for line in kept if not _MARKS_ONLY.match(line) or not line.strip())


def _joined(parts: Iterator[tuple[str, bool]]) -> str:
    """Return the parts as one text, outside code with at most one blank line in a row."""
    kept: list[str] = []
    for text, is_code in parts:
        if is_code:
            kept.append(text)
            continue
        for line in text.split("\n"):
            if line.strip() or (kept and kept[-1].strip()):
                kept.append(line if line.strip() else "")
    return "\n".join(kept)
