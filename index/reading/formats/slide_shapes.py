"""The text of a slide: its shapes and groups, tables, charts, diagrams, pictures and notes, in their order."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from index.reading.formats.archives import local, relation, xml_if_there
from index.reading.formats.cells import Row
from index.reading.formats.lines import escaped
from index.reading.formats.row_tables import table_text
from index.reading.formats.word_numbers import written_number

_TITLES = ("title", "ctrTitle")
# What every slide repeats.
_REPEATED = ("sldNum", "ftr", "dt", "hdr")
_FILE_NAME = re.compile(r"\S+\.\w{3,4}")
# PowerPoint describes pictures by itself; that is no statement of the author.
_MADE_UP = re.compile(r"automatically generated|AI-generated", re.IGNORECASE)
_NUMBER_FORMS = {"alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman", "romanUc": "upperRoman"}
_INDENT = "    "
_MAX_SPAN = 100


@dataclass(frozen=True, slots=True)
class Slide:
    """A slide, and what it refers to by relation: the kind and the part."""

    archive: zipfile.ZipFile
    root: etree._Element
    related: Mapping[str, tuple[str, str]]

    def parts(self, kind: str) -> Iterator[str]:
        """Yield the parts of a kind that the slide refers to."""
        return (target for found, target in self.related.values() if found == kind)


def title(slide: Slide) -> str:
    """Return the title of a slide in one line; "" without one."""
    for shape in slide.root.iter("{*}sp"):
        if _placeholder(shape) in _TITLES and (text := " ".join(_texts(shape))):
            return " ".join(text.split())
    return ""


def body(slide: Slide) -> list[str]:
    """Return the lines of a slide below its title."""
    tree = slide.root.find("{*}cSld/{*}spTree")
    return list(_shapes(slide, tree)) if tree is not None else []


def notes(slide: Slide) -> list[str]:
    """Return the speaker's notes with a label above."""
    for part in slide.parts("notesSlide"):
        root = xml_if_there(slide.archive, part)
        shapes = root.iter("{*}sp") if root is not None else ()
        texts = [text for shape in shapes if _placeholder(shape) == "body" for text in _texts(shape)]
        if texts:
            return ["", "**Notes**", "", *("\n".join(map(escaped, text.split("\n"))) + "\n" for text in texts)]
    return []


def _shapes(slide: Slide, parent: etree._Element) -> Iterator[str]:
    for shape in parent:
        name = local(shape)
        about = next(shape.iterfind("{*}*/{*}cNvPr"), None)
        if about is not None and about.get("hidden") in ("1", "true"):
            continue
        if name == "sp" and _placeholder(shape) not in (*_TITLES, *_REPEATED):
            yield from _items(shape)
        elif name == "AlternateContent":
            chosen = shape.find("{*}Choice")
            yield from _shapes(slide, chosen if chosen is not None else shape)
        elif name == "grpSp":
            yield from _shapes(slide, shape)
        elif name == "graphicFrame":
            yield from _graphic(slide, shape)
        elif name == "pic" and about is not None:
            yield from _picture(about.get("descr", ""))


def _picture(description: str) -> Iterator[str]:
    text = " ".join(description.split())
    if text and not _FILE_NAME.fullmatch(text) and not _MADE_UP.search(text):
        yield f"- Picture: {text}"


def _placeholder(shape: etree._Element) -> str | None:
    """Return the kind of a placeholder, "obj" as shipped; None for other shapes."""
    found = shape.find("{*}nvSpPr/{*}nvPr/{*}ph")
    return found.get("type", "obj") if found is not None else None


def _texts(shape: etree._Element) -> list[str]:
    texts = (_text(paragraph) for paragraph in shape.iterfind("{*}txBody/{*}p"))
    return [text for text in texts if text]


def _text(paragraph: etree._Element) -> str:
    """Return a paragraph without struck-through text."""
    parts: list[str] = []
    for child in paragraph:
        name = local(child)
        look = child.find("{*}rPr")
        if name == "br":
            parts.append("\n")
        elif name in ("r", "fld") and (look is None or look.get("strike", "noStrike") == "noStrike"):
            parts += [t.text or "" for t in child.iterfind("{*}t")]
        elif name in ("m", "AlternateContent"):
            parts += [t.text or "" for t in child.iter("{*}t")]
    lines = (" ".join(line.split()) for line in re.split(r"[\n\v]", "".join(parts)))
    return "\n".join(line for line in lines if line)


