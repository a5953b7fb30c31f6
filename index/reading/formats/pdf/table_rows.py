"""Tables: which columns are one, and its rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from index.reading.formats.cells import is_value
from index.reading.formats.lines import table
from index.reading.formats.pdf.columns import Band, bands, parts
from index.reading.formats.pdf.page import Line, Rule, Word, joined
from index.reading.formats.pdf.paragraphs import ends_sentence, spliced

Cells = Sequence[str]
_LEAST_ROWS = 2
_PAIR = 2
# What ends a value that goes on in the next line.
_OPEN = "-/,:"
# The narrowest blank between words, as a share of the type size.
_BLANK = 0.2


@dataclass(frozen=True, slots=True)
class Table:
    """A table's rows, the first of which is its header, and the lines before and after it."""

    rows: tuple[tuple[str, ...], ...]
    page: int
    top: float = 0.0
    before: tuple[Line, ...] = ()
    after: tuple[Line, ...] = ()
    pairs: bool = False

    @property
    def markdown(self) -> str:
        """The table as Markdown; pairs of a name and a value or explanation as paragraphs."""
        names = [row[0] for row in self.rows]
        if self.pairs or (len(self.rows[0]) == _PAIR and sum(name.endswith(":") for name in names) * 2 > len(names)):
            return "\n\n".join(" ".join(row).strip() for row in self.rows)
        return table(self.rows).strip("\n")


def table_in(band: Band, rules: Sequence[Rule], page: int) -> Table | None:
    """Return the table that a band is, if its columns share their lines: ruled, or short and level with one another."""
    crossing = _crossing(band, rules)
    lines = list(band.lines)
    before = _outside(lines, band, crossing)
    after = _outside(lines[len(before) :][::-1], band, crossing)[::-1]
    lines = lines[len(before) : len(lines) - len(after)]
    if len(lines) < _LEAST_ROWS or not _is_table(Band(tuple(lines), band.gutters), crossing):
        return None
    columns = parts(Band(tuple(lines), band.gutters))
    pairs = not crossing and len(columns) == _PAIR and _are_pairs(columns[0], columns[1], lines[0])
    rows = _ruled(lines, band, crossing) or _level(lines, band)
    top = lines[0].y - lines[0].size
    return Table(tuple(map(tuple, rows)), page, top, tuple(before), tuple(after), pairs)


def with_header(before: Table, after: Table) -> tuple[Table, Table | None]:
    """Return two tables; where the second goes on with the first on the next page, with its header and no torn row."""
    goes_on = before.page == after.page - 1 and len(before.rows[0]) == len(after.rows[0])
    if not goes_on or (before.pairs and not after.pairs):
        return before, after
    rows = after.rows[not before.pairs and after.rows[0] == before.rows[0] :]
    torn = [cell for cell, below in zip(before.rows[-1], rows[0], strict=True) if below] if rows else []
    if torn and _goes_on(rows[0], before.rows[-1]) and not any(map(ends_sentence, torn)):
        before = replace(before, rows=(*before.rows[:-1], tuple(_merged([before.rows[-1], rows[0]]))))
        rows = rows[1:]
    header = () if before.pairs else before.rows[:1]
    return before, replace(after, rows=(*header, *rows), pairs=before.pairs) if rows else None


def _are_pairs(names: Sequence[Line], texts: Sequence[Line], first: Line) -> bool:
    """Tell whether two columns are names and their explanations: no line of them is a header."""
    if _is_prose(texts) or first.words[0] not in names[0].words:
        return True
    faces = [[(word.mono, word.bold) for line in column for word in line.words] for column in (names, texts)]
    return len(set(faces[0])) == 1 and not set(faces[0]) & set(faces[1])


def _is_table(band: Band, crossing: Sequence[float]) -> bool:
    inner = [y for y in crossing if band.lines[0].y <= y < band.lines[-1].y]
    columns = [column for column in parts(band) if column]
    prose = [_is_prose(column) for column in columns]
    if all(word.mono for line in band.lines for word in line.words):
        return False
    if len(inner) > 1 or (inner and not all(prose)):
        return True
    if sum(_has_columns(column) for column in columns) > 1:
        return False
    if sum(prose) * 2 >= len(columns):
        return _labelled(columns, prose)
    return sum(len(_cells(line, band)) > 1 for line in band.lines) * 2 >= max(map(len, columns))


def _has_columns(lines: Sequence[Line]) -> bool:
    """Tell whether a column stands in columns itself, as those of a page do and those of a table do not."""
    return sum(len(band.lines) for band in bands(lines) if band.gutters) * 2 > len(lines)


def _outside(lines: Sequence[Line], band: Band, crossing: Sequence[float]) -> list[Line]:
    """Return the lines at the beginning that stand in the first column alone, beyond the outermost rules if ruled."""
    found: list[Line] = []
    for line in lines:
        if list(_cells(line, band)) != [0] or (len(crossing) > 1 and crossing[0] < line.y < crossing[-1]):
            break
        found.append(line)
    return found


def _cells(line: Line, band: Band) -> dict[int, list[Word]]:
    """Return the words of a line by column."""
    edges = [(left + right) / 2 for left, right in band.gutters]
    found: dict[int, list[Word]] = {}
    for word in line.words:
        found.setdefault(sum(word.left >= edge for edge in edges), []).append(word)
    return found


