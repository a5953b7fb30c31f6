"""MDX and components: what a site generator runs is left out, what a reader sees of it stays.

A module block of MDX begins with `import` or `export` at the start of the page or after a blank line, and ends at the
blank line after its brackets are closed (https://mdxjs.com/docs/what-is-mdx/#esm). Text within a component may be
indented by any number of spaces, which Markdown would take for code.
"""

import re
from collections.abc import Iterator

from index.markdown import code_apart, code_spans
from index.reading.formats.directives import KINDS, worded
from index.reading.formats.tags import Tag, Tags, tag_at

_IMPORT = re.compile(r"import\s*(?:[\w$*{][^'\"]*?\sfrom\s*|[\w$*{][^'\"]*?\}\s*from\s*)?(['\"])([^'\"\n]+)\1")
_EXPORT = re.compile(r"export\s+(?:(?:const|let|var|class|enum|type|interface)\s+[\w${\[]|(?:async\s+)?function\b)")
_EXPORT_IN_MDX = re.compile(r"export\s+(?:default\b|\*|\{)")
# A module is named by a path or a scope; "import contacts from 'Settings'" is a sentence.
_MODULE = re.compile(r"[@./~]|.*\.(?:js|jsx|ts|tsx|md|mdx|css|json|svg|png|vue)$")
_IMPORT_LINES = 20
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_IN_MODULE = re.compile(r"\"(?:\\.|[^\"\\\n])*+\"|'(?:\\.|[^'\\\n])*+'|//[^\n]*|[()\[\]{}]")
_EXPRESSION = re.compile(r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*+\})*+\})*+\}")
_STRING = re.compile(r"\{\s*(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`)\s*\}")
_HEADING_ID = re.compile(r"\{#[^\s{}]+\}")
_LABEL = re.compile(r"\b(?:label|title|summary|header|heading)\s*=\s*\{?\s*(?:\"([^\"]+)\"|'([^']+)'|`([^`]+)`)")
# What a component is about, such as a tab or a parameter, if it has no title.
_NAMING = ("name", "value", "path", "query", "body")
_NAME = re.compile(r"\w[\w.\[\] -]{0,80}")
_KIND = re.compile(r"\btype\s*=\s*\{?[\"'](\w+)[\"']")
# In MDX these hold Markdown like a component does.
_WRAPPERS = frozenset("div section article aside center main header footer nav details figure".split())
_OPENED, _CLOSED = "\ue000", "\ue001"
_TOKEN = re.compile(r"[<{]")


def without_modules(text: str, *, is_mdx: bool) -> str:
    """Return a page without its module blocks. Outside MDX only what names a module, or declares a name, is one."""
    kept: list[str] = []
    for run, is_code in code_apart(text):
        kept.extend([run] if is_code else _without_modules(run.split("\n"), is_mdx=is_mdx))
    return "\n".join(kept)


def _without_modules(lines: list[str], *, is_mdx: bool) -> Iterator[str]:
    position = 0
    after_blank = True
    in_one_paragraph = False
    while position < len(lines):
        if after_blank and _begins_module(lines, position, is_mdx=is_mdx):
            end = None if in_one_paragraph else _closed_module_end(lines, position)
            # Brackets that are never closed: this module, and each that follows, ends at its next blank line.
            in_one_paragraph = end is None
            position = end or next((at for at in range(position, len(lines)) if not lines[at].strip()), len(lines))
            continue
        yield lines[position]
        after_blank = not lines[position].strip()
        position += 1


def _closed_module_end(lines: list[str], start: int) -> int | None:
    """Return the first blank line or heading after the module at `start`, None if its brackets are never closed."""
    depth = 0
    for position in range(start, len(lines)):
        if depth <= 0 and (not lines[position].strip() or (position > start and lines[position].startswith("#"))):
            return position
        depth += sum(_BRACKETS.get(found, 0) for found in _IN_MODULE.findall(lines[position]))
    return len(lines) if depth <= 0 else None


def _begins_module(lines: list[str], start: int, *, is_mdx: bool) -> bool:
    if not lines[start].startswith(("import", "export")):
        return False
    statement = "\n".join(lines[start : start + _IMPORT_LINES])
    imported = _IMPORT.match(statement)
    if imported:
        return is_mdx or _MODULE.match(imported[2]) is not None
    return bool(_EXPORT.match(statement) or (is_mdx and _EXPORT_IN_MDX.match(statement)))


