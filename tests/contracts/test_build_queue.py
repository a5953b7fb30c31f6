"""The contract of the queue of builds, on each store: a queue like the others, and apart from them."""

import pytest
from support.clock import Clock

from bot.store.port import Store
from bot.store.records import Job, Outgoing, Scope


async def test_a_build_is_no_job_of_the_inbox_and_the_other_way_round(store: Store) -> None:
    assert await store.builds.add(["b-1"], '"build"')
    assert await store.inbox.add(["b-1"], '"question"')
    assert [job.payload for job in await store.inbox.claim("w", 10.0, 9)] == ['"question"']
    assert [job.payload for job in await store.builds.claim("w", 10.0, 9)] == ['"build"']
    assert (await store.counts()).waiting_questions == 1


async def test_an_order_with_a_known_id_is_not_stored_again(store: Store) -> None:
    assert await store.builds.add(["b-1"], '"first"')
    assert not await store.builds.add(["b-1"], '"second"')
    assert await store.builds.payload("b-1") == '"first"'


async def test_orders_come_in_the_order_in_which_they_were_given(store: Store, clock: Clock) -> None:
    for key in ("b-2", "b-1", "b-3"):
        await store.builds.add([key], "{}")
        clock.move(seconds=1)
    assert [job.key for job in await store.builds.claim("w", 10.0, 2)] == ["b-2", "b-1"]


async def test_the_build_of_a_dead_process_is_taken_over_and_its_late_end_changes_nothing(
    store: Store, clock: Clock
) -> None:
    await store.builds.add(["b-1"], "{}")
    (lost,) = await store.builds.claim("dead", 10.0, 1)
    assert await store.builds.claim("other", 10.0, 1) == []
    clock.move(seconds=11)
    (taken,) = await store.builds.claim("other", 10.0, 1)
    assert taken.attempts == 2
    assert not await store.builds.finish(lost)
    assert await store.builds.renew([lost, taken], 10.0) == {"b-1"}
    assert await store.builds.finish(taken)
    assert (await store.builds.length()).waiting == 0


async def test_a_build_and_its_result_are_settled_together_or_not_at_all(store: Store) -> None:
    await store.builds.add(["b-1"], "{}")
    (job,) = await store.builds.claim("w", 10.0, 1)
    note = Outgoing(key="b-1:built", request_id="b-1", surface="slack", tenant_id="T1", channel_id="C1", text="done")
    with pytest.raises(ValueError, match="cut"):
        await _cut_short(store, job, note)
    assert (await store.builds.length()).waiting == 1
    assert (await store.outbox.length()).waiting == 0
    async with store.transaction() as tx:
        assert await tx.builds.bury(job)
        await tx.outbox.send([note])
    assert (await store.builds.length()).dead == 1
    assert (await store.outbox.length()).waiting == 1


async def _cut_short(store: Store, job: Job, note: Outgoing) -> None:
    async with store.transaction() as tx:
        await tx.builds.finish(job)
        await tx.outbox.send([note])
        raise ValueError("cut")


async def test_orders_are_neglected_once_they_wait_for_long_and_no_build_is_at_work(store: Store, clock: Clock) -> None:
    await store.builds.add(["b-1"], '"first"', "T1")
    await store.builds.add(["b-2"], '"second"', "T2")
    assert await store.builds.neglected(15.0) == {}
    clock.move(seconds=16)
    assert await store.builds.neglected(15.0) == {"b-1": '"first"', "b-2": '"second"'}
    assert await store.builds.neglected(15.0, Scope(ids=frozenset({"T2"}), others=False)) == {"b-2": '"second"'}
    assert (await store.counts()).neglected_builds == 2
    (job,) = await store.builds.claim("w", 10.0, 1)
    # The other one waits for its turn.
    assert await store.builds.neglected(15.0) == {}
    clock.move(seconds=11)
    # The first one's builder died, and whoever takes it over has some time to do so.
    assert await store.builds.neglected(15.0) == {"b-2": '"second"'}
    clock.move(seconds=15)
    assert set(await store.builds.neglected(15.0)) == {"b-1", "b-2"}
    await store.builds.retry(job, 60.0)
    assert set(await store.builds.neglected(15.0)) == {"b-2"}
