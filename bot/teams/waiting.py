"""Parts of cards for askers whose question waits or was decided, and where a question was asked (pure)."""

from urllib.parse import quote

from bot.store.records import Review
from bot.surfaces.waiting_words import repeated_question
from bot.surfaces.words import ENGLISH, Words
from bot.teams.cards import Json, TeamsMessage, card_message, paragraph, small
from bot.teams.payloads import SURFACE
from bot.teams.text import literal

_LINE_CHARS = 600


def words_message(text: str) -> TeamsMessage:
    """Return a plain text as a message."""
    return card_message(text, [paragraph(literal(text, 2000))])


def asked_line(review: Review, words: Words = ENGLISH) -> str:
    """Return the line that repeats a question whose answer stands in no thread below it, as Markdown; or ""."""
    return literal(repeated_question(review, words), _LINE_CHARS)


def thread_link(review: Review) -> str:
    """Return the address of the thread in which a question was asked; "" if it was asked in private or elsewhere."""
    where = review.conversation
    if where.surface != SURFACE or where.private or not where.thread_id:
        return ""
    address = f"https://teams.microsoft.com/l/message/{quote(where.channel_id)}/{quote(where.thread_id)}"
    return f"{address}?tenantId={quote(where.tenant_id)}"


def asked_in(review: Review, words: Words = ENGLISH) -> Json:
    """Return where a question was asked, in small print."""
    where, link = review.conversation, thread_link(review)
    if where.surface != SURFACE:
        return small(words("card-asked-elsewhere", product=where.surface.title()))
    if not link:
        return small(words("card-asked-in-private"))
    return paragraph(f"[{words('card-open-thread')}]({link})", size="Small", spacing="Small")
