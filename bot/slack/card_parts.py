"""Parts of a review card in Slack: where the question was asked, and quotes in their own markup (pure)."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, MarkdownBlock

from bot.slack.blocks import section, small
from bot.slack.payloads import SURFACE
from bot.slack.text import MARKDOWN_CHARS, escape, escaped_within
from bot.store.records import Review
from bot.surfaces.showing import no_link, quote_as_lists, readable
from bot.surfaces.words import ENGLISH, Words
from pipeline.types import Citation

_QUOTE_CHARS = 700
_MAX_QUOTES = 6
_MARGIN = 100


def thread_link(review: Review) -> str:
    """Return the address of the thread in which a question was asked; "" if it was asked in private or elsewhere."""
    where = review.conversation
    if where.surface != SURFACE or where.private or not where.thread_id:
        return ""
    return f"https://slack.com/archives/{where.channel_id}/p{where.thread_id.replace('.', '')}"


def asked_in(review: Review, words: Words = ENGLISH) -> Block:
    """Return the channel and the thread of a question in small print."""
    where = review.conversation
    if where.surface != SURFACE:
        return small(escape(words("card-asked-elsewhere", product=where.surface.title())))
    if where.private:
        return small(words("card-asked-in-private"))
    link = thread_link(review)
    opened = f" · <{escape(link)}|{words('card-open-thread')}>" if link else ""
    return small(f"<#{where.channel_id}>{opened}")


def quotes_as_markdown(citations: Sequence[Citation], used: int, words: Words = ENGLISH) -> list[Block]:
    """Return quotes with their markup, each in a block of its own, as far as the message has room.

    `used` is the number of characters that the other `markdown` blocks of the message hold.
    """
    room = MARKDOWN_CHARS - used - _MARGIN
    blocks: list[Block] = []
    for citation in citations[:_MAX_QUOTES]:
        text = f"**[{citation.marker}]** {_quote(citation.quote, min(_QUOTE_CHARS, room))}" if room > _MARGIN else ""
        if not text or len(text) > room:
            break
        room -= len(text)
        blocks.append(MarkdownBlock(text=text))
    more = len(citations) - len(blocks)
    return [section(f"*{words('quotes')}*"), *blocks, *([small(words("and-more", count=more))] if more else [])]


def _quote(text: str, limit: int) -> str:
    shown = escaped_within(readable(quote_as_lists(text), no_link).strip(), limit - 20)
    # A list or a heading is one only at the beginning of a line.
    return f"\n\n{shown}" if "\n" in shown or shown.startswith(("-", "#", "*", ">", "`")) else f"“{shown}”"
