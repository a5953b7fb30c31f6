"""Workers: bounded, woken, held up for longer than a lease, and stopped."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.delivery.worker import Worker, WorkerLimits
from bot.store.records import Job
from bot.store.sqlite.store import SqliteStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore(tmp_path / "s.sqlite").open()
    yield opened
    await opened.close()


def _pause_s(_: int) -> float:
    return 0.01


async def _until(condition: object) -> None:
    for _ in range(200):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.02)
    raise AssertionError


async def test_a_job_is_run_once_although_the_loop_is_held_up_for_longer_than_its_lease(store: SqliteStore) -> None:
    runs: list[str] = []

    async def work(job: Job) -> None:
        runs.append(job.key)
        time.sleep(0.5)  # noqa: ASYNC251 - this is what holds the loop up
        await asyncio.sleep(0.3)
        await store.inbox.finish(job.key)

    worker = Worker("w", store.inbox, work, WorkerLimits(4, 0.2, 0.05, _pause_s), asyncio.Event())
    worker.start()
    await store.inbox.add(["a"], "{}")
    await asyncio.sleep(1.2)
    await worker.stop(1.0)
    assert runs == ["a"]


async def test_no_more_jobs_run_at_once_than_allowed_and_all_are_done(store: SqliteStore) -> None:
    running, most, done = 0, 0, 0

    async def work(job: Job) -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        done += 1
        await store.inbox.finish(job.key)

    for number in range(40):
        await store.inbox.add([str(number)], "{}")
    worker = Worker("w", store.inbox, work, WorkerLimits(3, 10.0, 5.0, _pause_s), asyncio.Event())
    worker.start()
    await _until(lambda: done == 40)
    await worker.stop(1.0)
    assert most == 3


async def test_what_fails_comes_again_and_what_is_not_done_in_time_is_handed_back(store: SqliteStore) -> None:
    seen: list[int] = []

    async def work(job: Job) -> None:
        seen.append(job.attempts)
        if job.attempts == 1:
            raise RuntimeError
        await asyncio.sleep(60)

    wake = asyncio.Event()
    worker = Worker("w", store.inbox, work, WorkerLimits(1, 10.0, 0.05, _pause_s), wake)
    worker.start()
    await store.inbox.add(["a"], "{}")
    wake.set()
    await _until(lambda: seen == [1, 2])
    await worker.stop(0.1)
    (job,) = await store.inbox.claim("another", 10.0, 9)
    assert (job.key, job.attempts) == ("a", 3)
