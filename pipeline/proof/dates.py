"""Dates and times of day of a text as values: 5 May 2026 = May 5th, 2026 = 2026-05-05, and 9 am = 09:00."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = "january february march april may june july august september october november december".split()
_NAMES = "|".join(_MONTHS)
_DATE = re.compile(
    rf"\b(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+)?(?P<month>{_NAMES})\b"
    r"(?:\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?\b)?"
    r"(?:,?\s+(?:of\s+)?(?P<year>\d{4})\b)?"
    r"|\b(?P<iso_year>\d{4})-(?P<iso_month>\d{2})(?:-(?P<iso_day>\d{2}))?\b"
    r"|\b(?P<dot_day>\d{1,2})\.\s?(?P<dot_month>\d{1,2})\.(?P<dot_year>\d{4})\b",
    re.IGNORECASE,
)
# "may" is a month beside a number, with a capital inside a sentence, or after a word that a verb does not follow.
_IS_MONTH_MAY = re.compile(
    r"(?:\b(?:in|of|by|since|until|till|from|early|late|mid|last|next|every|before|after|during|through)[\s-]"
    r"|(?<=[a-z] )(?-i:(?=M)))$",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s?(?P<half>[ap])\.?m\b\.?|\b(?P<h24>\d{1,2}):(?P<m24>\d{2})\b",
    re.IGNORECASE,
)
_BEFORE_MAY = 12
_NOON = 12


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or a time of day at `start` to `end` of a text; parts that are not said are None."""

    start: int
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    minute_of_day: int | None = None

    def is_part_of(self, other: "Moment") -> bool:
        """Tell whether `other` says everything that this one says."""
        mine = (self.year, self.month, self.day, self.minute_of_day)
        theirs = (other.year, other.month, other.day, other.minute_of_day)
        return all(part is None or part == held for part, held in zip(mine, theirs, strict=True))


def moments(text: str) -> list[Moment]:
    """Return the dates and times of day of `text`."""
    return [*_dates(text), *_times(text)]


def _dates(text: str) -> Iterator[Moment]:
    for match in _DATE.finditer(text):
        if match["month"]:
            day, year = match["d1"] or match["d2"], match["year"]
            is_verb = match["month"].lower() == "may" and not (
                day or year or _IS_MONTH_MAY.search(text, max(0, match.start() - _BEFORE_MAY), match.start())
            )
            if not is_verb:
                yield Moment(*match.span(), _number(year), _MONTHS.index(match["month"].lower()) + 1, _number(day))
        elif match["iso_year"]:
            yield Moment(*match.span(), _number(match["iso_year"]), int(match["iso_month"]), _number(match["iso_day"]))
        else:
            yield Moment(*match.span(), int(match["dot_year"]), int(match["dot_month"]), int(match["dot_day"]))


def _times(text: str) -> Iterator[Moment]:
    for match in _TIME.finditer(text):
        if match["half"]:
            hour = int(match["hour"]) % _NOON + _NOON * (match["half"].lower() == "p")
            yield Moment(*match.span(), minute_of_day=hour * 60 + int(match["minute"] or 0))
        else:
            yield Moment(*match.span(), minute_of_day=int(match["h24"]) * 60 + int(match["m24"]))


def _number(digits: str | None) -> int | None:
    return int(digits) if digits else None
