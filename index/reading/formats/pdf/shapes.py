"""What is drawn on a page beside its text: ruling lines and pictures; and which pale words can be seen on it."""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from index.reading.formats.pdf.page import Bar, Rule, Word

Box = tuple[float, float, float, float]
_MAX_SHAPES = 5_000
_THIN = 2.5
_SHORT = 15.0
_LOW = 6.0
_PICTURE_SHARE = 0.2
_PIXELS = 1_000
# Letters drawn as outlines are many shapes; a frame or a background is a few.
_DRAWING = 50


@dataclass(frozen=True, slots=True)
class Shapes:
    """Ruling lines, and all level lines, short ones too.

    Whether a picture takes much of the page; whether a page without text would show something.
    """

    rules: tuple[Rule, ...]
    bars: tuple[Bar, ...]
    strokes: tuple[Rule, ...]
    picture: bool
    drawn: bool


def turned(x: float, y: float, bounds: Box, quarter: int) -> tuple[float, float]:
    """Return a point of the page's own coordinates on the page as it is read after so many quarter turns."""
    left, bottom, right, top = bounds
    return ((x - left, top - y), (y - bottom, x - left), (right - x, y - bottom), (top - y, right - x))[quarter]


def shapes(page: Any, bounds: Box, turn: int) -> Shapes:  # noqa: ANN401 - pypdfium2 has no types
    """Return what is drawn on a page."""
    import pypdfium2.raw as pdfium  # noqa: PLC0415

    area = max(1.0, (bounds[2] - bounds[0]) * (bounds[3] - bounds[1]))
    lines: list[Rule | Bar] = []
    picture, drawn = False, 0
    for kind, box in _boxes(pdfium, page):
        drawn += 1
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            lines.extend(_lines(box, bounds, turn))
        elif (box[2] - box[0]) * (box[3] - box[1]) >= _PICTURE_SHARE * area:
            picture = True
    strokes = tuple(line for line in lines if isinstance(line, Rule))
    rules = tuple(line for line in strokes if line.right - line.left >= _SHORT)
    bars = tuple(line for line in lines if isinstance(line, Bar))
    return Shapes(rules, bars, strokes, picture, picture or drawn >= _DRAWING)


def _boxes(pdfium: Any, page: Any) -> Iterator[tuple[int, Box]]:  # noqa: ANN401
    kinds = (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM, pdfium.FPDF_PAGEOBJ_SHADING)
    sides = [ctypes.c_float() for _ in range(4)]
    for index in range(min(pdfium.FPDFPage_CountObjects(page.raw), _MAX_SHAPES)):
        thing = pdfium.FPDFPage_GetObject(page.raw, index)
        kind = pdfium.FPDFPageObj_GetType(thing)
        if kind in kinds and pdfium.FPDFPageObj_GetBounds(thing, *sides):
            yield kind, (sides[0].value, sides[1].value, sides[2].value, sides[3].value)


def _lines(box: Box, bounds: Box, turn: int) -> Iterator[Rule | Bar]:
    """Yield a thin shape as a ruling line, and the sides of a frame."""
    (ax, ay), (bx, by) = turned(*box[:2], bounds, turn), turned(*box[2:], bounds, turn)
    left, right, top, bottom = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
    if right - left >= _SHORT or bottom - top <= _THIN < right - left:
        yield from (Rule(left, right, y) for y in ((top, bottom) if bottom - top > _THIN else (top,)))
    if bottom - top >= _LOW:
        yield from (Bar(x, top, bottom) for x in ((left, right) if right - left > _THIN else (left,)))


def marked(page: Any, bounds: Box, words: Sequence[tuple[int, Word, Box]]) -> Iterator[tuple[int, Word]]:  # noqa: ANN401
    """Yield the words, in white or nearly so, that can be seen because they stand on something darker."""
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    if width <= 0 or height <= 0:
        return
    scale = min(2.0, _PIXELS / width, _PIXELS / height)
    bitmap = page.render(scale=scale, rotation=-page.get_rotation() % 360, grayscale=True)
    pixels = bitmap.to_numpy()
    for quarter, word, (left, bottom, right, top) in words:
        part = pixels[
            max(0, int((bounds[3] - top) * scale)) : int((bounds[3] - bottom) * scale) + 1,
            max(0, int((left - bounds[0]) * scale)) : int((right - bounds[0]) * scale) + 1,
        ]
        if part.size and int(part.max()) - int(part.min()) > 2 * (255 - 0xF0):
            yield quarter, word
