"""Read pages with PDFium: characters to words. Invisible text is left out, except over a picture, where it is OCR's."""

import ctypes
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Any

from index.reading.formats.pdf.page import Page, Rule, Word
from index.reading.formats.pdf.shapes import Box, marked, shapes, turned

_MAX_CHARS = 200_000
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_BLANKS = frozenset({0x00, 0x09, 0x0A, 0x0D, 0x20, 0xA0, *range(0x2000, 0x200C), 0x3000})
# PDFium's marks for a hyphen at the end of a line.
_HYPHENS = frozenset({0x02, 0xFFFE})
_INVISIBLE = 3
_FIRST_LETTER = 0x20
_DIAGONAL = math.radians(8)
_BOLD = 600
# TeX's fonts do not say their weight but by their names.
_BOLD_NAMES = (b"bold", b"black", b"heavy", b"demi", b"cmbx", b"sfbx")
# Letters that are equally wide only in a typewriter's font.
_UNLIKE = "ilmwMW"
_LIGHT = 0xF0
# How far the baseline of a raised or lowered character is from its line's, as a share of the type size.
_RAISED = 0.6
_SAME_LINE = 0.1
# Where a line that strikes text out stands above the baseline, as shares of the type size.
_LOWEST_STROKE, _HIGHEST_STROKE = 0.15, 0.45
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
# The narrowest blank, as a share of the type size.
_BLANK = 0.12


def read_page(document: Any, number: int) -> Page:  # noqa: ANN401 - pypdfium2 has no types
    """Return a page, numbered from 1."""
    page = document[number - 1]
    if document.formenv:
        # The values of fields become text of the page, which has to be loaded again for it.
        page.flatten()
        page.close()
        page = document[number - 1]
    textpage = page.get_textpage()
    try:
        return _Reader(page, textpage).page(number)
    finally:
        textpage.close()
        page.close()


