"""The block of metadata at the beginning of a text file, in every notation that people write it in.

A block that cannot be read leaves out the whole document if it may hold an access rule: without that rule, everyone
could read the document.
"""

import re
from collections.abc import Callable
from typing import Any

from index.errors import UnreadableDocumentError
from index.reading.formats.access_rules import access_of, not_read
from index.reading.formats.fields import Fields, bare, from_json, from_toml, from_yaml
from index.reading.formats.header_lines import (
    Trust,
    hidden_rules,
    key_line,
    refuse_json_rules,
    refuse_later_rules,
    refuse_rules,
)
from index.reading.formats.metadata import Metadata, metadata
from index.reading.formats.stray_rules import refuse_above_text, refuse_lines, refuse_long_block, refuse_object

_MAX_CHARS = 50_000
_FENCE_CHARS = 3
_HIDDEN = re.compile(r"[\s\ufeff\u200b-\u200d\u2060]+")
_COMMENTS = (("<!--", "-->"), ("{/*", "*/}"))
_OPENED = re.compile(r"[ \t]*(-{3,}|\+{3,}|;{3,})[ \t]*(yaml|yml|toml|json)?[ \t]*(?:#.*)?$", re.IGNORECASE)
_CLOSED = {
    "-": re.compile(r"^[ \t]*(?:-{3,}|\.{3})[ \t]*$", re.MULTILINE),
    "+": re.compile(r"^[ \t]*\+{3,}[ \t]*$", re.MULTILINE),
    ";": re.compile(r"^[ \t]*;{3,}[ \t]*$", re.MULTILINE),
}
_LIKE_A_FENCE = re.compile(r"[ \t]*(?:[-+;]{2,}|[\u2012-\u2015\u2212]+|[.=*_~]{3,})")
_JSON_OBJECT = re.compile(r"\{\s*[\"'}]")
_TITLE = re.compile(r"#{1,6}[ \t][^\n]*\n")
_WORDY_RULE = re.compile(r"(?:access|groups)\s+\S")


def split(text: str, *, is_prose: bool = True) -> tuple[Metadata, str]:
    """Return the metadata of a text and the text below it. Raises UnreadableDocumentError if it cannot be read.

    In prose, lines further down that look like front matter may hold no access rule, either.
    """
    rest = below_comments(text)
    found = _fenced(rest) or _json(rest)
    said, body = found or (Metadata(), rest)
    if is_prose and said.access is None:
        below = below_comments(body)
        refuse_rules(below, Trust.FIRST)
        refuse_object(below)
        refuse_above_text(below)
        if title := _TITLE.match(below):
            below_comments(below[title.end() :])
        refuse_later_rules(f"---\n{below}" if found else below)
    return said, body


def below_comments(text: str) -> str:
    """Return a text without the comments and blank lines at its beginning; these comments may hold no access rule."""
    start = 0
    while True:
        if blank := _HIDDEN.match(text, start):
            start = blank.end()
        closed = next((c for o, c in _COMMENTS if text.startswith(o, start)), None)
        end = text.find(closed, start) if closed else -1
        if closed is None or end == -1:
            return text[start:].rstrip()
        comment = text[start + len(closed) : end].lstrip("-*")
        refuse_rules(comment, Trust.LOOSE if "---" in comment else Trust.FIRST)
        refuse_lines(comment)
        start = end + len(closed)


def _fenced(text: str) -> tuple[Metadata, str] | None:
    """Read front matter between fences; None if there is none, and the text begins with something else."""
    first, _, below = text.partition("\n")
    opened = _OPENED.match(first)
    if opened is None:
        if _LIKE_A_FENCE.match(first):
            refuse_rules(text, Trust.LOOSE)
        return None
    trust = Trust.FENCED if below.split("\n", 1)[0].strip() else Trust.LOOSE
    closed = _CLOSED[opened[1][0]].search(below, 0, _MAX_CHARS)
    if closed is None:
        refuse_rules(below, trust)
        if trust is Trust.FENCED:
            refuse_long_block(below)
        return None
    block, body = below[: closed.start()], below[closed.end() :].strip("\n")
    fields = _read(block, opened[2] or opened[1][0], trust)
    if not isinstance(fields, Fields):
        return None if block.strip() else (Metadata(), body)
    said = _said(fields, block)
    is_certain = trust is Trust.FENCED and len(opened[1]) == _FENCE_CHARS
    return (said, body) if is_certain or not said.is_empty else None


def _read(block: str, notation: str, trust: Trust) -> Fields | None:
    """Return the fields of a block; None if it is prose. Raises UnreadableDocumentError for metadata that is broken."""
    try:
        found = _NOTATIONS[notation.lower()](block)
    except UnreadableDocumentError:
        if trust is Trust.FENCED and _is_metadata(block):
            raise
        refuse_rules(block, trust)
        if trust is Trust.FENCED:
            _refuse_hidden(block, set())
        return None
    if isinstance(found, Fields):
        return found
    if isinstance(found, list):
        access_of(Fields((("front matter", found),)))
    elif trust is Trust.FENCED:
        refuse_rules(block, trust)
        if wordy := _WORDY_RULE.match(block.strip()):
            raise not_read(wordy[0].split()[0])
    return None


def _said(fields: Fields, block: str) -> Metadata:
    said = metadata(fields)
    _refuse_hidden(block, {bare(key) for path, _ in fields.everywhere() for key in path})
    return said


def _refuse_hidden(block: str, read: set[str]) -> None:
    """Raise UnreadableDocumentError for a line that is an access rule and was not read as one."""
    for key in hidden_rules(block):
        if bare(key) not in read:
            raise not_read(key)


def _is_metadata(block: str) -> bool:
    """Tell whether every line of a block looks like metadata, so that it is no prose between two rules."""
    lines = [line for line in block.split("\n") if line.strip() and not line.startswith("#")]
    first = key_line(lines[0]) if lines else None
    if first is None or (len(lines) == 1 and " " in first[0]):
        return False
    return all(line.startswith((" ", "\t", "-", "]", "}")) or key_line(line) for line in lines)


def _json(text: str) -> tuple[Metadata, str] | None:
    """Read a JSON object at the beginning; without text below it, it is the text."""
    if not _JSON_OBJECT.match(text):
        return None
    try:
        fields, end = from_json(text)
    except UnreadableDocumentError:
        refuse_json_rules(text)
        return None
    return metadata(fields), text[end:].strip("\n") or text


def _json_block(block: str) -> Any:  # noqa: ANN401 - any value
    return from_json(block.strip())[0]


_NOTATIONS: dict[str, Callable[[str], Any]] = {
    "-": from_yaml,
    "yaml": from_yaml,
    "yml": from_yaml,
    "+": from_toml,
    "toml": from_toml,
    ";": _json_block,
    "json": _json_block,
}
