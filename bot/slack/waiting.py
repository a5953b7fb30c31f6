"""Blocks for askers whose question waits or was decided (pure)."""

from slack_sdk.models.blocks import SectionBlock

from bot.desk.outlook import Outlook
from bot.slack.blocks import section, small
from bot.slack.render import SlackMessage
from bot.slack.text import escape
from bot.store.records import Review
from bot.surfaces.waiting_words import outlook_words, repeated_question
from bot.surfaces.words import ENGLISH, Words


def words_message(text: str) -> SlackMessage:
    """Return a plain text as a message."""
    return SlackMessage(escape(text), (section(escape(text)),))


def with_outlook(message: SlackMessage, outlook: Outlook, words: Words = ENGLISH) -> SlackMessage:
    """Return a message that says that a person has the question, with what to expect below those words."""
    expected = outlook_words(outlook, words)
    if not expected:
        return message
    blocks = list(message.blocks)
    said = next((at for at, block in enumerate(blocks, 1) if isinstance(block, SectionBlock)), 0)
    blocks.insert(said, small(escape(expected)))
    return SlackMessage(f"{message.text} {escape(expected)}", tuple(blocks))


def as_told(message: SlackMessage, review: Review, words: Words = ENGLISH) -> SlackMessage:
    """Return the message about a decision with the question, if it does not stand above, and a next step."""
    asked = repeated_question(review, words)
    *blocks, last = message.blocks
    next_step = [section(words("rejected-next"))] if review.state == "rejected" else []
    return SlackMessage(message.text, (*([small(escape(asked))] if asked else []), *blocks, *next_step, last))