def without_components(text: str, tags: Tags, *, is_mdx: bool) -> str:
    """Return a page without the tags of components; text within them is moved to where Markdown reads it as text."""
    text = text.replace(_OPENED, "").replace(_CLOSED, "")
    opened: list[tuple[str, bool]] = []
    runs = [run if is_code else "".join(_marked(run, tags, opened, is_mdx=is_mdx)) for run, is_code in code_apart(text)]
    return "\n".join(_outdented("\n".join(runs).split("\n")))


def _marked(text: str, tags: Tags, opened: list[tuple[str, bool]], *, is_mdx: bool) -> Iterator[str]:
    """Yield a run of prose in which a line of its own says where a component opens and where it closes.

    `opened` holds the components that are open and whether each is a block of its own.
    """
    spans = code_spans(text)
    last_comment = text.rfind("*/}")
    position = 0
    line = ""
    for found in _TOKEN.finditer(text):
        start = found.start()
        if start < position or spans.holds(start) or text[start - 1 : start] == "\\":
            continue
        tag = tag_at(text, start, fragments=is_mdx) if text[start] == "<" else None
        is_tag = tag is not None and (tags.is_component(tag) or (is_mdx and tag.name in _WRAPPERS))
        shown, end = ("", tag.end) if tag and is_tag else _expression(text, start, last_comment, is_mdx=is_mdx)
        if end == start:
            continue
        line = (line + text[position:start]).rpartition("\n")[2]
        yield text[position:start]
        yield _mark(text, tag, line, tags, opened) if tag and is_tag else shown
        line, position = line + shown, end
    yield text[position:]


def _mark(text: str, tag: Tag, line: str, tags: Tags, opened: list[tuple[str, bool]]) -> str:
    """Return what stands for a tag that follows `line`: nothing within a sentence, else its label and a mark."""
    if tag.closes:
        at = next(
            (at for at in range(len(opened) - 1, max(-1, len(opened) - 20), -1) if opened[at][0] == tag.name), None
        )
        if at is None:
            return ""
        is_block = opened[at][1]
        del opened[at:]
        return f"\n{_CLOSED}\n" if is_block else ""
    is_block = not line.strip() and not _is_in_sentence(text, tag)
    opens = not tag.is_empty and tags.is_closed(tag.name)
    if opens:
        opened.append((tag.name, is_block))
    if not is_block:
        return ""
    label = _label(tag)
    return (f"\n\n{line}{label}\n\n" if label else "") + (f"\n{line}{_OPENED}\n" if opens else "")


def _is_in_sentence(text: str, tag: Tag) -> bool:
    rest = text[tag.end : tag.end + 2_000].partition("\n")[0]
    after = rest if tag.is_empty else rest.partition(f"</{tag.name}>")[2]
    return bool(after.strip()) and not after.lstrip().startswith(("<", "{"))


def _label(tag: Tag) -> str:
    """Return the line that a reader sees above a component: its title, or its kind if it is an admonition."""
    found = _LABEL.search(tag.attributes)
    kind = _KIND.search(tag.attributes)
    named = kind[1] if kind else tag.name
    title = next(group for group in found.groups() if group) if found else ""
    name = tag.value(*_NAMING) if tag.name[:1].isupper() and not tag.is_empty else None
    if not title and name and _NAME.fullmatch(name):
        title = name
    words = worded(named.lower(), title) if named.lower() in KINDS else " ".join(title.split())
    return f"**{words}**" if words else ""


def _expression(text: str, start: int, last_comment: int, *, is_mdx: bool) -> tuple[str, int]:
    if text.startswith("{/*", start) and start < last_comment:
        return "", text.find("*/}", start) + 3
    found = _EXPRESSION.match(text, start)
    if not is_mdx or found is None or _HEADING_ID.match(text, start):
        return "", start
    string = _STRING.fullmatch(found[0])
    return next((group for group in string.groups() if group is not None), "") if string else "", found.end()


def _outdented(lines: list[str]) -> Iterator[str]:
    """Yield lines with the text of each component as far to the left as its outermost component began."""
    opened: list[int | None] = []
    root = 0
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if line.endswith(_OPENED):
            root = root if opened else indent
            if opened and opened[-1] is None:
                opened[-1] = indent
            opened.append(None)
            yield ""
        elif line == _CLOSED:
            opened = opened[:-1]
            yield ""
        else:
            if opened and opened[-1] is None and line.strip():
                opened[-1] = indent
            surplus = max(0, (opened[-1] or 0) - root) if opened else 0
            yield line[min(surplus, indent) :]
