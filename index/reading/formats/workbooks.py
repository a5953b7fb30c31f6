"""Read the XML of a workbook: its sheets, shared texts and styles, and what a person sees in a cell.

openpyxl reads merged cells and hidden rows only when it keeps every cell as an object, which takes more time and memory
than a worker has for 100,000 rows. So the XML is read here in one pass; openpyxl knows the built-in number formats.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.escape import unescape

from index.reading.formats.archives import OFF, elements, is_on, local, main_part, related, relation, xml, xml_if_there
from index.reading.formats.number_formats import GENERAL, shown

# The date formats of East Asian Excel, which openpyxl does not list.
_MORE_FORMATS = dict.fromkeys((*range(27, 32), *range(50, 59)), "yyyy-mm-dd")
_BOOLEANS = {"0": "FALSE", "1": "TRUE"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: its name, whether it is hidden, and its part of the archive."""

    name: str
    is_hidden: bool
    part: str


@dataclass(frozen=True, slots=True)
class Style:
    """What a cell's style says of its text."""

    number_format: str = GENERAL
    is_bold: bool = False
    is_struck: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person sees in a cell; `problem` says why nothing, if something should stand there."""

    text: str
    is_bold: bool = False
    problem: str = ""


class Workbook:
    """The parts of a workbook that all its sheets share."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        part = main_part(archive, "xl/workbook.xml")
        self._related = related(archive, part)
        self._root = xml(archive, part)

    def sheets(self) -> Iterator[Sheet]:
        """Yield the sheets in their order; sheets that are only a chart are left out."""
        for element in self._root.iter("{*}sheet"):
            kind, part = self._related.get(relation(element), ("", ""))
            if kind == "worksheet":
                is_hidden = element.get("state", "visible") != "visible"
                yield Sheet(" ".join(element.get("name", "").split()), is_hidden, part)

    def cell(self, element: etree._Element) -> Shown:
        """Return what a person sees in a cell."""
        style = self._style(element.get("s"))
        kind = element.get("t", "n")
        value, has_formula = None, False
        for child in element:
            name = local(child)
            if name == "v":
                value = child.text or ""
            elif name == "is":
                value = _text(child)
            has_formula |= name == "f"
        if has_formula and not value and kind != "str":
            return Shown("", problem="formula")
        if not value or style.is_struck:
            return Shown("")
        if kind == "e":
            return Shown("", problem="error")
        return Shown(" ".join(self._shown(value, kind, style).split()), style.is_bold)

    def _shown(self, value: str, kind: str, style: Style) -> str:
        if kind == "s":
            return self._texts[int(value)]
        if kind == "b":
            return _BOOLEANS.get(value, value)
        if kind == "d":
            return value.removesuffix("Z").removesuffix("T00:00:00").removesuffix("T00:00:00.000").replace("T", " ")
        if kind == "n":
            return shown(float(value), style.number_format, since_1904=self._since_1904)
        return str(unescape(value))

    @cached_property
    def _since_1904(self) -> bool:
        return any(element.get("date1904", "0") not in OFF for element in self._root.iter("{*}workbookPr"))

    @cached_property
    def _texts(self) -> list[str]:
        parts = [part for kind, part in self._related.values() if kind == "sharedStrings"]
        return [_text(item) for part in parts for item in elements(self._archive, part, "si")]

    def _style(self, number: str | None) -> Style:
        at = int(number or 0)
        return self._styles[at] if at < len(self._styles) else Style()

    @cached_property
    def _styles(self) -> list[Style]:
        parts = [part for kind, part in self._related.values() if kind == "styles"]
        root = xml_if_there(self._archive, parts[0]) if parts else None
        if root is None:
            return []
        formats = {**BUILTIN_FORMATS, **_MORE_FORMATS}
        formats |= {
            int(f.get("numFmtId", 0)): f.get("formatCode", GENERAL) for f in root.iterfind("{*}numFmts/{*}numFmt")
        }
        fonts = [
            (is_on(font.find("{*}b")), is_on(font.find("{*}strike"))) for font in root.iterfind("{*}fonts/{*}font")
        ]
        return [
            Style(
                formats.get(int(xf.get("numFmtId", 0)), GENERAL),
                *fonts[int(xf.get("fontId", 0))] if int(xf.get("fontId", 0)) < len(fonts) else (),
            )
            for xf in root.iterfind("{*}cellXfs/{*}xf")
        ]


def _text(item: etree._Element) -> str:
    """Return the text of a shared or inline string without struck-through runs and phonetic guides."""
    parts: list[str] = []
    for child in item:
        name = local(child)
        if name == "t":
            parts.append(child.text or "")
        elif name == "r":
            look = child.find("{*}rPr")
            if look is None or not is_on(look.find("{*}strike")):
                parts += [t.text or "" for t in child.iterfind("{*}t")]
    return str(unescape("".join(parts)))
