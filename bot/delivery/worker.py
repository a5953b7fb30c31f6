"""Workers for the durable queues: bounded, under a lease, stopped without losing a job."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot.store.port import Queue
from bot.store.records import Job

_log = structlog.get_logger(__name__)
_RENEWALS_PER_LEASE = 3


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """How many jobs at once, for how long a job is held and how often to poll (seconds).

    `pause_s` returns the seconds to wait after a number of attempts.
    """

    concurrency: int
    lease_s: float
    poll_s: float
    pause_s: Callable[[int], float]


class Worker:
    """Takes jobs and hands them to `work`, which ends each of them. If `work` raises, the job comes again later.

    `wake` is set by whoever adds a job; without it the queue is polled.
    """

    def __init__(
        self,
        name: str,
        queue: Queue,
        work: Callable[[Job], Awaitable[None]],
        limits: WorkerLimits,
        wake: asyncio.Event,
    ) -> None:
        self._name = name
        self._queue = queue
        self._work = work
        self._limits = limits
        self._owner = f"{name}-{secrets.token_hex(6)}"
        self._running: dict[str, asyncio.Task[None]] = {}
        self._wake = wake
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to take jobs."""
        self._tasks = [asyncio.create_task(self._take()), asyncio.create_task(self._renew())]

    async def stop(self, drain_s: float) -> None:
        """Take nothing new, wait for what runs, and give back what is not done in `drain_s` seconds."""
        self._stopping = True
        self._wake.set()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=drain_s)
        for task in [*self._running.values(), *self._tasks]:
            task.cancel()
        await asyncio.gather(*self._running.values(), *self._tasks, return_exceptions=True)
        try:
            await self._queue.release(self._owner)
        except Exception as error:  # noqa: BLE001 - then the leases run out
            _log.error("release_failed", worker=self._name, error=type(error).__name__)

    async def _take(self) -> None:
        while not self._stopping:
            self._wake.clear()
            free = self._limits.concurrency - len(self._running)
            jobs = await self._claimed(free) if free else []
            for job in jobs:
                if job.key in self._running:
                    # The event loop was blocked for longer than a lease, but this worker still runs the job.
                    continue
                task = self._running[job.key] = asyncio.create_task(self._run(job))
                task.add_done_callback(lambda _, key=job.key: self._ended(key))  # type: ignore[misc]
            if len(jobs) < free or not free:
                await self._until_woken()

    async def _claimed(self, limit: int) -> list[Job]:
        try:
            return await self._queue.claim(self._owner, self._limits.lease_s, limit)
        except Exception as error:  # noqa: BLE001 - a store in trouble must not end the worker
            _log.error("claim_failed", worker=self._name, error=type(error).__name__)
            return []

    async def _run(self, job: Job) -> None:
        try:
            await self._work(job)
        except Exception as error:  # noqa: BLE001 - the worker's last resort: the job stays and comes again
            _log.error("job_failed", worker=self._name, key=job.key, attempts=job.attempts, error=type(error).__name__)
            await self._give_back(job)

    async def _give_back(self, job: Job) -> None:
        try:
            await self._queue.retry(job.key, self._limits.pause_s(job.attempts))
        except Exception as error:  # noqa: BLE001 - then its lease runs out
            _log.error("retry_failed", worker=self._name, key=job.key, error=type(error).__name__)

    def _ended(self, key: str) -> None:
        self._running.pop(key, None)
        self._wake.set()

    async def _until_woken(self) -> None:
        try:
            async with asyncio.timeout(self._limits.poll_s):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._limits.lease_s / _RENEWALS_PER_LEASE)
            if self._running:
                try:
                    await self._queue.renew(self._owner, self._limits.lease_s)
                except Exception as error:  # noqa: BLE001 - the next renewal may work
                    _log.error("renew_failed", worker=self._name, error=type(error).__name__)
