"""Make links of the bare addresses in a text that a person wrote (pure). Only http(s) addresses lead anywhere."""

import re

from index.markdown import code_apart

_CODE = r"(?P<code>(?<![\\`])(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`))"
_LINK = r"\[[^\[\]\n]*+\]\([^)\n]*+\)"
_IN_MARKDOWN = re.compile(
    rf"{_CODE}|{_LINK}|(?<![\w/])(?P<address>https?://(?=\w)(?:\\[^\w\s]|\\_|[^\s<>\"`|\\\[\]])+)"
)
_IN_MRKDWN = re.compile(rf"{_CODE}|(?<![\w/])(?P<address>https?://(?=\w)(?:(?!&[lg]t;)[^\s<>\"`|])+)")
_ESCAPED = re.compile(r"\\([^\w\s]|_)")
_MARKUP = re.compile(r"([\\*_~])")
# Signs at the end of an address that belong to the sentence.
_AFTER = ".,;:!?'*_~…"


def linked_markdown(text: str) -> str:
    """Return Markdown with links in place of bare addresses. Code and links stay as they are."""
    return "\n".join(run if is_code else _IN_MARKDOWN.sub(_markdown_link, run) for run, is_code in code_apart(text))


def linked_mrkdwn(escaped: str, limit: int) -> str:
    """Return escaped mrkdwn with links in place of bare addresses; as it was if it would exceed `limit` characters."""
    linked = _IN_MRKDWN.sub(_mrkdwn_link, escaped)
    return linked if len(linked) <= limit else escaped


def _markdown_link(match: re.Match[str]) -> str:
    if not match["address"]:
        return match[0]
    address, rest = _split(match["address"])
    plain = _ESCAPED.sub(r"\1", address)
    target = plain.replace("(", "%28").replace(")", "%29")
    label = _MARKUP.sub(r"\\\1", plain)
    return f"[{label}]({target}){rest}"


def _mrkdwn_link(match: re.Match[str]) -> str:
    if not match["address"]:
        return match[0]
    address, rest = _split(match["address"])
    return f"<{address}>{rest}"


def _split(found: str) -> tuple[str, str]:
    """Return an address and what follows it: signs of the sentence, and a bracket that was opened before it."""
    end, unopened = len(found), found.count(")") - found.count("(")
    while found[end - 1] in _AFTER or (found[end - 1] == ")" and unopened > 0):
        end, unopened = end - 1, unopened - (found[end - 1] == ")")
    return found[:end], found[end:]
