"""What is said about a build of the index to whoever ordered it (pure)."""

from datetime import UTC, date, datetime

from bot.store.records import BuildOrder, Outgoing
from bot.surfaces.command_messages import SKIPPED_SHOWN, coverage_words, remark_lines
from bot.surfaces.words import ENGLISH, Words
from bot.teams.cards import TeamsMessage, card_message, giving_way, paragraph, small
from bot.teams.outgoing import to_asker
from bot.teams.text import literal
from index.builder import Coverage


def build_note(key: str, build_id: str, order: BuildOrder, said: Coverage | str, words: Words) -> Outgoing:
    """Return a message about a build."""
    if isinstance(said, str):
        message = card_message(said, [paragraph(literal(said, 600))])
    else:
        message = coverage_message(said, datetime.now(UTC).date(), words)
    return to_asker(key, build_id, order.where, message)


def coverage_message(coverage: Coverage, today: date, words: Words = ENGLISH) -> TeamsMessage:
    """Return the coverage report of a build, with the documents that were skipped and why, and what was not seen."""
    head = coverage_words(coverage, words)
    lines = [f"- {literal(s.name, 120)}: {literal(s.reason, 200)}" for s in coverage.skipped[:SKIPPED_SHOWN]]
    more = len(coverage.skipped) - SKIPPED_SHOWN
    if more > 0:
        lines.append(f"- {words('left-out-more', count=more, command='citedesk index status')}")
    skipped = [giving_way(2, paragraph("\n".join([f"**{words('left-out')}**\n", *lines])))] if lines else []
    remarks = "\n".join(f"- {literal(line, 320)}" for line in remark_lines(coverage, today, words))
    noted = [giving_way(1, paragraph(remarks, size="Small", isSubtle=True))] if remarks else []
    return card_message(head, [paragraph(head), *skipped, *noted, small(coverage.snapshot)])
