"""The blocks of a Notion page as Markdown: https://developers.notion.com/reference/block."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from index.errors import UnreadableDocumentError
from index.markdown import with_anchor
from index.reading.formats.lines import table

Block = Mapping[str, Any]
# Where a block holds those within it; Notion sends them in replies of their own.
CHILDREN = "children"
_HEADINGS = {"heading_1": 1, "heading_2": 2, "heading_3": 3, "heading_4": 4}
_BULLET, _NUMBER, _TODO = "bulleted_list_item", "numbered_list_item", "to_do"
_ITEMS = frozenset({_BULLET, _NUMBER, _TODO})
_QUOTED = frozenset({"quote", "callout"})
_LINKS = ("bookmark", "embed", "link_preview", "file", "pdf")


def notion(body: str) -> str:
    """Return the Markdown of a page, given as a JSON object of its `properties` and `children`."""
    try:
        page = json.loads(body)
        return "\n\n".join([*_properties(page["properties"]), *_blocks(page[CHILDREN])])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableDocumentError("not the blocks of a page") from error


def words(rich_text: Sequence[Mapping[str, Any]]) -> str:
    """Return rich text as Markdown, without what is struck through."""
    return "".join(_run(part) for part in rich_text if not part.get("annotations", {}).get("strikethrough"))


def _run(part: Mapping[str, Any]) -> str:
    text, marks = str(part.get("plain_text", "")), part.get("annotations", {})
    if part.get("type") == "equation":
        return f"${text}$"
    bare = text.strip()
    if not bare:
        return text
    shown = f"`{bare}`" if marks.get("code") and "`" not in bare else bare
    shown = f"**{shown}**" if marks.get("bold") else shown
    href = part.get("href")
    if isinstance(href, str) and href.startswith(("https://", "http://")) and not re.search(r"[\s()<>]", href):
        shown = f"[{shown}]({href})"
    start = len(text) - len(text.lstrip())
    return f"{text[:start]}{shown}{text[start + len(bare) :]}"


def _blocks(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield the paragraphs of blocks. Items of one kind that follow each other are one list."""
    for kind, run in groupby(blocks, key=lambda block: str(block["type"])):
        if kind in _ITEMS:
            yield "\n".join(_item(block, number) for number, block in enumerate(run, 1))
        else:
            yield from filter(None, map(_block, run))


def _item(block: Block, number: int) -> str:
    kind = block["type"]
    mark = f"{number}." if kind == _NUMBER else "-"
    box = {True: "[x] ", False: "[ ] "}[bool(block[kind].get("checked"))] if kind == _TODO else ""
    inside = [f"{box}{_text(block)}", *_nested(block)]
    return _indented("\n".join(inside), f"{mark} ", " " * (len(mark) + 1))


def _nested(block: Block) -> Iterator[str]:
    """Yield what a list item holds: further items close to it, other blocks after an empty line."""
    for shown in _blocks(block.get(CHILDREN, ())):
        yield shown if re.match(r"- |\d+\. ", shown) else f"\n{shown}"


def _block(block: Block) -> str:
    kind = block["type"]
    if kind in _HEADINGS:
        return "\n\n".join([_heading(block), *_blocks(block.get(CHILDREN, ()))])
    if kind in _QUOTED:
        return _indented("\n\n".join([_text(block), *_blocks(block.get(CHILDREN, ()))]).strip(), "> ", "> ")
    if kind == "code":
        return _code(block["code"])
    if kind == "table":
        return _table(block)
    if kind == "divider":
        return "---"
    return "\n\n".join(part for part in (_own(block), *_blocks(block.get(CHILDREN, ()))) if part)


def _own(block: Block) -> str:
    """Return the words of a block that is no list, heading, table or code."""
    kind, held = block["type"], block.get(block["type"]) or {}
    if kind == "equation":
        return f"$$\n{held.get('expression', '')}\n$$"
    if kind == "toggle":
        return f"**{_text(block)}**"
    if kind in {"child_page", "child_database"}:
        return str(held.get("title", ""))
    if kind in _LINKS:
        url = str(held.get("url") or "")
        return f"{words(held.get('caption', ()))} {url}".strip()
    return _text(block) or words(held.get("caption", ()))


def _text(block: Block) -> str:
    return words((block.get(block["type"]) or {}).get("rich_text", ())).strip()


def _heading(block: Block) -> str:
    title = " ".join(_text(block).split())
    anchor = str(block.get("id", "")).replace("-", "")
    level = _HEADINGS[block["type"]]
    # The page's title stands above them all.
    return f"{'#' * (level + 1)} {with_anchor(title, anchor) if anchor else title}" if title else ""


def _code(held: Mapping[str, Any]) -> str:
    text = "".join(str(part.get("plain_text", "")) for part in held.get("rich_text", ()))
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    language = str(held.get("language") or "").replace("plain text", "").replace(" ", "-")
    return f"{fence}{language}\n{text}\n{fence}"


def _table(block: Block) -> str:
    rows = [
        [words(cell) for cell in row["table_row"]["cells"]]
        for row in block.get(CHILDREN, ())
        if row["type"] == "table_row"
    ]
    if rows and not block["table"].get("has_column_header"):
        rows.insert(0, [""] * len(rows[0]))
    return table(rows).strip()


def _indented(text: str, first: str, rest: str) -> str:
    head, *more = text.split("\n")
    return "\n".join([f"{first}{head}".rstrip(), *(f"{rest}{line}".rstrip() for line in more)])


def _properties(properties: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield what the row of a database says in its columns, as "name: value" in one paragraph."""
    said = [f"{name}: {value}" for name, held in properties.items() if (value := _value(held))]
    if said:
        yield "\n".join(f"- {line}" for line in said)


def _value(held: Mapping[str, Any]) -> str:
    """Return a property of a kind that holds words, numbers or days; "" for all others, and for the title."""
    value = held.get(held["type"])
    read = _VALUES.get(held["type"])
    return read(value) if read and value is not None else ""


_VALUES: dict[str, Callable[[Any], str]] = {
    "rich_text": lambda value: " ".join(words(value).split()),
    "select": lambda value: str(value["name"]),
    "status": lambda value: str(value["name"]),
    "multi_select": lambda value: ", ".join(str(item["name"]) for item in value),
    "number": str,
    "url": str,
    "email": str,
    "phone_number": str,
    "checkbox": lambda value: "yes" if value else "no",
    "date": lambda value: " to ".join(str(value[key]) for key in ("start", "end") if value.get(key)),
}
