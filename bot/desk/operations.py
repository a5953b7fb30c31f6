"""The use cases of admins: reindex, roll back, explain a request, see usage and gaps. The status is for everybody."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
import structlog

from bot.desk.evidence import Readers
from bot.desk.explaining import Explained, Explaining
from bot.desk.gaps import GapCluster, GapDesk
from bot.desk.permissions import NotAdminError
from bot.desk.questions import QuestionDesk
from bot.desk.reporting import Report, Reporting
from bot.store.records import Counts
from index.builder import Coverage
from index.errors import BuildRunningError, IndexUnavailableError
from index.retrieval import LastBuild, Manifest, Retriever, Rollback, Snapshots
from index.snapshot_writing import Progress

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Status:
    """State of the service. `manifest` is None when no index can be served.

    `curated` counts approved answers by state, `days` holds (day, outcome, count), `helpful` and `unhelpful` count
    feedback over the same days. Only admins are told why the last build failed, because the error may name paths.
    """

    manifest: Manifest | None
    counts: Counts
    provider: str
    curated: dict[str, int]
    days: tuple[tuple[str, str, int], ...] = ()
    helpful: int = 0
    unhelpful: int = 0
    last_build: LastBuild | None = None
    tells_why: bool = True


@dataclass(frozen=True, slots=True)
class Usage:
    """Requests of the last `days` days. `cost_usd` is None without prices, `median_ms` 0.0 without requests."""

    days: int
    requests: int
    people: int
    outcomes: dict[str, int]
    tokens: int
    cost_usd: float | None
    median_ms: float


class BuildIndex(Protocol):
    """Builds the index. With `only_changes` an index that would be the same is not built."""

    async def __call__(self, progress: Progress, *, only_changes: bool) -> Coverage:
        """Return what the build saw. Raises BuildRefusedError."""


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A rollback, or, if it is not `done`, one that an admin has to confirm."""

    plan: Rollback
    done: bool


@dataclass(frozen=True, slots=True)
class Operations:
    """The use cases of admins."""

    questions: QuestionDesk
    build_index: BuildIndex
    retriever: Retriever
    snapshots: Snapshots
    gap_desk: GapDesk
    reporting: Reporting

    def require_admin(self, user_id: str) -> None:
        """Raise NotAdminError unless the user is an admin."""
        if not self.is_admin(user_id):
            _log.warning("admin_refused", user_id=user_id, code=NotAdminError.code)
            raise NotAdminError

    def is_admin(self, user_id: str) -> bool:
        """Tell whether a user is an admin."""
        return user_id in self.questions.access.admins

    async def reindex(self, user_id: str, progress: Progress) -> Coverage:
        """Build the index and serve it; return its coverage. Raises NotAdminError, BuildRefusedError."""
        self.require_admin(user_id)
        return await self._built(progress, only_changes=False)

    async def refresh(self) -> Coverage | None:
        """Build the index if documents have changed; return its coverage, None if a rollback is in force.

        After a rollback an older snapshot is served because somebody wants it. It ends with the next reindex.
        Raises BuildRefusedError.
        """
        if await asyncio.to_thread(self.snapshots.is_rolled_back):
            _log.info("refresh_paused", reason="rollback")
            return None
        return await self._built(lambda _done, _total: None, only_changes=True)

    async def _built(self, progress: Progress, *, only_changes: bool) -> Coverage:
        async with self._building():
            coverage = await self.build_index(progress, only_changes=only_changes)
        _log.info("reindexed", snapshot=coverage.snapshot, indexed=coverage.indexed, skipped=len(coverage.skipped))
        return coverage

    @asynccontextmanager
    async def _building(self) -> AsyncIterator[None]:
        """Let no other process change the live index meanwhile. Raises BuildRunningError if one does already."""
        async with self.questions.store.lead("build") as leads:
            if not leads:
                raise BuildRunningError("another build of this index is running")
            yield

    async def rollback(self, user_id: str, confirmed: str = "") -> RolledBack:
        """Serve the snapshot before the live one again.

        If that opens documents to more people, it is only done once `confirmed` names the snapshot. Raises
        NotAdminError, BuildRefusedError while a build runs, and IndexUnavailableError without such a snapshot.
        """
        self.require_admin(user_id)
        async with self._building():
            plan = await asyncio.to_thread(self.snapshots.planned_rollback)
            if plan.reopened and confirmed != plan.manifest.name:
                opens = len(plan.reopened)
                _log.warning("rollback_unconfirmed", snapshot=plan.manifest.name, user_id=user_id, opens=opens)
                return RolledBack(plan, done=False)
            await asyncio.to_thread(self.snapshots.roll_back, plan)
        _log.warning("rolled_back", snapshot=plan.manifest.name, user_id=user_id, opens=len(plan.reopened))
        return RolledBack(plan, done=True)

    async def status(self, user_id: str, days: int = 7) -> Status:
        """Return the state of the service, with outcomes and feedback of the last `days` days."""
        try:
            manifest = await asyncio.to_thread(self.retriever.manifest)
        except IndexUnavailableError:
            manifest = None
        store = self.questions.store
        helpful, unhelpful = await store.feedback.counts(days)
        return Status(
            manifest=manifest,
            counts=await store.counts(),
            provider=self.questions.pipeline.answered_by,
            curated=await store.curated.counts(),
            days=tuple(await store.requests.outcomes_by_day(days)),
            helpful=helpful,
            unhelpful=unhelpful,
            last_build=self.snapshots.last_build(),
            tells_why=self.is_admin(user_id),
        )

    async def why(self, user_id: str, tenant_id: str, request_id: str) -> Explained:
        """Return an explained request, naming the documents that the admin may read.

        Raises NotAdminError, UnknownRequestError.
        """
        self.require_admin(user_id)
        questions = self.questions
        readers = Readers(await questions.groups_of(tenant_id, user_id))
        has_writer = questions.pipeline.writer is not None
        explaining = Explaining(questions.store, self.retriever, questions.pipeline.limits, has_writer)
        return await explaining.explained(request_id, readers)

    async def usage(self, user_id: str, days: int = 7) -> Usage:
        """Return counts, tokens, cost and latency of the last `days` days. Raises NotAdminError."""
        self.require_admin(user_id)
        traces = await self.questions.store.requests.since(datetime.now(UTC) - timedelta(days=days))
        costs = [trace.cost_usd for trace in traces if trace.cost_usd is not None]
        return Usage(
            days=days,
            requests=len(traces),
            people=len({trace.user_id for trace in traces}),
            outcomes=dict(Counter(trace.outcome for trace in traces)),
            tokens=sum((trace.input_tokens or 0) + (trace.output_tokens or 0) for trace in traces),
            cost_usd=sum(costs) if costs else None,
            median_ms=float(np.median([trace.total_ms for trace in traces])) if traces else 0.0,
        )

    async def gaps(self, user_id: str, tenant_id: str) -> list[GapCluster]:
        """Return the unanswered questions of the last days in clusters. Raises NotAdminError.

        The cluster that most people asked about comes first. Documents that the admin may not read are not named.
        """
        self.require_admin(user_id)
        return await self.gap_desk.clusters(tenant_id, Readers(await self.questions.groups_of(tenant_id, user_id)))

    async def report(self, user_id: str, tenant_id: str) -> Report:
        """Return the figures of the last days for an admin alone. Raises NotAdminError."""
        self.require_admin(user_id)
        return await self.reporting.report(tenant_id, Readers(await self.questions.groups_of(tenant_id, user_id)))
