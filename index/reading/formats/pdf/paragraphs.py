"""Lines to paragraphs, list items and code; words that were divided at a line's end are put together again."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from statistics import median
from typing import Any

from index.reading.formats.lines import escaped
from index.reading.formats.pdf.columns import is_mark
from index.reading.formats.pdf.page import Line

_SOFT_HYPHEN = "\u00ad"
_ENDS = re.compile(r"[.!?:;…。！？][\"'”’»)\]]*$")  # noqa: RUF001 - the full stops of Chinese
_DIVIDED = re.compile(r"([^\W\d_]{2,})-$")
_BEGINNING = re.compile(r"[^\W\d_]{2,}")
_SPACED = 1.3
_LEAST_PART = 3


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, list item, heading or code block. `full`: its last line has no room for another word."""

    lines: tuple[Line, ...]
    page: int
    full: bool = True
    more: tuple["Paragraph", ...] = ()

    @property
    def size(self) -> float:
        """The type size of its first line."""
        return self.lines[0].size

    @property
    def bold(self) -> bool:
        """Whether all of it is bold."""
        return all(line.bold for line in self.lines)

    @property
    def code(self) -> bool:
        """Whether it is set in letters of equal width."""
        return all(word.mono for line in self.lines for word in line.words)

    @property
    def top(self) -> float:
        """The upper edge of its first line."""
        return self.lines[0].y - self.size

    @property
    def text(self) -> str:
        """The text on one line, with what was joined to it."""
        whole = ""
        for paragraph in (self, *self.more):
            for line in paragraph.lines:
                whole = spliced(whole, line.text)
        return whole.replace(_SOFT_HYPHEN, "")

    @property
    def markdown(self) -> str:
        """The paragraph as Markdown."""
        if self.code:
            parts = [line for paragraph in (self, *self.more) for line in paragraph.lines]
            return "\n".join(["```", *(_indented(line, parts) for line in parts), "```"])
        mark, _, rest = self.text.partition(" ")
        if rest and begins_item(self.lines[0]) and not mark[-1].isalnum() and not any(map(str.isalnum, mark)):
            return f"- {rest}"
        return escaped(self.text)


def paragraphs(lines: Sequence[Line], page: int) -> Iterator[Paragraph]:
    """Yield the lines of a column as paragraphs."""
    if not lines:
        return
    right = max(line.right for line in lines)
    pitches = {size: _pitch([line for line in lines if line.size == size]) for size in {line.size for line in lines}}
    run = [lines[0]]
    for above, line in pairwise(lines):
        if _breaks(run, above, line, right, pitches[above.size]):
            yield _paragraph(run, page, right, line)
            run = []
        run.append(line)
    yield _paragraph(run, page, right, None)


def spliced(before: str, after: str) -> str:
    """Return two lines as one: a blank between them, none after a divided word and none in Chinese or Japanese."""
    if before.endswith(_SOFT_HYPHEN):
        return before[:-1] + after
    first, second = _DIVIDED.search(before), _BEGINNING.match(after)
    if first and second and second[0][0].islower():
        return (before if _hyphened(first[1], second[0]) else before[:-1]) + after
    if before and after and _wide(before[-1]) and _wide(after[0]):
        return before + after
    return f"{before} {after}" if before else after


def continues(before: Paragraph, after: Paragraph) -> bool:
    """Tell whether a paragraph at the head of a column or page goes on with the one at the foot of the last."""
    if before.code or after.code or abs(before.size - after.size) > 0.06 * before.size or before.bold != after.bold:
        return False
    last = (before.more or (before,))[-1].lines[-1].text
    first = after.lines[0].text
    if begins_item(after.lines[0]) or _ENDS.search(last):
        return False
    return first[0].islower() or last.endswith(("-", ",", _SOFT_HYPHEN)) or (before.full and len(last.split()) > 2)  # noqa: PLR2004


def begins_item(line: Line) -> bool:
    """Tell whether a line begins with a bullet or number that text follows."""
    return len(line.words) > 1 and is_mark(line.words[0].text) and not line.words[1].glued


def ends_sentence(text: str) -> bool:
    """Tell whether a text ends as a sentence or a colon does."""
    return _ENDS.search(text) is not None


def _paragraph(lines: Sequence[Line], page: int, right: float, following: Line | None) -> Paragraph:
    last = lines[-1]
    width = following.words[0].right - following.words[0].left if following else last.size * 3
    return Paragraph(tuple(lines), page, last.right + width + last.size >= right)


def _pitch(lines: Sequence[Line]) -> float:
    steps = sorted(step for a, b in pairwise(lines) if (step := b.y - a.y) > 0.5 * a.size)
    return steps[len(steps) // 4] if len(steps) > 2 else median(line.size for line in lines) * 1.45  # noqa: PLR2004


def _breaks(run: Sequence[Line], above: Line, line: Line, right: float, pitch: float) -> bool:
    """Tell whether a line begins a new paragraph."""
    size = above.size
    if line.y - above.y > max(pitch * _SPACED, size * 1.1) or line.y < above.y:
        return True
    if _mono(above) and _mono(line):
        return False
    if abs(size - line.size) > 0.06 * size or above.bold != line.bold or _mono(above) != _mono(line):
        return True
    item = begins_item(run[0])
    hanging = item and len(run) > 1 and run[1].left > run[0].left + 0.5 * size
    if begins_item(line) or (hanging and line.left <= run[0].left + 0.3 * size):
        return True
    indented = line.left > above.left + 0.8 * size and not item and len(run) > 1
    if indented and ends_sentence(above.text):
        return True
    fits = above.right + (line.words[0].right - line.words[0].left) + 1.5 * size < right
    small = line.text[0].islower() or _wide(line.text[0])
    return fits and (ends_sentence(above.text) or not small)


def _mono(line: Line) -> bool:
    return all(word.mono for word in line.words)


def _indented(line: Line, lines: Sequence[Line]) -> str:
    """Return a line of code with the blanks at its beginning."""
    width = (line.words[0].right - line.words[0].left) / max(1, len(line.words[0].text))
    blanks = round((line.left - min(other.left for other in lines)) / width) if width > 0 else 0
    return " " * min(blanks, 60) + line.text


def _wide(letter: str) -> bool:
    """Tell whether a letter belongs to a script that is written without blanks. Korean has blanks."""
    return unicodedata.east_asian_width(letter) in "WF" and not "\uac00" <= letter <= "\ud7a3"


def _hyphened(first: str, second: str) -> bool:
    """Tell whether a word divided at a hyphen keeps it: two English words that are none together."""
    known = _dictionary()
    if (first + second).lower() in known:
        return False
    return min(len(first), len(second)) >= _LEAST_PART and first.lower() in known and second.lower() in known


@cache
def _dictionary() -> Any:  # noqa: ANN401 - pyspellchecker's own type
    from spellchecker import SpellChecker  # noqa: PLC0415 - loaded only where a word is divided

    return SpellChecker(language="en").word_frequency
