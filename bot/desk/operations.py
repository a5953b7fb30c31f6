"""The use cases of admins: reindex, roll back, explain a request, see usage and gaps. The status is for everybody."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import structlog

from bot.desk.evidence import Readers
from bot.desk.explaining import Explained, Explaining
from bot.desk.gaps import GapCluster, GapDesk
from bot.desk.index_builds import IndexBuilds
from bot.desk.permissions import NotAdminError
from bot.desk.questions import QuestionDesk
from bot.desk.reporting import Report, Reporting
from bot.store.records import BuildOrder, Counts, Replica
from bot.store.shared import SNAPSHOT
from index.errors import IndexUnavailableError
from index.retrieval import LastBuild, Manifest, Retriever, Rollback, Snapshots

_log = structlog.get_logger(__name__)
# Seconds for which a process counts as serving after it was heard of.
PRESENT_S = 30.0


@dataclass(frozen=True, slots=True)
class Status:
    """State of the service. `manifest` is None when no index can be served.

    `curated` counts approved answers by state, `days` holds (day, outcome, count), `helpful` and `unhelpful` count
    feedback over the same days. Only admins are told why the last build failed, because the error may name paths.
    `replicas` are the processes that serve.
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
    replicas: tuple[Replica, ...] = ()

    @property
    def behind(self) -> int:
        """How many processes serve another snapshot than this one."""
        live = self.manifest.name if self.manifest else ""
        return sum(replica.snapshot != live for replica in self.replicas)


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


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A rollback, or, if it is not `done`, one that an admin has to confirm."""

    plan: Rollback
    done: bool


@dataclass(frozen=True, slots=True)
class Operations:
    """The use cases of admins."""

    questions: QuestionDesk
    builds: IndexBuilds
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

    async def order_build(self, build_id: str, order: BuildOrder) -> int:
        """Store an order to build the index; return how many builds come before it.

        Raises NotAdminError, EnoughBuildsError.
        """
        self.require_admin(order.where.user_id)
        return await self.builds.order(build_id, order)

    async def rollback(self, user_id: str, confirmed: str = "") -> RolledBack:
        """Serve the snapshot before the live one again.

        If that opens documents to more people, it is only done once `confirmed` names the snapshot. Raises
        NotAdminError, BuildRefusedError while a build runs, and IndexUnavailableError without such a snapshot.
        """
        self.require_admin(user_id)
        async with self.builds.alone():
            plan = await asyncio.to_thread(self.snapshots.planned_rollback)
            if plan.reopened and confirmed != plan.manifest.name:
                opens = len(plan.reopened)
                _log.warning("rollback_unconfirmed", snapshot=plan.manifest.name, user_id=user_id, opens=opens)
                return RolledBack(plan, done=False)
            await asyncio.to_thread(self.snapshots.roll_back, plan)
            await self.questions.store.signals.notify(SNAPSHOT)
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
            replicas=tuple(await store.replicas.listed(PRESENT_S)),
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
