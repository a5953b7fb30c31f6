"""Workers: bounded, woken, held up for longer than a lease, and stopped."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.waiting import settled, until

from bot.delivery.worker import Worker, WorkerLimits
from bot.store.lease import Lease
from bot.store.records import Job
from bot.store.sqlite.queues import QueueTable
from bot.store.sqlite.store import SqliteStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore(tmp_path / "s.sqlite").open()
    yield opened
    await opened.close()


def _pause_s(_: int) -> float:
    return 0.01


class _Claims(QueueTable):
    """The inbox, with the keys that each claim has returned."""

    def __init__(self, store: SqliteStore) -> None:
        super().__init__(store._database, "inbox")
        self.returned: list[list[str]] = []

    async def claim(self, owner: str, lease_s: float, limit: int) -> list[Job]:
        jobs = await super().claim(owner, lease_s, limit)
        self.returned.append([job.key for job in jobs])
        return jobs


async def test_a_job_is_run_once_although_the_loop_is_held_up_for_longer_than_its_lease(store: SqliteStore) -> None:
    runs: list[str] = []
    inbox = _Claims(store)

    async def work(job: Job, _: Lease) -> None:
        runs.append(job.key)
        time.sleep(0.3)  # noqa: ASYNC251 - this is what holds the loop up
        await until(lambda: len(inbox.returned) > 3)
        assert await store.inbox.finish(job)

    await store.inbox.add(["a"], "{}")
    # The lease is renewed every 0.07 s, but claims are due first.
    worker = Worker("w", inbox, work, WorkerLimits(4, 0.2, 0.05, _pause_s), asyncio.Event())
    worker.start()
    await settled(store)
    await worker.stop(1.0)
    assert runs == ["a"]


async def test_no_more_jobs_run_at_once_than_allowed_and_all_are_done(store: SqliteStore) -> None:
    running, most, done = 0, 0, 0
    full = asyncio.Event()

    async def work(job: Job, _: Lease) -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        if running == 3:
            full.set()
        await full.wait()
        await store.inbox.finish(job)
        running -= 1
        done += 1

    for number in range(40):
        await store.inbox.add([str(number)], "{}")
    worker = Worker("w", store.inbox, work, WorkerLimits(3, 10.0, 5.0, _pause_s), asyncio.Event())
    worker.start()
    await until(lambda: done == 40)
    await worker.stop(1.0)
    assert most == 3


async def test_what_fails_comes_again_and_what_is_not_done_in_time_is_handed_back(store: SqliteStore) -> None:
    seen: list[int] = []

    async def work(job: Job, _: Lease) -> None:
        seen.append(job.attempts)
        if job.attempts == 1:
            raise RuntimeError
        await asyncio.Event().wait()

    wake = asyncio.Event()
    worker = Worker("w", store.inbox, work, WorkerLimits(1, 10.0, 0.05, _pause_s), wake)
    worker.start()
    await store.inbox.add(["a"], "{}")
    wake.set()
    await until(lambda: seen == [1, 2])
    await worker.stop(0.1)
    (job,) = await store.inbox.claim("another", 10.0, 9)
    assert (job.key, job.attempts) == ("a", 3)
