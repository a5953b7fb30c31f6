"""The content of an HTML page as Markdown.

markdownify does it but where it loses meaning: merged cells, code, anchors, definitions, powers, and where its time
grows with the square of a page.
"""

import re
from collections.abc import Set as AbstractSet

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString
from markdownify import MarkdownConverter

from index.markdown import with_anchor, without_links
from index.reading.formats import html_tables
from index.reading.formats.html_code import code_text, language
from index.reading.formats.html_hidden import HEADINGS, is_opener, is_text

# markdownify calls itself about four times for each level; Python allows 1,000 calls within one another.
MAX_DEPTH = 100
_CLIMB = 3
_POWER = re.compile(r"[-+−]?\d[\d.,/]*|[b-df-npqs-z]")  # noqa: RUF001
_LINE_START = re.compile(r"[#>](?=\s|#|>)|```|~~~")
_MARK = re.compile(r"(?<!\w)_(?=\S)|(?<=\S)_(?!\w)|\*")
_FILE_NAME = re.compile(r"\S+\.\w{3,4}")
_LETTER = re.compile(r"[^\W\d_]")
_NO_ANCHOR = re.compile(r"[\s{}]")
_FRAGMENT = re.compile(r"#([^\s{}]+)")
_STANDALONE_WORDS = 3
_KEPT_BUTTONS = ("p", "li", "td", "th", "dd", "dt", "summary", *HEADINGS)
_ITEM_INDENT = re.compile(r"^(?=.)", re.MULTILINE)


def flattened(soup: BeautifulSoup, unseen: AbstractSet[int]) -> None:
    """Make text of what is nested more than `MAX_DEPTH` levels deep."""
    depths = {id(soup): 0}
    for tag in soup.find_all(name=True):
        depth = depths.get(id(tag.parent), MAX_DEPTH) + 1
        if depth < MAX_DEPTH:
            depths[id(tag)] = depth
        elif depth == MAX_DEPTH:
            tag.string = " ".join(str(text) for text in tag.strings if id(text.parent) not in unseen)


