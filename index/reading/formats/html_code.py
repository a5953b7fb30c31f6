"""Code in HTML pages: the text of a block without its line numbers, and its language."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence

from bs4 import Tag
from bs4.element import NavigableString, PreformattedString

from index.reading.formats.html_hidden import classes

_LINE_TAGS = frozenset({"div", "p", "li", "tr"})
_LANGUAGE = re.compile(r"(?:language|lang|highlight-source|highlight|brush:?|source)-?([a-z][\w+#.-]*)", re.IGNORECASE)
_LANGUAGE_CHARS = 20
_NOT_SELECTED = re.compile(r"user-select\s*:\s*none", re.IGNORECASE)
_NO_LANGUAGE = frozenset({"default", "none", "text", "notranslate", "wrapper", "block", "plaintext"})
_DIGITS = 7


def code_text(block: Tag, left_out: Collection[int]) -> str:
    """Return the text of a block of code: its lines, without numbers and what is left out of the page."""
    numbers = _line_numbers(block)
    parts: list[str] = []
    skipped: set[int] = set()
    for node in block.descendants:
        if isinstance(node, Tag):
            if id(node.parent) in skipped or id(node) in numbers or id(node) in left_out or _is_no_code(node):
                skipped.add(id(node))
            elif node.name == "br" or (node.name in _LINE_TAGS and parts and not parts[-1].endswith("\n")):
                parts.append("\n")
        elif id(node.parent) not in skipped and not isinstance(node, PreformattedString):
            parts.append(str(node))
    return "".join(parts).replace("\xa0", " ").expandtabs(4).strip("\n").rstrip()


def language(block: Tag) -> str:
    """Return the language that a block of code, the code in it or what is around it names; "" if none."""
    inner = block.find("code")
    around = [tag for tag in (block.parent, block.parent and block.parent.parent) if isinstance(tag, Tag)]
    for tag in [block, *([inner] if isinstance(inner, Tag) else []), *around]:
        for name in (str(tag.get("data-lang") or tag.get("data-language") or ""), *_named(tag)):
            if name and len(name) <= _LANGUAGE_CHARS and name.lower() not in _NO_LANGUAGE and not _has_space(name):
                return name.lower()
    return ""


def are_consecutive(texts: Sequence[str]) -> bool:
    """Tell whether texts count on: 1, 2, 3."""
    if not texts or not all(text.isdecimal() and len(text) < _DIGITS for text in texts):
        return False
    numbers = [int(text) for text in texts]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _has_space(name: str) -> bool:
    return any(character.isspace() or character == "`" for character in name)


def _named(tag: Tag) -> list[str]:
    return [found[1] for name in classes(tag) if (found := _LANGUAGE.fullmatch(name))]


def _is_no_code(tag: Tag) -> bool:
    return tag.name == "button" or _NOT_SELECTED.search(str(tag.get("style", ""))) is not None


def _line_numbers(block: Tag) -> set[int]:
    """Return the `id()` of tags that only count the lines."""
    alike: dict[tuple[str, ...], list[Tag]] = defaultdict(list)
    for tag in block.find_all(name=True):
        if len(tag.contents) <= 1 and all(isinstance(inside, NavigableString) for inside in tag.contents):
            alike[tag.name, *classes(tag)].append(tag)
    groups = [tags for tags in alike.values() if len(tags) > 1 and are_consecutive([_bare(tag) for tag in tags])]
    return {id(tag) for tags in groups for tag in tags}


def _bare(tag: Tag) -> str:
    return tag.get_text().strip().rstrip(".:|").strip()
