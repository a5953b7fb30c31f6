"""Reading order: a page is cut into bands, a band into columns. What columns share row by row is a table.

A gutter is a vertical strip that no word of a run of lines crosses, with words on both sides of it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from index.reading.formats.pdf.page import Line, Word, joined

Gap = tuple[float, float]
# A sign at the start of a line is a bullet, unless it is one that text begins with: "$ make", "# comment", "€ 12".
_MARK = re.compile(r"[*+-]|[^\w\s\x00-\x7f€£¥§¶«»“”„‘’…]|o|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[.)]|\[\d{1,3}\]")  # noqa: RUF001 - quotation marks
_GUTTER = 0.9
_FAR = 1e9
_LEAST_LINES = 2
# A blank that parts what stands above from what stands below: more than this many usual steps from line to line.
_WIDE = 1.5
# No page has more lines; longer runs are cut.
_MAX_RUN = 150
# Baselines nearer than this share of the type size are one line.
_SAME_LINE = 0.35


@dataclass(frozen=True, slots=True)
class Band:
    """Lines that follow one another, top to bottom; with `gutters` they stand in columns."""

    lines: tuple[Line, ...]
    gutters: tuple[Gap, ...] = ()


def lines_of(words: Sequence[Word]) -> list[Line]:
    """Return words as lines, top to bottom."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.y, word.left)):
        if rows and word.y - rows[-1][0].y <= _SAME_LINE * max(min(word.size, rows[-1][0].size), 4):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [Line(tuple(sorted(row, key=lambda word: word.left))) for row in rows]


def bands(lines: Sequence[Line]) -> Iterator[Band]:
    """Yield the bands of a region."""
    if not lines:
        return
    size = median(line.size for line in lines)
    plain: list[Line] = []
    start = 0
    while start < len(lines):
        end, gutters = _longest(lines, start, size * _GUTTER)
        above = lines
        if gutters and (later := _later(lines, start, end, gutters, size)):
            above = lines[:later]
            end, gutters = _longest(above, start, size * _GUTTER)
        if gutters and not _begins_below(above, start, end, gutters, size * _GUTTER):
            if plain:
                yield Band(tuple(plain))
            yield Band(tuple(lines[start:end]), gutters)
            plain, start = [], end
        else:
            plain.append(lines[start])
            start += 1
    if plain:
        yield Band(tuple(plain))


def parts(band: Band) -> list[list[Line]]:
    """Return the lines of each column of a band."""
    edges = [(left + right) / 2 for left, right in band.gutters]
    words: list[list[Word]] = [[] for _ in range(len(edges) + 1)]
    for line in band.lines:
        for word in line.words:
            words[sum(word.left >= edge for edge in edges)].append(word)
    return [lines_of(column) for column in words]


def _longest(lines: Sequence[Line], start: int, least: float) -> tuple[int, tuple[Gap, ...]]:
    """Return where the best run of lines with common gutters ends, and its gutters; none if there is no run.

    A few lines with more gutters may be a table above a text in columns, or chance: the square of the number decides.
    """
    free = _gaps(lines[start], least)
    inner: list[Gap] = []
    end = start
    found: tuple[Gap, ...] = ()
    stop = min(len(lines), start + _MAX_RUN)
    for index in range(start, stop + 1):
        if index < stop:
            free = _shared(free, _gaps(lines[index], least), least)
        now = [gap for gap in free if gap[0] > -_FAR and gap[1] < _FAR] if index < stop else []
        if len(now) < len(inner):
            kept = tuple(gap for gap in inner if _two_sided(lines[start:index], gap))
            if (index - start) * len(kept) ** 2 > (end - start) * len(found) ** 2:
                end, found = index, kept
            if found and not now:
                break
        inner = now
    return end, found


def _begins_below(lines: Sequence[Line], start: int, end: int, gutters: Sequence[Gap], least: float) -> bool:
    """Tell whether a better run begins with the next line, as below a short line above a table."""
    below, more = _longest(lines, start + 1, least)
    return (below - start - 1) * len(more) ** 2 > (end - start) * len(gutters) ** 2


def _later(lines: Sequence[Line], start: int, end: int, gutters: Sequence[Gap], size: float) -> int | None:
    """Return where a table with more columns begins below a wide blank, as that of an invoice below the addresses."""
    steps = [below.y - above.y for above, below in pairwise(lines[start:end])]
    wide = _WIDE * max(size, median(steps) if steps else 0)
    for at, step in enumerate(steps, start + 1):
        if step > wide:
            last, more = _longest(lines, at, size * _GUTTER)
            is_better = (last - at) * len(more) ** 2 > (end - start) * len(gutters) ** 2
            if is_better and len(more) > len(gutters) and _begins_with_header(lines[at:last], more):
                return at
    return None


def _begins_with_header(lines: Sequence[Line], gutters: Sequence[Gap]) -> bool:
    """Tell whether the first line, or the one below a title, has words in all columns."""
    edges = [(left + right) / 2 for left, right in gutters]
    return any(
        len({sum(word.left >= edge for edge in edges) for word in line.words}) > len(edges) for line in lines[:2]
    )


def _two_sided(lines: Sequence[Line], gap: Gap) -> bool:
    """Tell whether several lines have text to the left, other than bullets and numbers, and several to the right."""
    lefts = [[word for word in line.words if word.left < gap[0]] for line in lines]
    rights = sum(line.words[-1].left >= gap[1] for line in lines)
    texts = sum(bool(left) and not is_mark(joined(left)) for left in lefts)
    marks = sum(bool(left) and is_mark(joined(left)) for left in lefts)
    return rights >= _LEAST_LINES and texts >= _LEAST_LINES and marks <= texts


def _shared(these: Sequence[Gap], those: Sequence[Gap], least: float) -> list[Gap]:
    """Return the overlaps of two ordered lists of gaps that are wide enough."""
    found, i, j = [], 0, 0
    while i < len(these) and j < len(those):
        left, right = max(these[i][0], those[j][0]), min(these[i][1], those[j][1])
        if right - left >= least:
            found.append((left, right))
        i, j = (i + 1, j) if these[i][1] < those[j][1] else (i, j + 1)
    return found


def _gaps(line: Line, least: float) -> list[Gap]:
    """Return the strips that a line leaves free, with those beside it."""
    found, right = [], -_FAR
    for word in line.words:
        if word.left - right >= least:
            found.append((right, word.left))
        right = max(right, word.right)
    return [*found, (right, _FAR)]


def is_mark(text: str) -> bool:
    """Tell whether a text is only the bullet or number of a list item."""
    return _MARK.fullmatch(text) is not None
