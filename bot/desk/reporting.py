"""How the last days went, in figures: questions, answers, feedback, reviews, gaps, documents, spend."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from bot.desk.evidence import Readers, readable_titles
from bot.desk.gaps import GapCluster, GapDesk, is_gap_answer
from bot.store.port import Store
from bot.store.records import Review, ReviewFilter
from index.errors import IndexUnavailableError
from index.retrieval import NotSeen, Retriever, Snapshots
from pipeline.types import Failure, Trace

# How the questions ended, in the order in which a report shows it.
PROVED, QUOTED, REMEMBERED = "proved", "quoted", "remembered"
NOT_ENOUGH, TO_A_PERSON, OTHER = "not-enough", "person", "other"
ENDS = (PROVED, QUOTED, REMEMBERED, NOT_ENOUGH, TO_A_PERSON, OTHER)
_OF_FORM = {"quoted": QUOTED, "remembered": REMEMBERED}
_OF_OUTCOME = {"not_enough_info": NOT_ENOUGH, "needs_review": TO_A_PERSON}
_DECIDED = ReviewFilter(states=("approved", "edited", "rejected", "expired"), limit=5000)
_GAPS = 5


@dataclass(frozen=True, slots=True)
class ReviewWaits:
    """Reviews that ended in the time, with the hours that their askers waited. 0.0 hours without a decision."""

    decided: int = 0
    median_h: float = 0.0
    longest_h: float = 0.0
    expired: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of the last `days` days.

    `ends` counts the questions by ENDS; greetings are no questions. `gaps` are the clusters that most people asked
    about, `gap_count` the number of all clusters. `not_seen` are documents that the last build did not see and that
    the readers may know of, by their titles; `not_seen_count` counts all of them. `cost_usd` is None without prices.
    """

    days: int
    questions: int
    people: int
    ends: Mapping[str, int]
    helpful: int
    unhelpful: int
    waits: ReviewWaits
    gaps: tuple[GapCluster, ...]
    gap_count: int
    not_seen: tuple[tuple[str, NotSeen], ...]
    not_seen_count: int
    tokens: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Reporting:
    """Counts what the store holds."""

    store: Store
    retriever: Retriever
    snapshots: Snapshots
    gap_desk: GapDesk

    async def report(
        self, tenant_id: str | None, readers: Readers | None, days: int = 7, until: datetime | None = None
    ) -> Report:
        """Return the figures of one tenant, or of all; documents are named as far as `readers` may read them.

        Without `readers` every document is named. `until` is the present time, if not that of this machine.
        """
        since = (until or datetime.now(UTC)) - timedelta(days=days)
        traces = [t for t in await self.store.requests.since(since) if tenant_id in {None, t.tenant_id}]
        asked = [trace for trace in traces if trace.verdict != Failure.NO_QUESTION]
        helpful, unhelpful = await self.store.feedback.counts(days, tenant_id)
        clusters = await self._clusters(tenant_id, traces, readers, days)
        last = await asyncio.to_thread(self.snapshots.last_build)
        not_seen = last.not_seen if last else ()
        costs = [trace.cost_usd for trace in traces if trace.cost_usd is not None]
        return Report(
            days=days,
            questions=len(asked),
            people=len({trace.user_id for trace in asked}),
            ends=Counter(_end(trace) for trace in asked),
            helpful=helpful,
            unhelpful=unhelpful,
            waits=await self._waits(tenant_id, since),
            gaps=tuple(clusters[:_GAPS]),
            gap_count=len(clusters),
            not_seen=await asyncio.to_thread(self._named, not_seen, readers),
            not_seen_count=len(not_seen),
            tokens=sum((trace.input_tokens or 0) + (trace.output_tokens or 0) for trace in traces),
            cost_usd=sum(costs) if costs else None,
        )

    async def _clusters(
        self, tenant_id: str | None, traces: Sequence[Trace], readers: Readers | None, days: int
    ) -> list[GapCluster]:
        tenants = [tenant_id] if tenant_id is not None else sorted({trace.tenant_id for trace in traces})
        found = [cluster for tenant in tenants for cluster in await self.gap_desk.clusters(tenant, readers, days)]
        return sorted(found, key=lambda cluster: -cluster.askers)

    async def _waits(self, tenant_id: str | None, since: datetime) -> ReviewWaits:
        ended = [r for r in await self.store.reviews.listed(_DECIDED) if _counts(r, tenant_id, since)]
        waits = [_hours(review) for review in ended if review.state != "expired"]
        waiting = await self.store.reviews.listed(ReviewFilter(limit=_DECIDED.limit))
        return ReviewWaits(
            decided=len(waits),
            median_h=median(waits) if waits else 0.0,
            longest_h=max(waits, default=0.0),
            expired=len(ended) - len(waits),
            waiting=sum(tenant_id in {None, review.conversation.tenant_id} for review in waiting),
        )

    def _named(self, not_seen: Sequence[NotSeen], readers: Readers | None) -> tuple[tuple[str, NotSeen], ...]:
        """Return documents with their titles. Who may read a document that has left the index is not known any more."""
        if readers is None:
            return tuple((document.document_id, document) for document in not_seen)
        try:
            titles = readable_titles(self.retriever, {d.document_id for d in not_seen if d.has_copy}, readers)
        except IndexUnavailableError:
            return ()
        return tuple((titles[d.document_id], d) for d in not_seen if d.document_id in titles)


def _end(trace: Trace) -> str:
    if trace.outcome == "answered":
        return _OF_FORM.get(trace.form or "", PROVED)
    return _OF_OUTCOME.get(trace.outcome, OTHER)


def _counts(review: Review, tenant_id: str | None, since: datetime) -> bool:
    """Tell whether a review ended in the time and somebody waited for it."""
    if review.decided_at is None or review.curated_id or is_gap_answer(review):
        return False
    is_ours = tenant_id in {None, review.conversation.tenant_id}
    return is_ours and datetime.fromisoformat(review.decided_at) >= since


def _hours(review: Review) -> float:
    decided = datetime.fromisoformat(str(review.decided_at))
    return max(0.0, (decided - datetime.fromisoformat(review.opened_at)).total_seconds() / 3600)
