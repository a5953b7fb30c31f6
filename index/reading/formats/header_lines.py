"""Look for access rules in lines that look like metadata but cannot be read as such."""

import re
from collections.abc import Iterator
from enum import IntEnum

from index.markdown import code_apart
from index.reading.formats.access_rules import not_read
from index.reading.formats.access_words import Kind, kind_of, limits

_MAX_LINES = 300
_AROUND = " \t-+;:%{,[(\u2012\u2013\u2014\u2015\u2212=~\"'"
_KEY = re.compile(r"([^\W\d][\w .-]{0,60}?)[\"']?[ \t]*(?:[:=\uff1a]|=>)(.*)")
_JSON_KEY = re.compile(r"\"([^\"\n]{1,60})\"[ \t]*:")
_EXPORTED = re.compile(r"export[ \t]+(?:const|let|var)[ \t]+\w+[ \t]*=[ \t]*\{")
_ABOVE_TITLE = re.compile(r"(?:[^\n:]*:[^\n]*\n)+\s*#{1,6}[ \t]")
_FENCE = re.compile(r" {0,3}(?:-{3,}|\+{3,}|;{3,}|[\u2012-\u2015\u2212]+|\.{3})[ \t]*$")
_CODE = re.compile(r" {0,3}(?:`{3}|~{3})| {4}|\t")
_HEADING = re.compile(r"#{1,6}[ \t]")
_LIST_ITEM = re.compile(r"\s*[-*][ \t]")
_NEIGHBOURS = frozenset("title date author authors tags category slug url summary lang description keywords".split())
_GROUP_CHARS, _GROUP_WORDS, _GROUP_NAME_WORDS = 40, 2, 4


class Trust(IntEnum):
    """How surely lines are metadata: below a fence, below a fence and a blank line, or merely first in the text."""

    FENCED = 3
    LOOSE = 2
    FIRST = 1


def refuse_rules(text: str, trust: Trust) -> None:
    """Raise UnreadableDocumentError if the first lines of a text hold what looks like an access rule."""
    lines = list(_header(text, trust))
    keys = {key.casefold() for key, _ in lines}
    is_above_title = _ABOVE_TITLE.match(text) is not None
    for key, value in lines:
        kind = kind_of(key)
        if kind is None or (kind is Kind.FOREIGN and not _may_limit(key, value, trust)):
            continue
        alone = trust == Trust.FIRST and key != key.lower() and not (keys & _NEIGHBOURS or is_above_title)
        if trust == Trust.FENCED or (_names_groups(key, value) and not alone):
            raise not_read(key)


def refuse_json_rules(text: str) -> None:
    """Raise UnreadableDocumentError if a broken JSON object at the beginning of a text holds an access rule."""
    for key in dict.fromkeys(_JSON_KEY.findall(text.split("\n\n", 1)[0])):
        if kind_of(key) is not None:
            raise not_read(key)


def refuse_later_rules(body: str) -> None:
    """Raise UnreadableDocumentError if front matter with a rule stands further down, between fences, outside code."""
    prose = "\n".join(text for text, is_code in code_apart(body) if not is_code)
    block: list[tuple[str, str]] | None = None
    for line in prose.split("\n"):
        if _FENCE.match(line):
            for key, value in block or ():
                if kind_of(key) in {Kind.RULE, Kind.MISSPELT} and _names_groups(key, value):
                    raise not_read(key)
            block = []
        elif block is not None and line.strip():
            found = key_line(line)
            if found and len(block) < _MAX_LINES:
                block.append(found)
            elif not _goes_on(line):
                block = None


def hidden_rules(block: str) -> Iterator[str]:
    """Yield the access rules that are lines of a block of front matter, whatever the block makes of these lines."""
    for line in block.split("\n"):
        found = None if line.lstrip().startswith("#") else key_line(line)
        if found and kind_of(found[0]) in {Kind.RULE, Kind.MISSPELT} and _names_groups(*found):
            yield found[0]


def key_line(line: str) -> tuple[str, str] | None:
    """Return key and value of a line of metadata; None if it is no such line."""
    found = _KEY.match(_EXPORTED.sub("", line).lstrip(_AROUND))
    return (found[1].strip(), found[2].strip()) if found else None


def _header(text: str, trust: Trust) -> Iterator[tuple[str, str]]:
    """Yield the key lines of the first paragraphs: all paragraphs with key lines after a fence, else the first one."""
    paragraphs = re.split(r"\n(?:[ \t]*\n)+", "\n".join(text.lstrip().split("\n")[:_MAX_LINES]))
    for number, paragraph in enumerate(paragraphs):
        lines = paragraph.strip("\n").split("\n")
        if _CODE.match(lines[0]) and (number or trust != Trust.FENCED):
            return
        if len(lines) == 1 and _HEADING.match(lines[0]) and (number == 0 or trust == Trust.FIRST):
            if trust != Trust.FIRST:
                return
            continue
        found = [pair for line in lines if not _is_prose_item(line, trust) and (pair := key_line(line))]
        yield from found
        if not found or trust == Trust.FIRST:
            return


def _may_limit(key: str, value: str, trust: Trust) -> bool:
    # Without a value a list may follow.
    return trust > Trust.FIRST and (not value or limits(key, value)) and (trust == Trust.FENCED or " " not in key)


def _is_prose_item(line: str, trust: Trust) -> bool:
    return _HEADING.match(line) is not None or (trust < Trust.FENCED and line.startswith(("- ", "* ")))


def _goes_on(line: str) -> bool:
    return line.startswith((" ", "\t", "#")) or _LIST_ITEM.match(line) is not None


def _names_groups(key: str, value: str) -> bool:
    """Tell whether a value can be the names of groups, and not a sentence."""
    names = re.split(r"[,;]", value.split(" #", 1)[0].strip(" \t[](){}\"'`,;"))
    return all(
        len(name) <= _GROUP_CHARS and _is_short(key, name.split()) and not name.rstrip().endswith((".", "!", "?"))
        for name in names
    )


def _is_short(key: str, words: list[str]) -> bool:
    """Tell whether words are few enough for a group: more of them in a name, whose words begin with capitals."""
    is_name = key == key.lower() and all(word[0].isupper() for word in words)
    return len(words) <= (_GROUP_NAME_WORDS if is_name else _GROUP_WORDS)
