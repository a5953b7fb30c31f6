"""The blocks of a page, in reading order: paragraphs and tables."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.reading.formats.pdf.columns import Band, bands, lines_of, parts
from index.reading.formats.pdf.grids import Grid, cells, grids, whole_rules
from index.reading.formats.pdf.page import Line, Page, Word
from index.reading.formats.pdf.paragraphs import Paragraph, paragraphs, spliced
from index.reading.formats.pdf.table_rows import Table, table_in

_DEEP = 5
_MAX_LINES = 3_000
# Stands for a ruled table while the lines around it are brought into order.
_PLACE = "\0"

Block = Paragraph | Table


def blocks(page: Page) -> Iterator[Block]:
    """Yield the blocks of a page: those in its main direction, then text that stands upright beside it."""
    page = replace(page, rules=tuple(whole_rules(page.rules)))
    for number, part in enumerate(page.words):
        words, tables = _ruled(part, page) if number == 0 else (part, {})
        lines = lines_of(words)
        if len(lines) > _MAX_LINES:
            yield from paragraphs(lines, page.number)
        else:
            yield from _region(lines, page, tables, _DEEP)


def _ruled(words: Sequence[Word], page: Page) -> tuple[Sequence[Word], dict[float, Table]]:
    """Return the words beside ruled tables, one word for each table, and the tables by the place of that word."""
    tables: dict[float, Table] = {}
    for grid in grids(page.rules, page.bars):
        inside = [word for word in words if grid.holds(word)]
        table = _table(grid, inside, page.number)
        if table and grid.ys[0] not in tables:
            tables[grid.ys[0]] = table
            place = Word(_PLACE, grid.xs[0], grid.xs[-1], grid.ys[0], inside[0].size)
            words = [*(word for word in words if not grid.holds(word)), place]
    return words, tables


def _table(grid: Grid, words: Sequence[Word], page: int) -> Table | None:
    """Return the table in a grid; None if there is text in one column or row only."""
    found = cells(grid, words)
    rows = sorted({row for row, _ in found})
    columns = sorted({column for _, column in found})
    if len(rows) < 2 or len(columns) < 2:  # noqa: PLR2004
        return None
    texts = tuple(tuple(_text(found.get((row, column), ())) for column in columns) for row in rows)
    return Table(texts, page, grid.ys[0])


def _text(words: Sequence[Word]) -> str:
    whole = ""
    for line in lines_of(words):
        whole = spliced(whole, line.text)
    return whole


def _region(lines: Sequence[Line], page: Page, tables: dict[float, Table], depth: int) -> Iterator[Block]:
    for band in bands(lines) if depth else (Band(tuple(lines)),):
        if not band.gutters:
            yield from _plain(band.lines, page, tables)
        elif not any(_is_place(line) for line in band.lines) and (table := table_in(band, page.rules, page.number)):
            yield from _plain(table.before, page, tables)
            yield table
            yield from _plain(table.after, page, tables)
        elif all(word.mono for line in band.lines for word in line.words):
            yield from _plain(band.lines, page, tables)
        else:
            for column in parts(band):
                yield from _region(column, page, tables, depth - 1)


def _plain(lines: Sequence[Line], page: Page, tables: dict[float, Table]) -> Iterator[Block]:
    """Yield paragraphs, and the ruled tables that stand between them."""
    run: list[Line] = []
    for line in lines:
        if _is_place(line):
            yield from paragraphs(run, page.number)
            run = [Line(tuple(word for word in line.words if word.text != _PLACE))] if len(line.words) > 1 else []
            yield from (tables[word.y] for word in line.words if word.text == _PLACE)
        else:
            run.append(line)
    yield from paragraphs(run, page.number)


def _is_place(line: Line) -> bool:
    return any(word.text == _PLACE for word in line.words)
