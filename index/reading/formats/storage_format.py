"""Confluence's storage format as the HTML that its page shows.

https://confluence.atlassian.com/doc/confluence-storage-format-790796544.html
"""

import html
import re
from collections.abc import Callable

from bs4 import BeautifulSoup, Tag

from index.reading.formats.html_page import html_text

_OPEN, _CLOSE = "<![CDATA[", "]]>"
_BODIES = ("ac:rich-text-body", "ac:plain-text-body")
_NAMED_BY_KIND = frozenset("info note warning tip".split())
_CODE = frozenset({"code", "noformat"})
_STRUCK = re.compile(r"text-decoration[^;]{0,40}line-through", re.IGNORECASE)
_BLANK = re.compile(r"^\s+$")
_OWN = re.compile(r"^(?:ac|ri|at):")
# Not shown to a reader: instructions of a template, and what describes a macro, a task or a link.
_NOT_SHOWN = ("ac:placeholder", "ac:parameter", "ac:task-id", "ac:task-uuid", "ac:adf-attribute", "del", "s", "strike")
_WITHIN_A_LINE = frozenset({"ac:inline-comment-marker", "ac:task-body"})


def storage(body: str) -> str:
    """Return the Markdown of a page's body."""
    page = BeautifulSoup(_without_cdata(body), "html.parser")
    # Tags are changed where they stand: to move one takes as long as its parent has children.
    for name, change in _CHANGES.items():
        for tag in page.find_all(name):
            change(page, tag)
    for tag in [*page.find_all(_NOT_SHOWN), *page.find_all("span", style=_STRUCK)]:
        _empty(tag)
    for tag in page.find_all(_OWN):
        tag.name = "span" if tag.name in _WITHIN_A_LINE else "div"
    return html_text(page)


def _without_cdata(body: str) -> str:
    """Return the body with its CDATA sections as escaped text, which every parser of HTML reads alike."""
    before, *sections = body.split(_OPEN)
    parts = [before]
    for section in sections:
        data, end, after = section.partition(_CLOSE)
        parts += [html.escape(data, quote=False), after if end else ""]
    return "".join(parts)


def _empty(tag: Tag) -> None:
    tag.clear()
    tag.name = "span"


def _say(tag: Tag, words: str) -> None:
    tag.name = "span"
    tag.string = words


def _macro(page: BeautifulSoup, macro: Tag) -> None:
    """Keep what a macro shows: its body, a bold line over it, code, or the words of a status."""
    name, title, body = str(macro.get("ac:name") or ""), _parameter(macro, "title"), _child(macro, _BODIES)
    if _parameter(macro, "hidden") == "true":
        _empty(macro)
    elif body is None:
        _say(macro, title if name == "status" else "")
    else:
        macro.name, body.name = "div", "pre" if name in _CODE else "div"
        if words := title or (name.capitalize() if name in _NAMED_BY_KIND else ""):
            macro.insert(0, _bold_line(page, words))


def _parameter(macro: Tag, name: str) -> str:
    found = macro.find("ac:parameter", attrs={"ac:name": name}, recursive=False)
    return found.get_text(" ", strip=True) if found else ""


def _child(tag: Tag, names: str | tuple[str, ...]) -> Tag | None:
    found = tag.find(names, recursive=False)
    return found if isinstance(found, Tag) else None


def _bold_line(page: BeautifulSoup, words: str) -> Tag:
    line, strong = page.new_tag("p"), page.new_tag("strong")
    strong.string = words
    line.append(strong)
    return line


def _link(_page: BeautifulSoup, link: Tag) -> None:
    """Keep the words of a link: its own, or the name of what it leads to."""
    words = link.get_text(" ", strip=True)
    target = None if words else link.find(["ri:page", "ri:blog-post", "ri:attachment", "ri:space", "ri:user"])
    if isinstance(target, Tag):
        named = ("ri:content-title", "ri:filename", "ri:space-key")
        words = next((str(target[key]) for key in named if target.has_attr(key)), "(a person)")
    _say(link, words or str(link.get("ac:anchor") or ""))


def _image(_page: BeautifulSoup, image: Tag) -> None:
    caption = image.find("ac:caption")
    _say(image, caption.get_text(" ", strip=True) if caption else "")
    image.name = "div" if caption else "span"


def _emoticon(_page: BeautifulSoup, sign: Tag) -> None:
    """Keep the character: in a table a tick or a cross is all that a cell says."""
    character = str(sign.get("ac:emoji-fallback") or ":")
    # Signs of Atlassian's own have a name such as ":check_mark:" in place of a character.
    _say(sign, f"({sign.get('ac:name') or character.strip(':')})" if character.startswith(":") else character)


def _task(_page: BeautifulSoup, task: Tag) -> None:
    task.name = "li"
    for blank in task.find_all(string=_BLANK, recursive=False):
        blank.extract()
    if status := _child(task, "ac:task-status"):
        _say(status, "[x] " if status.get_text(strip=True) == "complete" else "[ ] ")


def _tasks(_page: BeautifulSoup, tasks: Tag) -> None:
    tasks.name = "ul"


def _extension(_page: BeautifulSoup, extension: Tag) -> None:
    """Leave out what the new editor writes in a form of its own, if it stands there in the old form, too."""
    node = _child(extension, "ac:adf-node")
    if node is not None and _child(extension, "ac:adf-fallback") is not None:
        _empty(node)


def _day(_page: BeautifulSoup, time: Tag) -> None:
    _say(time, time.get_text(" ", strip=True) or str(time.get("datetime") or ""))


_CHANGES: dict[str, Callable[[BeautifulSoup, Tag], None]] = {
    "time": _day,
    "ac:emoticon": _emoticon,
    "ac:link": _link,
    "ac:image": _image,
    "ac:task": _task,
    "ac:task-list": _tasks,
    "ac:adf-extension": _extension,
    "ac:structured-macro": _macro,
}