class PageConverter(MarkdownConverter):
    """Converts tags to Markdown, without those whose `id()` is in `left_out`."""

    def __init__(self, left_out: AbstractSet[int]) -> None:
        """Take what is left out."""
        # With `wrap` markdownify joins the lines of a text; without a width it makes no new ones.
        super().__init__(heading_style="ATX", bullets="-", wrap=True, wrap_width=None)
        self._left_out = left_out
        self._explained: set[str] = set()
        self._numbers: dict[int, int] = {}

    def process_tag(self, node: Tag, parent_tags: set[str] | None = None) -> str:
        """Return the Markdown of a tag."""
        if id(node) in self._left_out or (node.name == "span" and _is_edit_link(node)):
            return ""
        if node.name == "table":
            return self._table(node, parent_tags or set())
        if node.name == "pre":
            return self._code(code_text(node, self._left_out), language(node), parent_tags or set())
        return str(super().process_tag(node, parent_tags))  # type: ignore[misc]

    def process_text(self, el: NavigableString, parent_tags: set[str] | None = None) -> str:
        """Return the Markdown of a text."""
        if isinstance(el, PreformattedString):
            return ""
        text = str(super().process_text(el, parent_tags)).replace("\xa0", " ")  # type: ignore[misc]
        starts = el.previous_sibling is None or getattr(el.previous_sibling, "name", "") == "br"
        return f"\\{text}" if starts and _LINE_START.match(text) and "_noformat" not in (parent_tags or ()) else text

    def escape(self, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - markdownify's signature
        """Escape what would be read as emphasis; `_` within a name would not."""
        return _MARK.sub(r"\\\g<0>", text)

    def _table(self, table: Tag, parent_tags: set[str]) -> str:
        if code := html_tables.code_of(table, self._left_out):
            return self._code(*code, parent_tags)
        caption = next((tag for tag in table.find_all("caption", recursive=False)), None)
        title = " ".join(self._inside(caption, set()).split()) if caption else ""
        if html_tables.is_layout(table, self._left_out):
            found = html_tables.rows(table, self._left_out)
            all_cells = [cell for row in found for cell in html_tables.cells(row, self._left_out)]
            places = all_cells or [table]
            text = "\n\n".join(self._inside(place, parent_tags).strip("\n") for place in places)
        else:
            text = html_tables.data_table(table, self._cell, self._left_out)
        text = "\n\n".join(part for part in (title, text) if part.strip())
        return f" {' '.join(text.split())} " if "_inline" in parent_tags else f"\n\n{text}\n\n"

    def _cell(self, cell: Tag) -> str:
        return " ".join(self._inside(cell, {"_inline", "td"}).split()).strip(" ;")

    def _inside(self, tag: Tag, parent_tags: set[str]) -> str:
        """Return the Markdown of what is in a tag, as if it were a block of its own."""
        if id(tag) in self._left_out:
            return ""
        name, tag.name = tag.name, "span" if "_inline" in parent_tags else "div"
        try:
            return str(super().process_tag(tag, parent_tags))  # type: ignore[misc]
        finally:
            tag.name = name

    def _code(self, text: str, named: str, parent_tags: set[str]) -> str:
        if not text.strip():
            return ""
        if "_inline" in parent_tags:
            return " " + " ".join(f"`{line.strip()}`" for line in text.split("\n") if line.strip()) + " "
        fence = "```"
        while fence in text:
            fence += "`"
        return f"\n\n{fence}{named}\n{text}\n{fence}\n\n"

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802 - markdownify's name
        """Return a heading with its anchor."""
        words = without_links(" ".join(text.split()))
        if not words:
            return ""
        if "_inline" not in parent_tags and el.find_parent("aside"):
            # As a heading it would also stand above the text after the aside.
            return f"\n\n{_bold(words)}\n\n"
        anchor = None if "_inline" in parent_tags else _anchor(el)
        return str(super().convert_hN(n, el, with_anchor(words, anchor) if anchor else words, parent_tags))  # type: ignore[misc]

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Return a link; "" for a permalink, such as the sign "¶" beside a heading."""
        href = str(el.get("href", ""))
        if href.startswith("#") and (not _LETTER.search(text) or _is_permalink(el)) and not text.strip().isdecimal():
            return ""
        # A label over several lines is a block, such as a card.
        if "\n" in text.strip() or href.startswith(("javascript:", "data:")):
            return text
        return str(super().convert_a(el, text, parent_tags))  # type: ignore[misc]

    def convert_button(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Return the words of a button that opens something, as of a summary, or that a sentence names."""
        if not parent_tags.isdisjoint(_KEPT_BUTTONS):
            return text
        is_closed_part = el.has_attr("aria-expanded") and "_inline" not in parent_tags
        return self.convert_summary(el, text, parent_tags) if is_closed_part else text if is_opener(el) else ""

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Return a list item."""
        text = text.strip()
        if not text:
            return ""
        if "_inline" in parent_tags:
            return f" {text.rstrip(' ;')}; "
        if el.find(HEADINGS):
            # A list of sections is there for the looks.
            return f"\n\n{text}\n\n"
        mark = f"{self._number(el)}. " if el.parent is not None and el.parent.name == "ol" else "- "
        return mark + _ITEM_INDENT.sub(" " * len(mark), text)[len(mark) :] + "\n"

    def _number(self, item: Tag) -> int:
        parent = item.parent
        if parent is None:
            return 1
        if (said := str(item.get("value", ""))).isdecimal():
            self._numbers[id(parent)] = int(said[:9])
        elif id(parent) in self._numbers:
            self._numbers[id(parent)] += 1
        else:
            start = str(parent.get("start", "1"))[:9]
            self._numbers[id(parent)] = int(start) if start.isdecimal() else 1
        return self._numbers[id(parent)]

    def convert_dt(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - markdownify's signature
        """Return a term in bold, before what it means."""
        words = " ".join(text.split())
        return "\n\n" + _bold(words) + " " if words else ""

    def convert_dd(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Return what a term means: on its line, unless that is a question or this is no plain text."""
        text = text.strip("\n ")
        term = el.find_previous_sibling(name=True)
        is_first = isinstance(term, Tag) and term.name == "dt" and not term.get_text().strip().endswith("?")
        joined = is_first and not text.startswith(("```", "- ", "|", "1. ", "#", ">"))
        if "_inline" in parent_tags:
            return f" {text} "
        return f"{text}\n\n" if joined else f"\n\n{text}\n\n"

    def convert_summary(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Return what is seen of a closed part, as a line in bold."""
        words = text.strip()
        if "_inline" in parent_tags or el.find(HEADINGS):
            return f" {words} " if "_inline" in parent_tags else f"\n\n{words}\n\n"
        return f"\n\n{_bold(' '.join(words.split()))}\n\n" if words else ""

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - markdownify's signature
        """Return the words for an image, if they say something: within a sentence, or at least three of them."""
        alt = " ".join(str(el.get("alt", "")).split())
        if not _LETTER.search(alt) or _FILE_NAME.fullmatch(alt) or el.get("aria-hidden") == "true":
            return ""
        beside = "".join(str(node).strip() for node in (el.previous_sibling, el.next_sibling) if is_text(node))
        return alt if beside or len(alt.split()) >= _STANDALONE_WORDS else ""

    def convert_sup(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - markdownify's signature
        """Return a power after "^"; a mark that leads to a footnote is left out."""
        if el.find("a", href=re.compile(r"^#")) or (el.parent is not None and el.parent.name == "a"):
            return ""
        return f"^{text.strip()}" if _POWER.fullmatch(text.strip()) and _text_before(el)[-1:].isalnum() else text

    def convert_sub(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - markdownify's signature
        """Return an index; after a digit it is set apart from it."""
        return f"_{text}" if _text_before(el)[-1:].isdigit() and text[:1].isdigit() else text

    def convert_abbr(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Return an abbreviation, when it comes first with what it stands for."""
        title = " ".join(str(el.get("title", "")).split())
        if len(title) <= len(text) or not text.strip() or text in self._explained or "_noformat" in parent_tags:
            return text
        self._explained.add(text)
        return f"{text} ({title})"

    def convert_rt(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - markdownify's signature
        """Return how the characters before are read."""
        return f"({text.strip()})" if text.strip() else ""

    def convert_hr(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - markdownify's signature
        """Return nothing: headings tell what belongs together."""
        return "\n\n"

    def convert_tr(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - markdownify's signature
        """Return a row or cell that is in no table."""
        return f" {text} " if "_inline" in parent_tags else f"\n\n{text}\n\n"

    convert_td = convert_th = convert_tr

    def convert_video(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - markdownify's signature
        """Return nothing: what is in it is for browsers that cannot play it."""
        return ""


def _bold(words: str) -> str:
    return words if words.startswith("#") else f"**{words.replace('**', '')}**"


def _text_before(el: Tag) -> str:
    before = el.previous_sibling
    return before.get_text()[-1:] if isinstance(before, Tag) else str(before or "")


def _is_edit_link(span: Tag) -> bool:
    """Tell whether a link in brackets, in or after a heading, leads to the editor of a wiki."""
    if span.parent is None or span.find("a") is None or not span.get_text(strip=True).startswith("["):
        return False
    before = span.find_previous_sibling(name=True)
    return span.parent.name in HEADINGS or (isinstance(before, Tag) and before.name in HEADINGS)


def _is_permalink(link: Tag) -> bool:
    """Tell whether a link at the end or beginning of a heading leads to the heading, and is not all of it."""
    heading = link.find_parent(HEADINGS)
    if heading is None or not any(link is end for end in (heading.contents[0], heading.contents[-1])):
        return False
    is_part = len(heading.get_text(strip=True)) > len(link.get_text(strip=True))
    return is_part and str(link["href"]).lstrip("#") == _anchor(heading)


def _anchor(heading: Tag) -> str | None:
    """Return the anchor of a heading: its own, one in it or right before it, or that of the section that it begins."""
    inner = heading.find(lambda tag: tag.has_attr("id") or (tag.name == "a" and tag.has_attr("name")))
    for tag in (heading, inner, *_before(heading)):
        if isinstance(tag, Tag):
            anchor = str(tag.get("id") or (tag.get("name") if tag.name == "a" else "") or "")
            if anchor and not _NO_ANCHOR.search(anchor):
                return anchor
    after = heading.find_next_sibling(name=True)
    is_permalink = isinstance(after, Tag) and after.name == "a" and not after.get_text(strip=True)
    found = _FRAGMENT.fullmatch(str(after.get("href", ""))) if isinstance(after, Tag) and is_permalink else None
    return found[1] if found else None


def _before(heading: Tag) -> list[Tag]:
    """Return the empty tags right before a heading, and the tags that begin with it."""
    found: list[Tag] = []
    tag = heading
    for _ in range(_CLIMB):
        before = tag.previous_sibling
        while before is not None and not (isinstance(before, Tag) or str(before).strip()):
            before = before.previous_sibling
        if isinstance(before, Tag) and not before.get_text(strip=True):
            inner = before.find(name=True)
            found += [before, *([inner] if isinstance(inner, Tag) else [])]
        if before is not None or tag.parent is None or tag.parent.name in ("body", "main", "[document]"):
            break
        tag = tag.parent
        found.append(tag)
    return found
