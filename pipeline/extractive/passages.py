"""Choose what is shown of a section: all of a short one, else whole units around the one that was found."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.stemming import stem
from index.terms import question_terms
from pipeline.extractive.sections import Block, Kind, Section, Unit, row_texts, with_rows
from pipeline.proof.units import sentences

# Characters of a passage. tests/bench/sections.py prints how many passages of other sizes hold the answer.
SIZE = 1400
# A list of steps is shown whole up to this many characters: half of it would leave the reader stuck.
_STEPS_SIZE = 3000
# A table is shown whole up to this many characters, unless the question names one of its rows.
_TABLE_SIZE = 700
_NEAR_BEST = 0.7
# What stands above a page of a PDF that has no heading.
_PAGE = re.compile(r"(?:^| > )Page \d+$")
_IDENTIFIER = re.compile(r"(?<![\w-])(?=\w)(?=[\w.-]{0,60}\d)(?=[\w.-]{0,60}[A-Za-z_])\w+(?:[-.]\w+)*")
_FIELD = re.compile(r"(?:^[-*+] |; )[^:;\n]+: ([^;\n]*)")
_WORD = re.compile(r"\w+")
_HOW = re.compile(r"\bhow (?:do|can|to|would|should|could)\b|\bsteps?\b|\bwhere (?:do|can)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What passages are compared with: the stems of the question's content words, and identifiers such as E-77."""

    stems: frozenset[str]
    identifiers: frozenset[str]
    how: bool = False

    @classmethod
    def of(cls, question: str) -> "Asked":
        """Return the stems and identifiers of a question."""
        found = frozenset(match.casefold() for match in _IDENTIFIER.findall(question))
        return cls(frozenset(stem(word) for word in question_terms(question)), found, bool(_HOW.search(question)))

    def names(self, text: str) -> bool:
        """Tell whether `text` holds one of the identifiers."""
        return any(match.casefold() in self.identifiers for match in _IDENTIFIER.findall(text))

    def names_all_of(self, cell: str) -> bool:
        """Tell whether the question holds an identifier or all words of a cell."""
        words = stems_of(cell)
        return self.names(cell) or (bool(words) and words <= self.stems)

    def scores(self, texts: Sequence[str]) -> list[float]:
        """Return for each text the sum of the rarities, among the texts, of the question's stems that it holds."""
        held = [self.stems & stems_of(text) for text in texts]
        counts = Counter(word for words in held for word in words)
        return [sum(float(np.log(1 + len(texts) / counts[word])) for word in words) for words in held]


def stems_of(text: str) -> frozenset[str]:
    """Return the stems of the words of `text`."""
    return frozenset(stem(word) for word in _WORD.findall(text))


def passage_of(section: Section, found: int, asked: Asked) -> tuple[Unit, ...]:
    """Return the units to show, in order; `found` is the number of the chunk that was retrieved.

    () if that chunk holds nothing that can be shown.
    """
    if not any(found in unit.chunks for unit in section.units):
        return ()
    units = [_trimmed(unit, asked) for unit in section.units]
    scores = asked.scores([unit.text for unit in units])
    if _is_a_page(section, found):
        return tuple(_best_of_a_page(units, scores, SIZE))
    if sum(len(unit.text) for unit in units) <= SIZE:
        return tuple(units)
    seed = max(
        (n for n, unit in enumerate(section.units) if found in unit.chunks),
        key=lambda n: (asked.names(units[n].text), scores[n]),
    )
    return tuple(units[n] for n in _grown(units, scores, seed, SIZE))


def short_passage(section: Section, found: int, asked: Asked, size: int) -> tuple[Unit, ...]:
    """Return the best unit of the retrieved chunk and the neighbours that fit into `size` characters.

    A longer unit is cut at sentences, items or rows; steps may be twice as long, since some of them without the others
    help little. () if the chunk holds nothing that can be shown.
    """
    units = [_named(unit, asked) for unit in section.units if found in unit.chunks and unit.kind is not Kind.CODE]
    if not units:
        return ()
    scores = asked.scores([unit.text for unit in units])
    seed = scores.index(max(scores))
    best = units[seed]
    if len(best.text) <= size and _is_a_page(section, found):
        return tuple(_best_of_a_page(units, scores, size))
    if len(best.text) <= size:
        return tuple(units[n] for n in _grown(units, scores, seed, size))
    is_whole = best.kind is Kind.STEPS and len(best.text) <= 2 * size
    return (best if is_whole else _shortened(best, asked, size),)


def _is_a_page(section: Section, found: int) -> bool:
    """Tell whether the section is a page of a PDF without headings: two columns or boxes may be about two subjects."""
    return _PAGE.search(section.chunks[found].heading) is not None


