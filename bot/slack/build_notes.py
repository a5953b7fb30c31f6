"""What is said about a build of the index to whoever ordered it (pure)."""

from datetime import UTC, date, datetime

from bot.slack.blocks import section, small
from bot.slack.outgoing import SlackPayload, to_asker
from bot.slack.render import SlackMessage, notice_message
from bot.slack.text import SECTION_CHARS, SMALL_CHARS, escape, escaped_within
from bot.store.records import BuildOrder, Outgoing
from bot.surfaces.command_messages import SKIPPED_SHOWN, coverage_words, remark_lines
from bot.surfaces.wording import cut
from bot.surfaces.words import ENGLISH, Words
from index.builder import Coverage


def build_note(key: str, build_id: str, order: BuildOrder, said: Coverage | str, words: Words) -> Outgoing:
    """Return a message about a build; if it cannot be delivered, it is sent as a direct message."""
    if isinstance(said, str):
        message = notice_message(escape(said))
    else:
        message = coverage_message(said, datetime.now(UTC).date(), words)
    return to_asker(key, build_id, order.where, message, SlackPayload(response_url=order.response_url))


def coverage_message(coverage: Coverage, today: date, words: Words = ENGLISH) -> SlackMessage:
    """Return the coverage report: how much was seen, indexed and skipped, and why, and what was not seen."""
    head = coverage_words(coverage, words)
    lines = [f"• `{escape(s.name)}`: {escape(s.reason)}" for s in coverage.skipped[:SKIPPED_SHOWN]]
    more = len(coverage.skipped) - SKIPPED_SHOWN
    if more > 0:
        lines.append(words("left-out-more", count=more, command="`citedesk index status`"))
    skipped = [section(cut("\n".join([f"*{words('left-out')}*", *lines]), SECTION_CHARS))] if lines else []
    remarks = escaped_within("\n".join(f"• {line}" for line in remark_lines(coverage, today, words)), SMALL_CHARS)
    noted = [small(remarks)] if remarks else []
    head_block = section(f":white_check_mark: {head}")
    return SlackMessage(head, (head_block, *skipped, *noted, small(f"`{coverage.snapshot}`")))
