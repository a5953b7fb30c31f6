"""Hard checks: the values of a sentence must stand in the passages that it cites. They only reject; they prove nothing.

Numbers, prices and percentages (`quantities`) and dates and times (`dates`) are compared as values. Links, addresses,
paths, commands, identifiers and quoted labels must stand in the passages as they are written, apart from case.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from index.markdown import without_line_marks
from pipeline.proof.comparing import comparable, contains
from pipeline.proof.dates import Moment, moments
from pipeline.proof.quantities import Quantity, quantities, spelled_out, with_single_units

_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,15}:)?//[^\s<>|\"'`)\]]+|\bwww\.[^\s<>|\"'`)\]]+|\b(?:mailto|tel|javascript|data|file|ftp):[^\s<>|\"'`)\]]+"
    r"|(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+|\b(?:[\w-]{1,63}\.){1,8}(?:com|org|net|io|dev|ai|app|co|info|biz|xyz|example|test|[a-z]{2})/[^\s<>|\"'`)\]]*"
    r"|\b(?:[\w-]{1,63}\.){1,8}(?:com|org|net|io|dev|app|info|biz|xyz|example)\b",
    re.IGNORECASE,
)
# A word goes on from digits to letters, but not from them to Han, kana, Hangul or Thai, where no space stands between.
_UNSPACED = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_W, _LETTER = rf"[^\W{_UNSPACED}]", rf"[^\W\d_{_UNSPACED}]"
_BETWEEN_SCRIPTS = re.compile(rf"(?<=\d)(?=[{_UNSPACED}])|(?<=[{_UNSPACED}])(?=\d)")
_TARGET = re.compile(r"\]\(\s*<?([^)\s>]+)")
# Code in ticks, a path, a flag, key:value, dotted.name, snake_case, CONSTANT, a code with digits, a weekday.
_WRITTEN = re.compile(
    r"(?<!`)(?P<ticks>`++)(?P<code>[^\n]+?)(?P=ticks)|(?<![\w/.])(?:~|\.{1,2})?/[\w.-]+(?:/[\w.-]+)*/?|(?<!\w)--?[A-Za-z][\w-]+"
    r"|\b[A-Za-z_][\w-]{0,80}:[\w@./-]*[\w@]|\b[A-Za-z][\w-]{0,80}(?:\.[A-Za-z][\w-]+)+"
    rf"|(?<!{_W}){_W}+_{_W}+|(?<!{_W})(?={_W}*{_LETTER})(?={_W}*\d){_W}+(?:[.:-]{_W}*\d{_W}*)*"
    r"|(?<![\d.,])\d+(?:\.\d+){2,}|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day(?=s?\b)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?<!\w)(?:\"([^\"\n]{2,80})\"|“([^“”\n]{2,80})”|«([^«»\n]{2,80})»|„([^“”„\n]{2,80})[“”])")
_VERSION = re.compile(r"^v(?=\d)")
_BARE_TAG = re.compile(r"</?[a-z][a-z0-9]*\s*/?>", re.IGNORECASE)
_EDGE = ".,:;/!?"


@dataclass(frozen=True, slots=True)
class _Held:
    """The values of the passages."""

    text: str
    links: frozenset[str]
    quantities: tuple[Quantity, ...]
    moments: tuple[Moment, ...]


def links(text: str) -> list[str]:
    """Return the links and addresses of `text`, normalized so that they can be compared."""
    found = [match[0] for match in _LINK.finditer(text)] + [match[1] for match in _TARGET.finditer(text)]
    return list(dict.fromkeys(link.casefold().removeprefix("mailto:").rstrip(".,;:!?*_/") for link in found))


def missing_values(sentence: str, passages: str) -> list[str]:
    """Return the values of `sentence`, as written, that `passages` does not hold."""
    held = _held(passages)
    missing = [link for link in links(sentence) if link not in held.links]
    plain = _BARE_TAG.sub("", without_line_marks(sentence))
    plain = _LINK.sub(" ", plain)
    told = moments(plain)
    missing += [
        plain[m.start : m.end].rstrip(".") for m in told if not any(m.is_part_of(other) for other in held.moments)
    ]
    in_digits = _BETWEEN_SCRIPTS.sub(" ", _without(plain, told).replace("**", "  "))
    missing += [in_digits[q.start : q.end].strip() for q in quantities(in_digits) if not _agrees(q, held)]
    missing += ["a number in words" for q in _spelled(plain) if not _agrees(q, held)]
    return missing + [words for words in _written(_without(plain, told)) if not _stands_in(words, held)]


@lru_cache(maxsize=4096)
def _held(passages: str) -> _Held:
    # Numbers are read with and without the marks around them: "**10** GB", "`10`".
    plain = _BETWEEN_SCRIPTS.sub(" ", _LINK.sub(" ", passages).replace("**", "").replace("`", ""))
    return _Held(
        comparable(passages),
        frozenset(links(passages)),
        (*quantities(plain), *spelled_out(with_single_units(plain))),
        tuple(moments(plain)),
    )


def _spelled(text: str) -> list[Quantity]:
    """Return the quantities that `text` writes in words. A word without a unit counts nothing: "one of them"."""
    in_digits = {(quantity.readings, quantity.unit) for quantity in quantities(text)}
    return [q for q in spelled_out(text) if q.unit and (q.readings, q.unit) not in in_digits]


def _agrees(quantity: Quantity, held: _Held) -> bool:
    return any(quantity.agrees_with(other) for other in held.quantities)


def _without(text: str, told: Iterable[Moment]) -> str:
    """Return `text` with dates and times blanked, so that their numbers are not read again."""
    for moment in told:
        text = text[: moment.start] + " " * (moment.end - moment.start) + text[moment.end :]
    return text


def _written(text: str) -> Iterator[str]:
    for match in _WRITTEN.finditer(text):
        yield match["code"] or match[0].rstrip(_EDGE)
    for match in _LABEL.finditer(text):
        yield next(words for words in match.groups() if words)


def _stands_in(words: str, held: _Held) -> bool:
    wanted = comparable(words).strip(_EDGE)
    same = {wanted, _VERSION.sub("", wanted)}
    return (
        not wanted
        or any(contains(held.text, form) or contains(held.text, f"v{form}") for form in same)
        or any(wanted in link for link in held.links)
        or _is_counted(words, held)
    )


def _is_counted(words: str, held: _Held) -> bool:
    """Tell whether the words are only a number with a unit that the passages hold: "32k", "10GB", "1st"."""
    found = quantities(words)
    return len(found) == 1 and found[0].end - found[0].start == len(words) and _agrees(found[0], held)
