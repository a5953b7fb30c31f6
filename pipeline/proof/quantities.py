"""Numbers of a text as values: 32,000 = 32000 = 32k, 15% = fifteen percent, one week = 7 days."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from text_to_num import alpha2digit

# Words for a unit, the unit that they are counted in, and how many of it one is. A month has no fixed number of days.
_UNITS: dict[str, tuple[str, int]] = {
    word: (unit, factor)
    for words, unit, factor in (
        ("% percent pct prozent", "%", 1),
        ("ms millisecond milliseconds", "ms", 1),
        ("s sec secs second seconds sekunde sekunden seconde secondes segundo segundos", "ms", 1000),
        ("min mins minute minutes minuten minuto minutos", "ms", 60_000),
        ("h hr hrs hour hours stunde stunden heure heures hora horas", "ms", 3_600_000),
        ("day days tag tage tagen jour jours día días", "ms", 86_400_000),
        ("week weeks woche wochen semaine semaines semana semanas", "ms", 604_800_000),
        ("month months monat monate monaten mois mes meses", "month", 1),
        ("quarter quarters", "month", 3),
        ("year years jahr jahre jahren année années año años", "month", 12),
        ("$ usd dollar dollars", "$", 1),
        ("€ eur euro euros", "€", 1),
        ("£ gbp pound pounds", "£", 1),
        ("b byte bytes", "byte", 1),
        ("kb kib kilobyte kilobytes", "kb", 1),
        ("mb mib megabyte megabytes", "mb", 1),
        ("gb gib gigabyte gigabytes", "gb", 1),
        ("tb tib terabyte terabytes", "tb", 1),
        ("px pixel pixels", "px", 1),
    )
    for word in words.split()
}
_SCALES = {"k": 1000, "thousand": 1000, "million": 10**6, "billion": 10**9}
_UNIT_WORDS = "|".join(sorted((word for word in _UNITS if word.isalpha()), key=len, reverse=True))
_QUANTITY = re.compile(
    r"(?P<before>[$€£]\s?)?"
    r"(?P<number>(?<![\w.,])\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?![\d])|(?<![\w.,])\d+(?:[.,]\d+)?(?![\d.,]*\d))"  # noqa: E501, RUF001
    r"(?:\s?(?P<scale>k|thousand|million|billion)\b)?(?:(?:st|nd|rd|th|er|re|ère|e|ème|º|ª)\b)?"
    r"(?:[\s-]*(?:(?:consecutive|full|calendar|business|working)\s)?"
    rf"(?:(?P<sign>[%€$£])|(?P<unit>{_UNIT_WORDS})\b))?(?P<glued>[^\W\d_]\w*)?",
    re.IGNORECASE,
)
_ONE = re.compile(rf"\b(?:an?|every|each|per) (?=(?:single |full )?(?:{_UNIT_WORDS})\b)", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:-|–|to|and|or|/)\s*", re.IGNORECASE)  # noqa: RUF001
_THOUSANDS = 3


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number at `start` to `end` of a text and what it may mean ("1.000" is 1 or 1000).

    It counts `factor` times `unit`; `unit` is "" if none is known.
    """

    start: int
    end: int
    readings: frozenset[Decimal]
    unit: str = ""
    factor: int = 1

    def agrees_with(self, other: "Quantity") -> bool:
        """Tell whether both say the same; a number without a unit agrees with any unit."""
        if not self.unit or not other.unit:
            return bool(self.readings & other.readings)
        return self.unit == other.unit and bool(self.amounts & other.amounts)

    @property
    def amounts(self) -> frozenset[Decimal]:
        """What the number may mean, in units."""
        return frozenset(reading * self.factor for reading in self.readings)


def quantities(text: str) -> list[Quantity]:
    """Return the numbers of `text` in digits. The first number of a range takes the unit of the second."""
    found = list(_found(text))
    for at, (one, other) in reversed(list(enumerate(pairwise(found)))):
        if not one.unit and _RANGE.fullmatch(text, one.end, other.start):
            found[at] = replace(one, unit=found[at + 1].unit, factor=found[at + 1].factor)
    return found


def spelled_out(text: str) -> list[Quantity]:
    """Return the numbers of `text`, those in words included."""
    return quantities(alpha2digit(text, "en", 0))


def with_single_units(text: str) -> str:
    """Return `text` with "a week" and "every week" written as one week."""
    return _ONE.sub("1 ", text)


def _found(text: str) -> Iterator[Quantity]:
    for match in _QUANTITY.finditer(text):
        if match["glued"]:
            continue
        unit, factor = _UNITS.get((match["sign"] or match["unit"] or match["before"] or "").strip().lower(), ("", 1))
        scale = _SCALES.get((match["scale"] or "").lower(), 1)
        readings = frozenset(reading * scale for reading in _readings(match["number"]))
        yield Quantity(match.start(), match.end(), readings, unit, factor)


def _readings(number: str) -> set[Decimal]:
    """Return what a number may mean: a single point or comma before three digits groups them, or is decimal."""
    plain = re.sub(r"['’\u00a0\u202f ]", "", number)  # noqa: RUF001
    last = max(plain.rfind("."), plain.rfind(","))
    if last < 0:
        return {Decimal(plain)}
    whole, decimals = re.sub(r"[.,]", "", plain[:last]), plain[last + 1 :]
    as_decimal, as_whole = Decimal(f"{whole}.{decimals}"), Decimal(whole + decimals)
    if len(decimals) != _THOUSANDS:
        return {as_decimal}
    return {as_whole} if len({*plain} & {".", ","}) == 1 and plain.count(plain[last]) > 1 else {as_whole, as_decimal}
