"""Numbers of a workbook as its number formats show them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from math import isfinite

from openpyxl.styles.numbers import is_date_format, is_timedelta_format

GENERAL = "General"
_SECTIONS = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]'
    r"|(?P<general>General)|(?P<power>[eE][+-]?0+)|(?P<digits>[0#?]+)|(?P<plain>.)",
    re.DOTALL,
)
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}  # noqa: DTZ001 - sheets know no time zone
_NUMERIC = ("digits", "general")
_MAX_FORMAT = 255
_MAX_EXACT = 1e15
_MAX_DECIMALS = 10
_DAYS_OF_ALL_YEARS = 2_958_466


def shown(value: float, number_format: str, *, since_1904: bool = False) -> str:
    """Return a number as a person sees it in the sheet. Dates are in ISO form."""
    if not isfinite(value):
        return ""
    if number_format == GENERAL or len(number_format) > _MAX_FORMAT or abs(value) >= _MAX_EXACT:
        return _general(value)
    if is_timedelta_format(number_format):
        return _duration(value)
    if is_date_format(number_format):
        return _date(value, number_format, since_1904=since_1904)
    sections = _sections(number_format)
    section, signed = _chosen(sections, value)
    return section.shown(value if signed else abs(value))


def _general(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < _MAX_EXACT else f"{value:.10g}"


def _duration(days: float) -> str:
    minutes = round(abs(days) * 24 * 60)
    return f"{'-' if days < 0 else ''}{minutes // 60}:{minutes % 60:02}"


def _date(value: float, number_format: str, *, since_1904: bool) -> str:
    if not 0 <= value < _DAYS_OF_ALL_YEARS:
        return _general(value)
    letters = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.|am/pm|a/p', "", number_format.lower())
    moment = _EPOCHS[since_1904] + timedelta(seconds=round(value * 86_400))
    time = f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
    if not set(letters) & set("yd"):
        return time if set(letters) & set("hs") else f"{moment:%Y-%m}"
    if "d" not in letters:
        return f"{moment:%Y-%m}" if "m" in letters else f"{moment:%Y}"
    return f"{moment:%Y-%m-%d}" + (f" {time}" if moment.hour or moment.minute or moment.second else "")


@dataclass(frozen=True, slots=True)
class _Section:
    """One section of a format: what stands before and after the digits, and the digits themselves.

    `places` are the characters of the whole part, digits and what stands between them.
    """

    before: str
    places: str
    decimals: str
    after: str
    scale: Decimal
    thousands: bool
    is_plain: bool

    def shown(self, value: float) -> str:
        """Return the number in this section's form."""
        if self.is_plain:
            return " ".join(f"{self.before}{_general(value)}{self.after}".split())
        if not self.places and not self.decimals:
            return " ".join(f"{self.before}{self.after}".split())
        exact = Decimal(f"{abs(value):.15g}") * self.scale
        number = f"{exact.quantize(Decimal(1).scaleb(-len(self.decimals)), ROUND_HALF_UP):f}"
        whole, _, part = number.partition(".")
        optional = len(self.decimals) - len(self.decimals.rstrip("#?"))
        part = part[: len(part) - optional] + part[len(part) - optional :].rstrip("0")
        sign = "-" if value < 0 and float(number) else ""
        digits = self._whole(whole) + (f".{part}" if part else "")
        return " ".join(f"{sign}{self.before}{digits}{self.after}".split())

    def _whole(self, digits: str) -> str:
        """Return the whole part: leading zeros as asked for, grouped, or with the characters between its places."""
        needed = sum(place == "0" for place in self.places)
        digits = digits.lstrip("0").rjust(needed, "0")
        if self.thousands:
            return f"{int(digits or 0):0{len(digits)},}"
        if set(self.places) <= set("0#?"):
            return digits
        made: list[str] = []
        left = list(digits)
        for place in reversed(self.places):
            if place not in "0#?":
                made.append(place)
            elif left:
                made.append(left.pop())
        return "".join(left) + "".join(reversed(made))


@lru_cache(maxsize=1000)
def _sections(number_format: str) -> tuple[tuple[str, _Section], ...]:
    return tuple((text, _section(text)) for text in _SECTIONS.split(number_format)[:4])


def _chosen(sections: tuple[tuple[str, _Section], ...], value: float) -> tuple[_Section, bool]:
    """Return the section for a number, and whether the number's sign is still to be shown."""
    if len(sections) > 2 and value == 0:  # noqa: PLR2004 - positive, negative, zero
        return sections[2][1], False
    if len(sections) > 1 and value < 0:
        return sections[1][1], False
    return sections[0][1], True


def _section(text: str) -> _Section:
    """Take a section of a format apart."""
    tokens = list(_tokens(text))
    digits = [at for at, (kind, _) in enumerate(tokens) if kind in _NUMERIC]
    first, last = (digits[0], digits[-1]) if digits else (len(tokens), len(tokens))
    point = next((at for at, token in enumerate(tokens) if token == (".", ".")), last + 1)
    commas = [at for at, (kind, _) in enumerate(tokens) if kind == ","]
    scale = Decimal(100) ** sum(kind == "%" for kind, _ in tokens)
    return _Section(
        before=_literals(tokens[: min(first, point)]),
        places="".join(held for kind, held in tokens[first : min(point, last + 1)] if kind != ","),
        decimals="".join(held for kind, held in tokens[point:] if kind == "digits")[:_MAX_DECIMALS],
        after=_literals(tokens[last + 1 :]),
        scale=scale / Decimal(1000) ** sum(at > last for at in commas),
        thousands=any(at < last for at in commas),
        is_plain=any(kind == "general" or (kind == "/" and first < at < last) for at, (kind, _) in enumerate(tokens)),
    )


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield the kinds of a section's characters and what they show; unquoted signs are kinds of their own."""
    for token in _TOKEN.finditer(text):
        literal = token["quoted"] or token["escaped"] or token["currency"]
        if token["general"] or token["power"] or token["plain"] == "@":
            yield "general", ""
        elif token["digits"]:
            yield "digits", token["digits"]
        elif token["plain"] and token["plain"] in "./%,":
            yield token["plain"], token["plain"]
        elif literal or token["plain"]:
            yield "literal", literal or token["plain"]
        elif token[0].startswith("_"):
            yield "literal", " "


def _literals(tokens: Sequence[tuple[str, str]]) -> str:
    return "".join(held for kind, held in tokens if kind not in (",", "."))
