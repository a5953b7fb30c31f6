"""Tables with ruling lines around their cells: rows and columns are where the lines are."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.reading.formats.pdf.page import Bar, Rule, Word

_NEAR = 3.0
_LEAST_RULES = 3
_MAX_CELLS = 5_000


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table: where its rows and columns begin and end, and the upright lines between its cells."""

    ys: tuple[float, ...]
    xs: tuple[float, ...]
    bars: tuple[Bar, ...]

    def holds(self, word: Word) -> bool:
        """Tell whether a word stands in the table."""
        middle = (word.left + word.right) / 2
        return self.xs[0] < middle < self.xs[-1] and self.ys[0] < word.y < self.ys[-1] + 1

    def row(self, word: Word) -> int:
        """Return the number of a word's row."""
        return sum(y < word.y - 0.2 * word.size for y in self.ys[1:-1])

    def column(self, word: Word) -> int:
        """Return the number of a word's column; that of the first for a cell over several."""
        middle, y = (word.left + word.right) / 2, word.y - 0.3 * word.size
        column = sum(x <= middle for x in self.xs[1:-1])
        while column and not any(abs(b.x - self.xs[column]) < _NEAR and b.top <= y <= b.bottom for b in self.bars):
            column -= 1
        return column


def whole_rules(rules: Sequence[Rule]) -> list[Rule]:
    """Return ruling lines top to bottom, those that touch end to end as one."""
    found: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: (round(rule.y / 2), rule.left)):
        last = found[-1] if found else None
        if (
            last
            and abs(last.y - rule.y) < _NEAR
            and rule.left <= last.right + _NEAR
            and rule.right >= last.left - _NEAR
        ):
            found[-1] = Rule(min(last.left, rule.left), max(last.right, rule.right), last.y)
        else:
            found.append(rule)
    return found


def grids(rules: Sequence[Rule], bars: Sequence[Bar]) -> list[Grid]:
    """Return the ruled tables of a page, from its whole ruling lines."""
    found: list[Grid] = []
    for rule in rules:
        if any(grid.ys[0] - 1 <= rule.y <= grid.ys[-1] + 1 and rule.left < grid.xs[-1] for grid in found):
            continue
        grid = _grid(rule, rules, bars)
        if grid:
            found.append(grid)
    return found


def _grid(top: Rule, rules: Sequence[Rule], bars: Sequence[Bar]) -> Grid | None:
    """Return the table whose upper edge is a ruling line, if upright lines lead from it to others as wide."""
    inside = [bar for bar in bars if top.left - _NEAR <= bar.x <= top.right + _NEAR]
    bottom = top.y
    for bar in sorted(inside, key=lambda bar: bar.top):
        if bar.top <= bottom + _NEAR:
            bottom = max(bottom, bar.bottom)
    within = [bar for bar in inside if bar.top >= top.y - _NEAR and bar.bottom <= bottom + _NEAR]
    ys = [
        rule.y
        for rule in rules
        if top.y <= rule.y <= bottom + _NEAR
        and rule.left <= top.left + _NEAR
        and rule.right >= (top.left + top.right) / 2
        and rule.right <= top.right + _NEAR
    ]
    ys = _apart(ys)
    xs = _columns([bar for bar in within if _joins(bar, ys)], top, bottom)
    if len(ys) < _LEAST_RULES or len(xs) < _LEAST_RULES or len(xs) * len(ys) > _MAX_CELLS:
        return None
    return Grid(tuple(ys), tuple(xs), tuple(within))


def _joins(bar: Bar, ys: Sequence[float]) -> bool:
    """Tell whether an upright line leads from a ruling line to another; the sides of a box in a cell do not."""
    return all(any(abs(y - end) <= _NEAR for y in ys) for end in (bar.top, bar.bottom))


def _columns(bars: Sequence[Bar], top: Rule, bottom: float) -> list[float]:
    """Return where columns begin and end: upright lines that together are half as high as the table."""
    xs: list[float] = [top.left]
    for x in _apart([bar.x for bar in bars]):
        height = _height([bar for bar in bars if abs(bar.x - x) < _NEAR])
        if height * 2 >= bottom - top.y and top.left + _NEAR < x < top.right - _NEAR:
            xs.append(x)
    return [*xs, top.right]


def _height(bars: Sequence[Bar]) -> float:
    """Return how much upright lines cover together; programs draw some of them twice."""
    height, end = 0.0, float("-inf")
    for bar in sorted(bars, key=lambda bar: bar.top):
        height += max(0.0, bar.bottom - max(bar.top, end))
        end = max(end, bar.bottom)
    return height


def _apart(places: Sequence[float]) -> list[float]:
    """Return places in order, those near each other once."""
    found: list[float] = []
    for place in sorted(places):
        if not found or place - found[-1] > _NEAR:
            found.append(place)
    return found


def cells(grid: Grid, words: Sequence[Word]) -> dict[tuple[int, int], list[Word]]:
    """Return the words of a table by row and column."""
    found: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        found.setdefault((grid.row(word), grid.column(word)), []).append(word)
    return found
