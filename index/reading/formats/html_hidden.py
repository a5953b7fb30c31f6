"""Which parts of an HTML page its reader does not see: hidden, struck through, or no text at all.

A part that opens on a click, such as the panel of a tab, is content though it is hidden at first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# Their text is for programs, is an alternative to something that is shown, or is struck through.
_NO_TEXT = frozenset(
    "head script style template noscript svg math iframe object embed canvas audio video map select datalist textarea"
    " rp noembed noframes del s strike".split()
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_BRACE = re.compile(r"[{}]")
_SIMPLE = re.compile(r"[a-z][\w-]*(?:[.#][\w-]+)?|[.#][\w-]+", re.IGNORECASE)
_STRUCK = re.compile(r"(?:^|;)\s*text-decoration(?:-line)?\s*:[^;]{0,40}\bline-through\b", re.IGNORECASE)
_HIDES = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all)\b", re.IGNORECASE
)
_SHOWS = re.compile(r"(?:^|;)\s*(?:display\s*:\s*(?!none|\s)|visibility\s*:\s*visible)", re.IGNORECASE)
_NAME = re.compile(r"[.#][\w-]+")
_QUOTED = re.compile(r"['\"]#?([\w:.-]+)['\"]")
_OPENERS = ("aria-controls", "aria-owns", "data-target", "data-bs-target", "data-open", "data-toggle-id")


@dataclass(frozen=True, slots=True)
class _Styles:
    """The simple selectors of a page's rules, such as `p`, `.class` and `td#id`, that hide and that strike through."""

    hiding: frozenset[str]
    striking: frozenset[str]

    def hide(self, tag: Tag) -> bool:
        """Tell whether a rule hides the tag."""
        return bool(self.hiding) and not self.hiding.isdisjoint(_selectors(tag))

    def strike(self, tag: Tag) -> bool:
        """Tell whether a rule strikes the tag through."""
        return bool(self.striking) and not self.striking.isdisjoint(_selectors(tag))


def left_out(soup: BeautifulSoup) -> set[int]:
    """Return the `id()` of all tags that are not seen, with those inside them."""
    found: set[int] = set()
    tags = soup.find_all(name=True)
    styles = _styles(soup)
    opened = _controlled(tags)
    holders = _holders(soup)
    for tag in tags:
        if id(tag.parent) in found or (id(tag) not in holders and _is_unseen(tag, styles, opened)):
            found.add(id(tag))
    return found


def _holders(soup: BeautifulSoup) -> set[int]:
    """Return the `id()` of what holds the page's only title: a script shows it if it is hidden at first."""
    titles = soup("h1")
    around = [tag for title in titles[:1] for tag in title.parents] if len(titles) == 1 else []
    return {id(tag) for tag in (*around, *soup(["html", "body", "main"]))}


def is_text(node: object) -> bool:
    """Tell whether a node is text that is shown, and no tag, comment or declaration."""
    return isinstance(node, NavigableString) and not isinstance(node, PreformattedString)


def classes(tag: Tag) -> list[str]:
    """Return the classes of a tag."""
    found: str | list[str] = tag.get("class") or []
    return found.split() if isinstance(found, str) else list(found)


def is_opener(tag: Tag) -> bool:
    """Tell whether a click on the tag opens a part of the page."""
    return tag.get("role") == "tab" or tag.has_attr("aria-expanded") or any(tag.has_attr(name) for name in _OPENERS)


def _is_unseen(tag: Tag, styles: _Styles, controlled: frozenset[str]) -> bool:
    own = str(tag.get("style", ""))
    if tag.name in _NO_TEXT or _STRUCK.search(own) or styles.strike(tag):
        return True
    is_hidden = (tag.has_attr("hidden") and tag["hidden"] != "until-found") or _HIDES.search(own) is not None
    return (is_hidden or (styles.hide(tag) and not _SHOWS.search(own))) and not _opens(tag, controlled)


def _opens(tag: Tag, controlled: frozenset[str]) -> bool:
    """Tell whether something on the page opens the tag: it is named as controlled, or follows what is expanded."""
    if tag.get("role") == "tabpanel" or str(tag.get("id", "")) in controlled:
        return True
    before = tag.find_previous_sibling(name=True)
    return isinstance(before, Tag) and (
        is_opener(before) or before.find(name=True, attrs={"aria-expanded": True}) is not None
    )


def _controlled(tags: list[Tag]) -> frozenset[str]:
    return frozenset(name for tag in tags for name in _controls(tag))


def _controls(tag: Tag) -> Iterator[str]:
    for attribute in _OPENERS:
        yield from (name.lstrip("#") for name in str(tag.get(attribute, "")).split())
    href = str(tag.get("href", ""))
    if href.startswith("#") and (is_opener(tag) or tag.has_attr("data-toggle") or tag.has_attr("data-bs-toggle")):
        yield href[1:]
    yield from _QUOTED.findall(str(tag.get("onclick", ""))[:1000])


def _selectors(tag: Tag) -> list[str]:
    marks = [f".{name}" for name in classes(tag)] + [f"#{tag.get('id')}"]
    return [tag.name, *marks, *(f"{tag.name}{mark}" for mark in marks)]


def _styles(soup: BeautifulSoup) -> _Styles:
    """Return the page's own rules that hide, without those that another rule takes back, as on a click."""
    found: dict[re.Pattern[str], set[str]] = {_HIDES: set(), _STRUCK: set(), _SHOWS: set()}
    for selectors, declarations in (rule for style in soup("style") for rule in _rules(style.get_text())):
        for kind, names in found.items():
            if kind.search(declarations):
                names.update(selector.strip() for selector in selectors.split(","))
    shown = {name for selector in found[_SHOWS] for name in _NAME.findall(selector)}
    hiding = {selector for selector in found[_HIDES] if shown.isdisjoint(_NAME.findall(selector))}
    simple = (frozenset(filter(_SIMPLE.fullmatch, names)) for names in (hiding, found[_STRUCK]))
    return _Styles(*simple)


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
