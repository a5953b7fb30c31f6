"""A block of HTML within Markdown, read as an HTML page would be."""

import html
import re
import textwrap
from contextlib import suppress

from bs4 import BeautifulSoup

from index.markdown import code_spans
from index.reading.formats.html_page import html_text
from index.reading.formats.inline import Names, Seen, seen, shown_tag
from index.reading.formats.tags import tag_at

_STRUCTURE = re.compile(r"<(table|ul|ol|dl|pre|h[1-6]|blockquote)\b", re.IGNORECASE)
_HOLDS_MARKDOWN = re.compile(r"<\w+\b[^<>]*\smarkdown(?:=[\"']?\w+[\"']?)?[\s>]", re.IGNORECASE)
_MARKDOWN_LINK = re.compile(r"(?<!!)\[([^\[\]\n]+)\]\(([^()\s<>\"]+)\)")
# A page of HTML leaves these out or takes one of them for its main part; within Markdown they are part of the text.
_CONTAINERS = ("aside", "header", "footer", "nav", "form", "main", "article", "body")


def open_structure(text: str) -> str | None:
    """Return the name of the first table, list or the like that `text` opens and does not close."""
    lowered = text.lower()
    for name in dict.fromkeys(found[1] for found in _STRUCTURE.finditer(lowered)):
        if len(re.findall(rf"<{name}\b", lowered)) > lowered.count(f"</{name}"):
            return name
    return None


def read_html(text: str, names: Names) -> Seen:
    """Return what a reader sees of a block of HTML, as Markdown: tables, lists and headings stay what they are."""
    if _STRUCTURE.search(text) and not _HOLDS_MARKDOWN.search(text) and open_structure(text) is None:
        with suppress(RecursionError):
            return Seen(_structured(text, names))
    lines = textwrap.dedent(text) if _HOLDS_MARKDOWN.search(text) else "\n".join(x.lstrip() for x in text.split("\n"))
    found = seen(lines, names)
    found.text = "\n".join(line.rstrip() for line in found.text.split("\n")).strip("\n")
    return found


def _structured(text: str, names: Names) -> str:
    soup = BeautifulSoup(_with_words_escaped(text, names), "html.parser")
    for tag in soup(["del", "s", "strike"]):
        tag.decompose()
    for tag in soup(_CONTAINERS):
        tag.name = "div"
    return html_text(soup)


def _with_words_escaped(text: str, names: Names) -> str:
    """Return HTML in which words in angle brackets are no tags, and Markdown within it is HTML.

    Sites that are made of MDX render Markdown in the cells of a table.
    """
    spans = code_spans(text)
    kept: list[str] = []
    last = 0
    for found in re.finditer(r"[<`]", text):
        start = found.start()
        end = spans.end(start)
        tag = tag_at(text, start) if start >= last and end is None else None
        if end is not None and start >= last:
            kept += [text[last:start], f"<code>{html.escape(text[start:end].strip('`').strip(), quote=False)}</code>"]
            last = end
        elif tag and not names.tags.is_markup(tag):
            kept += [text[last:start], html.escape(shown_tag(text[start : tag.end]), quote=False)]
            last = tag.end
    return _MARKDOWN_LINK.sub(r'<a href="\2">\1</a>', "".join([*kept, text[last:]]))
