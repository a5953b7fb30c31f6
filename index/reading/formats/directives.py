"""Admonitions, tabs and shortcodes of site generators as plain paragraphs under a bold line.

Read line by line, because each generator has its own block syntax: `:::note Title` (Docusaurus, VitePress, MyST,
Quarto), `!!! note "Title"` with indented text (MkDocs), `.. note::` (Sphinx), "```{note}" (MyST), `> [!NOTE]`
(GitHub, Obsidian), `{% hint %}` (GitBook), `{{< note >}}` (Hugo), `{start_tabs}` (Zulip).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

KINDS = frozenset(
    "note tip hint info information important warning caution danger error attention success check question help"
    " failure fail missing bug example quote abstract summary tldr seealso todo deprecated security".split()
)
# Of these the kind is said although they have a title: it decides how the text is meant.
_SERIOUS = frozenset("warning caution danger error attention important deprecated".split())
# Fences of MyST that hold Markdown, and those of which a reader sees nothing.
_HOLDING = frozenset(
    "admonition dropdown tab-set tab-item card grid grid-item grid-item-card tabs tab details div".split()
)
_UNSEEN = frozenset("toctree include contents eval-rst figure image index tableofcontents".split())

_FENCE = re.compile(r"\s*+(`{3,}+|~{3,}+)[ \t]*+([^`]*+)$")
_COLONS = re.compile(r"(\s*)(:{3,})\s*(.*)$")
_NAME = re.compile(r"\{?([A-Za-z][\w-]*)\}?")
_CLASS = re.compile(r"\.(?:callout-|admonition-|alert-)?([A-Za-z][\w-]*)")
_INDENTED = re.compile(
    r"(\s*)(?:(?:!!!|\?\?\?\+?)\s+([\w-]+(?:\s+[\w-]+)*)(?:\s+\"([^\"]*)\")?|===[+!]*\s+\"([^\"]+)\")\s*$"
)
_SPHINX = re.compile(r"(\s*)\.\. ([\w-]+)::\s*(.*)$")
_ALERT = re.compile(r"((?:\s*>)+\s*)\[!(\w+)\][+-]?\s*(.*)$")
_OPTION = re.compile(r"\s*:[\w-]+:(?:\s.*)?$")
_ZULIP = re.compile(r"\s*\{(?:tab\|([\w-]+)|start_tabs|end_tabs)\}\s*$")
_ARGUMENTS = r"(?:[^\n%>{}]|[%>](?!\}))*+"
_SHORTCODES = re.compile(rf"\s*+(?:\{{%{_ARGUMENTS}%\}}\s*+|\{{\{{[<%]{_ARGUMENTS}[>%]\}}\}}\s*+)++")
_SHORTCODE = re.compile(rf"\{{(?:%|\{{[<%])-?\s*+(/?)\s*+([\w/.-]+)({_ARGUMENTS})[%>]\}}")
_TITLE = re.compile(r"\b(?:title|label|name|header|heading|summary)\s*=\s*[\"']([^\"']+)[\"']")
_STYLE = re.compile(r"\b(?:style|type|kind|class|color)\s*=\s*[\"']?(?:callout-|alert-)?(\w+)")
_POSITIONAL = re.compile(r"\s*[\"']([^\"'\n]+)[\"']")
_TITLED = re.compile(
    r"tab|detail|expand|accordion|collaps|card|panel|step|notice|callout|alert|admonition|hint|note|block"
)
_HIDDEN = re.compile(r"\{%-?\s*comment\b|\{\{[<%]\s*comment\b|\{::comment\}")
_HIDDEN_ENDS = re.compile(r"/\s*comment|endcomment")
_CODE = re.compile(r"\s*\{(?:%-?|\{[<%])\s*highlight\s+([\w+-]+)")
_CODE_ENDS = re.compile(r"\s*\{(?:%-?|\{[<%])\s*(?:end|/\s*)highlight\b")
_HIGHLIGHT = "highlight"
_CHUNK_UNSEEN = re.compile(r"\{(?:r|python|ojs|bash)\b[^}]*\b(?:include|echo)\s*=\s*F(?:ALSE)?\b")
_MIN_INDENT, _CODE_INDENT = 2, 4


@dataclass(slots=True)
class _Page:
    """What is open while the lines of a page are read."""

    indents: list[tuple[int, int | None]] = field(default_factory=list)
    colons: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    fence: str = ""
    fence_shown: bool = True
    hidden: bool = False
    in_list: bool = False
    options: bool = False


def unfolded(text: str) -> str:
    """Return a page in which each admonition and tab is a bold line, followed by its text."""
    page = _Page()
    return "\n".join(shown for line in text.split("\n") for shown in _unfolded(_outdented(line, page), page))


def _outdented(line: str, page: _Page) -> str:
    """Return a line without the indentation of the admonitions that it stands in; close those that it ends."""
    if not line.strip() or not page.indents:
        return line
    width = len(line) - len(line.lstrip())
    line = line[:width].expandtabs(4) + line[width:]
    for position, (outer, inner) in enumerate(page.indents):
        indent = len(line) - len(line.lstrip())
        if indent < (inner or outer + _MIN_INDENT) and not page.fence:
            del page.indents[position:]
            break
        page.indents[position] = (outer, inner or indent)
        line = line[min(indent, (inner or indent) - outer) :]
    return line


def _unfolded(line: str, page: _Page) -> Iterator[str]:
    if page.fence:
        yield from _in_fence(line, page)
    elif page.hidden:
        page.hidden = not _HIDDEN_ENDS.search(line)
    elif fence := _FENCE.match(line):
        yield from _fence(line, fence[1], fence[2], page)
    else:
        yield from _prose(line, page)


def _in_fence(line: str, page: _Page) -> Iterator[str]:
    if page.fence == _HIGHLIGHT:
        ends = _CODE_ENDS.match(line)
        page.fence = "" if ends else page.fence
        yield "```" if ends else line
        return
    stripped = line.strip()
    if stripped.startswith(page.fence) and not stripped.strip(page.fence[0]):
        page.fence = ""
    if page.fence_shown:
        yield line


def _fence(line: str, mark: str, info: str, page: _Page) -> Iterator[str]:
    named = re.match(r"\{([\w-]+)\}\s*(.*)$", info)
    kind = named[1].lower() if named else ""
    if page.held and not info.strip() and mark == page.held[-1]:
        page.held.pop()
        return
    if named and (kind in KINDS or kind in _HOLDING):
        page.held.append(mark)
        page.options = True
        yield from _label(kind, named[2])
        return
    page.fence = mark
    page.fence_shown = kind not in _UNSEEN and not _CHUNK_UNSEEN.match(info)
    if page.fence_shown:
        yield line


def _prose(line: str, page: _Page) -> Iterator[str]:
    if page.options and _OPTION.match(line):
        return
    page.options = False
    if re.match(r"\s*(?:[-*+]|\d{1,9}[.)])\s", line):
        page.in_list = True
    elif line[:1].strip():
        page.in_list = False
    for reader in (_alert, _indented, _sphinx, _colons, _zulip, _shortcodes):
        if (shown := reader(line, page)) is not None:
            yield from shown
            return
    yield line


def _alert(line: str, _page: _Page) -> list[str] | None:
    alert = _ALERT.match(line)
    if alert is None:
        return None
    return [f"{alert[1]}**{worded(alert[2], alert[3])}**", alert[1].rstrip()]


def _indented(line: str, page: _Page) -> list[str] | None:
    mark = _INDENTED.match(line)
    if mark is None or not _may_open(mark[1], page):
        return None
    page.indents.append((len(mark[1]), None))
    kind = mark[2].split()[0] if mark[2] else ""
    return [f"{mark[1]}{shown}" for shown in _label(kind, mark[3] or mark[4] or "")]


def _sphinx(line: str, page: _Page) -> list[str] | None:
    mark = _SPHINX.match(line)
    if mark is None or mark[2] not in KINDS | {"admonition"} or not _may_open(mark[1], page):
        return None
    page.indents.append((len(mark[1]), None))
    page.options = True
    if mark[2] == "admonition":
        return list(_label("", mark[3]))
    return [f"{mark[1]}{shown}" for shown in (*_label(mark[2], ""), mark[3])]


def _may_open(indent: str, page: _Page) -> bool:
    """Tell whether a line with this indentation is text: in a list or an admonition, or not indented as code is."""
    return len(indent) < _CODE_INDENT or page.in_list or bool(page.indents)


def _colons(line: str, page: _Page) -> list[str] | None:
    found = _COLONS.match(line)
    if found is None:
        return None
    rest = found[3].strip()
    if not rest:
        if page.colons:
            page.colons.pop()
        return [""]
    closed = rest.endswith(":::")
    rest = rest.rstrip(":").strip() if closed else rest
    name = _NAME.match(rest)
    kind, title = ("", "")
    if rest.startswith("{") and (name is None or not rest.startswith(f"{{{name[1]}}}")):
        classes = _CLASS.search(rest)
        titled = _TITLE.search(rest)
        kind, title = (classes[1] if classes else "", titled[1] if titled else "")
    elif name:
        kind = name[1]
        title = re.sub(r"^\[(.*)\]", r"\1", rest[name.end() :].strip()).strip()
        title = re.sub(r"\s*\{[^{}]*\}$", "", title)
    else:
        return None
    if closed:
        return [*_label(kind, ""), title, ""]
    page.colons.append(found[2])
    page.options = True
    return [f"{found[1]}{shown}" for shown in _label(kind, title)]


def _zulip(line: str, _page: _Page) -> list[str] | None:
    found = _ZULIP.match(line)
    if found is None:
        return None
    return ["", f"**{found[1].replace('-', ' ').capitalize()}**", ""] if found[1] else [""]


def _shortcodes(line: str, page: _Page) -> list[str] | None:
    if code := _CODE.match(line):
        page.fence, page.fence_shown = _HIGHLIGHT, True
        return [f"```{code[1]}"]
    if hidden := _HIDDEN.search(line):
        page.hidden = not _HIDDEN_ENDS.search(line, hidden.end())
        return [line[: hidden.start()]] if line[: hidden.start()].strip() else []
    found = _SHORTCODES.match(line)
    if found is None:
        return None
    indent = line[: len(line) - len(line.lstrip())]
    labels = [f"{indent}{shown}" for code in _SHORTCODE.finditer(found[0]) for shown in _shortcode(code)]
    rest = line[found.end() :]
    return ["", *labels, f"{indent}{rest}"] if labels or not rest else None


def _shortcode(code: re.Match[str]) -> list[str]:
    name = code[2].lower()
    if code[1] or name.startswith("end"):
        return []
    if name == "include":
        return _included(code[3])
    title, style, position = (pattern.search(code[3]) for pattern in (_TITLE, _STYLE, _POSITIONAL))
    kind = style[1].lower() if style and style[1].lower() in KINDS else name if name in KINDS else ""
    if not kind and not _TITLED.search(name):
        return []
    words = title[1] if title else position[1] if position and code[3].lstrip().startswith(position[0].strip()) else ""
    if words.lower() in KINDS:
        kind, words = words.lower(), ""
    return list(_label(kind, words))


def _included(arguments: str) -> list[str]:
    """Return what a Jekyll include shows: `{% include warning.html content="…" %}`."""
    file = re.match(r"\s*(?:[\w-]+/)*([\w-]+)\.\w+", arguments)
    content = re.search(r"\bcontent\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", arguments)
    kind = file[1].lower() if file and file[1].lower() in KINDS else ""
    return [*_label(kind, ""), content[1] or content[2] or "", ""] if content else []


def _label(kind: str, title: str) -> Iterator[str]:
    words = worded(kind, title) if title.strip() or kind.lower() in KINDS else ""
    yield ""
    if words:
        yield f"**{words}**"
        yield ""


def worded(kind: str, title: str) -> str:
    """Return an admonition's own title, with its kind if that is a warning, else its kind."""
    title = " ".join(title.split()).strip("*")
    if not title:
        return kind.capitalize()
    serious = kind.lower() in _SERIOUS and kind.lower() not in title.lower()
    return f"{kind.capitalize()}: {title}" if serious else title
