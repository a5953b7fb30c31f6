"""The text of Word's paragraphs and tables, as a person sees it in the printed document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from lxml import etree

from index.reading.formats.archives import attribute, local, relation
from index.reading.formats.word_styles import Styles

# What was deleted or moved away, only computes something, or stands elsewhere.
_LEFT_OUT = frozenset(
    "del moveFrom delText instrText rPr pPr commentReference annotationRef footnoteRef rt Fallback".split()
)
_BREAKS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
_SYMBOLS = {"f0fc": "✓", "f0fe": "✓", "f052": "✓", "f0fb": "✗", "f0fd": "✗", "f054": "✗", "f0a8": "☐", "f06f": "☐"}
# Otherwise the mark of a note becomes part of the number before it.
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_CONTENT_FIELDS = ("TOC", "INDEX", "TOA")
_LINKED = ("http://", "https://", "mailto:")


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a paragraph in one look."""

    text: str
    is_bold: bool = False
    url: str = ""


@dataclass(slots=True)
class Reader:
    """Reads paragraphs in their order, because a field can begin in one and end in another.

    `links` are the addresses of hyperlinks by relation, `notes` the footnotes and endnotes by kind and id.
    """

    styles: Styles
    links: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[tuple[str, str], etree._Element] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    shows_result: list[bool] = field(default_factory=list)

    def text(self, paragraph: etree._Element, *, bold: bool = True) -> str:
        """Return a paragraph with its links and, if asked for, its bold type; its footnotes stand at its end."""
        pieces = list(self._pieces(paragraph, paragraph, ""))
        runs = groupby(pieces, key=lambda piece: (piece.is_bold and bold, piece.url))
        text = "".join(_marked("".join(p.text for p in run), is_bold, url) for (is_bold, url), run in runs)
        lines = (" ".join(line.split()) for line in text.split("\n"))
        return " ".join(["\n".join(line for line in lines if line), *self._notes(paragraph)]).strip()

    def end_fields(self) -> None:
        """Forget fields that were never ended, so that they hide no more than a section."""
        self.fields.clear()
        self.shows_result.clear()

    def _pieces(self, element: etree._Element, paragraph: etree._Element, url: str) -> Iterator[Piece]:
        for child in element:
            name = local(child)
            if name in _LEFT_OUT:
                continue
            if name == "r":
                yield from self._run(child, paragraph, url)
            elif name == "hyperlink":
                yield from self._pieces(child, paragraph, self.links.get(relation(child), ""))
            elif name == "oMath":
                yield Piece("".join(t.text or "" for t in child.iter("{*}t")), url=url)
            elif not (name == "fldSimple" and _lists_contents(attribute(child, "instr") or "")):
                yield from self._pieces(child, paragraph, url)

    def _run(self, run: etree._Element, paragraph: etree._Element, url: str) -> Iterator[Piece]:
        is_hidden = self.styles.is_on(run, paragraph, "vanish", "strike", "dstrike")
        text = "".join(self._run_parts(run))
        if attribute(run.find("{*}rPr/{*}vertAlign"), "val") == "superscript":
            text = text.translate(_RAISED)
        if text and not is_hidden:
            is_bold = bool(text.strip()) and self._is_bold(run)
            yield Piece(text, is_bold, url)

    def _is_bold(self, run: etree._Element) -> bool:
        # Only of the run itself: a heading or a caption is bold by its style anyway.
        return self.styles.is_on(run, _NO_STYLE, "b")

    def _run_parts(self, run: etree._Element) -> Iterator[str]:
        for child in run:
            name = local(child)
            if name == "fldChar":
                self._field(attribute(child, "fldCharType") or "")
            elif name == "instrText" and self.fields:
                self.fields[-1] += child.text or ""
            elif not self._is_shown:
                continue
            else:
                yield _characters(child, name)

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self.fields.append("")
            self.shows_result.append(False)
        elif kind == "separate" and self.fields:
            self.shows_result[-1] = not _lists_contents(self.fields[-1])
        elif kind == "end" and self.fields:
            self.fields.pop()
            self.shows_result.pop()

    @property
    def _is_shown(self) -> bool:
        return all(self.shows_result)

    def _notes(self, paragraph: etree._Element) -> Iterator[str]:
        for reference in paragraph.iter("{*}footnoteReference", "{*}endnoteReference"):
            note = self.notes.get((local(reference), attribute(reference, "id") or ""))
            is_deleted = any(local(parent) in ("del", "moveFrom") for parent in reference.iterancestors())
            if note is None or is_deleted:
                continue
            texts = [
                " ".join("".join(p.text for p in self._pieces(part, part, "")).split()) for part in note.iter("{*}p")
            ]
            if said := " ".join(text for text in texts if text):
                yield f"(Note: {said})"


_NO_STYLE = etree.Element("p")


def _marked(text: str, is_bold: bool, url: str) -> str:  # noqa: FBT001
    """Return a piece of a paragraph as Markdown; space at its ends stays outside the marks."""
    inner = text.strip()
    if not inner:
        return text
    start = text[: len(text) - len(text.lstrip())]
    end = text[len(text.rstrip()) :]
    if is_bold and "\n" not in inner:
        inner = f"**{inner}**"
    if url.startswith(_LINKED) and not set(url) & set(" ()<>"):
        inner = f"[{inner}]({url})"
    return start + inner + end


def _characters(element: etree._Element, name: str) -> str:
    """Return what an element of a run shows."""
    if name == "t":
        return element.text or ""
    if name == "sym":
        return _SYMBOLS.get((attribute(element, "char") or "").lower(), "")
    if name == "ruby":
        return "".join(t.text or "" for t in element.iterfind("{*}rubyBase//{*}t"))
    return _BREAKS.get(name, "")


def _lists_contents(instruction: str) -> bool:
    return instruction.strip().upper().startswith(_CONTENT_FIELDS)
