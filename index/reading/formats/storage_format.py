"""Confluence's storage format as the HTML that its page shows.

https://confluence.atlassian.com/doc/confluence-storage-format-790796544.html
"""

import html
import re
from collections.abc import Callable, Iterable

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement

from index.reading.formats.html_page import html_text

_OPEN, _CLOSE = "<![CDATA[", "]]>"
_BODIES = ("ac:rich-text-body", "ac:plain-text-body")
_ADMONITIONS = frozenset("info note warning tip panel expand".split())
_CODE = frozenset({"code", "noformat"})
# What Confluence writes over an expand macro without a title.
_EXPAND = "expand"
_STRUCK = re.compile(r"text-decoration[^;]{0,40}line-through", re.IGNORECASE)
# Not shown to a reader: instructions of a template, and what describes a macro, a task or a link.
_NOT_SHOWN = ("ac:placeholder", "ac:parameter", "ac:task-id", "ac:task-uuid", "ac:adf-attribute", "del", "s", "strike")


def storage(body: str) -> str:
    """Return the Markdown of a page's body."""
    page = BeautifulSoup(_without_cdata(body), "html.parser")
    # The inner ones first: what holds them is then plain HTML.
    for name, reading in _READINGS.items():
        for tag in reversed(page.find_all(name)):
            _replace(tag, reading(page, tag))
    for tag in page.find_all(_NOT_SHOWN):
        tag.decompose()
    for tag in page.find_all("span", style=_STRUCK):
        tag.decompose()
    for tag in page.find_all(re.compile(r"^(?:ac|ri|at):")):
        tag.unwrap()
    return html_text(page)


def _without_cdata(body: str) -> str:
    """Return the body with its CDATA sections as escaped text, which every parser of HTML reads alike."""
    before, *sections = body.split(_OPEN)
    parts = [before]
    for section in sections:
        data, end, after = section.partition(_CLOSE)
        parts += [html.escape(data, quote=False), after if end else ""]
    return "".join(parts)


def _replace(tag: Tag, made: Iterable[PageElement]) -> None:
    if tag.decomposed:
        return
    for item in list(made):
        tag.insert_before(item)
    tag.decompose()


def _macro(page: BeautifulSoup, macro: Tag) -> list[PageElement]:
    """Return what a macro shows: its body, a bold line over an admonition, code, or the words of a status."""
    name = str(macro.get("ac:name") or "")
    if _parameter(macro, "hidden") == "true":
        return []
    body = macro.find(_BODIES, recursive=False)
    title = _parameter(macro, "title")
    if not isinstance(body, Tag):
        return [page.new_string(title)] if name == "status" and title else []
    if name in _CODE:
        return [_code(page, body.get_text(), _parameter(macro, "language"))]
    shown = [_filled(page, "div", list(body.contents))]
    words = title or (name.capitalize() if name in _ADMONITIONS - {_EXPAND, "panel"} else "")
    return [_bold_line(page, words), *shown] if words else list(shown)


def _parameter(macro: Tag, name: str) -> str:
    found = macro.find("ac:parameter", attrs={"ac:name": name}, recursive=False)
    return found.get_text(" ", strip=True) if found else ""


def _code(page: BeautifulSoup, text: str, language: str) -> Tag:
    block = page.new_tag("pre")
    code = page.new_tag("code", attrs={"class": f"language-{language}"} if language else {})
    code.string = text
    block.append(code)
    return block


def _bold_line(page: BeautifulSoup, words: str) -> Tag:
    return _filled(page, "p", [_filled(page, "strong", [page.new_string(words)])])


def _filled(page: BeautifulSoup, name: str, contents: Iterable[PageElement]) -> Tag:
    tag = page.new_tag(name)
    for item in contents:
        tag.append(item)
    return tag


def _link(page: BeautifulSoup, link: Tag) -> list[PageElement]:
    """Return the words of a link: its own, or the name of what it leads to."""
    words = link.get_text(" ", strip=True)
    if not words and (target := link.find(["ri:page", "ri:blog-post", "ri:attachment", "ri:space"])) is not None:
        named = ("ri:content-title", "ri:filename", "ri:space-key")
        words = next((str(target[key]) for key in named if target.has_attr(key)), "")
    return [page.new_string(words or str(link.get("ac:anchor") or ""))]


def _image(page: BeautifulSoup, image: Tag) -> list[PageElement]:
    caption = image.find("ac:caption")
    return [_filled(page, "p", list(caption.contents))] if isinstance(caption, Tag) else []


def _emoticon(page: BeautifulSoup, sign: Tag) -> list[PageElement]:
    """Return the character: in a table a tick or a cross is all that a cell says."""
    shown = sign.get("ac:emoji-fallback") or sign.get("ac:emoji-shortname") or f"({sign.get('ac:name')})"
    return [page.new_string(str(shown))]


def _task(page: BeautifulSoup, task: Tag) -> list[PageElement]:
    status, body = task.find("ac:task-status"), task.find("ac:task-body")
    mark = "[x] " if status is not None and status.get_text(strip=True) == "complete" else "[ ] "
    contents = list(body.contents) if isinstance(body, Tag) else []
    return [_filled(page, "li", [page.new_string(mark), *contents])]


def _tasks(page: BeautifulSoup, tasks: Tag) -> list[PageElement]:
    return [_filled(page, "ul", list(tasks.contents))]


def _extension(page: BeautifulSoup, extension: Tag) -> list[PageElement]:
    """Return what the new editor keeps beside its own form for those that do not read it."""
    shown = extension.find("ac:adf-fallback") or extension.find("ac:adf-content")
    return [_filled(page, "div", list(shown.contents))] if isinstance(shown, Tag) else []


def _day(page: BeautifulSoup, time: Tag) -> list[PageElement]:
    return [page.new_string(time.get_text(" ", strip=True) or str(time.get("datetime") or ""))]


_READINGS: dict[str, Callable[[BeautifulSoup, Tag], list[PageElement]]] = {
    "time": _day,
    "ac:emoticon": _emoticon,
    "ac:link": _link,
    "ac:image": _image,
    "ac:task": _task,
    "ac:task-list": _tasks,
    "ac:adf-extension": _extension,
    "ac:structured-macro": _macro,
}
