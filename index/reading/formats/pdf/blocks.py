"""The blocks of a page, in reading order: paragraphs and tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from index.reading.formats.pdf.columns import Band, bands, lines_of, parts
from index.reading.formats.pdf.page import Line, Page, Rule
from index.reading.formats.pdf.paragraphs import Paragraph, paragraphs
from index.reading.formats.pdf.table_rows import Table, is_table, table_of

_DEEP = 5
_MAX_LINES = 3_000

Block = Paragraph | Table


def blocks(page: Page) -> Iterator[Block]:
    """Yield the blocks of a page: those in its main direction, then text that stands upright beside it."""
    for words in page.words:
        lines = lines_of(words)
        if len(lines) > _MAX_LINES:
            yield from paragraphs(lines, page.number)
        else:
            yield from _region(lines, page, _DEEP)


def _region(lines: Sequence[Line], page: Page, depth: int) -> Iterator[Block]:
    for band in bands(lines) if depth else (Band(tuple(lines)),):
        if not band.gutters:
            yield from paragraphs(band.lines, page.number)
        elif is_table(band, page.rules):
            yield from _around(band, page)
        else:
            for column in parts(band):
                yield from _region(column, page, depth - 1)


def _around(band: Band, page: Page) -> Iterator[Block]:
    """Yield a table, with the lines before and after it that are no rows but fit in one of its columns."""
    table = table_of(band, page.rules, page.number)
    yield from paragraphs(table.before, page.number)
    yield table
    yield from paragraphs(table.after, page.number)
