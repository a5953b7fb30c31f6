"""Render the report and the weekly digest as cards (pure)."""

from dataclasses import dataclass

from bot.desk.reporting import Report
from bot.settings import TeamsSettings
from bot.store.records import Conversation, Outgoing
from bot.surfaces.report_words import report_bars, report_ends, report_facts, report_heading, sections
from bot.surfaces.words import ENGLISH, Words
from bot.teams.cards import Json, TeamsMessage, card_message, facts, paragraph, small
from bot.teams.outgoing import to_asker
from bot.teams.payloads import SURFACE
from bot.teams.text import literal


def report_card(report: Report, words: Words = ENGLISH, *, quotes: bool) -> TeamsMessage:
    """Return a report; with `quotes` it quotes the questions of gaps, which only admins may read."""
    head = report_heading(report, words)
    lists = [
        paragraph("\n".join([f"**{name}**\n", *(f"- {literal(line, 400)}" for line in lines)]))
        for name, lines in sections(report, words, quotes=quotes)
    ]
    hint = [small(words("report-for-admins"))] if not quotes and report.gap_count else []
    chart = [_chart(report, words)] if report.questions else []
    parts = [paragraph(head, size="Large", weight="Bolder"), *chart, facts(report_facts(report, words)), *lists, *hint]
    return card_message(head, parts)


def _chart(report: Report, words: Words) -> Json:
    """Return a bar chart of Teams' own, with bars of text for clients that do not draw it.

    Source of its properties: learn.microsoft.com, "Charts in Adaptive Cards".
    """
    bars = report_bars(report, words).replace("\n", "\n\n")
    return {
        "type": "Chart.HorizontalBar",
        "title": words("report-questions-name"),
        "data": [{"x": name, "y": count} for name, count in report_ends(report, words)],
        "fallback": paragraph(bars, fontType="Monospace"),
    }


@dataclass(frozen=True, slots=True)
class TeamsBulletin:
    """`bot.delivery.digest.Bulletin` in Teams."""

    settings: TeamsSettings
    words: Words = ENGLISH

    def place(self) -> Conversation | None:
        """Return the conversation of the digest; None if none is set."""
        if not self.settings.digest_conversation:
            return None
        return Conversation(
            surface=SURFACE,
            tenant_id=self.settings.tenant_id or "",
            user_id="",
            channel_id=self.settings.digest_conversation,
            thread_id="",
            private=False,
            service_url=str(self.settings.service_url),
        )

    def digest(self, key: str, where: Conversation, report: Report) -> Outgoing:
        """Return the digest as a message with this key."""
        return to_asker(key, "", where, report_card(report, self.words, quotes=False))
