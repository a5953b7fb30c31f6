"""Plain texts of the replies to commands. Each chat product adds its own markup."""

from collections.abc import Mapping, Sequence
from datetime import date

from bot.desk.gaps import GapCluster
from bot.desk.operations import Status, Usage
from bot.surfaces.wording import counted, cut, day, not_seen_words
from index.access import NOBODY
from index.builder import Coverage
from index.errors import CitedeskError
from index.retrieval import LastBuild, Manifest, Reopened, Rollback
from pipeline.types import Trace

Fact = tuple[str, str]
SKIPPED_SHOWN, GAPS_SHOWN, REVIEWS_SHOWN, REOPENED_SHOWN = 20, 12, 15, 20
_REMARKS_SHOWN = 5
_ERROR_CHARS, _ID_CHARS = 300, 80
NO_GAPS = "No gaps: every question of the last days had an answer."
NO_REVIEWS = "No review waits for you."
REINDEXING = "Reindexing has begun. I will report here."
# Codes of errors whose own text is shown to the user, because it says what to do.
_PLAIN_ERRORS = frozenset({"BUILD_REFUSED", "INDEX_UNAVAILABLE"})
OUTCOMES: Mapping[str, str] = {
    "answered": "answered",
    "needs_review": "to a person",
    "not_enough_info": "not enough info",
    "blocked": "blocked",
    "limited": "limited",
    "unavailable": "unavailable",
}


def status_facts(status: Status, rebuild: str) -> list[Fact]:
    """Return the state of the service. `rebuild` is the command that builds an index in this chat product."""
    manifest, counts = status.manifest, status.counts
    index = (
        f"{len(manifest.documents)} documents, {manifest.chunk_count:,} chunks, built {manifest.created_at[:16]} UTC, "
        f"{len(manifest.skipped)} files skipped"
        if manifest
        else f"no index can be served; run {rebuild}"
    )
    index += _last_build_words(status.last_build) if status.last_build else ""
    queue = (
        f"{counted(counts.waiting_questions, 'question', 'questions')}, "
        f"{counted(counts.waiting_replies, 'reply', 'replies')}; "
        f"{counted(counts.dead_letters, 'dead letter', 'dead letters')} in 7 days"
    )
    outcomes = ", ".join(f"{OUTCOMES.get(kind, kind)} {n}" for kind, n in counts.outcomes.items())
    return [
        ("Index", index),
        ("Answers by", status.provider),
        ("Last 24 hours", outcomes or "none"),
        ("Reviews waiting", str(counts.open_reviews)),
        ("Queue", queue),
        ("Approved answers", ", ".join(f"{n} {state}" for state, n in status.curated.items()) or "none"),
    ]


def _last_build_words(last: LastBuild) -> str:
    missed = f", {counted(len(last.not_seen), 'document', 'documents')} not seen lately" if last.not_seen else ""
    failed = f"; the build of {last.at[:16]} UTC failed: {cut(last.error, _ERROR_CHARS)}" if last.error else ""
    return f"{missed}{failed}"


def stages_words(trace: Trace) -> str:
    """Return the stages that a request passed, with their times in milliseconds."""
    stages = " → ".join(f"{stage} {spent:.0f} ms" for stage, spent in trace.stage_ms.items())
    return stages or "no stage was reached"


def usage_words(usage: Usage) -> Fact:
    """Return a heading that names the days, and a sentence with the figures."""
    cost = "no price is set" if usage.cost_usd is None else f"{usage.cost_usd:.2f} US dollars"
    sentence = (
        f"{usage.requests:,} questions by {counted(usage.people, 'person', 'people')}, "
        f"half of them answered within {usage.median_ms:,.0f} ms; {usage.tokens:,} tokens, {cost}."
    )
    return f"Last {usage.days} days", sentence


def error_words(error: CitedeskError) -> str:
    """Return the reply to a command that failed."""
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}." if error.code in _PLAIN_ERRORS else error.user_message


def rolled_back_words(manifest: Manifest) -> str:
    """Return the reply to a rollback that is done."""
    return f"Serving the index of {manifest.created_at[:16]} UTC again: {manifest.name}."


def reopened_words(plan: Rollback) -> str:
    """Return what stands over the list of documents that a rollback opens to more people."""
    opened = counted(len(plan.reopened), "document", "documents")
    return f"Nothing was changed yet. The index of {plan.manifest.created_at[:16]} UTC opens {opened} to more people:"


def reopened_lines(plan: Rollback) -> list[str]:
    """Return a line for each document that a rollback opens to more people, REOPENED_SHOWN at most."""
    lines = [_reopened_line(found) for found in plan.reopened[:REOPENED_SHOWN]]
    more = len(plan.reopened) - REOPENED_SHOWN
    return [*lines, *([f"and {more} more"] if more > 0 else [])]


def _reopened_line(found: Reopened) -> str:
    then = f"{cut(found.document_id, _ID_CHARS)}: for {_groups_words(found.then)}"
    if found.now is not None:
        return f"{then}, now for {_groups_words(found.now)}"
    return f"{then}, now left out ({cut(found.left_out, _ID_CHARS)})" if found.left_out else f"{then}, now deleted"


def _groups_words(groups: frozenset[str]) -> str:
    return cut(", ".join(sorted(groups)) or NOBODY, _ID_CHARS)


def coverage_words(coverage: Coverage) -> str:
    """Return the counts of a build in one sentence."""
    return (
        f"Reindexed: {coverage.indexed} of {coverage.seen} files, {coverage.chunks:,} chunks "
        f"({coverage.reused:,} unchanged)."
    )


def remark_lines(coverage: Coverage, today: date) -> list[str]:
    """Return what a build did not see and what it left out, a few lines of each."""
    not_seen = [f"{item.document_id}: {not_seen_words(item, today)}" for item in coverage.not_seen]
    return [line for lines in (not_seen, coverage.remarks) for line in a_few(lines)]


def a_few(lines: Sequence[str]) -> list[str]:
    """Return the first lines, and one that says how many more there are."""
    more = len(lines) - _REMARKS_SHOWN
    return [*lines[:_REMARKS_SHOWN], *([f"…and {more:,} more"] if more > 0 else [])]


def gap_words(cluster: GapCluster) -> str:
    """Return how often, by how many people and when last the questions of a cluster were asked."""
    times = counted(len(cluster.gaps), "time", "times")
    return f"{times}, {counted(cluster.askers, 'person', 'people')}, last {day(cluster.gaps[0].at)}"