class _Reader:
    """Reads one page. The structs that PDFium fills are made once, because it is asked for every character."""

    def __init__(self, page: Any, textpage: Any) -> None:  # noqa: ANN401
        import pypdfium2.raw as pdfium  # noqa: PLC0415

        self._pdfium = pdfium
        self._page = page
        self._raw = textpage.raw
        self._count = min(textpage.count_chars(), _MAX_CHARS)
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._box = pdfium.FS_RECTF()
        self._matrix = pdfium.FS_MATRIX()
        self._name, self._flags = ctypes.create_string_buffer(128), ctypes.c_int()
        self._colour = [ctypes.c_uint() for _ in range(4)]
        self._bounds = page.get_bbox()
        self._advance = ctypes.c_float()
        self._strokes: Sequence[Rule] = ()
        self._pitches: dict[int | None, float] = {}

    def page(self, number: int) -> Page:
        """Return the page."""
        turn = self._page.get_rotation() // 90
        found = shapes(self._page, self._bounds, turn)
        self._strokes = found.strokes
        words: dict[int, list[Word]] = {turn: []}
        light: list[tuple[int, Word, Box]] = []
        for quarter, word, box, visible, pale in self._all_words():
            if pale and visible:
                light.append((quarter, word, box))
            elif visible or found.picture:
                words.setdefault(quarter, []).append(word)
        if light:
            for quarter, word in marked(self._page, self._bounds, light):
                words.setdefault(quarter, []).append(word)
        _, height = self._page.get_size()
        order = sorted(words, key=lambda q: (-sum(len(word.text) for word in words[q]), q != turn))
        rules, bars = (found.rules, found.bars) if order[0] == turn else ((), ())
        ordered = tuple(tuple(words[quarter]) for quarter in order if words[quarter])
        return Page(number, height, ordered, rules, bars, found.drawn, self._bounds[1])

    def _all_words(self) -> Iterator[tuple[int, Word, Box, bool, bool]]:
        """Yield the words on the page with quarter turns and box; whether they are drawn; whether they are pale."""
        last: Word | None = None
        for start, end, glued, beside in self._runs():
            style = self._style(start)
            if style is None:
                continue
            quarter, size, face, visible, pale = style
            for found, box in self._words(start, end, quarter, size, face, glued=glued):
                if found.text and self._inside(box):
                    last = _on_line(found, last) if beside and last else found
                    yield quarter, last, box, visible, pale

    def _runs(self) -> Iterator[tuple[int, int, bool, bool]]:
        """Yield words as (first character, end, glued to the word before, on its line though higher or lower)."""
        unicode_of, origin = self._pdfium.FPDFText_GetUnicode, self._pdfium.FPDFText_GetCharOrigin
        size_of = self._pdfium.FPDFText_GetFontSize
        raw, x, y = self._raw, self._x, self._y
        start, glued, beside, before = -1, False, False, (0.0, 0.0, 0.0)
        for index in range(self._count):
            if unicode_of(raw, index) in _BLANKS:
                if start >= 0:
                    yield start, index, glued, beside
                start = -1
                continue
            origin(raw, index, x, y)
            here = (x.value, y.value, size_of(raw, index))
            if start >= 0 and _jumped(before, here):
                yield start, index, glued, beside
                glued = beside = _beside(before, here)
                start = index
            elif start < 0:
                start, glued, beside = index, False, _beside(before, here)
            before = here
        if start >= 0:
            yield start, self._count, glued, beside

    def _style(self, index: int) -> tuple[int, float, tuple[bool, bool], bool, bool] | None:
        """Return quarter turns, type size, face, visible, pale; None for diagonal text, such as a watermark."""
        pdfium, m = self._pdfium, self._matrix
        pdfium.FPDFText_GetMatrix(self._raw, index, m)
        angle = math.atan2(m.b, m.a)
        quarter = round(angle / (math.pi / 2))
        if abs(angle - quarter * math.pi / 2) > _DIAGONAL:
            return None
        scale = abs(m.a * m.d - m.b * m.c) / (math.hypot(m.a, m.b) or 1)
        size = round(pdfium.FPDFText_GetFontSize(self._raw, index) * scale, 1)
        thing = pdfium.FPDFText_GetTextObject(self._raw, index)
        face = self._bold(index), bool(thing) and self._mono(index, pdfium.FPDFTextObj_GetFont(thing))
        visible = pdfium.FPDFTextObj_GetTextRenderMode(thing) != _INVISIBLE if thing else True
        colour = self._colour
        pdfium.FPDFText_GetFillColor(self._raw, index, *colour)
        pale = min(part.value for part in colour[:3]) >= _LIGHT or not colour[3].value
        return quarter % 4, size or 1.0, face, visible, pale

    def _bold(self, index: int) -> bool:
        self._pdfium.FPDFText_GetFontInfo(self._raw, index, self._name, len(self._name), self._flags)
        heavy: bool = self._pdfium.FPDFText_GetFontWeight(self._raw, index) > _BOLD
        return heavy or any(mark in self._name.value.lower() for mark in _BOLD_NAMES)

    def _mono(self, index: int, font: Any) -> bool:  # noqa: ANN401
        """Tell whether a letter's font has letters of equal width. It says so itself less often than not."""
        key = ctypes.cast(font, ctypes.c_void_p).value
        if key not in self._pitches:
            widths = {self._width(font, ord(letter)) for letter in _UNLIKE}
            self._pitches[key] = widths.pop() if len(widths) == 1 else 0.0
        return 0 < self._pitches[key] == self._width(font, self._pdfium.FPDFText_GetUnicode(self._raw, index))

    def _width(self, font: Any, code: int) -> float:  # noqa: ANN401
        self._pdfium.FPDFFont_GetGlyphWidth(font, code, 1000.0, self._advance)
        return round(self._advance.value)

    def _words(
        self, start: int, end: int, quarter: int, size: float, face: tuple[bool, bool], *, glued: bool
    ) -> Iterator[tuple[Word, Box]]:
        """Yield a run of letters, with its box in the page's own coordinates, cut where a wide gap is a blank."""
        boxes = list(self._boxes(start, end))
        spans = [
            sorted((turned(*b[:2], self._bounds, quarter)[0], turned(*b[2:], self._bounds, quarter)[0])) for b in boxes
        ]
        self._pdfium.FPDFText_GetCharOrigin(self._raw, start, self._x, self._y)
        y = turned(self._x.value, self._y.value, self._bounds, quarter)[1]
        struck = self._struck(spans, y, size)
        cuts = sorted(
            {0, *_wide_gaps(spans, size), *(n for n, (a, b) in enumerate(pairwise(struck), 1) if a != b), len(spans)}
        )
        for first, last in pairwise(cuts):
            if struck[first]:
                continue
            part, whole = spans[first:last], _union(boxes[first:last])
            text = self._text(start + first, start + last)
            left, right = min(span[0] for span in part), max(span[1] for span in part)
            yield Word(text, left, right, y, size, *face, glued and not first), whole

    def _struck(self, spans: Sequence[Sequence[float]], y: float, size: float) -> list[bool]:
        """Tell of each letter whether a line is drawn through it: such text does not hold any more."""
        lines = [line for line in self._strokes if y - _HIGHEST_STROKE * size < line.y < y - _LOWEST_STROKE * size]
        return [any(line.left <= (left + right) / 2 <= line.right for line in lines) for left, right in spans]

    def _boxes(self, start: int, end: int) -> Iterator[Box]:
        box = self._box
        for index in range(start, end):
            self._pdfium.FPDFText_GetLooseCharBox(self._raw, index, box)
            yield box.left, box.bottom, box.right, box.top

    def _text(self, start: int, end: int) -> str:
        codes = [self._pdfium.FPDFText_GetUnicode(self._raw, index) for index in range(start, end)]
        text = "".join(
            "-" if code in _HYPHENS else _LIGATURES.get(code) or (chr(code) if code >= _FIRST_LETTER else "")
            for code in codes
        )
        if any(0xD800 <= code < 0xE000 for code in codes):  # noqa: PLR2004 - the surrogates of UTF-16
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text.replace("\uffff", "").replace("\u200b", "")

    def _inside(self, box: Box) -> bool:
        left, bottom, right, top = self._bounds
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return bool(left <= middle[0] <= right and bottom <= middle[1] <= top)