def _best_of_a_page(units: Sequence[Unit], scores: Sequence[float], size: int) -> Iterator[Unit]:
    """Yield the units that match nearly as well as the best, and admonitions, as long as they fit."""
    used = 0
    for unit, score in zip(units, scores, strict=True):
        is_shown = score >= _NEAR_BEST * max(scores) or unit.kind is Kind.ADMONITION
        if is_shown and (not used or used + len(unit.text) <= size):
            used += len(unit.text)
            yield unit


def _grown(units: Sequence[Unit], scores: Sequence[float], seed: int, size: int) -> list[int]:
    """Return `seed` and neighbours that fit, the better ones first, and admonitions of the section that fit too."""
    first = last = seed
    used = len(units[seed].text)
    while beside := [n for n in (last + 1, first - 1) if 0 <= n < len(units) and used + len(units[n].text) <= size]:
        added = max(beside, key=scores.__getitem__)
        used += len(units[added].text)
        first, last = min(first, added), max(last, added)
    chosen = list(range(first, last + 1))
    for n, unit in enumerate(units):
        if unit.kind is Kind.ADMONITION and n not in chosen and used + len(unit.text) <= size:
            chosen.append(n)
            used += len(unit.text)
    return sorted(chosen)


def _named(unit: Unit, asked: Asked) -> Unit:
    """Return the unit with the rows or records only that the question names, if it names some."""
    block = unit.blocks[-1]
    named = _named_rows(block, asked) if len(block.starts) > 1 else []
    return replace(unit, blocks=(*unit.blocks[:-1], with_rows(block, named))) if named else unit


def _trimmed(unit: Unit, asked: Asked) -> Unit:
    """Return the unit with the rows that the question names, or with the best rows or items if it is too long."""
    shown = _named(unit, asked)
    block = unit.blocks[-1]
    if len(block.starts) <= 1 or shown.blocks[-1].starts != block.starts:
        return shown
    limit = {Kind.TABLE: _TABLE_SIZE, Kind.STEPS: _STEPS_SIZE}.get(block.kind, SIZE)
    if len(block.text) <= limit:
        return unit
    return replace(unit, blocks=(*unit.blocks[:-1], _best_rows(block, asked, limit)))


def _named_rows(block: Block, asked: Asked) -> list[int]:
    """Return the rows with the most cells that the question names in full; () if it names none."""
    cells = [_cells(block.kind, row) for row in row_texts(block)]
    if not all(cells):
        return []
    counts = [sum(asked.names_all_of(cell) for cell in row) for row in cells]
    return [n for n, count in enumerate(counts) if count and count == max(counts)]


def _cells(kind: Kind, row: str) -> list[str]:
    """Return the cells of a table row, or the values of a list item such as "- City: Brno; Limit: 380"."""
    if kind is Kind.TABLE:
        return row.strip().strip("|").split("|")
    values: list[str] = _FIELD.findall(row)
    return values if kind is Kind.BULLETS and len(values) > 1 else []


def _best_rows(block: Block, asked: Asked, size: int) -> Block:
    """Return the best rows of a table, or the best item of a list with its neighbours."""
    rows = row_texts(block)
    scores = asked.scores(rows)
    best = max(range(len(rows)), key=lambda n: (asked.names(rows[n]), scores[n]))
    if block.kind is Kind.TABLE:
        order = sorted(
            (n for n in range(len(rows)) if scores[n] >= _NEAR_BEST * scores[best]), key=lambda n: -scores[n]
        )
        return with_rows(block, sorted(_fitting(order, rows, size)) or [best])
    first = last = best
    used = len(rows[best])
    while beside := [n for n in (last + 1, first - 1) if 0 <= n < len(rows) and used + len(rows[n]) <= size]:
        used += len(rows[beside[0]])
        first, last = min(first, beside[0]), max(last, beside[0])
    return with_rows(block, range(first, last + 1))


def _fitting(order: Sequence[int], rows: Sequence[str], size: int) -> list[int]:
    kept: list[int] = []
    for n in order:
        if sum(len(rows[k]) for k in kept) + len(rows[n]) <= size:
            kept.append(n)
    return kept


def _shortened(unit: Unit, asked: Asked, size: int) -> Unit:
    block = unit.blocks[-1]
    if block.starts:
        lead_in = unit.blocks[:-1]
        left = max(size // 2, size - sum(len(b.text) for b in lead_in))
        return Unit((*lead_in, _best_rows(block, asked, left)))
    parts = sentences(block.text)
    scores = asked.scores(parts)
    first = last = scores.index(max(scores))
    while last + 1 < len(parts) and sum(map(len, parts[first : last + 2])) <= size:
        last += 1
    while first > 0 and sum(map(len, parts[first - 1 : last + 1])) <= size:
        first -= 1
    return Unit((replace(block, part=" ".join(parts[first : last + 1])),))
