"""Render the report and the weekly digest as Block Kit (pure)."""

from dataclasses import dataclass

from slack_sdk.models.blocks import Block

from bot.desk.reporting import Report
from bot.slack.blocks import section, small
from bot.slack.clients import Workspaces
from bot.slack.outgoing import SlackPayload, blocks_of
from bot.slack.payloads import SURFACE, channel_conversation
from bot.slack.render import SlackMessage
from bot.slack.text import SECTION_CHARS, escape, escaped_within
from bot.store.records import Conversation, Outgoing
from bot.surfaces.report_words import report_bars, report_facts, report_heading, sections
from bot.surfaces.words import ENGLISH, Words


def report_message(report: Report, words: Words = ENGLISH, *, quotes: bool) -> SlackMessage:
    """Return a report; with `quotes` it quotes the questions of gaps, which only admins may read.

    The chart is text: an uploaded picture would need the scope files:write and a library that draws.
    """
    head, bars = escape(report_heading(report, words)), report_bars(report, words)
    facts = "\n".join(f"*{escape(name)}*: {escape(value)}" for name, value in report_facts(report, words))
    lists = [
        f"*{escape(name)}*\n" + "\n".join(f"• {escaped_within(line, 400)}" for line in lines)
        for name, lines in sections(report, words, quotes=quotes)
    ]
    blocks: list[Block] = [section(f"*{head}*"), *([section(f"```\n{escape(bars)}\n```")] if bars else [])]
    blocks += [section(_fitting(text)) for text in (facts, *lists)]
    if not quotes and report.gap_count:
        blocks.append(small(escape(words("report-for-admins"))))
    return SlackMessage(head, tuple(blocks))


def _fitting(text: str) -> str:
    """Return escaped text cut between lines to the length of a section."""
    while len(text) > SECTION_CHARS:
        text = text.rpartition("\n")[0] or text[:SECTION_CHARS]
    return text


@dataclass(frozen=True, slots=True)
class SlackBulletin:
    """`bot.delivery.digest.Bulletin` in Slack. A bot that serves many workspaces posts no digest."""

    workspaces: Workspaces
    channel: str
    words: Words = ENGLISH

    def place(self) -> Conversation | None:
        """Return the channel of the digest; None if none is set."""
        tenant = self.workspaces.only
        return channel_conversation(tenant, self.channel) if tenant and self.channel else None

    def digest(self, key: str, where: Conversation, report: Report) -> Outgoing:
        """Return the digest as a message with this key."""
        message = report_message(report, self.words, quotes=False)
        return Outgoing(
            key=key,
            request_id="",
            surface=SURFACE,
            tenant_id=where.tenant_id,
            channel_id=where.channel_id,
            text=message.text,
            payload=SlackPayload(blocks=blocks_of(message)).model_dump(),
        )
