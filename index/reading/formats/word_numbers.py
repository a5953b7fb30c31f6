"""The numbers and bullets of a Word document's lists and headings, counted as Word does."""

import re
import zipfile
from dataclasses import dataclass, field

from lxml import etree

from index.reading.formats.archives import attribute, local, xml_if_there
from index.reading.formats.word_styles import Styles, style_of

_PLACE = re.compile(r"%([1-9])")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"))
_ROMAN_SMALL = ((9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_MAX_ROMAN = 3999
_LETTERS = 26
_LEVEL_INDENT = 360
BULLET = "-"


@dataclass(frozen=True, slots=True)
class Label:
    """What Word shows before a paragraph of a list: its number or `BULLET`, and how far it is indented."""

    text: str
    indent: int


@dataclass(slots=True)
class Numbers:
    """The lists of a document, and how far each is counted."""

    lists: dict[str, dict[int, etree._Element]] = field(default_factory=dict)
    abstract: dict[str, str] = field(default_factory=dict)
    starts: dict[tuple[str, int], int] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    begun: set[tuple[str, int]] = field(default_factory=set)

    def label(self, paragraph: etree._Element, styles: Styles) -> Label | None:
        """Return a paragraph's label and count it; None outside lists."""
        number, level = _list_of(paragraph, styles)
        kind = self.abstract.get(number or "")
        form = self.lists.get(kind or "", {}).get(level)
        if number is None or kind is None or form is None:
            return None
        written = attribute(form.find("{*}numFmt"), "val") or "decimal"
        if written == "bullet":
            return Label(BULLET, _indent(paragraph, form, styles, level))
        counts = self.counts.setdefault(kind, {})
        self._count(counts, number, kind, level)
        text = attribute(form.find("{*}lvlText"), "val") or ""
        shown = _PLACE.sub(lambda place: self._shown(kind, counts, int(place[1]) - 1), text).strip()
        return Label("" if written == "none" else shown, _indent(paragraph, form, styles, level))

    def _count(self, counts: dict[int, int], number: str, kind: str, level: int) -> None:
        begins = (number, level) in self.starts and (number, level) not in self.begun
        self.begun.add((number, level))
        if begins or level not in counts:
            counts[level] = self.starts.get((number, level), self._start(kind, level))
        else:
            counts[level] += 1
        for deeper in [at for at in counts if at > level]:
            del counts[deeper]

    def _start(self, kind: str, level: int) -> int:
        form = self.lists.get(kind, {}).get(level)
        said = attribute(form.find("{*}start"), "val") if form is not None else None
        return int(said) if said and said.isdigit() else 1

    def _shown(self, kind: str, counts: dict[int, int], level: int) -> str:
        form = self.lists.get(kind, {}).get(level)
        written = attribute(form.find("{*}numFmt"), "val") if form is not None else None
        return written_number(counts.get(level, self._start(kind, level)), written or "decimal")


def numbers_of(archive: zipfile.ZipFile, part: str) -> Numbers:
    """Return the lists in a part of a document."""
    found = Numbers()
    root = xml_if_there(archive, part)
    for element in root if root is not None else ():
        if local(element) == "abstractNum":
            levels = {int(attribute(level, "ilvl") or 0): level for level in element.iterfind("{*}lvl")}
            found.lists[attribute(element, "abstractNumId") or ""] = levels
        elif local(element) == "num":
            number = attribute(element, "numId") or ""
            found.abstract[number] = attribute(element.find("{*}abstractNumId"), "val") or ""
            for override in element.iterfind("{*}lvlOverride"):
                start = attribute(override.find("{*}startOverride"), "val")
                if start and start.isdigit():
                    found.starts[number, int(attribute(override, "ilvl") or 0)] = int(start)
    return found


def written_number(number: int, form: str) -> str:
    """Return a number in one of Word's forms, such as `lowerRoman`; in digits where the form is unknown."""
    if form in {"lowerLetter", "upperLetter"} and number > 0:
        letter = chr(ord("a") + (number - 1) % _LETTERS) * min((number - 1) // _LETTERS + 1, 3)
        return letter if form == "lowerLetter" else letter.upper()
    if form in {"lowerRoman", "upperRoman"} and 0 < number <= _MAX_ROMAN:
        roman = ""
        for value, sign in (*_ROMAN, *_ROMAN_SMALL):
            roman += sign * (number // value)
            number %= value
        return roman if form == "lowerRoman" else roman.upper()
    return f"{number:02}" if form == "decimalZero" else str(number)


def _indent(paragraph: etree._Element, form: etree._Element, styles: Styles, level: int) -> int:
    """Return how far a paragraph of a list is indented. A sublist is often a list of its own, indented further."""
    looks = [element.find("{*}pPr/{*}ind") for element in (paragraph, form, *styles.chain(style_of(paragraph)))]
    said = (attribute(look, "left") or attribute(look, "start") for look in looks)
    return next((int(value) for value in said if value and value.isdecimal()), level * _LEVEL_INDENT)


def _list_of(paragraph: etree._Element, styles: Styles) -> tuple[str | None, int]:
    """Return the list and the level of a paragraph, by itself or by its style; "0" takes it out of any list."""
    looks = [paragraph.find("{*}pPr/{*}numPr")]
    looks += [style.find("{*}pPr/{*}numPr") for style in styles.chain(style_of(paragraph))]
    number = level = None
    for look in looks:
        if look is not None:
            number = number or attribute(look.find("{*}numId"), "val")
            level = level or attribute(look.find("{*}ilvl"), "val")
    outline = styles.level(paragraph)
    depth = int(level) if level and level.isdigit() else (outline or 1) - 1
    return (None if number == "0" else number), depth
