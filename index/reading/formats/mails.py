"""Mails saved as text: the subject is the title, and what was written before stands in a section of its own."""

import re
from collections.abc import Sequence
from email import message_from_string
from email.utils import parsedate_to_datetime

_HEADER = re.compile(r"[A-Z][A-Za-z-]{1,40}:[ \t]")
_MAX_HEADER_LINES = 60
# https://www.rfc-editor.org/rfc/rfc5322#section-3.6.5
_REPLY = re.compile(r"(?:re|fwd?):\s*", re.IGNORECASE)
_MAX_DEPTH = 20
_INTRODUCTION_CHARS, _SUBJECT_CHARS, _DATE_CHARS = 300, 1_000, 100


def subject_and_day(text: str) -> tuple[str, str | None] | None:
    """Return the subject of a mail without "Re:", and its day as YYYY-MM-DD; None if the text is no mail."""
    lines = text.split("\n", _MAX_HEADER_LINES)[:_MAX_HEADER_LINES]
    header = lines[: lines.index("")] if "" in lines else []
    if not header or not all(_HEADER.match(line) or line[:1].isspace() for line in header):
        return None
    mail = message_from_string("\n".join(header))
    subject, sender, date = (str(mail[name] or "") for name in ("Subject", "From", "Date"))
    if not subject or not sender:
        return None
    return _without_marks(" ".join(subject[:_SUBJECT_CHARS].split())), _day(date[:_DATE_CHARS])


def _without_marks(subject: str) -> str:
    while (mark := _REPLY.match(subject)) and mark.end() < len(subject):
        subject = subject[mark.end() :]
    return subject


def _day(date: str) -> str | None:
    try:
        return parsedate_to_datetime(date).date().isoformat()
    except (ValueError, OverflowError):
        return None


def with_earlier_apart(lines: Sequence[str]) -> list[str]:
    """Return the lines of a mail; a mail that it quotes at its end gets the line that introduces it for a heading.

    A quote that is answered below stays where it is.
    """
    made: list[str] = []
    rest = list(lines)
    for _ in range(_MAX_DEPTH):
        start = len(rest)
        while start and (rest[start - 1].startswith(">") or not rest[start - 1]):
            start -= 1
        introduction = rest[start - 1].strip() if start else ""
        if start == len(rest) or not introduction.endswith(":") or len(introduction) > _INTRODUCTION_CHARS:
            break
        made += [*rest[: start - 1], "", f"## {introduction.rstrip(':')}", ""]
        rest = [line.removeprefix(">").removeprefix(" ") for line in rest[start:]]
    return made + rest
