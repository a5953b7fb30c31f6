"""A report as one text, to look for words in it."""

from bot.desk.reporting import Report
from bot.surfaces.report_words import report_bars, report_facts, report_heading, sections
from bot.surfaces.words import ENGLISH, Words


def report_text(report: Report, words: Words = ENGLISH, *, quotes: bool) -> str:
    """Return a report as plain text."""
    facts = [f"{name}\n  {value}" for name, value in report_facts(report, words)]
    lists = [
        f"{name}\n" + "\n".join(f"  {line}" for line in lines) for name, lines in sections(report, words, quotes=quotes)
    ]
    bars = report_bars(report, words)
    return "\n".join([report_heading(report, words), *([bars] if bars else []), *facts, *lists])
