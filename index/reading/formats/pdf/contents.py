"""Tables of contents are left out, because the outline and the headings say the same; other dots between words, too."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from index.reading.formats.pdf.columns import lines_of
from index.reading.formats.pdf.page import Line, Page, Word

_DOTS = re.compile(r"[.…·_]{3,}|[.·]")
_TRAILING_DOTS = re.compile(r"\s*[.…·]{4,}$")
_PAGE_NUMBER = re.compile(r"\d{1,4}|[ivxl]{1,6}")
_LEAST_DOTS = 3
_LEAST_LINES = 5
_LEAST_PAGES = 4


def without_contents(page: Page, count: int) -> Page:
    """Return a page of a document of `count` pages without dots that lead to something, and without contents."""
    if not any(_DOTS.fullmatch(word.text) or _TRAILING_DOTS.search(word.text) for part in page.words for word in part):
        return page
    return replace(page, words=tuple(part for words in page.words if (part := tuple(_words(words, count)))))


def _words(words: Sequence[Word], count: int) -> Iterable[Word]:
    lines = lines_of(words)
    led = [line for line in lines if _leads(line)]
    entries = [line for line in led if _PAGE_NUMBER.fullmatch(line.words[-1].text)]
    listing = count >= _LEAST_PAGES and len(entries) >= _LEAST_LINES and _ascend(entries, count)
    for line in lines:
        if listing and (line in led or (len(entries) * 2 > len(lines) and line.words[-1].text.isdigit())):
            continue
        yield from _without_dots(line.words) if line in led else line.words


def _leads(line: Line) -> bool:
    dots = sum(len(word.text) for word in line.words if _DOTS.fullmatch(word.text))
    return dots >= _LEAST_DOTS or any(_TRAILING_DOTS.search(word.text) for word in line.words)


def _ascend(entries: Sequence[Line], count: int) -> bool:
    """Tell whether numbers at the lines' ends are those of pages, in their order but for a few."""
    numbers = [int(line.words[-1].text) for line in entries if line.words[-1].text.isdigit()]
    falls = sum(b < a for a, b in pairwise(numbers))
    return falls * 10 <= len(numbers) and max(numbers, default=0) <= count


def _without_dots(words: Iterable[Word]) -> Iterable[Word]:
    for word in words:
        text = _TRAILING_DOTS.sub("", word.text)
        if text and not _DOTS.fullmatch(text):
            yield replace(word, text=text)
