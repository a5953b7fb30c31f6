"""A worker for a durable queue: bounded concurrency, jobs under a lease, and a stop that loses no job."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.store.lease import Lease, boot_time
from bot.store.port import Queue, StoreUnavailableError
from bot.store.records import Job

_log = structlog.get_logger(__name__)
_RENEWALS_PER_LEASE = 3
Work = Callable[[Job, Lease], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """`concurrency` is the number of jobs at once; lease and poll interval are in seconds.

    `pause_s` returns the seconds to wait after a number of attempts.
    """

    concurrency: int
    lease_s: float
    poll_s: float
    pause_s: Callable[[int], float]


@dataclass(frozen=True, slots=True)
class _Held:
    """A job that runs here."""

    job: Job
    lease: Lease
    task: asyncio.Task[None]


class Worker:
    """Takes jobs and hands each to `work`, which finishes it. If `work` raises, the job is tried again later.

    The work on a job whose lease was lost goes on, but the store takes nothing from it.

    Whoever adds a job sets `wake`. The queue is also polled, for jobs of other processes and retries.
    """

    def __init__(
        self,
        name: str,
        queue: Queue,
        work: Work,
        limits: WorkerLimits,
        wake: asyncio.Event,
    ) -> None:
        self._name = name
        self._queue = queue
        self._work = work
        self._limits = limits
        self._owner = f"{name}-{secrets.token_hex(6)}"
        self._running: dict[str, _Held] = {}
        self._wake = wake
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to take jobs, in the background."""
        self._tasks = [asyncio.create_task(self._take()), asyncio.create_task(self._renew_at_intervals())]

    @property
    def is_working(self) -> bool:
        """Whether it was started and takes jobs."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def stop(self, drain_s: float) -> None:
        """Take no new jobs, wait up to `drain_s` seconds for running ones, then cancel them and give them back."""
        self._stopping = True
        self._wake.set()
        running = [held.task for held in self._running.values()]
        if running:
            await asyncio.wait(running, timeout=drain_s)
        ending = [*(held.task for held in self._running.values()), *self._tasks]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        try:
            await self._queue.release(self._owner)
        except Exception as error:  # noqa: BLE001 - the leases will run out
            _log.error("release_failed", worker=self._name, error=type(error).__name__)

    async def has_lost(self, key: str) -> bool:
        """Tell whether a job runs here that is not held any more."""
        held = self._running.get(key)
        return held is not None and key not in await self._queue.renew([held.job], self._limits.lease_s)

    async def _take(self) -> None:
        while not self._stopping:
            self._wake.clear()
            # After a blocked event loop the leases of running jobs may have ended, and a claim would return them again.
            await self._renew([held for held in self._running.values() if held.lease.left_s() <= 0])
            free = self._limits.concurrency - len(self._running)
            asked_at = boot_time()
            jobs = await self._claimed(free) if free else []
            for job in jobs:
                self._begin(job, Lease(asked_at + self._limits.lease_s))
            if len(jobs) < free or not free:
                await self._until_woken()

    def _begin(self, job: Job, lease: Lease) -> None:
        # The job runs here still if its payload was replaced, or another worker had it in between.
        before = self._running.get(job.key)
        task = asyncio.create_task(self._run(job, lease, before.task if before else None))
        held = self._running[job.key] = _Held(job, lease, task)
        task.add_done_callback(lambda _: self._ended(held))

    async def _claimed(self, limit: int) -> list[Job]:
        try:
            return await self._queue.claim(self._owner, self._limits.lease_s, limit)
        except Exception as error:  # noqa: BLE001 - a failing store must not end the worker
            self._log_unless_known("claim_failed", error)
            return []

    def _log_unless_known(self, event: str, error: Exception) -> None:
        """Log a failure that comes with each poll, unless the store has logged that it is unavailable."""
        if not isinstance(error, StoreUnavailableError):
            _log.error(event, worker=self._name, error=type(error).__name__)

    async def _run(self, job: Job, lease: Lease, before: asyncio.Task[None] | None) -> None:
        if before:
            await asyncio.wait([before])
        try:
            await self._work(job, lease)
        except Exception as error:  # noqa: BLE001 - the worker's last resort: the job is tried again
            _log.error("job_failed", worker=self._name, key=job.key, attempts=job.attempts, error=type(error).__name__)
            await self._give_back(job)

    async def _give_back(self, job: Job) -> None:
        try:
            await self._queue.retry(job, self._limits.pause_s(job.attempts))
        except Exception as error:  # noqa: BLE001 - its lease will run out
            _log.error("retry_failed", worker=self._name, key=job.key, error=type(error).__name__)

    def _ended(self, held: _Held) -> None:
        if self._running.get(held.job.key) is held:
            del self._running[held.job.key]
        self._wake.set()

    async def _until_woken(self) -> None:
        try:
            async with asyncio.timeout(self._limits.poll_s):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _renew_at_intervals(self) -> None:
        while True:
            await asyncio.sleep(self._limits.lease_s / _RENEWALS_PER_LEASE)
            await self._renew(list(self._running.values()))

    async def _renew(self, running: Sequence[_Held]) -> None:
        """Renew the leases of running jobs only: one that ended without a word is taken over when its lease ends."""
        if not running:
            return
        asked_at = boot_time()
        try:
            kept = await self._queue.renew([held.job for held in running], self._limits.lease_s)
        except Exception as error:  # noqa: BLE001 - the next renewal may work
            self._log_unless_known("renew_failed", error)
            return
        for held in running:
            if held.job.key in kept:
                held.lease.extend(asked_at + self._limits.lease_s)
