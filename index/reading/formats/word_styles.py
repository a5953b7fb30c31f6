"""The styles of a Word document: which paragraphs are headings, which text is hidden or struck through."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from index.reading.formats.archives import attribute, is_on, local, xml_if_there

_BODY_LEVEL = 9
# Word itself writes "heading 1" in every language; others write the name that their users see.
_HEADING = re.compile(
    r"(?:heading|überschrift|titre|t[ií]tulo|titolo|kop|rubrik|overskrift|otsikko|nagłówek|nadpis|заголовок)"
    r"[ _]?([1-9])",
    re.IGNORECASE,
)
_TITLE = re.compile(r"title|titel|titre|t[ií]tulo|titolo", re.IGNORECASE)
_CONTENTS = re.compile(r"toc ?\d*(?: ?heading)?|contents? (?:heading|\d)|table of figures", re.IGNORECASE)
_MAX_CHAIN = 20


@dataclass(frozen=True, slots=True)
class Styles:
    """The styles of a document by their ids."""

    by_id: dict[str, etree._Element]

    def name(self, style_id: str | None) -> str:
        """Return the name of a style; its id if the document does not define it."""
        style = self.by_id.get(style_id or "")
        named = style.find("{*}name") if style is not None else None
        return attribute(named, "val") or style_id or ""

    def chain(self, style_id: str | None) -> Iterator[etree._Element]:
        """Yield a style and those that it is based on."""
        for _ in range(_MAX_CHAIN):
            style = self.by_id.get(style_id or "")
            if style is None:
                return
            yield style
            style_id = attribute(style.find("{*}basedOn"), "val")

    def level(self, paragraph: etree._Element) -> int | None:
        """Return the level of a heading, from 1; None for other paragraphs."""
        style_id = style_of(paragraph)
        own = attribute(paragraph.find("{*}pPr/{*}outlineLvl"), "val")
        outlines = (attribute(style.find("{*}pPr/{*}outlineLvl"), "val") for style in self.chain(style_id))
        found = own or next((value for value in outlines if value), None)
        if found is not None:
            return int(found) + 1 if found.isdigit() and int(found) < _BODY_LEVEL else None
        names = [self.name(style_id), *(self.name(attribute(style, "styleId")) for style in self.chain(style_id))]
        headings = (_HEADING.fullmatch(name) for name in names)
        return next((int(match[1]) for match in headings if match), None)

    def is_title(self, paragraph: etree._Element) -> bool:
        """Tell whether a paragraph is the document's title."""
        return _TITLE.fullmatch(self.name(style_of(paragraph))) is not None

    def is_contents(self, paragraph: etree._Element) -> bool:
        """Tell whether a paragraph belongs to a table of contents."""
        return _CONTENTS.fullmatch(self.name(style_of(paragraph))) is not None

    def is_on(self, run: etree._Element, paragraph: etree._Element, *marks: str) -> bool:
        """Tell whether one of the marks, such as `vanish`, is on for a run, by itself or by a style."""
        look = run.find("{*}rPr")
        run_style = attribute(look.find("{*}rStyle"), "val") if look is not None else None
        looks = [look, *(s.find("{*}rPr") for s in self.chain(run_style))]
        looks += [s.find("{*}rPr") for s in self.chain(style_of(paragraph))]
        return any(self._is_on(looks, mark) for mark in marks)

    @staticmethod
    def _is_on(looks: list[etree._Element | None], mark: str) -> bool:
        found = (look.find(f"{{*}}{mark}") for look in looks if look is not None)
        return is_on(next((element for element in found if element is not None), None))


def styles_of(archive: zipfile.ZipFile, part: str) -> Styles:
    """Return the styles in a part of a document."""
    root = xml_if_there(archive, part)
    found = root if root is not None else ()
    return Styles({attribute(style, "styleId") or "": style for style in found if local(style) == "style"})


def style_of(paragraph: etree._Element) -> str | None:
    """Return the id of a paragraph's style."""
    return attribute(paragraph.find("{*}pPr/{*}pStyle"), "val")
