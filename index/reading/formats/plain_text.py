"""Plain text to Markdown: underlined titles become headings, and nothing else is taken for markup by accident."""

import re
from collections.abc import Iterator
from itertools import groupby
from textwrap import dedent

from index.markdown import code_spans, heading_parts, is_list_item
from index.reading.formats import front_matter
from index.reading.formats.content import Content
from index.reading.formats.encoding import decoded
from index.reading.formats.hanging_titles import with_hanging_titles
from index.reading.formats.inline import shown_tag
from index.reading.formats.mails import subject_and_day, with_earlier_apart
from index.reading.formats.tags import tag_at
from index.reading.formats.text_tables import with_tables

_TITLE_CHARS, _TITLE_WORDS = 90, 14
_RULE = re.compile(r"\s*([=\-~^*#+_\"'.:`])(?:[ ]?\1){2,}\s*$")
_SENTENCE_END = re.compile(r"[.,;!…。,]\s*$")
_CODE_INDENT = re.compile(r"(?: {4}|\t)\s*(?=\S)")
# An underline is about as long as what it underlines.
_LENGTH_DIFFERENCE = 4


def plain(raw: bytes) -> Content:
    """Return plain text with its titles as headings and its tables; other marks of Markdown count as such."""
    said, body = front_matter.split(decoded(raw))
    lines = [line.rstrip() for line in dedent(body).strip("\n").split("\n")]
    subject, day = subject_and_day("\n".join(lines)) or (None, None)
    lines = with_tables(with_hanging_titles(with_earlier_apart(lines) if subject else lines))
    text = "\n".join(_single_blanks(_with_headings(lines)))
    return Content(said.title or subject or _title(text), text, said.url, said.access, updated=said.updated or day)


def _with_headings(lines: list[str]) -> Iterator[str]:
    marks: list[str] = []
    for at, line in enumerate(lines):
        before, after = lines[at - 1] if at else "", lines[at + 1] if at + 1 < len(lines) else ""
        if _RULE.match(line):
            yield ""
        elif _underlines(after, line) and (not before or _RULE.match(before)):
            mark = after.strip()[0]
            if mark not in marks:
                marks.append(mark)
            yield f"{'#' * min(6, marks.index(mark) + 1)} {line.strip()}"
        else:
            yield _literal(line, before, after)


def _underlines(rule: str, title: str) -> bool:
    return (
        _RULE.match(rule) is not None
        and 0 < len(title.strip()) <= _TITLE_CHARS
        and not is_list_item(title)
        and abs(len(rule.strip()) - len(title.strip())) <= max(_LENGTH_DIFFERENCE, len(title) // 2)
    )


def _literal(line: str, before: str, after: str) -> str:
    """Return a line with its tags as code; the indented first line of a paragraph is no code."""
    indent = _CODE_INDENT.match(line)
    if indent and not before and after[:1].strip() and not is_list_item(line):
        line = line[indent.end() :]
    kept: list[str] = []
    last = 0
    spans = code_spans(line)
    stripped = line.strip()
    for found in re.finditer("<", line):
        tag = tag_at(line, found.start()) if found.start() >= last and not spans.holds(found.start()) else None
        if tag:
            words = line[tag.start : tag.end]
            kept += [line[last : tag.start], shown_tag(words, alone=words == stripped)]
            last = tag.end
    return "".join([*kept, line[last:]])


def _single_blanks(lines: Iterator[str]) -> Iterator[str]:
    for is_blank, run in groupby(lines, key=lambda line: not line):
        yield from [""] if is_blank else run


def _title(text: str) -> str | None:
    """Return the first line if it looks like a title and not like the beginning of a paragraph."""
    first, _, rest = text.strip().partition("\n")
    following = rest.split("\n", 1)[0]
    if first.startswith("#"):
        return heading_parts(first.lstrip("# "))[0] or None
    is_short = len(first) <= _TITLE_CHARS and len(first.split()) <= _TITLE_WORDS
    is_paragraph = following[:1].islower() or not rest.strip() or is_list_item(first)
    return None if not is_short or is_paragraph or _SENTENCE_END.search(first) else first or None
