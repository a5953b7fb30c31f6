"""Tags in Markdown: which are elements of HTML, which are components of a site, and which are words in brackets.

`<Year>` and `<your-name>` are text. A tag of HTML counts if the page closes it, if it has attributes, or if it may
stand alone; a tag of another name counts if the page closes or imports it, if it closes itself, or has attributes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from lxml.html import defs

# lxml's list is from before these.
_NEWER = frozenset("bdi data dialog embed main picture portal rb rtc search slot source template u wbr".split())
# Long out of HTML, and frequent names of what is to be filled in.
_OBSOLETE = frozenset("command dir isindex keygen".split())
ELEMENTS: frozenset[str] = (defs.tags | _NEWER) - _OBSOLETE
_ALONE = frozenset(("br", "hr", "wbr"))
# https://html.spec.whatwg.org/multipage/syntax.html#optional-tags
_OPTIONAL_END = frozenset("p li dt dd tr td th thead tbody tfoot caption colgroup rt rp".split())
_BRACES = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*+\})*+\})*+\}"
_VALUE = rf"(?:\"[^\"]*+\"|'[^']*+'|{_BRACES}|[^\s\"'=<>`{{}}]++)"
_TAG = re.compile(
    rf"<(?P<close>/?)(?P<name>[A-Za-z][\w.:-]*+)"
    rf"(?P<attributes>(?:\s++(?:[A-Za-z_:@#][\w:.@-]*+(?:\s*+=\s*+{_VALUE})?|{_BRACES}))*+\s*+/?)>"
)
_FRAGMENT = re.compile(r"<(?P<close>/?)(?P<name>)(?P<attributes>)>")
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'{}>]+))")
_CLOSING = re.compile(r"</([A-Za-z][\w.:-]*)\s*>|<(/)>")
_OPENING = re.compile(r"<([A-Za-z][\w.:-]*)[\s/>]|<(>)")
_IMPORTED = re.compile(r"^import\s+([^'\"]{1,2000}?)\sfrom\s", re.MULTILINE)
_NAME = re.compile(r"[A-Z][\w$]*")


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag at `start` to `end` of a text, its name as written. It `begins` a line, or follows a tag."""

    start: int
    end: int
    name: str
    attributes: str
    closes: bool
    begins: bool = False

    @property
    def is_empty(self) -> bool:
        """Tell whether the tag closes itself."""
        return self.attributes.rstrip().endswith("/")

    def value(self, *names: str) -> str | None:
        """Return the value of the first attribute with one of these names."""
        for name, double, single, bare in _ATTRIBUTE.findall(self.attributes):
            if name.lower() in names:
                return str(double or single or bare)
        return None


def tag_at(text: str, start: int, *, fragments: bool = False) -> Tag | None:
    """Return the tag that begins at `start`, if one does; with `fragments` also `<>` and `</>`."""
    found = _TAG.match(text, start) or (_FRAGMENT.match(text, start) if fragments else None)
    if found is None:
        return None
    begins = text[start - 1 : start].strip() in {"", ">", "|"} and not text[max(0, start - 2) : start].strip(" >|\n")
    return Tag(start, found.end(), found["name"], found["attributes"], bool(found["close"]), begins)


@dataclass(frozen=True, slots=True)
class Tags:
    """The names of the tags that a page opens, closes and imports; of elements in lower case."""

    opened: frozenset[str] = field(default=frozenset())
    closed: frozenset[str] = field(default=frozenset())
    imported: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, prose: Iterable[str]) -> "Tags":
        """Return the names in the parts of a page that are not code."""
        parts = list(prose)
        return cls(
            frozenset(a or "" for part in parts for a, _ in _OPENING.findall(part)),
            frozenset(a or "" for part in parts for a, _ in _CLOSING.findall(part)),
            frozenset(name for part in parts for names in _IMPORTED.findall(part) for name in _NAME.findall(names)),
        )

    def is_closed(self, name: str) -> bool:
        """Tell whether the page closes a tag of this name."""
        return name in self.closed

    def is_element(self, tag: Tag) -> bool:
        """Tell whether a tag is one of HTML, and not a word such as `<title>` in a sentence."""
        name = tag.name.lower()
        if name not in ELEMENTS or tag.name not in {name, name.upper()}:
            return False
        if tag.closes:
            return tag.name in self.opened
        is_without_end = name in _ALONE or (name in _OPTIONAL_END and tag.begins and not tag.attributes)
        return "=" in tag.attributes or tag.is_empty or tag.name in self.closed or is_without_end

    def is_component(self, tag: Tag) -> bool:
        """Tell whether a tag is a component of the site."""
        if tag.name.lower() in ELEMENTS and tag.name == tag.name.lower():
            return False
        if tag.closes:
            return tag.name in self.opened
        return "=" in tag.attributes or tag.is_empty or tag.name in self.closed or tag.name in self.imported

    def is_markup(self, tag: Tag) -> bool:
        """Tell whether a reader does not see a tag."""
        return self.is_element(tag) or self.is_component(tag)
