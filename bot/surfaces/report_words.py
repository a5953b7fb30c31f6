"""A report in words (pure). In a channel it quotes no question: gaps may have been asked in private."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from bot.desk.gaps import GapCluster
from bot.desk.reporting import ENDS, Report
from bot.surfaces.wording import cut
from bot.surfaces.words import ENGLISH, Words

Fact = tuple[str, str]
_BAR_CHARS = 20
_NAMED, _QUESTION_CHARS, _TITLE_CHARS = 5, 120, 80
_DAY_H = 48.0


def report_heading(report: Report, words: Words = ENGLISH) -> str:
    """Return the heading: which days it is about."""
    return words("report-heading", days=report.days)


def report_facts(report: Report, words: Words = ENGLISH) -> list[Fact]:
    """Return the figures, each with its name, without the gaps and the documents."""
    judged = report.helpful + report.unhelpful
    helpful = words("report-helpful", count=report.helpful, judged=judged, share=report.helpful / max(judged, 1))
    return [
        (words("report-questions-name"), words("report-questions", questions=report.questions, people=report.people)),
        (words("report-helpful-name"), helpful if judged else words("report-unjudged")),
        (words("report-reviews-name"), _waits(report, words)),
        (words("report-spend-name"), _spend(report, words)),
    ]


def report_ends(report: Report, words: Words = ENGLISH) -> list[tuple[str, int]]:
    """Return how the questions ended, each end with its number of questions."""
    return [(words.of("report-end", end), report.ends.get(end, 0)) for end in ENDS]


def report_bars(report: Report, words: Words = ENGLISH) -> str:
    """Return a bar chart of how the questions ended, for a fixed width; "" without questions."""
    if not report.questions:
        return ""
    ends = report_ends(report, words)
    width = max(len(name) for name, _ in ends)
    return "\n".join(
        f"{name:<{width}} {'█' * round(count / report.questions * _BAR_CHARS):<{_BAR_CHARS}} "
        f"{words('report-share', share=count / report.questions)} ({count})"
        for name, count in ends
    )


def gap_lines(report: Report, words: Words = ENGLISH, *, quotes: bool) -> list[str]:
    """Return a line for each of the top gaps.

    Without `quotes` a gap is named by the documents that come nearest, and what one person alone asked is only counted.
    """
    named = [cluster for cluster in report.gaps if quotes or cluster.askers > 1]
    lines = [_gap(cluster, words, quotes=quotes) for cluster in named]
    more = report.gap_count - len(lines)
    return [*lines, *([words("and-more", count=more)] if more > 0 else [])]


def not_seen_lines(report: Report, words: Words = ENGLISH, today: date | None = None) -> list[str]:
    """Return a line for each document not seen lately that may be named, and how many more there are."""
    day = today or datetime.now(UTC).date()
    lines = [
        words(
            "report-not-seen",
            title=cut(title, _TITLE_CHARS),
            days=(day - date.fromisoformat(document.since)).days,
            copy="yes" if document.has_copy else "no",
        )
        for title, document in report.not_seen[:_NAMED]
    ]
    more = report.not_seen_count - len(lines)
    return [*lines, *([words("report-not-seen-more", count=more)] if more > 0 else [])]


def sections(report: Report, words: Words = ENGLISH, *, quotes: bool) -> list[tuple[str, Sequence[str]]]:
    """Return the lists of a report, each with its heading; none that is empty."""
    lists = [
        (words("report-gaps-name"), gap_lines(report, words, quotes=quotes)),
        (words("report-not-seen-name"), not_seen_lines(report, words)),
    ]
    return [(name, lines) for name, lines in lists if lines]


def _gap(cluster: GapCluster, words: Words, *, quotes: bool) -> str:
    near = ", ".join(cut(title, _TITLE_CHARS) for title in cluster.nearest[:2])
    values = {"times": len(cluster.gaps), "people": cluster.askers}
    if quotes:
        return words("report-gap-asked", question=cut(" ".join(cluster.question.split()), _QUESTION_CHARS), **values)
    return words("report-gap-near", titles=near, **values) if near else words("report-gap", **values)


def _waits(report: Report, words: Words) -> str:
    waits = report.waits
    parts = []
    if waits.decided:
        half, longest = _time(waits.median_h, words), _time(waits.longest_h, words)
        parts.append(words("report-decided", count=waits.decided, median=half, longest=longest))
    if waits.expired:
        parts.append(words("report-expired", count=waits.expired))
    if waits.waiting:
        parts.append(words("report-waiting", count=waits.waiting))
    return " ".join(parts) or words("report-no-reviews")


def _time(hours: float, words: Words) -> str:
    if hours < 1:
        return words("duration-minutes", count=max(1, round(hours * 60)))
    if hours < _DAY_H:
        return words("duration-hours", count=round(hours))
    return words("duration-days", count=round(hours / 24))


def _spend(report: Report, words: Words) -> str:
    if report.cost_usd is None:
        return words("report-tokens", tokens=report.tokens)
    return words("report-cost", tokens=report.tokens, dollars=report.cost_usd)
