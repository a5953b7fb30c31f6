"""OpenDocument text and sheets (LibreOffice, OpenOffice, Google Docs) to Markdown."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from index.errors import UnreadableDocumentError
from index.reading.formats.archives import attribute, local, opened, xml, xml_if_there
from index.reading.formats.cells import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Row
from index.reading.formats.content import Content
from index.reading.formats.grids import markdown_of
from index.reading.formats.lines import apart, escaped
from index.reading.formats.properties import properties
from index.reading.formats.row_tables import table_text

_INDENT = "    "
_MAX_LEVEL = 6
_LEFT_OUT = frozenset(
    "tracked-changes annotation annotation-end table-of-content alphabetical-index note-citation note".split()
)
_HOLDS_BLOCKS = frozenset({"section", "text-box", "frame", "a", "g", "custom-shape", "index-body"})
_TITLE = "Title"
_HIDDEN = ("none", "false")


def odt(raw: bytes) -> Content:
    """Return a text document with its headings, lists, tables and notes; hidden and deleted text is left out."""
    with opened(raw, "OpenDocument text") as archive:
        content, styles = _content(archive)
        body = content.find("{*}body/{*}text")
        walker = _Text(styles)
        text = apart("\n".join(walker.blocks(body if body is not None else ())))
        title, updated = properties(archive)
        return Content(title or walker.title, text, named_anchors=True, updated=updated)


def ods(raw: bytes) -> Content:
    """Return the visible sheets, in which every row repeats the names of its columns; others are named as unread."""
    sections: list[str] = []
    unread: list[tuple[str, str]] = []
    with opened(raw, "OpenDocument sheet") as archive:
        content, styles = _content(archive)
        title, updated = properties(archive)
        for table in content.iterfind("{*}body/{*}spreadsheet/{*}table"):
            name = attribute(table, "name") or ""
            if styles.is_hidden(table):
                unread.append((f"sheet {name}", "hidden"))
                continue
            read = list(_within_limits(_rows(table, _Text(styles))))
            rows = [row for row, is_hidden in read if row and not is_hidden]
            if read and read[-1][0] is None:
                unread.append((f"sheet {name}", f"rows beyond the first {len(read) - 1:,}"))
            if any(is_hidden and row and row.filled for row, is_hidden in read):
                unread.append((f"sheet {name}", "hidden rows"))
            if any(row.filled for row in rows):
                sections.append(f"## {name}\n\n{markdown_of(rows, first=False)}")
    return Content(title, "\n\n".join(sections), named_anchors=True, updated=updated, unread=tuple(unread))


def _within_limits(rows: Iterator[tuple[Row, bool]]) -> Iterator[tuple[Row | None, bool]]:
    """Yield rows while they are few enough; then one None, if there are more."""
    cells = 0
    for number, (row, is_hidden) in enumerate(rows):
        cells += len(row.filled)
        if number >= MAX_ROWS or cells > MAX_CELLS:
            yield None, False
            return
        yield row, is_hidden


@dataclass(slots=True)
class _Styles:
    """The names of styles that hide or strike text or hide sheets, and those of bold text and numbered lists."""

    hidden: set[str] = field(default_factory=set)
    bold: set[str] = field(default_factory=set)
    parents: dict[str, str] = field(default_factory=dict)
    numbered: dict[tuple[str, int], str] = field(default_factory=dict)

    def is_hidden(self, element: etree._Element) -> bool:
        """Tell whether an element's style hides it or strikes it through."""
        return (attribute(element, "style-name") or "") in self.hidden

    def is_bold(self, element: etree._Element) -> bool:
        """Tell whether an element's style is bold."""
        return (attribute(element, "style-name") or "") in self.bold

    def is_title(self, element: etree._Element) -> bool:
        """Tell whether an element's style is that of titles, or changes it."""
        name = attribute(element, "style-name") or ""
        return _TITLE in (name, self.parents.get(name))


def _content(archive: zipfile.ZipFile) -> tuple[etree._Element, _Styles]:
    manifest = xml_if_there(archive, "META-INF/manifest.xml")
    if manifest is not None and next(manifest.iter("{*}encryption-data"), None) is not None:
        raise UnreadableDocumentError("locked with a password")
    content = xml(archive, "content.xml")
    styles = _Styles()
    for root in (xml_if_there(archive, "styles.xml"), content):
        for element in root.iter("{*}style", "{*}list-style") if root is not None else ():
            _read_style(styles, element)
    return content, styles


def _read_style(styles: _Styles, element: etree._Element) -> None:
    name = attribute(element, "name") or ""
    styles.parents[name] = attribute(element, "parent-style-name") or name
    for look in element:
        is_struck = attribute(look, "text-line-through-style") not in (None, "none")
        if attribute(look, "display") in _HIDDEN or is_struck:
            styles.hidden.add(name)
        if attribute(look, "font-weight") == "bold":
            styles.bold.add(name)
        if local(look) == "list-level-style-number" and attribute(look, "num-format"):
            styles.numbered[name, int(attribute(look, "level") or 1)] = attribute(look, "num-format") or "1"


