"""Citation markers of an answer, and which of them cover which sentence."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from unicodedata import category

from index.markdown import is_numbered_item
from pipeline.proof.units import sentences, units

# A run of backticks ends at the next one of its length, as in CommonMark.
CODE = r"(?<!`)(?P<ticks>`++)[\s\S]*?(?<!`)(?P=ticks)(?!`)"
KEPT_CODE = rf"(?P<code>{CODE})"
_MARK = r"(?<!\\)\[(\d{1,3})\](?!\()"
_CODE_OR_MARKER = re.compile(rf"{CODE}|{_MARK}")
_MARKERS_FIRST = re.compile(rf"\s*(?:{_MARK}\s*)+")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, list item, row or code block of an answer without its markers, and the markers that cover it.

    `own` are the markers that stand in it. Numbered steps are one statement: each may be true, and their order false.
    """

    text: str
    markers: tuple[int, ...]
    block: int = 0
    own: tuple[int, ...] = ()


def markers_in(text: str) -> list[int]:
    """Return the markers of `text` in order; a bracketed number inside code is not one."""
    return [int(match[2]) for match in _CODE_OR_MARKER.finditer(text) if match[2]]


def with_markers(text: str, numbers: Mapping[int, int]) -> str:
    """Return `text` with every marker replaced by its number in `numbers`; code stays as it is."""
    return _CODE_OR_MARKER.sub(lambda match: f"[{numbers[int(match[2])]}]" if match[2] else match[0], text)


def without_markers(text: str) -> str:
    """Return `text` without its markers; a bracketed number inside code stays."""
    plain = _CODE_OR_MARKER.sub(lambda match: "" if match[2] else match[0], text)
    return "\n".join(" ".join(line.split()) for line in plain.split("\n")).strip()


def statements(answer: str) -> list[Statement]:
    """Return what an answer states, sentence by sentence.

    A sentence without a marker is covered by the next marker of its paragraph or list, else by the one before it, else
    by all markers of the answer.
    """
    cut = list(_cut(answer))
    everywhere = tuple(dict.fromkeys(marker for statement in cut for marker in statement.markers))
    found = []
    for at, statement in enumerate(cut):
        if _says_something(statement.text):
            markers = statement.markers or _nearest(cut, at) or everywhere
            found.append(Statement(statement.text, markers, statement.block, statement.markers))
    return found


def left_over(answer: str) -> str:
    """Return what of an answer says something and stands in no statement, such as a link definition; usually ""."""
    ends = [0, *(place for unit in units(answer) for place in (unit.start, unit.end)), len(answer)]
    apart = " ".join(answer[start:end] for start, end in zip(ends[::2], ends[1::2], strict=True)).strip()
    return apart if _says_something(without_markers(apart)) else ""


def _says_something(text: str) -> bool:
    """Tell whether a text has a letter, a number or a picture: not the rule of a table, not a mark of Markdown."""
    return any(c.isalnum() or (not c.isascii() and category(c)[0] == "S") for c in text)


def _nearest(cut: list[Statement], at: int) -> tuple[int, ...]:
    block = cut[at].block
    after = (statement for statement in cut[at + 1 :] if statement.block == block)
    before = (statement for statement in reversed(cut[:at]) if statement.block == block)
    return next((s.markers for s in (*after, *before) if s.markers), ())


def _cut(answer: str) -> Iterator[Statement]:
    """Yield the parts of an answer; markers that begin a part belong to the part before it."""
    held: Statement | None = None
    for part, block in _parts(answer):
        first = _MARKERS_FIRST.match(part)
        if first and held:
            held = Statement(held.text, (*held.markers, *markers_in(first[0])), held.block)
        text = part[first.end() :] if first and held else part
        if not text.strip():
            continue
        if held:
            yield held
        held = Statement(without_markers(text), tuple(markers_in(text)), block)
    if held:
        yield held


def _parts(answer: str) -> Iterator[tuple[str, int]]:
    for block, run in groupby(units(answer), key=lambda unit: unit.block):
        texts = [(unit, unit.of(answer)) for unit in run]
        if texts[0][0].kind == "item" and is_numbered_item(texts[0][1]):
            yield "\n".join(text for _, text in texts), block
            continue
        for unit, text in texts:
            for part in sentences(text) if unit.kind in {"item", "text"} else (text,):
                yield part, block