def _crossing(band: Band, rules: Sequence[Rule]) -> list[float]:
    """Return where ruling lines cross a gutter, top to bottom."""
    top, bottom = band.lines[0].y - 3 * band.lines[0].size, band.lines[-1].y + 2 * band.lines[-1].size
    ys = sorted(
        rule.y
        for rule in rules
        if top < rule.y < bottom and any(rule.left < left and rule.right > right for left, right in band.gutters)
    )
    return [y for n, y in enumerate(ys) if not n or y - ys[n - 1] > 2]  # noqa: PLR2004 - points


def _is_prose(lines: Sequence[Line]) -> bool:
    """Tell whether lines go on from one to the next, each as long as the next one's first word lets it be."""
    words = sum(len(line.words) for line in lines) / len(lines)
    lower = sum(line.text[0].islower() for line in lines[1:])
    right = max(line.right for line in lines)
    inside = [(above, line) for above, line in pairwise(lines) if not ends_sentence(above.text)]
    full = sum(_is_full(above.words, line.words, right) for above, line in inside)
    worded = words >= 3 and (words > 4 or lower * 3 >= len(lines))  # noqa: PLR2004
    return worded and bool(inside) and full * 3 >= len(inside) * 2


def _is_full(above: Sequence[Word], words: Sequence[Word], right: float) -> bool:
    """Tell whether a line of a cell or column has no room for the first of the words below it."""
    return above[-1].right + words[0].right - words[0].left + _BLANK * words[0].size > right


def _labelled(columns: Sequence[Sequence[Line]], prose: Sequence[bool]) -> bool:
    """Tell whether each line of the first column stands beside the beginning of a paragraph of the others."""
    if prose[0] or len(columns[0]) < 2:  # noqa: PLR2004
        return False
    size = columns[0][0].size
    for column, flows in zip(columns, prose, strict=True):
        begins = [column[0].y] if flows else []
        begins += [b.y for a, b in pairwise(column) if flows and _begins(a, b)]
        level = sum(any(abs(y - line.y) < size * 0.5 for y in begins) for line in columns[0])
        if flows and level * 5 < len(columns[0]) * 4:
            return False
    return True


def _begins(above: Line, line: Line) -> bool:
    return not line.text[0].islower() and (ends_sentence(above.text) or line.y - above.y > 1.6 * line.size)


def _ruled(lines: Sequence[Line], band: Band, crossing: Sequence[float]) -> list[Cells]:
    """Return the rows between ruling lines; none if there are too few lines for a row each."""
    groups: dict[int, list[Line]] = {}
    for line in lines:
        groups.setdefault(sum(y < line.y for y in crossing), []).append(line)
    beginning = [sum(0 in _cells(line, band) for line in group) for group in groups.values()]
    if len(groups) < 3 or sorted(beginning)[len(beginning) // 2] > 2:  # noqa: PLR2004
        return []
    return [_merged([_texts(line, band) for line in group]) for group in groups.values()]


def _level(lines: Sequence[Line], band: Band) -> list[Cells]:
    """Return a row for each line that begins one; other lines go on in the cells of the row before."""
    rows: list[list[Cells]] = []
    steps = sorted(b.y - a.y for a, b in pairwise(lines))
    pitch = steps[len(steps) // 2] if steps else 0.0
    rights = [max((line.right for line in column), default=0.0) for column in parts(Band(tuple(lines), band.gutters))]
    for number, line in enumerate(lines):
        cells = _texts(line, band)
        step = line.y - lines[number - 1].y
        # Two lines with all cells are two rows, unless rows stand farther apart than lines.
        tight = number > 0 and step <= (steps[-1] / 1.15 if all(cells) else pitch * 1.05)
        if rows and tight and _goes_on(cells, rows[-1][-1]) and _wrapped(lines[number - 1], line, band, rights):
            rows[-1].append(cells)
        else:
            rows.append([cells])
    return [_merged(row) for row in rows]


def _goes_on(cells: Cells, above: Cells) -> bool:
    """Tell whether cells go on with those above: no first cell and few others, or only beginnings in small letters."""
    filled = [(cell, upper) for cell, upper in zip(cells, above, strict=True) if cell]
    if not all(upper for _, upper in filled):
        return False
    if any(is_value(cell) and is_value(upper) and upper[-1] not in _OPEN for cell, upper in filled):
        # Below an amount another amount is a sum, not the rest of it.
        return False
    lower = all(cell[0].islower() or cell[0] in "(&" for cell, _ in filled)
    return lower if cells[0] else lower or len(filled) * 2 <= len(cells)


def _wrapped(above: Line, line: Line, band: Band, rights: Sequence[float]) -> bool:
    """Tell whether a line with a first cell can go on with the row above: no cell there has room for more."""
    upper, cells = _cells(above, band), _cells(line, band)
    return 0 not in cells or all(_is_full(upper[n], words, rights[n]) for n, words in cells.items() if n in upper)


def _texts(line: Line, band: Band) -> Cells:
    cells = _cells(line, band)
    return [joined(cells.get(column, [])) for column in range(len(band.gutters) + 1)]


def _merged(lines: Sequence[Cells]) -> Cells:
    merged: list[str] = [""] * len(lines[0])
    for cells in lines:
        merged = [spliced(whole, cell) if cell else whole for whole, cell in zip(merged, cells, strict=True)]
    return merged