@dataclass(slots=True)
class _Text:
    """Writes the blocks of a text document in their order."""

    styles: _Styles
    title: str | None = None

    def blocks(self, parent: etree._Element) -> Iterator[str]:
        """Yield the lines of the paragraphs, lists and tables in an element."""
        for child in parent:
            name = local(child)
            if name == "h":
                yield from self._heading(child, int(attribute(child, "outline-level") or 1))
            elif name == "p" and self.styles.is_title(child):
                yield from self._heading(child, 1)
            elif name == "p":
                yield from self._paragraph(child)
            elif name == "list":
                yield from ("", *self._list(child, attribute(child, "style-name") or "", 0), "")
            elif name == "table":
                yield from self._table(child)
            elif name in _HOLDS_BLOCKS and not self.styles.is_hidden(child) and attribute(child, "display") != "none":
                yield from self.blocks(child)

    def _paragraph(self, paragraph: etree._Element) -> Iterator[str]:
        text = self.text(paragraph)
        yield from ("", *map(escaped, text.split("\n")), "") if text else ()
        for box in paragraph.iter("{*}text-box"):
            yield from self.blocks(box)

    def _table(self, table: etree._Element) -> Iterator[str]:
        rows = [row for row, _ in _rows(table, self) if row.filled]
        headers = sum(1 for _ in table.iterfind("{*}table-header-rows/{*}table-row"))
        yield from ("", table_text(rows, headers), "") if rows else ()

    def text(self, paragraph: etree._Element) -> str:
        """Return a paragraph; its notes stand at its end."""
        lines = (" ".join(line.split()) for line in "".join(self._parts(paragraph)).split("\n"))
        notes = [
            f"(Note: {said})"
            for note in paragraph.iter("{*}note-body")
            if (said := " ".join(" ".join(self._parts(note)).split()))
        ]
        return " ".join(["\n".join(line for line in lines if line), *notes]).strip()

    def _parts(self, element: etree._Element) -> Iterator[str]:
        if self.styles.is_hidden(element):
            return
        yield element.text or ""
        for child in element:
            name = local(child)
            if name in ("s", "tab"):
                yield " "
            elif name == "line-break":
                yield "\n"
            elif name not in _LEFT_OUT and name != "frame":
                yield from self._parts(child)
            yield child.tail or ""

    def _heading(self, heading: etree._Element, level: int) -> Iterator[str]:
        text = " ".join(self.text(heading).split())
        if text:
            self.title = self.title or text
            yield from ("", f"{'#' * min(level, _MAX_LEVEL)} {text}", "")

    def _list(self, element: etree._Element, style: str, depth: int) -> Iterator[str]:
        number = 0
        for item in element:
            number += local(item) == "list-item"
            mark = f"{number}." if (style, depth + 1) in self.styles.numbered else "-"
            for child in item:
                if local(child) == "list":
                    yield from self._list(child, style, depth + 1)
                elif text := self.text(child):
                    first, *more = text.split("\n")
                    is_heading = local(child) == "h"
                    yield f"{_INDENT * depth}{mark} {first}" if not is_heading else f"\n# {first}\n"
                    yield from (f"{_INDENT * (depth + 1)}{line}" for line in more)


def _rows(table: etree._Element, reader: _Text) -> Iterator[tuple[Row, bool]]:
    """Yield the rows of a table and whether each is hidden; every cell of a merged area has its text."""
    hidden = _hidden_columns(table)
    below: dict[int, tuple[int, str]] = {}
    for element in _within(table):
        cells: list[str] = []
        spans: list[tuple[int, int]] = []
        marks: list[bool] = []
        for cell in element:
            if local(cell) not in ("table-cell", "covered-table-cell") or len(cells) >= MAX_COLUMNS:
                continue
            shown = _cell(cell, reader)
            wide = int(attribute(cell, "number-columns-spanned") or 1)
            high = int(attribute(cell, "number-rows-spanned") or 1)
            for _ in range(min(int(attribute(cell, "number-columns-repeated") or 1), MAX_COLUMNS - len(cells))):
                at = len(cells)
                left, above = below.get(at, (0, ""))
                if local(cell) == "covered-table-cell" and spans and spans[-1][0] < at <= spans[-1][1]:
                    left, above = below[spans[-1][0]][0] + 1, cells[spans[-1][0]]
                elif local(cell) != "covered-table-cell":
                    left, above = high, shown
                    spans += [(at, at + wide - 1)] if wide > 1 else []
                    marks += [reader.styles.is_bold(cell)] if shown else []
                below[at] = (left - 1, above)
                cells.append(above if left > 0 else "")
        kept = [at for at in range(len(cells)) if at not in hidden]
        is_hidden = attribute(element, "visibility") in ("collapse", "filter")
        row = Row(tuple(cells[at] for at in kept), bool(marks) and all(marks), tuple(spans) if not hidden else ())
        for _ in range(min(int(attribute(element, "number-rows-repeated") or 1), MAX_ROWS if row.filled else 1)):
            yield row, is_hidden


def _within(table: etree._Element) -> Iterator[etree._Element]:
    """Yield the rows of a table, also those in groups, and not those of a table in one of its cells."""
    for child in table:
        if local(child) == "table-row":
            yield child
        elif local(child) in ("table-rows", "table-header-rows", "table-row-group"):
            yield from _within(child)


def _cell(cell: etree._Element, reader: _Text) -> str:
    """Return what a person sees in a cell; dates are in ISO form."""
    if reader.styles.is_hidden(cell):
        return ""
    day = attribute(cell, "date-value")
    if day:
        return day.removesuffix("T00:00:00").replace("T", " ")
    parts = (reader.text(child) for child in cell.iter("{*}p", "{*}h"))
    return " ".join(" ".join(parts).split())


def _hidden_columns(table: etree._Element) -> set[int]:
    hidden: set[int] = set()
    at = 0
    for column in table.iter("{*}table-column"):
        count = min(int(attribute(column, "number-columns-repeated") or 1), MAX_COLUMNS)
        if attribute(column, "visibility") in ("collapse", "filter"):
            hidden.update(range(at, at + count))
        at += count
    return hidden
