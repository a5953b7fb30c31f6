"""Headings without an outline: short paragraphs in larger or bolder type than the text."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from index.reading.formats.pdf.outline import Item
from index.reading.formats.pdf.page import Page
from index.reading.formats.pdf.paragraphs import Paragraph

_LARGER = 1.14
_LINES, _CHARS, _BOLD_WORDS = 3, 120, 12
# Where more of the paragraphs are bold, bold type marks no headings.
_BOLD_SHARE = 0.4
_SIZE_STEP = 2
_TYPEWRITTEN = 0.9
_TITLE_CHARS = 150


def body_size(pages: Sequence[Page]) -> float:
    """Return the type size of most letters that are no code."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for words in page.words:
            for word in words:
                sizes[word.size] += len(word.text) * (not word.mono)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def without_typewriter(pages: Sequence[Page]) -> Sequence[Page]:
    """Return the pages. If nearly all of the text is set in letters of equal width, none of it counts as code."""
    words = [word for page in pages for part in page.words for word in part]
    if sum(word.mono for word in words) < _TYPEWRITTEN * len(words):
        return pages
    return [replace(p, words=tuple(tuple(replace(w, mono=False) for w in part) for part in p.words)) for p in pages]


def typographic(items: Sequence[Item], body: float, *, outlined: bool) -> dict[int, int]:
    """Return the indices of headings with their levels: 2 for the largest, 3 for others and beside an outline."""
    paragraphs = {n: item for n, item in enumerate(items) if isinstance(item, Paragraph)}
    large = {n: round(p.size * _SIZE_STEP) for n, p in paragraphs.items() if _is_large(p, body)}
    bold = {n for n, p in paragraphs.items() if n not in large and _is_bold(p, body) and n + 1 in paragraphs}
    if len(bold) > _BOLD_SHARE * len(items):
        bold = set()
    # Of headings that follow one another, as on a title page, only one in larger type than the next is one.
    large = {n: size for n, size in large.items() if size > large.get(n + 1, 0)}
    first = max(large.values(), default=0)
    if sum(size == first for size in large.values()) == 1 and len(large) + len(bold) > 1:
        # The largest that is alone is the title; the next size is the first level.
        first = max((size for size in large.values() if size < first), default=0)
    levels = {n: 2 if not outlined and size >= first else 3 for n, size in large.items()}
    return levels | dict.fromkeys(bold, 2 if not outlined and not first else 3)


def largest_text(items: Sequence[Item], body: float) -> str | None:
    """Return the largest text of page 1 as a title; None if nothing is larger than the text."""
    first = [b for b in items if isinstance(b, Paragraph) and b.page == 1 and _is_large(b, body)]
    size = max((paragraph.size for paragraph in first), default=0.0)
    title = " ".join(paragraph.text for paragraph in first if paragraph.size == size)
    return title if title and len(title) <= _TITLE_CHARS else None


def _is_large(paragraph: Paragraph, body: float) -> bool:
    return paragraph.size >= body * _LARGER and _is_short(paragraph)


def _is_bold(paragraph: Paragraph, body: float) -> bool:
    short = len(paragraph.lines) < _LINES and len(paragraph.text.split()) <= _BOLD_WORDS
    return paragraph.bold and not paragraph.code and paragraph.size >= body * 0.95 and short and _is_short(paragraph)


def _is_short(paragraph: Paragraph) -> bool:
    text = paragraph.text
    letters = sum(map(str.isalpha, text))
    worded = letters * 2 >= len(text) and letters > 2  # noqa: PLR2004
    return len(paragraph.lines) <= _LINES and len(text) <= _CHARS and worded and text[-1] not in ".,;:"
