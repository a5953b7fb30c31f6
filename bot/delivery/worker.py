"""Workers for the durable inbox and outbox: bounded, under a lease, and stopped without losing anything."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.store.sqlite.queues import Job

_log = structlog.get_logger(__name__)
_RENEWALS_PER_LEASE = 3


class Queue(Protocol):
    """Jobs that a worker takes."""

    async def claim(self, owner: str, lease_s: float, limit: int) -> list[Job]:
        """Return due jobs, now held by `owner`."""

    async def renew(self, owner: str, lease_s: float) -> None:
        """Hold on to what `owner` works on."""

    async def release(self, owner: str) -> None:
        """Give back what `owner` holds."""

    async def retry(self, key: str, after_s: float) -> None:
        """Give one job back, due again in `after_s` seconds."""


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """How many jobs at once, for how long a job is held (seconds), and how often to look without being woken."""

    concurrency: int
    lease_s: float
    poll_s: float
    backoff_base_s: float = 1.0
    backoff_cap_s: float = 60.0

    def pause(self, attempts: int) -> float:
        """Return the seconds to wait after that many attempts."""
        return min(self.backoff_cap_s, self.backoff_base_s * 2.0 ** min(attempts - 1, 20))


class Worker:
    """Takes jobs and hands them to `work`, which ends each of them; what it raises means: try again later."""

    def __init__(self, name: str, queue: Queue, work: Callable[[Job], Awaitable[None]], limits: WorkerLimits) -> None:
        self._name = name
        self._queue = queue
        self._work = work
        self._limits = limits
        self._owner = f"{name}-{secrets.token_hex(6)}"
        self._running: dict[str, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to take jobs."""
        self._tasks = [asyncio.create_task(self._take()), asyncio.create_task(self._renew())]

    def wake(self) -> None:
        """Look for jobs now."""
        self._woken.set()

    async def stop(self, drain_s: float) -> None:
        """Take nothing new, wait for what runs, and give back what is not done in `drain_s` seconds."""
        self._stopping = True
        self.wake()
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
            self._woken.clear()
            free = self._limits.concurrency - len(self._running)
            jobs = await self._claimed(free) if free else []
            for job in jobs:
                if job.key in self._running:
                    # The loop was held up for longer than a lease; the job is in our hands all the same.
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
            await self._queue.retry(job.key, self._limits.pause(job.attempts))
        except Exception as error:  # noqa: BLE001 - then its lease runs out
            _log.error("retry_failed", worker=self._name, key=job.key, error=type(error).__name__)

    def _ended(self, key: str) -> None:
        self._running.pop(key, None)
        self.wake()

    async def _until_woken(self) -> None:
        try:
            async with asyncio.timeout(self._limits.poll_s):
                await self._woken.wait()
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
