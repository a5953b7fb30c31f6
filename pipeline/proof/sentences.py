"""Split text into sentences; citation markers stay with the sentence before them."""

import re
from collections.abc import Iterator, Mapping

from index.markdown import lines, without_list_mark

MARKER = re.compile(r"\[(\d{1,3})\](?!\()")
_CODE_OR_MARKER = re.compile(r"(?P<ticks>`+)[\s\S]*?(?P=ticks)|\[(?P<marker>\d{1,3})\](?!\()")
_INLINE_CODE = re.compile(r"(`+)[^`]+\1")
_STARTS_BLOCK = re.compile(r"^\s*(?:[-*+•>#|]|\d{1,3}[.)]\s|:::)")
_STANDS_ALONE = re.compile(r"^\s*(?:[#|]|:::)")
_END = re.compile(r"(?:[.!?…]+[\"'”’)\]*_]*|[。！？]+)(?:\s*\[\d{1,3}\](?!\())*(?=\s|$|[^\x00-\u2fff])")  # noqa: RUF001
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|approx|incl|max|min|no|nos|fig|dr|mr|mrs|ms|prof|st|inc|ltd|u\.s|a\.m|p\.m"
    r"|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|[A-Z])\.$",
    re.IGNORECASE,
)


def markers_in(text: str) -> list[int]:
    """Return the markers of `text` in order; a bracketed number inside code is not one."""
    return [int(match["marker"]) for match in _CODE_OR_MARKER.finditer(text) if match["marker"]]


def with_markers(text: str, numbers: Mapping[int, int]) -> str:
    """Return `text` with every marker replaced by its number in `numbers`; code stays as it is."""
    return _CODE_OR_MARKER.sub(
        lambda match: f"[{numbers[int(match['marker'])]}]" if match["marker"] else match[0], text
    )


def sentences(text: str) -> list[str]:
    """Return the sentences of `text` in order; a code block belongs to the sentence before it."""
    return [sentence for line in sentences_by_line(text) for sentence in line]


def sentences_by_line(text: str) -> list[list[str]]:
    """Return the sentences of each line, without empty lines."""
    found: list[list[str]] = []
    for line, is_code in lines(text):
        if is_code and found:
            found[-1][-1] += "\n" + line
        elif line.strip():
            found.append(list(_in_line(line)))
    return found


def passages(text: str) -> list[str]:
    """Return the sentences of a document. Unlike in an answer, a line break inside a paragraph ends no sentence."""
    joined: list[str] = []
    may_go_on = False
    for line, is_code in lines(text):
        if may_go_on and not is_code and line.strip() and not _STARTS_BLOCK.match(line):
            joined[-1] = f"{joined[-1].rstrip()} {line.strip()}"
        else:
            joined.append(line)
        may_go_on = bool(line.strip()) and not is_code and not _STANDS_ALONE.match(line)
    return [sentence for line in joined for sentence in sentences(line)]


def _in_line(line: str) -> Iterator[str]:
    start = 0
    offset = len(line) - len(without_list_mark(line))
    code = [match.span() for match in _INLINE_CODE.finditer(line)]
    for match in _END.finditer(line, offset):
        if any(begin < match.start() < end for begin, end in code):
            continue
        candidate = line[start : match.end()]
        before_marks = MARKER.sub("", candidate).rstrip()
        starts_small = re.match(r"\s+[a-zß-ÿ]", line[match.end() :]) is not None
        if starts_small or (_ABBREVIATION.search(before_marks) and match.end() < len(line.rstrip())):
            continue
        if candidate.strip():
            yield candidate.strip()
        start = match.end()
    if line[start:].strip():
        yield line[start:].strip()
