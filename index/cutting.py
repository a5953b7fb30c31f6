"""Cut blocks that are too long for a chunk, so that each piece can be understood without the others.

A table is cut between rows, and its pieces go on with its header. A row that is too long even so becomes list items of
the form "- name: value; name: value", which begin with the row's first cell. A list item is cut between lines, and its
pieces go on with the items that they are part of. Other text is cut at line ends, if need be at sentence ends, between
words or between characters.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.continuing import table_head, with_open_items
from index.markdown import without_links

CountTokens = Callable[[str], int]
# A longer chunk would cost time wherever it is read, however few tokens it has.
MOST_CHARS = 8_000
_SEPARATORS = (re.compile(r"(?<=\n)"), re.compile(r"(?<=[.!?。！？])\s+"), re.compile(r"\s+"))  # noqa: RUF001
_CELL_END = re.compile(r"(?<!\\)\|")
# The items that are repeated, or the first cell of a row, may take at most a quarter of a piece.
_ITEMS_SHARE = 4


@dataclass(frozen=True, slots=True)
class Size:
    """A number of tokens and of characters."""

    tokens: int
    chars: int = MOST_CHARS

    def __add__(self, other: "Size") -> "Size":
        """Return the sum."""
        return Size(self.tokens + other.tokens, self.chars + other.chars)

    def __sub__(self, other: "Size") -> "Size":
        """Return the difference."""
        return Size(self.tokens - other.tokens, self.chars - other.chars)

    def share(self, parts: int) -> "Size":
        """Return one of so many equal parts."""
        return Size(self.tokens // parts, self.chars // parts)

    def holds(self, other: "Size") -> bool:
        """Tell whether `other` fits."""
        return other.tokens <= self.tokens and other.chars <= self.chars


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a block, and what a chunk that begins with it repeats before it."""

    text: str
    repeated: str = ""


def size_of(text: str, count: CountTokens) -> Size:
    """Return the size of a text, link targets not counted as tokens."""
    return Size(count(without_links(text)), len(text))


def cut(block: str, count: CountTokens, most: Size) -> Iterator[Piece]:
    """Yield a block whole if it fits, else its pieces, each of which fits with what it repeats."""
    if most.holds(size_of(block, count)):
        yield Piece(block)
        return
    lines = block.splitlines(keepends=True)
    if head := table_head(lines):
        yield from _rows("".join(head), [line for line in lines[2:] if line.strip()], count, most)
        return
    for line, items in with_open_items(lines):
        repeated = "".join(items) if sum(map(len, items)) <= most.chars // _ITEMS_SHARE else ""
        size = size_of(repeated, count)
        if not most.share(_ITEMS_SHARE).holds(size):
            repeated, size = "", Size(0, 0)
        yield from (Piece(text, repeated) for text in cut_text(line, count, most - size))


def _rows(head: str, rows: Sequence[str], count: CountTokens, most: Size) -> Iterator[Piece]:
    room = most - size_of(head, count)
    is_open = False
    for row in rows:
        if room.holds(size_of(row, count)):
            yield Piece(row, head) if is_open else Piece(f"\n{head}{row}")
            is_open = True
        else:
            yield from (Piece(("\n" if is_open else "") + item) for item in _row_as_items(head, row, count, most))
            is_open = False


def _row_as_items(head: str, row: str, count: CountTokens, most: Size) -> Iterator[str]:
    """Yield list items that hold the cells of a row with the names of their columns."""
    names, values = cells(head.splitlines()[0]), cells(row)
    names += [""] * (len(values) - len(names))
    fields = [_field(name, value) for name, value in zip(names, values, strict=False) if value]
    first = fields[0] if fields and most.share(_ITEMS_SHARE).holds(size_of(fields[0], count)) else ""
    item = f"- {first}" if first else ""
    for name, value in [(n, v) for n, v in zip(names, values, strict=False) if v][bool(first) :]:
        begun = f"- {first}; " if first else "- "
        label = (
            name if most.share(_ITEMS_SHARE).holds(size_of(name, count)) else cut_text(name, count, most.share(8))[0]
        )
        used = size_of(f"{begun}{label}: \n", count)
        for part in cut_text(value, count, most - used):
            field = _field(label, part.strip())
            if item and most.holds(size_of(f"{item}; {field}\n", count)):
                item = f"{item}; {field}"
                continue
            if item and item != f"- {first}":
                yield f"{item}\n"
            item = f"{begun}{field}"
    if item:
        yield f"{item}\n"


def _field(name: str, value: str) -> str:
    return f"{name}: {value}" if name else value


def cells(row: str) -> list[str]:
    """Return the cells of a table row, without the space around them."""
    inside = row.strip().removeprefix("|")
    inside = inside[:-1] if inside.endswith("|") and not inside.endswith("\\|") else inside
    return [cell.strip() for cell in _CELL_END.split(inside)]


def cut_text(text: str, count: CountTokens, most: Size, level: int = 0) -> list[str]:
    """Return `text` whole if it fits, else cut at the separators of `level`, and longer parts at those of the next."""
    if most.holds(size_of(text, count)):
        return [text]
    if level == len(_SEPARATORS):
        half = max(1, len(text) // 2)
        halves = [text[:half], text[half:]] if half < len(text) else []
        return [piece for part in halves for piece in cut_text(part, count, most, level)] or [text]
    parts = _separated(text, _SEPARATORS[level])
    return _joined([piece for part in parts for piece in cut_text(part, count, most, level + 1)], count, most)


def _separated(text: str, separator: re.Pattern[str]) -> list[str]:
    ends = [match.end() for match in separator.finditer(text) if 0 < match.end() < len(text)]
    return [text[start:end] for start, end in pairwise([0, *ends, len(text)])]


def _joined(pieces: Sequence[str], count: CountTokens, most: Size) -> list[str]:
    runs: list[list[str]] = []
    size = Size(0, 0)
    for piece in pieces:
        added = size_of(piece, count)
        if runs and most.holds(size + added):
            runs[-1].append(piece)
            size += added
        else:
            runs.append([piece])
            size = added
    return ["".join(run) for run in runs]
