"""What a reader sees of a paragraph of Markdown: without tags, comments, attributes and text that is struck through.

Code spans stay as they are. `<Year>` stays, too: a tag that is none is text (`index.reading.formats.tags`).
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from index import markdown
from index.reading.formats.tags import ELEMENTS, Tag, Tags, tag_at

_TOKEN = re.compile(r"\\[^\w\s]|`+|<|~~|!?\[|\^\[|\{|==|%%|&|\]\(\{")
_AUTOLINK = re.compile(r"<((?:https?|ftp|mailto):[^\s<>]++|[^\s<>@]{1,64}@[^\s<>@]{1,255})>")
_UNSEEN = frozenset("script style svg iframe template head object canvas audio video math del s strike".split())
_BLOCKS = frozenset(
    "p div section article aside center main header footer nav details figure tr table ul ol dl form"
    " blockquote h1 h2 h3 h4 h5 h6 dt dd caption figcaption fieldset address".split()
)
_SUPERSCRIPTS = {**dict(zip("0123456789+-()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾", strict=True)), "\u2212": "⁻"}
_SUP = re.compile(r"<sup[^<>]*>([^<>\n]*)</sup>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_BRACKETED = re.compile(r"&lt;(/?[A-Za-z][^&<>\n]{0,80})&gt;")
_REFERENCE = re.compile(r"\[((?:[^\[\]\\]|\\.|\[[^\[\]]*+\])*+)\](?:\[([^\[\]\n]*+)\])?(?![(:])")
_WIKI = re.compile(r"\[\[([^\[\]|\n]+)(?:\|([^\[\]|\n]+))?\]\](?!\()")
_PAGE_NAME = re.compile(r"\S*[-/#.]\S*")
_FOOTNOTE = re.compile(r"\[\^([^\[\]\s]+)\]")
_INLINE_NOTE = re.compile(r"\^\[([^\[\]]+)\]")
_TARGET = re.compile(r"\]\(\{[{%][^{}\n]*[%}]\}[^\s()]*\)")
_SHORTCODE = re.compile(
    r"\{%(?:[^{}%\n]|%(?!\}))*+%\}|\{\{<(?:[^\n>{}]|>(?!\}))*+>\}\}|\{\{%(?:[^\n%{}]|%(?!\}))*+%\}\}|\{![^{}\n!]*+!\}|\{/\*[^*\n{}]*+\*/\}"
)
_PAIR = r"[\w:@-]+=(?:\"[^\"\n]*+\"|'[^'\n]*+'|[^\s\"'{}]*+)"
_ATTRIBUTES = re.compile(
    rf"\{{(?::{{1,2}}[^{{}}\n]*+|[ ]*+(?:[#.][^\s{{}}]++|{_PAIR})(?:[ ]++(?:[#.][^\s{{}}]++|{_PAIR}|-))*+[ ]*+)\}}"
)
_ID = re.compile(r"#([^\s{}#]+)|\bid=[\"']?([^\s\"'{}]+)")
_HIGHLIGHT = re.compile(r"(?<!\w)==(?=[^\s=])([^=\n]*[^\s=])==(?!=)")
_OBSIDIAN_COMMENT = re.compile(r"(?<!\S)%%(?=[^%\n]*\s)[^%]*%%(?!\w)")
_BLOCK_ID = re.compile(r"[ \t]\^[a-z0-9-]{4,}$", re.MULTILINE)
# How far a line is looked at for what stands beside a tag.
_NEAR = 200


@dataclass(frozen=True, slots=True)
class Names:
    """What the parts of a page refer to: targets of reference links, footnotes, and the tags of the page."""

    targets: Mapping[str, str]
    notes: frozenset[str]
    tags: Tags


@dataclass(slots=True)
class Seen:
    """What a reader sees of a paragraph, the ids that its tags and attributes give, and the footnotes it refers to."""

    text: str = ""
    ids: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def seen(text: str, names: Names, *, line_break: str = "\n") -> Seen:
    """Return what a reader sees of a paragraph or of a block of HTML; `line_break` stands for `<br>`."""
    return _Reader(text, names, line_break).read()


def shown_tag(text: str, *, alone: bool = False) -> str:
    """Return text in angle brackets so that nobody takes it for a tag: as code, if its name is one of HTML."""
    name = re.match(r"</?([\w.:-]*)", text)
    is_like_one = name is not None and (name[1] in ELEMENTS or name[1] == "path")
    return f"`{text}`" if is_like_one or alone or "=" in text or text.endswith("/>") else text


class _Reader:
    """Reads a text from left to right once."""

    def __init__(self, text: str, names: Names, line_break: str) -> None:
        self._text = text
        lowered = text.lower()
        self._lowered = lowered if len(lowered) == len(text) else text
        self._names = names
        self._break = line_break
        self._spans = markdown.code_spans(text)
        self._kept: list[str] = []
        self._links: list[tuple[int, str]] = []
        self._absent: set[str] = set()
        self._found = Seen()

    def read(self) -> Seen:
        position = 0
        while found := _TOKEN.search(self._text, position):
            start = found.start()
            self._kept.append(self._text[position:start])
            position = self._take(start, found[0])
        self._kept.append(self._text[position:])
        for at, _ in self._links:
            self._kept[at] = ""
        self._found.text = _BLOCK_ID.sub("", "".join(self._kept))
        return self._found

    def _take(self, start: int, mark: str) -> int:
        """Keep what a reader sees of the mark at `start`, return where it ends."""
        if mark[0] == "`":
            end = self._spans.end(start) or start + len(mark)
            return self._keep(self._text[start:end], end)
        if mark[0] == "\\":
            return self._keep(mark, start + 2)
        if mark == "<":
            return self._angle(start)
        if mark == "~~":
            return self._struck(start)
        if mark == "&":
            return self._entity(start)
        return self._marked(start, mark)

    def _keep(self, shown: str, end: int) -> int:
        self._kept.append(shown)
        return end

    def _drop(self, end: int) -> int:
        """Leave out what ends at `end`, and one of the spaces around it."""
        follows = self._text[end : end + 1]
        last = self._kept[-1] if self._kept else ""
        if follows == " " and (not last or last.endswith("\n")):
            return end + 1
        if follows in {" ", "", "\n"} and last.endswith(" ") and last.strip():
            self._kept[-1] = last[:-1]
        return end

    def _after(self, mark: str, start: int) -> int:
        """Return the end of the next `mark` outside code, -1 if there is none; then it is not sought again."""
        if mark in self._absent:
            return -1
        at = self._lowered.find(mark, start)
        while at >= 0 and (end := self._spans.end(at)):
            at = self._lowered.find(mark, end)
        if at < 0:
            self._absent.add(mark)
            return -1
        return at + len(mark)

    def _struck(self, start: int) -> int:
        inside = self._text[start + 2 : start + 3]
        end = self._after("~~", start + 2)
        if not inside.strip() or inside == "~" or end < 0 or "\n\n" in self._text[start:end]:
            return self._keep("~~", start + 2)
        return self._drop(end)

    def _entity(self, start: int) -> int:
        if tag := _BRACKETED.match(self._text, start):
            return self._keep(shown_tag(f"<{html.unescape(tag[1])}>"), tag.end())
        found = _ENTITY.match(self._text, start)
        if not found:
            return self._keep("&", start + 1)
        character = html.unescape(found[0])
        if character in {"|", "`", "~", "["}:
            character = f"\\{character}"
        return self._keep(" " if character == "\xa0" else character, found.end())

    def _angle(self, start: int) -> int:
        if self._text.startswith("<!--", start):
            end = self._after("-->", start)
            return self._drop(end) if end > 0 else self._keep("<", start + 1)
        if link := _AUTOLINK.match(self._text, start):
            return self._keep(link[1], link.end())
        tag = tag_at(self._text, start)
        if tag is None:
            return self._keep("<", start + 1)
        if not self._names.tags.is_markup(tag):
            return self._keep(shown_tag(self._text[start : tag.end], alone=self._is_alone(tag)), tag.end)
        return self._element(tag)

    def _is_alone(self, tag: Tag) -> bool:
        """Tell whether a tag has a line for itself."""
        before = self._text[max(0, tag.start - _NEAR) : tag.start].rpartition("\n")[2]
        after = self._text[tag.end : tag.end + _NEAR].partition("\n")[0]
        return not (before + after).strip()

    def _element(self, tag: Tag) -> int:
        name = tag.name.lower()
        if (anchor := tag.value("id", "name")) and not tag.closes and (name == "a" or tag.value("id")):
            self._found.ids.append(anchor)
        if not tag.closes and not tag.is_empty:
            if name in _UNSEEN and (end := self._after(f"</{name}>", tag.end)) > 0:
                return self._drop(end)
            if name == "summary" and (end := self._after("</summary>", tag.end)) > 0:
                inner = seen(self._text[tag.end : end - len("</summary>")], self._names, line_break=" ").text
                words = " ".join(inner.replace("**", "").split()).lstrip("# ")
                return self._keep(f"\n\n**{words}**\n\n" if words else "", end)
            if name == "sup" and (found := _SUP.match(self._text, tag.start)):
                return self._keep(_superscript(found[1]), found.end())
            if name in {"code", "tt", "samp"} and (end := self._after(f"</{name}>", tag.end)) > 0:
                return self._keep(_code(self._text[tag.end : end - len(name) - 3]), end)
        if name == "a":
            return self._link(tag)
        is_before_space = name == "br" and self._text.startswith(" ", tag.end)
        return self._keep(self._shown(name, tag), tag.end + is_before_space)

    def _shown(self, name: str, tag: Tag) -> str:
        if name == "img" and (words := tag.value("alt")):
            return f"![{words}]({tag.value('src') or ''})"
        if name == "br":
            return self._break if not self._text.startswith("\n", tag.end) else ""
        if name == "q":
            return '"'
        if name == "li" and not tag.closes:
            return "\n- " if self._break == "\n" else " "
        if name in _BLOCKS and self._break == "\n":
            return "\n\n"
        return " " if name in _BLOCKS or name in {"td", "th"} else ""

    def _link(self, tag: Tag) -> int:
        if tag.closes:
            target = self._links.pop()[1] if self._links else None
            return self._keep(f"]({target})" if target else "", tag.end)
        target = tag.value("href") or ""
        if target and not re.search(r"[\s()<>{}]", target):
            self._links.append((len(self._kept), target))
            return self._keep("[", tag.end)
        return tag.end

    def _marked(self, start: int, mark: str) -> int:
        """Take what begins with a bracket or another mark that the text may mean as it is."""
        if mark in {"[", "!["}:
            return self._bracket(start, mark)
        if mark == "{":
            return self._brace(start)
        if target := _TARGET.match(self._text, start):
            return self._keep("]()", target.end())
        if note := _INLINE_NOTE.match(self._text, start):
            return self._keep(f" ({note[1]})", note.end())
        if high := _HIGHLIGHT.match(self._text, start):
            return self._keep(high[1], high.end())
        comment = _OBSIDIAN_COMMENT.match(self._text, start)
        return self._drop(comment.end()) if comment else self._keep(mark[0], start + 1)

    def _bracket(self, start: int, mark: str) -> int:
        text = self._text
        at = start + len(mark) - 1
        if wiki := _WIKI.match(text, at):
            return self._keep("" if mark == "![" else _wiki_words(wiki), wiki.end())
        note = _FOOTNOTE.match(text, at)
        if note and note[1] in self._names.notes:
            self._found.notes.append(note[1])
            return self._drop(note.end())
        link = _REFERENCE.match(text, at) if self._names.targets else None
        if link:
            target = self._names.targets.get(normalized_label(link[2] or link[1]))
            if target is not None:
                inner = seen(link[1], self._names, line_break=" ").text
                return self._keep(f"{mark[:-1]}[{inner}]({target})", link.end())
        return self._keep(mark, start + len(mark))

    def _brace(self, start: int) -> int:
        text = self._text
        if shortcode := _SHORTCODE.match(text, start):
            return self._drop(shortcode.end())
        found = _ATTRIBUTES.match(text, start)
        follows = text[start - 1 : start] if start else "\n"
        if not found or not (text[found.end() : found.end() + 1] in {"", "\n"} or follows in ")]`*_"):
            return self._keep("{", start + 1)
        if identifier := _ID.search(found[0]):
            self._found.ids.append(identifier[1] or identifier[2])
        return self._drop(found.end())


def normalized_label(label: str) -> str:
    """Return the label of a reference link as markdown-it-py keeps it."""
    from markdown_it.common.utils import normalizeReference  # noqa: PLC0415

    return normalizeReference(label)


def _wiki_words(link: re.Match[str]) -> str:
    """Return the text of a wiki link: Obsidian writes the page first, GitHub's wiki the text."""
    first, second = link[1].strip(), (link[2] or "").strip()
    if second and _PAGE_NAME.fullmatch(second) and not _PAGE_NAME.fullmatch(first):
        return first
    return second or first.lstrip("#").replace("#", " > ")


def _superscript(text: str) -> str:
    words = html.unescape(text).strip()
    return "".join(_SUPERSCRIPTS[c] for c in words) if words and all(c in _SUPERSCRIPTS for c in words) else words


def _code(text: str) -> str:
    words = html.unescape(_ANY_TAG.sub("", text)).strip()
    fence = "``" if "`" in words else "`"
    return f"{fence}{words}{fence}" if words else ""
