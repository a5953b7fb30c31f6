"""Which parts of an HTML page are its content, and which lead elsewhere or are there on every page.

A part goes for what it is made of (links, buttons, a role), not for how it is called; a name counts only beside that.
If more than half of the page's own words would go, all stay.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from index.reading.formats.html_hidden import HEADINGS, classes, is_opener, is_text

_ROLES = frozenset("navigation search contentinfo dialog alertdialog menu menubar toolbar".split())
_BLOCKS = frozenset("aside div section ul ol dl p table footer header fieldset form center tr td article".split())
_CONTENT = frozenset({"main", "article"})
_MOVES = frozenset("prev previous next up first last contents index start home".split())
# What a name must say beside links (a list of other pages) or beside buttons (a question about the page).
_LIST_NAME = re.compile(
    r"relat|breadcrumb|crumbs|toc\b|table-of-contents|share|social|sidebar|pagin|prev|skip", re.IGNORECASE
)
_NOTICE_NAME = re.compile(r"cookie|consent|gdpr|feedback|helpful|vote|rating", re.IGNORECASE)
_COMMENTS_NAME = re.compile(r"comments\b|comment-list|disqus", re.IGNORECASE)
_LINKED_SHARE, _HALF = 0.7, 0.5
_MIN_LINKS, _MIN_MOVES, _MIN_BUTTONS = 2, 2, 2
_MOVES_CHARS, _VOTE_CHARS, _NOTICE_CHARS = 300, 200, 600


@dataclass(slots=True)
class _Size:
    """Characters in a tag, its links and headings; numbers of links, of those within the page and through the site."""

    chars: int = 0
    linked: int = 0
    links: int = 0
    inner: int = 0
    moves: int = 0
    buttons: int = 0
    headings: int = 0
    headed: int = 0

    def add(self, other: "_Size") -> None:
        """Add the size of a tag inside."""
        self.chars += other.chars
        self.linked += other.linked
        self.links += other.links
        self.inner += other.inner
        self.moves += other.moves
        self.buttons += other.buttons
        self.headings += other.headings
        self.headed += other.headed

    @property
    def words(self) -> int:
        """Characters that lead nowhere."""
        return self.chars - self.linked

    @property
    def is_links(self) -> bool:
        """Whether nearly all of it, but headings, leads elsewhere."""
        return self.linked > 0 and self.linked >= (self.chars - self.headed) * _LINKED_SHARE


@dataclass(frozen=True, slots=True)
class Page:
    """A page with the `id()` of the tags that are not seen, and the size of what is seen in each tag."""

    soup: BeautifulSoup
    unseen: Collection[int]
    sizes: dict[int, _Size]


def content(soup: BeautifulSoup, unseen: set[int]) -> tuple[list[Tag], set[int]]:
    """Return the tags that hold the content, and the `id()` of what is left out within them (with `unseen`).

    HTML without a body, such as an article of an export or a part of a Markdown page, is content as a whole.
    """
    if soup.body is None:
        return [soup], unseen
    page = Page(soup, unseen, _sizes(soup, unseen))
    around = _around(page)
    root: list[Tag] = [soup]
    chosen = next((tags for tags in _candidates(page) if tags), root)
    inside = {id(tag) for top in chosen for tag in top.find_all(name=True)} | {id(tag) for tag in chosen}
    gone = {key for key in around if key in inside}
    whole = page.sizes[id(soup)].words
    if _kept(page, chosen, gone) < whole * _HALF:
        chosen, gone = root, around
    if _kept(page, chosen, gone) < whole * _HALF or all(id(tag) in gone for tag in soup.body.find_all(recursive=False)):
        gone = set()
    return chosen, unseen | gone


def _kept(page: Page, chosen: Iterable[Tag], gone: Collection[int]) -> int:
    tops = [tag for top in chosen for tag in top.find_all(name=True) if id(tag) in gone and id(tag.parent) not in gone]
    return sum(page.sizes[id(tag)].words for tag in chosen) - sum(page.sizes[id(tag)].words for tag in tops)


def _candidates(page: Page) -> Iterator[list[Tag]]:
    """Yield what a page says its content is: its main part, else its articles."""
    for tags in (page.soup(["main"]) or page.soup(name=True, attrs={"role": "main"}), page.soup("article")):
        seen = [tag for tag in tags if id(tag) not in page.unseen and page.sizes[id(tag)].chars]
        inner = {id(inside) for tag in seen for inside in tag(tag.name)}
        yield [tag for tag in seen if id(tag) not in inner]


def _sizes(soup: BeautifulSoup, unseen: Collection[int]) -> dict[int, _Size]:
    tags = [soup, *soup.find_all(name=True)]
    sizes = {id(tag): _Size() for tag in tags}
    for tag in reversed(tags):
        size = sizes[id(tag)]
        if id(tag) in unseen:
            continue
        size.chars += sum(len(str(node).strip()) for node in tag.contents if is_text(node))
        if tag.name == "a" and tag.has_attr("href"):
            _count_link(tag, size)
        size.buttons += int(_is_button(tag))
        if tag.name in HEADINGS:
            size.headings, size.headed = 1, size.chars - size.linked
        if tag.parent is not None:
            sizes[id(tag.parent)].add(size)
    return sizes


def _count_link(tag: Tag, size: _Size) -> None:
    rel = tag.get("rel") or ()
    size.linked, size.links = size.chars, 1
    size.inner = int(str(tag["href"]).startswith("#"))
    size.moves = int(tag.has_attr("accesskey") or not _MOVES.isdisjoint(rel.split() if isinstance(rel, str) else rel))


def _is_button(tag: Tag) -> bool:
    if tag.name == "input":
        return tag.get("type") in ("radio", "submit", "button", "image")
    return (tag.name == "button" or tag.get("role") == "button") and not is_opener(tag)


def _around(page: Page) -> set[int]:
    """Return the `id()` of the tags that are not content, with those inside them."""
    gone: set[int] = set()
    within: dict[int, frozenset[str]] = {id(page.soup): frozenset()}
    heading = page.soup.find(HEADINGS)
    is_before = heading is not None
    for tag in page.soup.find_all(name=True):
        is_before = is_before and tag is not heading
        around = within.get(id(tag.parent), frozenset())
        within[id(tag)] = around | {tag.name} if tag.name in (*_CONTENT, "section", "nav") else around
        if id(tag.parent) in gone or _is_around(tag, page, around, is_before=is_before):
            gone.add(id(tag))
    return gone


def _is_around(tag: Tag, page: Page, around: frozenset[str], *, is_before: bool) -> bool:
    size = page.sizes[id(tag)]
    if id(tag) in page.unseen or not size.chars:
        return False
    if tag.name == "nav" or tag.get("role") in _ROLES:
        return tag.find(["h1", "main"]) is None
    if tag.name == "footer" and not around & {"article", "section"}:
        return not size.headings or size.is_links
    if tag.name == "header" and not around:
        return tag.find("h1") is None
    return tag.name in _BLOCKS and (_is_list_of_links(tag, size, is_before=is_before) or _is_notice(tag, size))


def _is_list_of_links(tag: Tag, size: _Size, *, is_before: bool) -> bool:
    """Tell whether a block of links leads away from the content, or through the page."""
    if size.moves >= _MIN_MOVES and (size.linked >= size.chars * _HALF or size.chars <= _MOVES_CHARS):
        return not size.headings
    if not size.is_links or tag.name in ("td", "tr"):
        return False
    if size.links >= _MIN_LINKS and size.inner >= size.links * _LINKED_SHARE:
        return size.linked > size.chars * _LINKED_SHARE
    return (
        (is_before and not size.headings)
        or tag.name == "aside"
        or _is_named(tag, _LIST_NAME)
        or _is_beside_article(tag)
    )


def _is_beside_article(tag: Tag) -> bool:
    return tag.name != "article" and isinstance(tag.find_previous_sibling("article"), Tag)


def _is_notice(tag: Tag, size: _Size) -> bool:
    """Tell whether a block asks the reader about the page, or for a consent, or holds what readers wrote."""
    is_short = size.chars <= _NOTICE_CHARS
    if _is_named(tag, _COMMENTS_NAME) and tag.find("h1") is None:
        return is_short or tag.find(["textarea", "time"]) is not None
    if _is_named(tag, _NOTICE_NAME) and is_short and size.buttons:
        return True
    if size.buttons < _MIN_BUTTONS or size.chars > _VOTE_CHARS or size.headings:
        return False
    return "?" in tag.get_text() and tag.find(["pre", "code", "ul", "ol", "table"]) is None


def _is_named(tag: Tag, names: re.Pattern[str]) -> bool:
    said = " ".join((*classes(tag), str(tag.get("id", "")), str(tag.get("itemtype", ""))))
    return names.search(said[:500]) is not None
