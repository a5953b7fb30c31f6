"""Normalize texts so that a quote can be compared with its source word for word, and found again in the source."""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Single quotes, double quotes and dashes of all kinds, by their code points.
_TYPOGRAPHY = str.maketrans(
    dict.fromkeys((0x2018, 0x2019, 0x201A), "'")
    | dict.fromkeys((0x201C, 0x201D, 0x201E, 0xAB, 0xBB), '"')
    | dict.fromkeys((0x2010, 0x2011, 0x2013, 0x2014, 0x2212), "-")
)
INLINE_TAG = re.compile(
    r"</?(?:a|abbr|aside|b|br|code|details|div|em|i|img|kbd|li|ol|p|section|small|span|strong|sub|summary|sup|td"
    r"|th|tr|u|ul)"
    r"(?:\s[^<>\n]*)?/?>",
    re.IGNORECASE,
)
# What may differ in a verbatim quote: link (its text stays), tag, entity, marks of a line, other marks, cell border.
_LEFT_OUT = re.compile(
    r"!?\[(?P<link>[^\[\]\n]*+)\]\((?:[^)\s\]]|\](?!\())*+(?:\s++\"[^\"]*+\")?\)"
    rf"|(?P<tag>{INLINE_TAG.pattern})"
    r"|(?P<entity>&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});)"
    r"|^[ \t]*(?:(?:>|\#{1,6}(?=\s)|:::[ \t]*\w*|[-*+•](?=\s)|\d{1,3}[.)](?=\s))[ \t]*)+"
    r"|[*`~\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]|(?<!\w)_|_(?!\w)|\\(?=[!-/:-@\[-`{-~])"
    r"|(?P<bar>\|)",
    re.IGNORECASE | re.MULTILINE,
)
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_SPACE = re.compile(r"\s+")
_TEXTS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Comparable:
    """A normalized text; `offsets[n]` is the place of its character n in the original."""

    text: str
    offsets: tuple[int, ...]

    def spans(self, quote: str) -> Iterator[tuple[int, int]]:
        """Yield where the comparable `quote` stands as whole words, as (start, end) in the original."""
        start = self.text.find(quote)
        while quote and start >= 0:
            end = start + len(quote)
            if _ends_a_word(self.text, start) and _ends_a_word(self.text, end):
                yield self.offsets[start], self.offsets[end - 1] + 1
            start = self.text.find(quote, start + 1)


def comparable(text: str) -> str:
    """Return `text` without what may differ in a verbatim quote.

    That is: Unicode form, case, runs of space, typographic quotes and dashes, invisible characters, HTML entities and
    bare inline tags, Markdown marks (link targets, emphasis, code ticks, escapes, cell borders, and the marks of
    headings, lists, quotes and notes).
    """
    return located(text).text


@lru_cache(maxsize=_TEXTS_KEPT)
def located(text: str) -> Comparable:
    """Return `text` as `comparable` does, with the place of each character."""
    letters: list[str] = []
    offsets: list[int] = []
    for piece, start, is_mapped in _pieces(text, 0):
        for at, character in enumerate(piece):
            for letter in _folded(character):
                if letter != " " or (letters and letters[-1] != " "):
                    letters.append(letter)
                    offsets.append(start + (at if is_mapped else 0))
    if letters and letters[-1] == " ":
        letters.pop()
        offsets.pop()
    return Comparable("".join(letters), tuple(offsets))


def without_quote_marks(found: Comparable) -> Comparable:
    """Return `found` without its quote marks, apart from apostrophes. Models copy words without the marks."""
    kept = [at for at, letter in enumerate(found.text) if letter not in "\"'" or _is_apostrophe(found.text, at)]
    return Comparable("".join(found.text[at] for at in kept), tuple(found.offsets[at] for at in kept))


def contains(text: str, quote: str) -> bool:
    """Tell whether comparable `text` holds comparable `quote` as whole words."""
    # A quote that ends inside a word ("25 GB" out of "125 GB") is not a quote.
    start = text.find(quote)
    while start >= 0:
        if _ends_a_word(text, start) and _ends_a_word(text, start + len(quote)):
            return True
        start = text.find(quote, start + 1)
    return False


def _pieces(text: str, offset: int) -> Iterator[tuple[str, int, bool]]:
    """Yield what stays of `text`: a piece, where it stands, and whether its characters stand one after the other."""
    end = 0
    for match in _LEFT_OUT.finditer(text):
        yield text[end : match.start()], offset + end, True
        if match["link"] is not None:
            yield from _pieces(match["link"], offset + match.start("link"))
        elif match["entity"]:
            yield html.unescape(match["entity"]), offset + match.start(), False
        elif match["bar"]:
            yield " ", offset + match.start(), False
        end = match.end()
    yield text[end:], offset + end, True


@lru_cache(maxsize=_TEXTS_KEPT)
def _folded(character: str) -> str:
    folded = unicodedata.normalize("NFKD", character).translate(_TYPOGRAPHY).casefold()
    return _SPACE.sub(" ", folded)


def _is_apostrophe(text: str, at: int) -> bool:
    return text[at] == "'" and text[at - 1 : at].isalnum() and text[at + 1 : at + 2].isalnum()


def _ends_a_word(text: str, at: int) -> bool:
    """Tell whether no word goes on at position `at`. Thai, Han and kana put no spaces between words."""
    if at in {0, len(text)}:
        return True
    before, after = text[at - 1], text[at]
    return not (before.isalnum() and after.isalnum()) or bool(_UNSPACED.match(before) or _UNSPACED.match(after))
