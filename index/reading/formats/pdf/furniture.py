"""Leave out running headers, footers and page numbers: the outermost lines that other pages have at the same place."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.reading.formats.pdf.columns import lines_of
from index.reading.formats.pdf.page import Line, Page

_EDGE_LINES = 3
_NUMBER = re.compile(r"\d+")
_ROMAN = re.compile(r"(?=[ivxl])(x{0,3}l?x{0,3})(ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50}
_PLACE = 3.0
_LARGER = 1.1
# Text farther from the edge, as a share of the page's height, is the text of slides or forms that comes back.
_MARGIN = 0.15
# A text at the edge that comes back on this many pages is no accident; short documents have fewer pages.
_PAGES = 3
_SHORT_DOCUMENT = 3
_PAGE_NUMBER_CHARS = 20

_Key = tuple[bool, int, str]


def without_furniture(pages: Sequence[Page], body: float) -> list[Page]:
    """Return the pages without their furniture. What page 1 has above its text stays there."""
    seen = Counter(key for page in pages for key in {key for top in (True, False) for key in _page_keys(page, top)})
    least = _PAGES if len(pages) > _SHORT_DOCUMENT else 2
    repeated = {key for key, count in seen.items() if count >= least}
    return [_cleaned(page, len(pages), repeated, body) for page in pages]


def _page_keys(page: Page, top: bool) -> Iterator[_Key]:  # noqa: FBT001
    for line in _edge(page, top):
        yield from _keys(line, page.number, top)


def _edge(page: Page, top: bool) -> list[Line]:  # noqa: FBT001
    """Return the outermost lines, from the edge inwards."""
    words = page.words[0] if page.words else ()
    ys = sorted({word.y for word in words}, reverse=not top)[: _EDGE_LINES * 3]
    lines = lines_of([word for word in words if word.y in set(ys)])
    return (lines if top else lines[::-1])[:_EDGE_LINES]


def _keys(line: Line, number: int, top: bool) -> Iterator[_Key]:  # noqa: FBT001
    """Yield a line's text with its place, and again with each number in it as its distance from the page's number."""
    place = round(line.y / _PLACE)
    if line.text.isalpha() and _ROMAN.fullmatch(line.text):
        yield top, place, f"#{_roman(line.text) - number}"
    yield top, place, line.text
    for end, word in enumerate((line.words[0].text, line.words[-1].text)):
        if len(line.words) > 1 and word.isdecimal() and len(word) < 6:  # noqa: PLR2004
            yield top, place, f"{end}#{int(word) - number}"
    for found in list(_NUMBER.finditer(line.text[:200]))[:6]:
        if len(found[0]) < 6:  # noqa: PLR2004 - no page number is longer
            yield top, place, f"{line.text[: found.start()]}#{int(found[0]) - number}{line.text[found.end() :]}"


def _cleaned(page: Page, count: int, repeated: set[_Key], body: float) -> Page:
    gone: set[float] = set()
    for top in (True, False):
        for line in _edge(page, top):
            outside = line.text.isdecimal() or min(line.y, page.height - line.y) < _MARGIN * page.height
            keys = {key for key in _keys(line, page.number, top) if key in repeated} if outside else set()
            if line.size > body * _LARGER or not (keys or _is_page_number(line.text, page.number, count)):
                break
            if not (top and page.number == 1 and (top, round(line.y / _PLACE), line.text) in keys):
                gone.update(word.y for word in line.words)
    kept = tuple(word for word in page.words[0] if word.y not in gone) if gone else ()
    return replace(page, words=tuple(part for part in (kept, *page.words[1:]) if part)) if gone else page


def _is_page_number(text: str, number: int, count: int) -> bool:
    """Tell whether a line says only the page's number, as in "- 1 -" or "Page 1 of 1"."""
    numbers = [int(found[0]) for found in _NUMBER.finditer(text[:40]) if len(found[0]) < 6]  # noqa: PLR2004
    if len(text) > _PAGE_NUMBER_CHARS or numbers not in ([number], [number, count]):
        return False
    words = sum(any(map(str.isalpha, word)) for word in text.split())
    return words <= (len(numbers) > 1) * 2


def _roman(text: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in text]
    return sum(-v if any(v < after for after in values[n + 1 : n + 2]) else v for n, v in enumerate(values))
