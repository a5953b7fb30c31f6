"""Plain texts of the replies to commands. Each chat product adds its own markup."""

from collections.abc import Sequence
from datetime import date

from bot.desk.gaps import GapCluster
from bot.desk.operations import Status, Usage
from bot.surfaces.refusals import plain_refusal
from bot.surfaces.wording import cut, not_seen_words
from bot.surfaces.words import ENGLISH, Words
from index.access import NOBODY
from index.builder import Coverage
from index.errors import BuildRunningError, CitedeskError
from index.retrieval import LastBuild, Manifest, Reopened, Rollback
from pipeline.types import Trace

Fact = tuple[str, str]
SKIPPED_SHOWN, GAPS_SHOWN, REVIEWS_SHOWN, REOPENED_SHOWN = 20, 12, 15, 20
_REMARKS_SHOWN = 5
_ERROR_CHARS, _ID_CHARS = 300, 80
# Codes of errors whose own text is shown to the user, because it says what to do.
_PLAIN_ERRORS = frozenset({"BUILD_REFUSED", "INDEX_UNAVAILABLE"})
OUTCOMES = ("answered", "needs_review", "not_enough_info", "blocked", "limited", "unavailable")


def status_facts(status: Status, rebuild: str, words: Words = ENGLISH) -> list[Fact]:
    """Return the state of the service. `rebuild` is the command that builds an index in this chat product."""
    counts, none = status.counts, words("none")
    work = words(
        "status-waiting",
        questions=counts.waiting_questions,
        replies=counts.waiting_replies,
        **{"given-up": counts.dead_letters},
    )
    outcomes = [f"{kind_words(kind, words)} {n}" for kind, n in counts.outcomes.items()]
    approved = [words.of("curated", state, count=n) or f"{n} {state}" for state, n in status.curated.items()]
    # One process is the usual case, and says nothing.
    several = [(words("status-processes"), _processes_words(status, words))] if len(status.replicas) > 1 else []
    return [
        (words("status-documents"), _index_words(status, rebuild, words)),
        (words("status-answers-by"), words.of("answers-by", status.provider) or status.provider),
        (words("status-last-day"), ", ".join(outcomes) or none),
        (words("status-reviews"), str(counts.open_reviews)),
        (words("status-work"), work),
        (words("status-approved"), ", ".join(approved) or none),
        *several,
    ]


def _processes_words(status: Status, words: Words) -> str:
    return words("status-serving", count=len(status.replicas), behind=status.behind)


def _index_words(status: Status, rebuild: str, words: Words) -> str:
    manifest, last = status.manifest, status.last_build
    if manifest is None:
        index = words("status-no-index", command=rebuild)
    else:
        index = words(
            "status-index",
            documents=len(manifest.documents),
            when=words.moment(manifest.created_at),
            skipped=len(manifest.skipped),
        )
    neglected = [words("status-neglected")] if status.counts.neglected_builds else []
    last_words = _last_build_words(last, words, tells_why=status.tells_why) if last else []
    return "; ".join([index, *last_words, *neglected])


def _last_build_words(last: LastBuild, words: Words, *, tells_why: bool) -> list[str]:
    missed = [words("status-not-seen", count=len(last.not_seen))] if last.not_seen else []
    if not last.error:
        return missed
    when = words.moment(last.at)
    if not tells_why:
        return [*missed, words("status-build-failed-unnamed", when=when)]
    return [*missed, words("status-build-failed", when=when, error=cut(last.error, _ERROR_CHARS))]


def kind_words(kind: str, words: Words = ENGLISH) -> str:
    """Return an outcome as a list names it, such as "to a person"."""
    return words.of("outcome", kind) or kind


def stages_words(trace: Trace, words: Words = ENGLISH) -> str:
    """Return the stages that a request passed, with their times in milliseconds."""
    stages = " → ".join(f"{stage} {spent:.0f} ms" for stage, spent in trace.stage_ms.items())
    return stages or words("why-no-stage")


def usage_words(usage: Usage, words: Words = ENGLISH) -> Fact:
    """Return a heading that names the days, and a sentence with the figures."""
    cost = words("usage-no-price") if usage.cost_usd is None else words("usage-cost", dollars=usage.cost_usd)
    sentence = words(
        "usage",
        requests=usage.requests,
        people=usage.people,
        # One decimal is shown, and "within 0.0 seconds" would be odd.
        seconds=max(usage.median_ms / 1000, 0.1),
        tokens=usage.tokens,
        cost=cost,
    )
    return words("usage-head", days=usage.days), sentence


def error_words(error: CitedeskError, words: Words = ENGLISH) -> str:
    """Return the reply to a command that failed."""
    if error.code not in _PLAIN_ERRORS or isinstance(error, BuildRunningError):
        return plain_refusal(error, words)
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."


def rolled_back_words(manifest: Manifest, words: Words = ENGLISH) -> str:
    """Return the reply to a rollback that is done."""
    return words("rolled-back", when=words.moment(manifest.created_at), snapshot=manifest.name)


def reopened_words(plan: Rollback, words: Words = ENGLISH) -> str:
    """Return what stands over the list of documents that a rollback opens to more people."""
    return words("reopened", when=words.moment(plan.manifest.created_at), count=len(plan.reopened))


def reopened_lines(plan: Rollback, words: Words = ENGLISH) -> list[str]:
    """Return a line for each document that a rollback opens to more people, REOPENED_SHOWN at most."""
    lines = [_reopened_line(found, words) for found in plan.reopened[:REOPENED_SHOWN]]
    return [*lines, *_more(len(plan.reopened) - REOPENED_SHOWN, words)]


def _reopened_line(found: Reopened, words: Words) -> str:
    document, then = cut(found.document_id, _ID_CHARS), _groups_words(found.then)
    if found.now is not None:
        return words("reopened-now-for", document=document, then=then, now=_groups_words(found.now))
    if found.left_out:
        return words("reopened-now-left-out", document=document, then=then, why=cut(found.left_out, _ID_CHARS))
    return words("reopened-now-deleted", document=document, then=then)


def _groups_words(groups: frozenset[str]) -> str:
    return cut(", ".join(sorted(groups)) or NOBODY, _ID_CHARS)


def coverage_words(coverage: Coverage, words: Words = ENGLISH) -> str:
    """Return the counts of a build in one sentence."""
    return words(
        "coverage",
        indexed=coverage.indexed,
        seen=coverage.seen,
        chunks=coverage.chunks,
        reused=coverage.reused,
    )


def remark_lines(coverage: Coverage, today: date, words: Words = ENGLISH) -> list[str]:
    """Return what a build did not see and what it left out, a few lines of each."""
    not_seen = [f"{item.document_id}: {not_seen_words(item, today, words)}" for item in coverage.not_seen]
    return [line for lines in (not_seen, coverage.remarks) for line in a_few(lines, words)]


def a_few(lines: Sequence[str], words: Words = ENGLISH) -> list[str]:
    """Return the first lines, and one that says how many more there are."""
    return [*lines[:_REMARKS_SHOWN], *_more(len(lines) - _REMARKS_SHOWN, words)]


def _more(count: int, words: Words) -> list[str]:
    return [words("and-more", count=count)] if count > 0 else []


def gap_words(cluster: GapCluster, words: Words = ENGLISH) -> str:
    """Return how often, by how many people and when last the questions of a cluster were asked."""
    return words("gap", times=len(cluster.gaps), people=cluster.askers, day=words.day(cluster.gaps[0].at))
