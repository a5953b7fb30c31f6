"""The contract of `Queue` about tenants: they take turns, in both queues of each store."""

import asyncio
from typing import Literal

import pytest
from support.clock import Clock

from bot.store.port import Queue, Store
from bot.store.records import ALL_TENANTS, Job, Outgoing, QueueLength, Scope

_A, _B, _C = "T0AAA", "T0BBB", "T0CCC"


@pytest.fixture(params=["inbox", "outbox"])
def kind(request: pytest.FixtureRequest) -> Literal["inbox", "outbox"]:
    name: Literal["inbox", "outbox"] = request.param
    return name


async def _add(store: Store, kind: str, tenant_id: str, count: int, begin: int = 0) -> None:
    keys = [f"{tenant_id}:{number}" for number in range(begin, begin + count)]
    if kind == "inbox":
        for key in keys:
            await store.inbox.add([key, f"event:{key}"], "{}", tenant_id)
    else:
        messages = [
            Outgoing(key=key, request_id="r", surface="slack", tenant_id=tenant_id, channel_id="C", text="x")
            for key in keys
        ]
        await store.outbox.send(messages)


def _queue(store: Store, kind: str) -> Queue:
    return store.inbox if kind == "inbox" else store.outbox


def _keys(jobs: list[Job]) -> list[str]:
    return [job.key for job in jobs]


async def test_one_tenant_gets_its_jobs_in_the_order_in_which_they_came(store: Store, kind: str) -> None:
    await _add(store, kind, _A, 5)
    assert _keys(await _queue(store, kind).claim("w", 60.0, 3)) == [f"{_A}:0", f"{_A}:1", f"{_A}:2"]
    assert _keys(await _queue(store, kind).claim("w", 60.0, 3)) == [f"{_A}:3", f"{_A}:4"]


async def test_jobs_without_a_tenant_are_claimed_too(store: Store) -> None:
    await store.inbox.add(["q"], "{}")
    assert _keys(await store.inbox.claim("w", 60.0, 3)) == ["q"]


async def test_who_comes_after_a_burst_of_another_tenant_is_next(store: Store, kind: str, clock: Clock) -> None:
    await _add(store, kind, _A, 40)
    queue = _queue(store, kind)
    at_work = await queue.claim("w", 60.0, 4)
    clock.move(seconds=1)
    await _add(store, kind, _B, 1)
    assert _keys(await queue.claim("w", 60.0, 1)) == [f"{_B}:0"]
    assert await queue.finish(at_work[0])
    assert _keys(await queue.claim("w", 60.0, 1)) == [f"{_A}:4"]


async def test_places_are_shared_by_all_who_wait(store: Store, kind: str, clock: Clock) -> None:
    for tenant_id, count in ((_A, 20), (_B, 3), (_C, 1)):
        await _add(store, kind, tenant_id, count)
        clock.move(seconds=1)
    taken = _keys(await _queue(store, kind).claim("w", 60.0, 6))
    assert sorted(key.partition(":")[0] for key in taken) == [_A, _A, _A, _B, _B, _C]


async def test_a_tenant_alone_may_use_every_place(store: Store, kind: str) -> None:
    await _add(store, kind, _A, 20)
    assert len(await _queue(store, kind).claim("w", 60.0, 16)) == 16


async def test_jobs_of_a_dead_worker_count_no_more(store: Store, kind: str, clock: Clock) -> None:
    queue = _queue(store, kind)
    await _add(store, kind, _A, 2)
    await queue.claim("dead", 10.0, 2)
    clock.move(seconds=11)
    await _add(store, kind, _B, 1)
    assert _keys(await queue.claim("w", 60.0, 1)) == [f"{_A}:0"]


async def test_a_job_that_waits_for_its_next_try_holds_up_nobody(store: Store, kind: str, clock: Clock) -> None:
    queue = _queue(store, kind)
    await _add(store, kind, _A, 3)
    for job in await queue.claim("w", 60.0, 2):
        await queue.retry(job, 30.0)
    assert _keys(await queue.claim("w", 60.0, 9)) == [f"{_A}:2"]
    clock.move(seconds=31)
    assert _keys(await queue.claim("w", 60.0, 9)) == [f"{_A}:0", f"{_A}:1"]


async def test_workers_that_claim_at_once_take_each_job_once(store: Store, kind: str) -> None:
    for tenant_id in (_A, _B, _C):
        await _add(store, kind, tenant_id, 30)
    queue, taken = _queue(store, kind), list[str]()

    async def work(owner: str) -> None:
        empty = 0
        while empty < 3:
            jobs = await queue.claim(owner, 60.0, 4)
            empty = 0 if jobs else empty + 1
            for job in jobs:
                assert await queue.finish(job)
            taken.extend(_keys(jobs))

    await asyncio.gather(*(work(f"w{number}") for number in range(6)))
    assert len(taken) == len(set(taken)) == 90


async def test_each_tenant_has_the_length_of_its_own_queue(store: Store, kind: str) -> None:
    await _add(store, kind, _A, 5)
    await _add(store, kind, _B, 2)
    queue = _queue(store, kind)
    (job,) = await queue.claim("w", 60.0, 1)
    assert await queue.bury(job)
    assert await queue.length(ALL_TENANTS) == QueueLength(6, 1)
    assert await queue.length(Scope(ids=frozenset({_B}), others=False)) == QueueLength(2, 0)
    assert await queue.length(Scope(ids=frozenset({_B}))) == QueueLength(4, 1)


async def test_tenants_that_were_apart_are_remembered(store: Store) -> None:
    await store.own_tenants.put([_A, _B])
    await store.own_tenants.put([_B])
    assert await store.own_tenants.ids() == {_A, _B}
