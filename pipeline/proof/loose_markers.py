"""Markers in parentheses or braces, and raised ones. They may be anything else, so they count only where they must."""

import re
from unicodedata import digit

from pipeline.proof.comparing import comparable
from pipeline.proof.marker_numbers import Numbers, Sources, numbers_in
from pipeline.proof.markers import KEPT_CODE

_RAISED = "[¹²³⁰⁴-⁹①-⑨❶-❾]"
LOOSE = re.compile(
    rf"{KEPT_CODE}|(?P<raised><sup\b[^<>]{{0,100}}>(?P<inside>[^<>\n]{{1,20}})</sup>"
    rf"|{_RAISED}(?:[ ,]{{0,2}}{_RAISED})*)"
    r"|[(（{]{1,2}(?P<round>[^(){}（）\n]{1,60})[)）}]{1,2}"  # noqa: RUF001
)
LINE_START = re.compile(r"(?:^|\n)[ \t]*(?:>[ \t]*)*(?:[-*+•][ \t]+|\d{1,3}[.)][ \t]+|\|[ \t]*)?(?:\*\*)?$")
CLAUSE_END = re.compile(r"[ \t]*(?:[.!?,;:。！？、，|)\]】]|\n|$|\[\d|</)")  # noqa: RUF001
_NUMBERED, _ROUND_END = re.compile(r"[ \t]*[(（]?\d{1,3}[)）.]"), re.compile(r"[(（]\d{1,3}[)）]$")  # noqa: RUF001
_SENTENCE_ENDED = re.compile(r"[.!?。！？][ \t]?$")  # noqa: RUF001
# A raised digit behind a number or so short a word is a power: 10², m², cm³.
_MEASURED = re.compile(r"(?:\d|(?<!\w)\w{1,2})$")
# Characters before a marker that are looked at, and digits of its number.
BEFORE, _DIGITS = 200, 3


def loose_marker(match: re.Match[str], sources: Sources) -> str:
    """Return numbers in parentheses or braces, or raised ones, as plain markers; as they stand if they cite nothing."""
    if match["code"]:
        return match[0]
    before = match.string[max(0, match.start() - BEFORE) : match.start()]
    found = _raised_numbers(match, before, sources) if match["raised"] else numbers_in(match["round"], sources.markers)
    if found is None or not sources.listed.issuperset(found.numbers) or LINE_START.search(before):
        return match[0]
    if match["round"] and not (found.has_id or found.is_sure) and (found.label or _is_said(match, before, sources)):
        return match[0]
    is_after_stop = match["round"] and _SENTENCE_ENDED.search(before)
    ends = _ends_like_its_line(match) if is_after_stop else CLAUSE_END.match(match.string, match.end())
    return found.plain if ends else match[0]


def _ends_like_its_line(match: re.Match[str]) -> bool:
    """Tell whether the line ends in such a number too and begins with none: numbers before sentences enumerate them."""
    text = match.string
    start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
    last = text[match.start() : len(text) if end < 0 else end].rstrip()[-_DIGITS - 2 :]
    return _NUMBERED.match(text, start) is None and _ROUND_END.search(last) is not None


def _raised_numbers(match: re.Match[str], before: str, sources: Sources) -> Numbers | None:
    if _MEASURED.search(before):
        return None
    if match["inside"]:
        return numbers_in(match["inside"], sources.markers)
    parts = match["raised"].replace(" ", ",").split(",")
    # "¹²" is 12 if there is such a citation, else 1 and 2.
    if max(map(len, parts)) > _DIGITS:
        return None
    apart = [[part] if int(_digits(part)) in sources.listed else [*part] for part in parts if part]
    return numbers_in(",".join(_digits(part) for group in apart for part in group), sources.markers)


def _digits(raised: str) -> str:
    return "".join(str(digit(character)) for character in raised)


def _is_said(match: re.Match[str], before: str, sources: Sources) -> bool:
    """Tell whether the documents have the number in parentheses too, after the same word: "max (5)"."""
    return comparable(f"{(before.split() or [''])[-1]} {match[0]}") in sources.said
