"""Markdown, MDX, HTML and plain text to Markdown that holds what a reader of the page sees."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import frontmatter
import yaml
from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

from index.errors import UnreadableDocumentError
from index.markdown import code_apart, first_heading, with_anchor

_NOT_CONTENT = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form")
_COMMENT = re.compile(r"<!--.*?-->|\{/\*.*?\*/\}", re.DOTALL)
_MODULE_LINE = re.compile(r"(?:import|export)\s.*(?:from\s|['\"{=]|default\b)")
# Docusaurus, VitePress and MyST open an admonition with ":::note Title", MkDocs with '!!! note "Title"'.
_OPENED = re.compile(r"\s*:{3,}\s*\{?(\w+)\}?\s*\[?([^\]\n{]*)\]?\s*$")
_CLOSED = re.compile(r"\s*:{3,}\s*$")
_INDENTED = re.compile(r"(?:!!!|\?\?\?\+?)\s+(\w+)(?:\s+\"([^\"]*)\")?\s*$")
_MKDOCS_TAB = re.compile(r"===[+!]?\s+\"([^\"]+)\"\s*$")
_GITHUB_ALERT = re.compile(r"(\s*>\s*)\[!(\w+)\]\s*$")
_TAB_MARK = re.compile(r"\s*\{(?:tab\|([\w-]+)|start_tabs|end_tabs)\}\s*$")
_COMPONENT = re.compile(r"</?(?:[A-Z][\w.]*)(?:\s(?:[^<>\"'{}]|\"[^\"]*\"|'[^']*'|\{[^{}]*\})*)?/?>|</?>", re.DOTALL)
_VISIBLE_ATTRIBUTE = re.compile(r"\b(?:label|title|summary|header|heading|name)\s*=\s*(?:\"([^\"]+)\"|'([^']+)')")
_CODE = re.compile(r"(`+)[^`].*?\1")
_INDENT = 4


@dataclass(frozen=True, slots=True)
class Content:
    """The result of a converter: Markdown, and what the file says about itself.

    `access` is a group, a list of groups, or None if nothing is said; `named_anchors` as in Document.
    """

    title: str | None
    text: str
    url: str | None = None
    access: object = None
    named_anchors: bool = False


def decoded(raw: bytes) -> str:
    """Decode UTF-8, or UTF-16 with a byte order mark; line ends become line feeds. Raises UnreadableDocumentError."""
    encoding = "utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocumentError("binary, or not UTF-8 text") from error
    if "\0" in text:
        raise UnreadableDocumentError("binary, or not UTF-8 text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def markdown(raw: bytes) -> Content:
    """Return a Markdown or MDX page without the syntax that only its site generator reads."""
    metadata, body = _front_matter(decoded(raw))
    text = reduced(body)
    return Content(
        _metadata_text(metadata, "title") or first_heading(text),
        text,
        _metadata_text(metadata, "url"),
        metadata.get("access"),
    )


def plain(raw: bytes) -> Content:
    """Return plain text unchanged: characters that mean something in Markdown are not escaped."""
    metadata, body = _front_matter(decoded(raw))
    first = body.strip().split("\n", 1)[0].strip()
    return Content(
        _metadata_text(metadata, "title") or first[:120] or None,
        body,
        _metadata_text(metadata, "url"),
        metadata.get("access"),
    )


def html(raw: bytes) -> Content:
    """Return the main part of a page, with the anchors of its headings."""
    soup = BeautifulSoup(decoded(raw), "html.parser")
    title = soup.title.get_text(" ", strip=True) if soup.title else None
    canonical = soup.find("link", rel="canonical")
    access = soup.find("meta", attrs={"name": "access"})
    try:
        text = html_text(soup)
    except RecursionError as error:
        raise UnreadableDocumentError("HTML is nested too deeply") from error
    url = str(canonical["href"]) if isinstance(canonical, Tag) and canonical.has_attr("href") else None
    groups = str(access["content"]) if isinstance(access, Tag) and access.has_attr("content") else None
    return Content(title or first_heading(text), text, url, groups, named_anchors=True)


def html_text(soup: BeautifulSoup) -> str:
    """Return the Markdown of a page's main part."""
    for tag in soup(_NOT_CONTENT):
        tag.decompose()
    main = soup.find("main") or soup.find("article") or soup.body or soup
    return str(_Converter(table_infer_header=True, heading_style="ATX", bullets="-").convert_soup(main)).strip()


def reduced(body: str) -> str:
    """Return Markdown with admonitions, tabs and components as plain paragraphs; code stays as it is."""
    lines: list[str] = []
    for text, is_code in code_apart(body):
        lines.extend([text] if is_code else _reduced_prose(text))
    return "\n".join(lines)


class _Converter(MarkdownConverter):
    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802 - markdownify's name
        anchor = el.get("id") or (el.a.get("id") or el.a.get("name") if el.a else None)
        marked = (
            with_anchor(text.strip(), str(anchor))
            if anchor and text.strip() and not re.search(r"[\s{}]", str(anchor))
            else text
        )
        return str(super().convert_hN(n, el, marked, parent_tags))  # type: ignore[misc]


def _reduced_prose(text: str) -> Iterator[str]:
    text = _without_components(_COMMENT.sub("", text))
    indented = False
    for line in text.split("\n"):
        opened = _INDENTED.match(line) or _MKDOCS_TAB.match(line)
        if opened:
            indented = True
            yield f"**{_label(opened)}**\n"
        elif indented and (line.startswith(" " * _INDENT) or not line.strip()):
            yield line[_INDENT:]
        else:
            indented = False
            yield from _reduced_line(line)


def _reduced_line(line: str) -> Iterator[str]:
    if _MODULE_LINE.match(line) or _CLOSED.match(line):
        return
    if mark := _TAB_MARK.match(line):
        if mark[1]:
            yield f"\n**{mark[1].replace('-', ' ').capitalize()}**\n"
    elif opened := _OPENED.match(line):
        yield f"**{_label(opened)}**\n"
    elif alert := _GITHUB_ALERT.match(line):
        yield f"{alert[1]}**{alert[2].capitalize()}**"
    else:
        yield line


def _label(opened: re.Match[str]) -> str:
    """Return an admonition's or a tab's own title, else its kind."""
    groups = [group.strip() for group in opened.groups() if group and group.strip()]
    return groups[-1] if len(groups) > 1 else groups[0].capitalize() if opened.re is not _MKDOCS_TAB else groups[0]


def _without_components(text: str) -> str:
    """Drop the tags of MDX components outside code spans; of their attributes keep what a reader sees."""
    kept: list[str] = []
    last = 0
    for code in _CODE.finditer(text):
        kept += [_COMPONENT.sub(_component_label, text[last : code.start()]), code[0]]
        last = code.end()
    return "".join([*kept, _COMPONENT.sub(_component_label, text[last:])])


def _component_label(tag: re.Match[str]) -> str:
    spoken = _VISIBLE_ATTRIBUTE.search(tag[0])
    return f"\n\n**{spoken[1] or spoken[2]}**\n\n" if spoken and not tag[0].startswith("</") else ""


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    # Without its front matter a document would lose its access rule, so the whole document is left out.
    try:
        metadata, body = frontmatter.parse(text)
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableDocumentError(
            "front matter is not valid YAML (put a value that holds a colon in quotes)"
        ) from error
    return dict(metadata), body


def _metadata_text(metadata: dict[str, Any], key: str) -> str | None:
    value = metadata.get(key)
    return " ".join(str(value).split()) or None if value is not None else None
