"""Word to Markdown. Builds run it in worker processes (`index.ingestion`)."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from lxml import etree

from index.errors import UnreadableDocumentError
from index.reading.formats.archives import attribute, local, main_part, opened, related, xml, xml_if_there
from index.reading.formats.content import Content
from index.reading.formats.lines import apart, escaped
from index.reading.formats.properties import properties
from index.reading.formats.row_tables import table_text
from index.reading.formats.word_numbers import BULLET, Label, Numbers, numbers_of
from index.reading.formats.word_styles import styles_of
from index.reading.formats.word_tables import table_rows, within
from index.reading.formats.word_text import Reader

_INDENT = "    "
_MAX_LEVEL = 6
_HOLDS_BLOCKS = frozenset({"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"})


def docx(raw: bytes) -> Content:
    """Return a Word document with its headings, lists and tables, as it is printed with all changes accepted.

    Left out are hidden, struck-through and deleted text, comments, headers, footers and tables of contents.
    """
    with opened(raw, "Word document") as archive:
        walker = _walker(archive)
        text = apart("\n".join(walker.blocks(walker.body)))
        title, updated = properties(archive)
        unread = (("an embedded file", "cannot be read"),) if walker.has_embedded else ()
        return Content(title or walker.title, text, named_anchors=True, updated=updated, unread=unread)


def _walker(archive: zipfile.ZipFile) -> "_Walker":
    part = main_part(archive, "word/document.xml")
    linked = related(archive, part)
    of_kind = dict(linked.values())
    folder = part.rpartition("/")[0]
    styles = styles_of(archive, of_kind.get("styles", f"{folder}/styles.xml"))
    links = {key: target for key, (kind, target) in linked.items() if kind == "hyperlink"}
    notes: dict[tuple[str, str], etree._Element] = {}
    for kind in ("footnote", "endnote"):
        root = xml_if_there(archive, of_kind.get(f"{kind}s", f"{folder}/{kind}s.xml"))
        for note in root if root is not None else ():
            notes[f"{kind}Reference", attribute(note, "id") or ""] = note
    numbers = numbers_of(archive, of_kind.get("numbering", f"{folder}/numbering.xml"))
    body = xml(archive, part).find("{*}body")
    if body is None:
        raise UnreadableDocumentError("broken Word document")
    return _Walker(Reader(styles, links, notes), numbers, body)


@dataclass(slots=True)
class _Walker:
    """Writes the blocks of a document in their order, and notes what it says of itself."""

    reader: Reader
    numbers: Numbers
    body: etree._Element
    title: str | None = None
    has_embedded: bool = False
    open_levels: list[int] = field(default_factory=list)

    def blocks(self, parent: etree._Element) -> Iterator[str]:
        """Yield the lines of the paragraphs, tables and text boxes in an element; a blank line ends a block."""
        for child in parent:
            name = local(child)
            if name == "p":
                yield from self._paragraph(child)
                yield from self._text_boxes(child)
            elif name == "tbl":
                self.open_levels.clear()
                yield from self._table(child)
            elif name in _HOLDS_BLOCKS and not _is_contents(child):
                yield from self.blocks(child)
            elif name == "altChunk":
                self.has_embedded = True

    def _paragraph(self, paragraph: etree._Element) -> Iterator[str]:
        styles = self.reader.styles
        level = styles.level(paragraph)
        if level is not None:
            self.reader.end_fields()
        is_heading = level is not None or styles.is_title(paragraph)
        text = self.reader.text(paragraph, bold=not is_heading)
        if not text or styles.is_contents(paragraph):
            return
        label = self.numbers.label(paragraph, styles)
        if is_heading:
            yield from self._heading(text, level or 1, label)
        elif label is None or label.text == "":
            yield from self._plain(paragraph, text)
        else:
            yield from self._item(text, label)

    def _heading(self, text: str, level: int, label: Label | None) -> Iterator[str]:
        self.open_levels.clear()
        number = f"{label.text} " if label and label.text and label.text != BULLET else ""
        line = " ".join(f"{number}{text}".split())
        self.title = self.title or line
        yield from ("", f"{'#' * min(level, _MAX_LEVEL)} {line}", "")

    def _plain(self, paragraph: etree._Element, text: str) -> Iterator[str]:
        """Yield a paragraph; one that is indented below a list item belongs to it."""
        indent = paragraph.find("{*}pPr/{*}ind")
        left = attribute(indent, "left") or attribute(indent, "start") or "0"
        if not (self.open_levels and left.isdecimal() and int(left) > 0):
            self.open_levels.clear()
        margin = _INDENT * len(self.open_levels)
        yield from ("", *(f"{margin}{escaped(line)}" for line in text.split("\n")), "")

    def _item(self, text: str, label: Label) -> Iterator[str]:
        """Yield a list item. Markdown has numbers such as "2." and "2)"; others stand in a bullet."""
        if not self.open_levels:
            yield ""
        while self.open_levels and self.open_levels[-1] >= label.indent:
            self.open_levels.pop()
        margin = _INDENT * len(self.open_levels)
        self.open_levels.append(label.indent)
        is_markdown = label.text[:-1].isdecimal() and label.text[-1:] in (".", ")")
        mark = label.text if is_markdown else f"- {'' if label.text == BULLET else label.text}".strip()
        first, *more = text.split("\n")
        yield f"{margin}{mark} {first}"
        yield from (f"{margin}{_INDENT}{line}" for line in more)

    def _text_boxes(self, paragraph: etree._Element) -> Iterator[str]:
        """Yield the blocks of text boxes. Word writes each twice, for itself and for programs that know it less."""
        for box in paragraph.iter("{*}txbxContent"):
            owners = [
                local(parent) for parent in takewhile(lambda parent: parent is not paragraph, box.iterancestors())
            ]
            is_second = "Fallback" in owners and _has_choice(box)
            if "txbxContent" not in owners and not is_second:
                self.open_levels.clear()
                yield from self.blocks(box)

    def _table(self, element: etree._Element) -> Iterator[str]:
        """Yield a table; one of a single row or column only arranges what stands in it."""
        cells = [list(within(row, "tc")) for row in within(element, "tr")]
        if len(cells) <= 1 or max(map(len, cells)) <= 1:
            for cell in (cell for row in cells for cell in row):
                yield from self.blocks(cell)
            return
        rows, headers = table_rows(element, self._cell)
        if rows:
            yield from ("", table_text(rows, headers), "")

    def _cell(self, cell: etree._Element) -> str:
        """Return what stands in a cell in one line."""
        parts: list[str] = []
        for child in cell:
            if local(child) == "p":
                parts.append(self._in_line(child))
            elif local(child) == "tbl":
                rows, _ = table_rows(child, self._cell)
                parts.append("; ".join(", ".join(text for text in row.cells if text) for row in rows))
            elif local(child) in _HOLDS_BLOCKS:
                parts.append(self._cell(child))
        return " ".join(part for part in parts if part)

    def _in_line(self, paragraph: etree._Element) -> str:
        label = self.numbers.label(paragraph, self.reader.styles)
        text = self.reader.text(paragraph, bold=False)
        return f"{label.text} {text}".strip() if label and text else text


def _is_contents(control: etree._Element) -> bool:
    return any(
        attribute(e, "val") == "Table of Contents" for e in control.iterfind("{*}sdtPr/{*}docPartObj/{*}docPartGallery")
    )


def _has_choice(box: etree._Element) -> bool:
    """Tell whether the same text box stands in the part that Word itself reads."""
    alternative = next((parent for parent in box.iterancestors() if local(parent) == "AlternateContent"), None)
    return alternative is not None and next(alternative.iterfind("{*}Choice//{*}txbxContent"), None) is not None
