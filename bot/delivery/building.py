"""Work on the orders to build the index: one build at a time, and one result for whoever ordered it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.delivery.worker import Worker, WorkerLimits
from bot.desk.index_builds import IndexBuilds
from bot.settings import DeliverySettings, Settings
from bot.store.lease import Lease
from bot.store.port import Store, StoreError
from bot.store.records import BuildOrder, Job, Outgoing, Scope
from bot.surfaces.command_messages import error_words
from bot.surfaces.words import Languages, Words
from index.builder import Coverage
from index.errors import BuildRunningError, BuildStoppedError, CitedeskError
from index.snapshot_writing import Progress

_log = structlog.get_logger(__name__)
# Slack's response URL takes five messages in 30 minutes: the start, three steps of progress, the end.
_STEPS = (0.25, 0.5, 0.75)
_STEP_PAUSE_S = 5.0
# How often a worker looks whether another build has ended.
_TURN_S = 1.0
# Renders what is said of a build, by the key of the message, the id of the build and its order.
BuildNote = Callable[[str, str, BuildOrder, Coverage | str, Words], Outgoing]


@dataclass(frozen=True, slots=True)
class OwnedIndex:
    """An index, the tenants whose it is, and the settings that hold for them."""

    scope: Scope
    settings: Settings
    builds: IndexBuilds


@dataclass(frozen=True, slots=True)
class Building:
    """Builds what was ordered. `note_of` returns how a chat product renders what is said of a build."""

    store: Store
    indexes: Sequence[OwnedIndex]
    settings: DeliverySettings
    note_of: Callable[[str], BuildNote]
    wake_outbox: Callable[[], None]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Callable[[], bool]]:
        """Work while the body runs; yield what tells whether the worker runs.

        A build that has not ended then is given back, and begun again elsewhere.
        """
        limits = WorkerLimits(1, self.settings.lease_s, self.settings.poll_s, self.settings.pause_s)
        worker = Worker("builds", self.store.builds, self.work, limits, asyncio.Event())
        worker.start()
        try:
            yield lambda: worker.is_working
        finally:
            # Not `drain_s`: that is time for an answer, and a build takes longer.
            await worker.stop(0.0)

    async def work(self, job: Job, lease: Lease) -> None:
        """Build, and settle the order together with its result."""
        order = BuildOrder.model_validate_json(job.payload)
        index = index_of(self.indexes, order)
        if index is None:
            _log.warning("build_of_unknown_tenant", build_id=job.key, tenant_id=order.where.tenant_id)
            await self.store.builds.bury(job)
            return
        words = Languages(index.settings.language).words(order.where.language)
        if job.attempts > self.settings.attempts:
            _log.error("build_given_up", build_id=job.key, attempts=self.settings.attempts)
            said: Coverage | str = words("reindexing-given-up", attempts=self.settings.attempts)
            await self._settle(job, self._note(job, order, "built", said, words), dead=True)
            return
        try:
            said = await _built(index.builds, self._progress(job, lease, order, words))
        except (StoreError, BuildStoppedError):
            raise
        except CitedeskError as error:
            _log.warning("build_refused", build_id=job.key, code=error.code, reason=str(error))
            said = error_words(error, words)
        await self._settle(job, self._note(job, order, "built", said, words))

    async def _settle(self, job: Job, note: Outgoing, *, dead: bool = False) -> None:
        """End an order and queue its result, unless another worker has taken the order over."""
        async with self.store.transaction() as tx:
            if await (tx.builds.bury(job) if dead else tx.builds.finish(job)):
                await tx.outbox.send([note])
        self.wake_outbox()

    def _progress(self, job: Job, lease: Lease, order: BuildOrder, words: Words) -> Progress:
        """Return a function that tells how far the build is, a few times at most. An earlier try's step is not told."""
        loop, steps, told_at = asyncio.get_running_loop(), list(_STEPS), [time.monotonic()]

        def progress(done: int, total: int) -> None:
            is_due = bool(steps) and total > 0 and done / total >= steps[0] and done < total and lease.left_s() > 0
            if is_due and time.monotonic() - told_at[0] >= _STEP_PAUSE_S:
                told_at[0] = time.monotonic()
                step = f"{steps.pop(0):.0%}"
                said = words("reindexing-progress", percent=100 * done // total)
                # Runs on the build's thread. A step that cannot be stored is not worth the build.
                asyncio.run_coroutine_threadsafe(self._tell(self._note(job, order, step, said, words)), loop)

        return progress

    async def _tell(self, note: Outgoing) -> None:
        await self.store.outbox.send([note])
        self.wake_outbox()

    def _note(self, job: Job, order: BuildOrder, what: str, said: Coverage | str, words: Words) -> Outgoing:
        return self.note_of(order.where.surface)(f"{job.key}:{what}", job.key, order, said, words)


def index_of(indexes: Sequence[OwnedIndex], order: BuildOrder) -> OwnedIndex | None:
    """Return the index that an order is about; None if its tenant is not served any more."""
    return next((one for one in indexes if one.scope.has(order.where.tenant_id)), None)


async def _built(builds: IndexBuilds, progress: Progress) -> Coverage:
    """Build once no other process builds. The order waits its turn under its lease, without counting as tried."""
    while True:
        try:
            return await builds.build(progress)
        except BuildRunningError:
            await asyncio.sleep(_TURN_S)
