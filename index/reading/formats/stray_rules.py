"""Look for access rules in places where none is read: comments, broken objects, modules, tags, lines above a page."""

import re
from collections.abc import Iterable
from itertools import takewhile

from bs4 import BeautifulSoup, Comment, Tag

from index.markdown import code_apart
from index.reading.formats.access_rules import not_read
from index.reading.formats.access_words import RULES, Kind, kind_of
from index.reading.formats.fields import bare
from index.reading.formats.header_lines import hidden_rules, key_line

_MAX_OBJECT = 50_000
_OBJECT = re.compile(
    r"(?:/\*[^*]{0,400}\*/\s{0,9}|//[^\n]{0,400}\n\s{0,9})?(?:\[\s{0,9}\{\s{0,9}[\"']|\{[ \t]*(?:[\"'\w\n]|//|/\*[^}]))"
)
_OBJECT_KEY = re.compile(r"(?:^|[{,(])[ \t]*[\"']?([^\W\d][\w-]{0,60})[\"']?[ \t]*:", re.MULTILINE)
_MODULE = re.compile(r"(?:import|export)\b")
_EXPORTED = re.compile(r"export[ \t]+(?:const|let|var)[ \t]+(\w{1,60})")
_OF_PAGE = frozenset("meta metadata frontmatter matter".split())
_CODE_BLOCK = re.compile(r"(`{3,}|~{3,})[ \t]*(?:ya?ml|toml)\b[^\n]*\n")
_META = re.compile(
    rf"^[ \t]*<meta\b[^>]{{0,400}}?\b(?:name|property|http-equiv)[ \t]*=[ \t]*[\"']?({'|'.join(RULES)})\b",
    re.IGNORECASE | re.MULTILINE,
)
_NAMES = ("name", "property", "itemprop", "http-equiv")
_FIRST_TAG = re.compile(r"<[a-z]", re.IGNORECASE)
_DECLARATION = re.compile(r"<[!?][^<>]{0,1000}>")


def refuse_lines(lines: str) -> None:
    """Raise UnreadableDocumentError if one of the lines is an access rule in small letters."""
    for key in hidden_rules(lines):
        if key == key.lower():
            raise not_read(key)


def refuse_long_block(text: str) -> None:
    """Raise UnreadableDocumentError if a rule stands in lines of metadata that are too many to be read."""
    lines = takewhile(
        lambda line: line.startswith((" ", "\t", "-", "#")) or key_line(line), filter(str.strip, text.split("\n"))
    )
    for key in hidden_rules("\n".join(lines)):
        raise not_read(key)


def refuse_object(text: str) -> None:
    """Raise UnreadableDocumentError if a text begins with an object that cannot be read and that holds a rule."""
    if _OBJECT.match(text):
        _refuse_keys(text[: _object_end(text)])


def refuse_above_text(text: str) -> None:
    """Raise UnreadableDocumentError if a rule stands in a module, a block of YAML or a tag above the text."""
    for paragraph in takewhile(_MODULE.match, re.split(r"\n(?:[ \t]*\n)+", text)):
        _refuse_module(paragraph)
    if opened := _CODE_BLOCK.match(text):
        _refuse_code_block(text[opened.end() :].split(opened[1], 1)[0])
    for run, is_code in code_apart(text):
        if not is_code and (found := _META.search(run)):
            raise not_read(found[1])


def refuse_in_page(page: str, soup: BeautifulSoup) -> None:
    """Raise UnreadableDocumentError if a rule stands above a page, in a comment above its body, or in another tag."""
    first = _FIRST_TAG.search(page)
    refuse_lines(_DECLARATION.sub("", page[: first.start() if first else 0]))
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        if comment.find_parent("body") is None:
            refuse_lines(str(comment))
    refuse_tags(soup("meta"))


def refuse_tags(tags: Iterable[Tag]) -> None:
    """Raise UnreadableDocumentError if one of the tags names an access rule in any of its attributes."""
    refuse_names(str(tag.get(attribute) or "") for tag in tags for attribute in _NAMES)


def refuse_names(names: Iterable[str]) -> None:
    """Raise UnreadableDocumentError if one of the names is an access rule."""
    for name in names:
        if bare(name) in RULES:
            raise not_read(name)


def refuse_above_rows(lines: list[str], sign: str) -> None:
    """Raise UnreadableDocumentError if lines above a table, with fewer cells than its rows, hold a rule."""
    cells = max((line.count(sign) for line in lines), default=0)
    above = takewhile(lambda line: line.startswith("#") or line.count(sign) < cells, lines)
    refuse_lines("\n".join(line.lstrip("# \t") for line in above))


def _object_end(text: str) -> int:
    """Return where the braces at the beginning are closed; without that, where the first paragraph ends."""
    depth = 0
    for brace in re.finditer(r"[{}]", text[:_MAX_OBJECT]):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.end()
    return len(text.split("\n\n", 1)[0])


def _refuse_module(paragraph: str) -> None:
    for line_start in _EXPORTED.finditer(paragraph):
        if bare(line_start[1]) == RULES[0]:
            raise not_read(line_start[1])
        if bare(line_start[1]) in _OF_PAGE:
            _refuse_keys(paragraph[line_start.end() :])


def _refuse_code_block(block: str) -> None:
    first = key_line(block.split("\n", 1)[0])
    if first and (bare(first[0]) == "title" or kind_of(first[0]) is Kind.RULE):
        refuse_lines(block)


def _refuse_keys(text: str) -> None:
    for key in _OBJECT_KEY.findall(text):
        if kind_of(key) in {Kind.RULE, Kind.MISSPELT}:
            raise not_read(key)