def _items(shape: etree._Element) -> Iterator[str]:
    """Yield the paragraphs of a shape as items of a list, each at its level."""
    counts: dict[int, int] = {}
    levels: list[int] = []
    for paragraph in shape.iterfind("{*}txBody/{*}p"):
        text = _text(paragraph)
        if not text:
            continue
        look = paragraph.find("{*}pPr")
        level = int(look.get("lvl", 0)) if look is not None else 0
        counts = {at: n for at, n in counts.items() if at <= level}
        while levels and levels[-1] >= level:
            levels.pop()
        margin = _INDENT * len(levels)
        levels.append(level)
        first, *more = text.split("\n")
        yield f"{margin}{_mark(look, counts, level)} {escaped(first)}"
        yield from (f"{margin}{_INDENT}{escaped(line)}" for line in more)


def _mark(look: etree._Element | None, counts: dict[int, int], level: int) -> str:
    """Return the mark of an item, and count it if it is numbered."""
    numbered = look.find("{*}buAutoNum") if look is not None else None
    if numbered is None:
        counts.pop(level, None)
        return "-"
    counts[level] = counts.get(level, int(numbered.get("startAt", 1)) - 1) + 1
    form = next((to for name, to in _NUMBER_FORMS.items() if numbered.get("type", "").startswith(name)), "decimal")
    number = written_number(counts[level], form)
    return f"{number}." if number.isdecimal() else f"- {number})"


def _graphic(slide: Slide, frame: etree._Element) -> Iterator[str]:
    """Yield a table, a chart's data, or the texts of a diagram."""
    from index.reading.formats.charts import chart_rows  # noqa: PLC0415 - it loads openpyxl

    if (found := next(frame.iter("{*}tbl"), None)) is not None:
        look = found.find("{*}tblPr")
        rows = list(_rows(found))
        if rows:
            has_header = look is not None and look.get("firstRow") in ("1", "true")
            yield from ("", table_text(rows, int(has_header and len(rows) > 1)), "")
    elif (found := next(frame.iter("{*}chart"), None)) is not None:
        root = _referred(slide, found, "id")
        if root is not None and (rows := chart_rows(root)):
            yield from ("", table_text(rows, 1), "")
    elif (found := next(frame.iter("{*}relIds"), None)) is not None:
        root = _referred(slide, found, "dm")
        for point in root.iter("{*}pt") if root is not None else ():
            text = " ".join(_text(paragraph) for paragraph in point.iterfind("{*}t/{*}p")).strip()
            yield from [f"- {text}"] if text else []


def _referred(slide: Slide, element: etree._Element, name: str) -> etree._Element | None:
    _, part = slide.related.get(relation(element, name), ("", ""))
    return xml_if_there(slide.archive, part)


def _rows(found: etree._Element) -> Iterator[Row]:
    """Yield the rows of a table; every cell of a merged area has its text."""
    below: dict[int, tuple[int, str]] = {}
    for row in found.iterfind("{*}tr"):
        cells: list[str] = []
        spans: list[tuple[int, int]] = []
        left, text = 0, ""
        for column, cell in enumerate(row.iterfind("{*}tc")):
            rows_left, above = below.get(column, (0, ""))
            if cell.get("hMerge") in ("1", "true") and left > 0:
                left -= 1
            elif cell.get("vMerge") in ("1", "true") and rows_left > 0:
                text = above
            else:
                text = " ".join(" ".join(_texts_of_cell(cell)).split())
                left = min(int(cell.get("gridSpan", 1)), _MAX_SPAN) - 1
                rows_left = int(cell.get("rowSpan", 1))
                spans += [(column, column + left)] if left else []
            below[column] = (rows_left - 1, text)
            cells.append(text)
        yield Row(tuple(cells), spans=tuple(spans))


def _texts_of_cell(cell: etree._Element) -> Iterator[str]:
    return (_text(paragraph) for paragraph in cell.iterfind("{*}txBody/{*}p"))
