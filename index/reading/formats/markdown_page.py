"""Markdown and MDX to Markdown that holds what a reader of the page sees."""

import re
from collections.abc import Iterator

from index.markdown import code_apart, first_heading
from index.reading.formats import front_matter
from index.reading.formats.content import Content
from index.reading.formats.encoding import decoded

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


def markdown(raw: bytes) -> Content:
    """Return a Markdown or MDX page without the syntax that only its site generator reads."""
    said, body = front_matter.split(decoded(raw))
    text = reduced(body)
    return Content(said.title or first_heading(text), text, said.url, said.access, updated=said.updated)


def reduced(body: str) -> str:
    """Return Markdown with admonitions, tabs and components as plain paragraphs; code stays as it is."""
    lines: list[str] = []
    for text, is_code in code_apart(body):
        lines.extend([text] if is_code else _reduced_prose(text))
    return "\n".join(lines)


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
