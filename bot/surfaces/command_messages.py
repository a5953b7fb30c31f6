"""The contents of command replies. Each chat product adds its own markup."""

from collections.abc import Mapping

from bot.desk.operations import GapCluster, Status, Usage
from bot.surfaces.wording import counted, day
from index.builder import Coverage
from pipeline.types import Trace

Fact = tuple[str, str]
SKIPPED_SHOWN, GAPS_SHOWN, REVIEWS_SHOWN = 20, 12, 15
NO_GAPS = "No gaps: every question of the last days had an answer."
NO_REVIEWS = "No review waits for you."
REINDEXING = "Reindexing has begun. I will report here."
# Errors whose message is shown to the person who typed the command.
PLAIN_ERRORS = frozenset({"BUILD_REFUSED", "INDEX_UNAVAILABLE"})
OUTCOMES: Mapping[str, str] = {
    "answered": "answered",
    "needs_review": "to a person",
    "not_enough_info": "not enough info",
    "blocked": "blocked",
    "limited": "limited",
    "unavailable": "unavailable",
}
_UNTOLD = {"request_id", "outcome", "verdict", "stage_ms", "tenant_id"}


def status_facts(status: Status, rebuild: str) -> list[Fact]:
    """Return the state of the service; `rebuild` is the command that makes an index."""
    manifest, counts = status.manifest, status.counts
    index = (
        f"{len(manifest.documents)} documents, {manifest.chunk_count:,} chunks, built {manifest.created_at[:16]} UTC, "
        f"{len(manifest.skipped)} files skipped"
        if manifest
        else f"no index can be served; run {rebuild}"
    )
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


def why_facts(trace: Trace) -> list[Fact]:
    """Return the filled fields of a trace by name."""
    facts = trace.model_dump(mode="json", exclude=_UNTOLD)
    return [
        (name.replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in facts.items()
        if value not in (None, [], {}, False, "")
    ]


def stages_words(trace: Trace) -> str:
    """Return the stages of a request with their times."""
    stages = " → ".join(f"{stage} {spent:.0f} ms" for stage, spent in trace.stage_ms.items())
    return stages or "no stage was reached"


def outcome_words(trace: Trace) -> str:
    """Return how a request ended."""
    return trace.outcome.replace("_", " ")


def usage_words(usage: Usage) -> Fact:
    """Return the span of days, and counts, tokens and cost in words."""
    cost = "no price is set" if usage.cost_usd is None else f"{usage.cost_usd:.2f} US dollars"
    told = (
        f"{usage.requests:,} questions by {counted(usage.people, 'person', 'people')}, "
        f"half of them answered within {usage.median_ms:,.0f} ms; {usage.tokens:,} tokens, {cost}."
    )
    return f"Last {usage.days} days", told


def coverage_words(coverage: Coverage) -> str:
    """Return the counts of a build in words."""
    return (
        f"Reindexed: {coverage.indexed} of {coverage.seen} files, {coverage.chunks:,} chunks "
        f"({coverage.reused:,} unchanged)."
    )


def gap_words(cluster: GapCluster) -> str:
    """Return how often, by how many people and when last the questions of a cluster were asked."""
    times = counted(len(cluster.gaps), "time", "times")
    return f"{times}, {counted(cluster.askers, 'person', 'people')}, last {day(cluster.gaps[0].at)}"