def _jumped(before: tuple[float, float, float], here: tuple[float, float, float]) -> bool:
    """Tell whether a character does not continue the word: it stands elsewhere or has another size."""
    size = max(before[2], here[2], 1)
    return before[2] != here[2] or min(abs(before[1] - here[1]), abs(before[0] - here[0])) > size * 0.2


def _beside(before: tuple[float, float, float], here: tuple[float, float, float]) -> bool:
    """Tell whether a character follows another on its line, if higher, lower or in another size."""
    size = max(before[2], here[2], 1)
    across, along = sorted((abs(here[0] - before[0]), abs(here[1] - before[1])))
    return across < size * _RAISED and along < size * (4 if here[2] != before[2] else 1.2)


def _on_line(word: Word, before: Word) -> Word:
    """Return a word on the line of the one before; raised digits as such, since "19" with note 2 is not 192."""
    raised = before.y - word.y > _SAME_LINE * word.size and word.size < before.size and word.text.isdigit()
    mark = before.text.isdigit() and word.y - before.y > _SAME_LINE * word.size and before.size < word.size
    text = word.text.translate(_SUPERSCRIPTS) if raised else word.text
    return replace(word, text=text, y=before.y, glued=word.glued and not raised and not mark)


def _wide_gaps(spans: Sequence[Sequence[float]], size: float) -> list[int]:
    """Return before which letters a blank is meant: the gap is wider than others, as it is not in spaced letters."""
    gaps = [after[0] - before[1] for before, after in pairwise(spans)]
    if not gaps or max(gaps) < _BLANK * size:
        return []
    usual = max(0.0, median(gaps))
    return [n + 1 for n, gap in enumerate(gaps) if gap >= _BLANK * size + 2 * usual]


def _union(boxes: Sequence[Box]) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
