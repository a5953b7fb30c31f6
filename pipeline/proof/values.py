"""Find values in a sentence: numbers, units, dates, paths, commands, codes and links. Its source must hold them."""

import re

from pipeline.proof.comparing import INLINE_TAG, comparable, contains

_VALUE = re.compile(
    r"https?://[^\s)>\]]+|[\w.+-]+@[\w-]+\.[\w.-]+|(?<![\w/])(?:~|\.{1,2})?/[\w./-]+|`[^`\n]+`"
    r"|\b\w*\d\w*(?:[.,:/]\d\w*)*|[A-Z][A-Z0-9]*_[A-Z0-9_]+"
    r"|\b[A-Za-z_][\w-]*:[\w@./-]*[\w@]|(?<!\w)--?[A-Za-z][\w-]+|\b[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]+)+"
)
# "25MB" and "25 MB" are one value; a code such as "v2" is one too, and "2" is not in it.
_GLUED_UNIT = re.compile(r"(?<=\d)(?=[A-Za-z%€$])")
_MEASURE = re.compile(
    r"\b(\d+(?:[.,]\d+)*)[\s-]*(%|percent|€|euro|dollar|eur|usd|kb|mb|gb|tb|byte|second|minute|hour|day|week|month|year"
    r"|pixel|px|character|user|request|invoice|file)s?(?!\w)"
)
_MONTH = re.compile(
    r"\b(?:january|february|march|april|june|july|august|september|october|november|december|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
    # May is a month before a number or a comma, and inside a sentence.
    r"|\b(?-i:May)(?=\s+\d|,)|(?-i:(?<=[a-z] )May\b)",
    re.IGNORECASE,
)
# In lower case "may" is a month only beside a number or after a word that a verb does not follow.
_LOWER_MAY = re.compile(
    r"\bmay,?\s+\d|\d(?:st|nd|rd|th)?\s+(?:of\s+)?may\b"
    r"|\b(?:in|of|by|since|until|till|from|early|late|mid|last|next|every|before|after|during|through)[\s-]may\b"
)
_DATE = re.compile(
    r"\b(january|february|march|april|may|june|july|august|september|october|november|december)"
    r"(?:\s+\d{1,2}(?:st|nd|rd|th)?)?(?:,|\s+of)?\s+(\d{4})\b"
)
_QUOTED = re.compile(r"[\"“]([^\"“”\n]{3,80})[\"”]")
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,15}:)?//[^\s<>|\"'`)\]]+|\bwww\.[^\s<>|\"'`)\]]+|\b(?:mailto|tel|javascript|data|file|ftp):[^\s<>|\"'`)\]]+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:[\w-]+\.)+(?:com|org|net|io|dev|ai|app|co|info|biz|xyz|example|test|[a-z]{2})/[^\s<>|\"'`)\]]*"
    r"|\b(?:[\w-]+\.)+(?:com|org|net|io|dev|app|info|biz|xyz|example)\b",
    re.IGNORECASE,
)
_TARGET = re.compile(r"\]\(\s*<?([^)\s>]+)")


def links(text: str) -> list[str]:
    """Return the links and addresses of `text`, normalized so that they can be compared."""
    found = [match[0] for match in _LINK.finditer(text)] + [match[1] for match in _TARGET.finditer(text)]
    return list(dict.fromkeys(link.casefold().removeprefix("mailto:").rstrip(".,;:!?*_/") for link in found))


def unsupported_values(text: str, support: str) -> list[str]:
    """Return the values of `text` that are not in `support`, a text from `comparable`."""
    bare, support = _GLUED_UNIT.sub(" ", _LINK.sub(" ", INLINE_TAG.sub("", text))), _GLUED_UNIT.sub(" ", support)
    missing = [value for value in values(bare) if not _holds(support, value)]
    told = comparable(bare)
    pairs = {*_measures(support), *_DATE.findall(support)}
    missing += [" ".join(pair) for pair in (*_measures(told), *_DATE.findall(told)) if pair not in pairs]
    return missing + [words for words in _QUOTED.findall(bare) if " " in words and not _holds(support, words)]


def _measures(text: str) -> list[tuple[str, str]]:
    """Return the numbers of a lower-case text, each with its unit in the singular."""
    return [(number.replace(",", ""), unit) for number, unit in _MEASURE.findall(text)]


def values(text: str) -> list[str]:
    """Return the values of `text` as written."""
    found = [value.rstrip(".,:/") for value in _VALUE.findall(text)] + _MONTH.findall(text)
    return [value for value in found if comparable(value)]


def _holds(support: str, value: str) -> bool:
    wanted = comparable(value)
    if wanted == "may":
        return bool(_LOWER_MAY.search(support))
    if contains(support, wanted):
        return True
    if wanted[0].isdigit():
        return contains(support.replace(",", ""), wanted.replace(",", ""))
    return False
