"""What a store tells those who watch it: how long jobs wait, what was spent, whether it takes writes."""

from datetime import timedelta

import pytest
from support.clock import Clock

from bot.store.port import Store, StoreError
from bot.store.records import Outgoing, QueueAge, Scope, Spent
from pipeline.types import Trace


def _message(key: str) -> Outgoing:
    return Outgoing(key=key, request_id="r-1", surface="slack", tenant_id="T1", channel_id="C1", text="hi")


def _trace(request_id: str, tenant_id: str, tokens: int, cost_usd: float | None = None) -> Trace:
    return Trace(
        request_id=request_id,
        tenant_id=tenant_id,
        user_id="U1",
        channel_id="C1",
        route="slack",
        outcome="answered",
        verdict="OK",
        input_tokens=tokens,
        output_tokens=1,
        cost_usd=cost_usd,
    )


async def test_an_empty_queue_has_no_age(store: Store) -> None:
    assert await store.inbox.age() == QueueAge(0.0, 0.0)


async def test_the_age_of_a_queue_is_that_of_its_oldest_job(store: Store, clock: Clock) -> None:
    await store.inbox.add(["old"], "{}")
    clock.move(seconds=40)
    await store.inbox.add(["new"], "{}")
    clock.move(seconds=2)
    assert await store.inbox.age() == QueueAge(42.0, 42.0)


async def test_a_job_that_somebody_works_on_is_old_but_not_overdue_until_the_lease_ends(
    store: Store, clock: Clock
) -> None:
    await store.inbox.add(["q"], "{}")
    clock.move(seconds=5)
    await store.inbox.claim("w", 60.0, 1)
    clock.move(seconds=50)
    assert await store.inbox.age() == QueueAge(55.0, 0.0)
    clock.move(seconds=20)
    assert await store.inbox.age() == QueueAge(75.0, 10.0)


async def test_a_job_that_is_tried_again_later_is_as_old_as_it_is_and_not_overdue(store: Store, clock: Clock) -> None:
    await store.inbox.add(["q"], "{}")
    (job,) = await store.inbox.claim("w", 60.0, 1)
    await store.inbox.retry(job, 30.0)
    clock.move(seconds=20)
    assert await store.inbox.age() == QueueAge(20.0, 0.0)


async def test_a_message_that_is_due_later_waits_only_from_then_on(store: Store, clock: Clock) -> None:
    await store.outbox.send([_message("m")], 100.0)
    clock.move(seconds=90)
    assert await store.outbox.age() == QueueAge(0.0, 0.0)
    clock.move(seconds=15)
    assert await store.outbox.age() == QueueAge(5.0, 5.0)


async def test_a_job_that_is_done_has_no_age(store: Store, clock: Clock) -> None:
    await store.inbox.add(["q"], "{}")
    (job,) = await store.inbox.claim("w", 60.0, 1)
    clock.move(seconds=20)
    await store.inbox.finish(job)
    assert await store.inbox.age() == QueueAge(0.0, 0.0)


async def test_a_job_says_when_it_was_received(store: Store, clock: Clock) -> None:
    await store.inbox.add(["q"], "{}")
    received_at = clock().isoformat(timespec="microseconds")
    clock.move(seconds=20)
    (job,) = await store.inbox.claim("w", 60.0, 1)
    assert job.received_at == received_at
    assert job.anchor == ""


async def test_what_each_tenant_has_spent_is_counted_from_a_time_on(store: Store, clock: Clock) -> None:
    await store.requests.save(_trace("before", "T1", 1000))
    clock.move(hours=1)
    for trace in (_trace("a", "T1", 10, 0.5), _trace("b", "T1", 20, 0.25), _trace("c", "T2", 5)):
        await store.requests.save(trace)
    since = clock() - timedelta(minutes=1)
    assert await store.requests.spent_since(since) == [Spent("T1", 32, 0.75), Spent("T2", 6, 0.0)]
    assert await store.requests.spent_since(since, Scope(ids=frozenset({"T2"}), others=False)) == [Spent("T2", 6, 0.0)]


async def test_a_store_that_takes_writes_is_left_as_it_was(store: Store) -> None:
    await store.check_writable()
    assert await store.replicas.listed(60.0) == []


async def test_a_store_that_is_closed_takes_no_writes(store: Store) -> None:
    await store.close()
    with pytest.raises(StoreError):
        await store.check_writable()
