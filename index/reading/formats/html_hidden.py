"""Which parts of an HTML page its reader does not see: hidden, struck through, or no text at all.

A part that opens on a click, such as the panel of a tab, is content though it is hidden at first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

# What is read without the rest of the page makes no sense, is no text, or was crossed out.
_NO_TEXT = frozenset(
    "head script style template noscript svg math iframe object embed canvas audio video map select datalist textarea"
    " input rp noembed noframes del s strike".split()
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_BRACE = re.compile(r"[{}]")
_SIMPLE = re.compile(r"(?P<tag>[a-z][\w-]*)?(?P<mark>[.#][\w-]+)?", re.IGNORECASE)
_HIDES = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|"
    r"text-decoration(?:-line)?\s*:[^;]{0,40}\bline-through)\b",
    re.IGNORECASE,
)
_SHOWS = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*(?!none)|visibility\s*:\s*visible|text-decoration\S{0,9}\s*:\s*none)", re.IGNORECASE
)
_NAME = re.compile(r"[.#][\w-]+")
_QUOTED = re.compile(r"['\"]#?([\w:.-]+)['\"]")
_OPENERS = ("aria-controls", "aria-owns", "data-target", "data-bs-target", "data-open", "data-toggle-id")


@dataclass(frozen=True, slots=True)
class _Styles:
    """The rules of a page that hide: names of tags, and marks (`.class`, `#id`) each with the tag it is limited to."""

    tags: frozenset[str]
    marks: frozenset[tuple[str, str]]

    def hide(self, tag: Tag) -> bool:
        """Tell whether a rule hides the tag."""
        if tag.name in self.tags:
            return True
        if not self.marks:
            return False
        marks = [f".{name}" for name in classes(tag)] + [f"#{tag.get('id')}"]
        return any((limit, mark) in self.marks for mark in marks for limit in ("", tag.name))


def left_out(soup: BeautifulSoup) -> set[int]:
    """Return the `id()` of all tags that are not seen, with those inside them."""
    found: set[int] = set()
    tags = soup(True)
    styles = _styles(soup)
    controlled = _controlled(tags)
    for tag in tags:
        if id(tag.parent) in found or _is_unseen(tag, styles, controlled):
            found.add(id(tag))
    return found


def classes(tag: Tag) -> list[str]:
    """Return the classes of a tag."""
    found = tag.get("class") or []
    return found.split() if isinstance(found, str) else list(found)


def is_opener(tag: Tag) -> bool:
    """Tell whether a click on the tag opens a part of the page."""
    return tag.get("role") == "tab" or tag.has_attr("aria-expanded") or any(tag.has_attr(name) for name in _OPENERS)


def _is_unseen(tag: Tag, styles: _Styles, controlled: frozenset[str]) -> bool:
    if tag.name in _NO_TEXT or _HIDES.search(str(tag.get("style", ""))) is not None and _is_struck(tag):
        return True
    is_hidden = (tag.has_attr("hidden") and tag["hidden"] != "until-found") or _is_styled_away(tag, styles)
    return is_hidden and not _opens(tag, controlled)


def _is_struck(tag: Tag) -> bool:
    return "line-through" in str(tag.get("style", ""))


def _is_styled_away(tag: Tag, styles: _Styles) -> bool:
    own = str(tag.get("style", ""))
    return _HIDES.search(own) is not None or (styles.hide(tag) and _SHOWS.search(own) is None)


def _opens(tag: Tag, controlled: frozenset[str]) -> bool:
    """Tell whether something on the page opens the tag: it is named as controlled, or follows what is expanded."""
    if tag.get("role") == "tabpanel" or str(tag.get("id", "")) in controlled:
        return True
    before = tag.find_previous_sibling(True)
    return isinstance(before, Tag) and (is_opener(before) or before.find(attrs={"aria-expanded": True}) is not None)


def _controlled(tags: list[Tag]) -> frozenset[str]:
    return frozenset(name for tag in tags for name in _controls(tag))


def _controls(tag: Tag) -> Iterator[str]:
    for attribute in _OPENERS:
        yield from (name.lstrip("#") for name in str(tag.get(attribute, "")).split())
    href = str(tag.get("href", ""))
    if href.startswith("#") and (is_opener(tag) or tag.has_attr("data-toggle") or tag.has_attr("data-bs-toggle")):
        yield href[1:]
    yield from _QUOTED.findall(str(tag.get("onclick", ""))[:1000])


def _styles(soup: BeautifulSoup) -> _Styles:
    """Return the page's own rules that hide, without those that another rule takes back, as on a click."""
    hiding: list[str] = []
    shown: set[str] = set()
    for style in soup("style"):
        for selectors, declarations in _rules(style.get_text()):
            if _HIDES.search(declarations):
                hiding += [selector.strip() for selector in selectors.split(",")]
            elif _SHOWS.search(declarations):
                shown.update(_NAME.findall(selectors))
    simple = [found for selector in hiding if selector and (found := _SIMPLE.fullmatch(selector))]
    marks = ((found["tag"] or "", found["mark"]) for found in simple if found["mark"] and found["mark"] not in shown)
    tags = (found["tag"].lower() for found in simple if not found["mark"])
    return _Styles(frozenset(tags), frozenset((tag.lower(), mark) for tag, mark in marks))


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Yield the selectors and declarations of rules that count on any screen: those in no other block."""
    text = _COMMENT.sub(" ", css)
    depth = last = 0
    selectors = ""
    for brace in _BRACE.finditer(text):
        if brace[0] == "{":
            selectors = text[last : brace.start()] if depth == 0 else ""
            depth += 1
        else:
            depth = max(0, depth - 1)
            if depth == 0 and selectors and not selectors.lstrip().startswith("@"):
                yield selectors, text[last : brace.start()]
        last = brace.end()
