"""Text for Slack: escaped, within the length limits, without unintended mentions or links (pure)."""

import re
from collections.abc import Iterable, Sequence

from bot.desk.permissions import NO_NAMES, Names
from bot.slack.bare_links import linked_markdown, linked_mrkdwn
from bot.surfaces.showing import Keep, readable, small_print
from bot.surfaces.wording import cut, linkable, updated_words
from bot.surfaces.words import ENGLISH, Words
from pipeline.types import Citation, DocumentRef, Source

SECTION_CHARS = 3000
SMALL_CHARS = 2000
MARKDOWN_CHARS = 12_000
# Slack refuses a message whose `markdown` blocks exceed 12,000 characters in all; 1,000 are kept in reserve.
ANSWER_CHARS = MARKDOWN_CHARS - 1000
VALUE_CHARS = 2000
FALLBACK_CHARS = 3000
_TITLE_CHARS = 120
# The ids of Slack users. A person with another id belongs to another chat product and cannot be mentioned.
_SLACK_ID = re.compile(r"[UW][A-Z0-9]+")
_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]+")
_WITHOUT_ANGLES = str.maketrans("<>", "  ")


def escape(text: str) -> str:
    """Return `text` with Slack's control characters `&`, `<` and `>` escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped_within(text: str, limit: int) -> str:
    """Return `text` escaped and cut to at most `limit` characters, never within an entity such as `&amp;`."""
    kept = cut(text, limit)
    while len(escape(kept)) > limit:
        kept = cut(kept, len(kept) - max(1, (len(escape(kept)) - limit) // 4))
    return escape(kept)


def answer_markdown(text: str, keep: Keep) -> str:
    """Return an answer for one `markdown` block: escaped, with the links that `keep` takes, cut to ANSWER_CHARS."""
    return escaped_within(readable(text, keep), ANSWER_CHARS)


def reviewers_markdown(text: str, keep: Keep) -> str:
    """Return an answer that a reviewer wrote, as `answer_markdown` does, with links in place of bare addresses."""
    return escaped_within(linked_markdown(readable(text, keep)), ANSWER_CHARS)


def answer_parts(text: str, keep: Keep) -> list[str]:
    """Return a whole answer as `answer_markdown` does, in pieces of at most ANSWER_CHARS characters."""
    shown = readable(text, keep)
    # Escaping turns one character into at most five.
    parts = [shown] if len(escape(shown)) <= ANSWER_CHARS else split(shown, ANSWER_CHARS // 5)
    return [escape(part) for part in parts]


def split(text: str, limit: int) -> list[str]:
    """Return `text` in pieces of at most `limit` characters, cut between paragraphs, else lines, else words."""
    pieces: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        at = max(rest.rfind("\n\n", 0, limit), 0) or max(rest.rfind("\n", 0, limit), 0) or rest.rfind(" ", 0, limit)
        at = at if at > 0 else limit
        pieces.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*pieces, rest]


def is_slack_id(user_id: str) -> bool:
    """Tell whether an id is the id of a Slack user."""
    return bool(_SLACK_ID.fullmatch(user_id))


def is_channel_id(name: str) -> bool:
    """Tell whether a name is the id of a Slack channel."""
    return bool(_CHANNEL_ID.fullmatch(name))


def person(user_id: str, names: Names = NO_NAMES) -> str:
    """Return a mention of a Slack user, or the name (without one the id) of a user of another chat product."""
    return f"<@{user_id}>" if is_slack_id(user_id) else escaped_within(names.get(user_id, user_id), 80)


def label(text: str, limit: int) -> str:
    """Return `text` for a plain label: one line of at most `limit` characters, without `<` and `>`; "?" if empty."""
    return cut(" ".join(text.translate(_WITHOUT_ANGLES).split()) or "?", limit)


def quoted(text: str, limit: int) -> str:
    """Return `text` as a mrkdwn quote of at most `limit` characters."""
    lines = escaped_within(text, limit - 2 * (text.count("\n") + 1)).splitlines()
    return "\n".join(f"> {line}" for line in lines)


def quoted_with_links(text: str, limit: int) -> str:
    """Return `text` as `quoted` does, with links in place of bare addresses."""
    return linked_mrkdwn(quoted(text, limit), limit)


def source_line(source: Source, words: Words = ENGLISH) -> str:
    """Return `[n] linked title > heading · updated 3 May 2026` as mrkdwn."""
    heading = f" &gt; {escaped_within(source.heading, _TITLE_CHARS)}" if source.heading else ""
    changed = f" · {updated_words(source.updated, words)}" if source.updated else ""
    return f"[{source.marker}] {_linked(source.title, source.url)}{heading}{changed}"


def quote_lines(source: Source, citations: Sequence[Citation], words: Words = ENGLISH) -> list[str]:
    """Return the quotes behind a source's marker, a line each."""
    return [words("in-quotes", text=escape(quote)) for quote in small_print(citations, source.marker)]


def packed(lines: Iterable[str], limit: int) -> list[str]:
    """Return lines joined to as few texts of at most `limit` characters as their order allows. None is left out."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + len(line) < limit:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return texts


def document_line(document: DocumentRef) -> str:
    """Return a bullet with the document's linked title as mrkdwn."""
    return f"• {_linked(document.title, document.url)}"


def _linked(title: str, url: str | None) -> str:
    words = escaped_within(" ".join(title.split()), _TITLE_CHARS).replace("|", "¦")
    if url is None or not linkable(url):
        return words
    return f"<{escape(url)}|{words}>"
