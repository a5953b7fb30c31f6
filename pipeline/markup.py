"""Take out of a section's Markdown what a reader of a chat should not see: tags, scripts, imports, images, dead links.

The number of lines stays, so that every line that is shown is known by its place in the document. Code stays as it is.
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin

from index import markdown

# Elements of HTML. A name in angle brackets that is none of them, such as `<CustomerNumber>`, is a word of the text.
_ELEMENTS = (
    "a|abbr|article|aside|audio|b|blockquote|br|body|button|center|cite|code|col|colgroup|dd|del|details|dfn|div|dl|dt|em"
    "|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark"
    "|meta|nav|noscript|object|ol|option|p|path|picture|pre|q|s|samp|section|select|small|source|span|strong|style|sub"
    "|summary|sup|svg|table|tbody|td|template|tfoot|th|thead|time|title|tr|tt|u|ul|var|video|wbr"
)
_INLINE_CODE = r"(?<!`)(?P<ticks>`++)[^`\n]++(?P=ticks)"
# A table in HTML has lost its columns once its tags are taken out, so none of it is shown.
_UNSEEN = (
    r"<(?P<unseen>head|script|style|svg|iframe|template|table)\b[^<>]*+>"
    r"|<!--[\s\S]*?(?:-->|\Z)"
)
_TAG = rf"</?(?:{_ELEMENTS})(?:\s[^<>]*|/)?>"
# A tag of another name is a component of the page if it has attributes, closes itself, or has a line for itself.
_COMPONENT = r"<[A-Z][\w.]*+\s[^<>=]*+=[^<>]*+>|<[A-Z][\w.]*\s*/>|^[^\S\n]*+</?[A-Z][\w.]*+>[^\S\n]*$"
_IMPORT = (
    r"^import\s+(?:[\w{*][^'\"\n]*\sfrom\s+)?['\"][^'\"\n]+['\"];?[^\S\n]*$"
    r"|^export\s+(?:const|default|function)\b.*[;{(]\s*$"
)
_REFERENCE = r"^[ ]{0,3}\[[^\]\n]+\]:[ ]+\S+.*$"
_IMAGE = r"!\[[^\[\]\n]*+\](?:\((?:[^)\n\]]|\](?!\())*+\)|\[[^\[\]\n]*+\])"
_DATA = r"data:[\w/+.-]+;base64,[\w+/=]+|(?<![\w/+=])[A-Za-z0-9+/]{120,}={0,2}"
_ATTRIBUTES = r"(?:(?<![ \t])[ \t]++)?\{(?::[ ]*+)?[#.][^{}\n]*+\}[ \t]*+$"
_MARKUP = re.compile(
    f"{_INLINE_CODE}|{_UNSEEN}|{_TAG}|{_COMPONENT}|{_IMPORT}|{_REFERENCE}|{_IMAGE}|{_DATA}|{_ATTRIBUTES}", re.MULTILINE
)
_STRUCK = re.compile(r"<(?P<tag>del|s|strike)\s*>(?P<struck>[^<>\n]*)</(?P=tag)\s*>", re.IGNORECASE)
_NOTE_OPENS = re.compile(r"^[^\S\n]*(?::::+[ ]*(?P<kind>[A-Za-z]+)[ \t]*|<aside\b[^>]*>)(?P<title>.*)$")
_NOTE_CLOSES = re.compile(r"(?:^|(?<=[^\s:]))[^\S\n]*+(?::{3,}+|</aside>)[^\S\n]*+$")
_LINK = re.compile(
    r"\[((?:[^\[\]\n]++|\[[^\[\]\n]*+\])*+)\]\(\s*+<?((?:[^)\s>\]]|\](?!\())*+)>?(?:\s++(?:\"[^\"\n]*+\"|'[^'\n]*+'))?\s*+\)"
)
# A sentence with one link, such as "See [the guide](guide.md)."
_LINK_SENTENCE = re.compile(
    r"(?<=[.!?])[^\S\n]++(?P<sentence>[^.!?\n\[\]]*+\[[^\[\]\n]++\]\((?P<target>(?:[^)\s\]]|\](?!\())*+)\)[^.!?\n\[\]]*+(?:[.!?]|$))(?=\s|$)"
)
_REFERENCE_LINK = re.compile(r"\[([^\[\]\n]+)\]\[[^\[\]\n]*\]")
_CODE_OR_NUMBER = re.compile(rf"{_INLINE_CODE}|\[(?P<number>\d{{1,3}})\](?!\()")
_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
_WITHHELD = "(withheld)"
# "Other examples: [a](x), [b](y)" and "[Here's how](z)." have at most this many words beside their links.
_WORDS_BESIDE_LINKS = 3
_HARDLY_ANY_WORDS = 2


def cleaned(lines: Sequence[str]) -> list[str]:
    """Return the same number of lines without markup that is not text; notes in ":::" and <aside> become quotes."""
    found: list[str] = []
    for run, is_code in markdown.code_apart("\n".join(lines)):
        found.extend([*run.split("\n")] if is_code else _without_markup("\n".join(_as_quotes(run.split("\n")))))
    return found


def readable(text: str, url: str | None) -> str:
    """Return Markdown as a reader of a chat sees it; `url` is the address of its page. Code stays as it is."""
    runs = markdown.code_apart("\n".join(cleaned(text.split("\n"))))
    return "\n".join(
        run if is_code else "\n".join(with_usable_links(line, url) for line in run.split("\n")) for run, is_code in runs
    ).strip("\n")


def is_withheld(text: str) -> bool:
    """Tell whether a part of `text` was withheld because it instructs a model."""
    return _WITHHELD in text


def only_points_elsewhere(text: str) -> bool:
    """Tell whether `text` is empty or is navigation: links with hardly a word beside them."""
    if not any(character.isalnum() for character in text):
        return True
    beside, links = _LINK.subn(" ", markdown.without_line_marks(text))
    words = len(_WORD.findall(beside))
    # "Do not [delete it](x)" has one link and says something.
    few = words <= _WORDS_BESIDE_LINKS if links > 1 else words == 0
    return bool(links) and few and len(_SENTENCE_END.findall(beside)) <= links


def says_hardly_anything(text: str) -> bool:
    """Tell whether `text` has so few words ("P.S.") that it says nothing without a link."""
    return len(_WORD.findall(text)) <= _HARDLY_ANY_WORDS


def with_usable_links(line: str, url: str | None) -> str:
    """Return `line` with links that work, the others reduced to their text, and no number that looks like a marker.

    `url` is the address of the page, if it is known.
    """
    if "[" not in line:
        return line
    plain = _LINK_SENTENCE.sub(lambda found: "" if _is_lost(found, url) else found[0], line)
    plain = _LINK.sub(lambda link: _link(link[1], _absolute(link[2], url)), plain)
    # The targets of reference links stand at the end of the document.
    plain = _REFERENCE_LINK.sub(r"\1", plain)
    return _CODE_OR_NUMBER.sub(lambda match: f"({match['number']})" if match["number"] else match[0], plain)


def _is_lost(sentence: re.Match[str], url: str | None) -> bool:
    """Tell whether a sentence only points to a page that cannot be linked to."""
    return not _absolute(sentence["target"], url) and only_points_elsewhere(sentence["sentence"])


def _link(text: str, target: str | None) -> str:
    return f"[{text}]({target})" if target and text.strip() else text


def _absolute(target: str, url: str | None) -> str | None:
    """Return the target of a link as it works outside its page; None if that is not known.

    A path from the root is one of the page's server. Other paths lead to files, which pages seldom have as addresses.
    """
    if re.match(r"https?://|mailto:", target):
        return target
    return urljoin(url, target) if url and target.startswith("/") else None


def _without_markup(text: str) -> list[str]:
    text = _STRUCK.sub(r"~~\g<struck>~~", text)
    return [line.rstrip() for line in "".join(_seen(text)).split("\n")]


def _seen(text: str) -> Iterator[str]:
    """Yield what stays of `text`; what is left out leaves its line ends."""
    at, unclosed = 0, set[str]()
    while markup := _MARKUP.search(text, at):
        yield text[at : markup.start()]
        at = markup.end()
        if markup["unseen"] and markup["unseen"] not in unclosed:
            closing = re.compile(rf"</{markup['unseen']}\s*+>").search(text, at)
            at = closing.end() if closing else at
            unclosed |= set() if closing else {markup["unseen"]}
        yield markup[0] if markup["ticks"] else "\n" * text.count("\n", markup.start(), at)
    yield text[at:]


def _as_quotes(lines: Sequence[str]) -> Iterator[str]:
    inside = False
    for line in lines:
        opened = _NOTE_OPENS.match(line)
        if not opened and not inside:
            yield line
            continue
        closes = _NOTE_CLOSES.search(line) if not (opened and opened["kind"]) else None
        if opened:
            name = (opened["kind"] or "").capitalize()
            title = _NOTE_CLOSES.sub("", opened["title"])
            yield f"> {f'**{name}:** ' if name else ''}{title}".rstrip()
        else:
            yield f"> {_NOTE_CLOSES.sub('', line)}".rstrip(" >") if closes else f"> {line}".rstrip()
        inside = closes is None
