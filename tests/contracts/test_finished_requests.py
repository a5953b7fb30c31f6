"""Listing finished requests: newest first, by time, outcome and tenant. It runs on each store."""

from datetime import UTC, datetime, timedelta

from support.clock import Clock

from bot.store.port import Store
from bot.store.records import RequestFilter, Scope
from bot.store.scoped import ScopedStore
from pipeline.types import Trace


def _trace(request_id: str, outcome: str = "answered", tenant_id: str = "T1") -> Trace:
    return Trace(
        request_id=request_id,
        tenant_id=tenant_id,
        user_id="U1",
        channel_id="C1",
        route="slack",
        outcome=outcome,
        verdict="OK",
    )


async def _ids(store: Store, wanted: RequestFilter) -> list[str]:
    return [request.trace.request_id for request in await store.requests.listed(wanted)]


async def test_requests_are_listed_newest_first_with_their_times(store: Store, clock: Clock) -> None:
    await store.requests.save(_trace("r-1"))
    clock.move(days=1)
    await store.requests.save(_trace("r-2"))
    found = await store.requests.listed(RequestFilter(since=clock.time - timedelta(days=9)))
    assert [request.trace.request_id for request in found] == ["r-2", "r-1"]
    assert datetime.fromisoformat(found[0].at) == clock.time.astimezone(UTC)
    assert await _ids(store, RequestFilter(since=clock.time - timedelta(hours=1))) == ["r-2"]


async def test_requests_are_listed_by_outcome_and_no_more_than_wanted(store: Store, clock: Clock) -> None:
    since = clock.time - timedelta(days=1)
    for number, outcome in enumerate(["answered", "not_enough_info", "blocked", "answered"]):
        clock.move(days=0.01)
        await store.requests.save(_trace(f"r-{number}", outcome))
    assert await _ids(store, RequestFilter(since=since, outcomes=("answered", "blocked"))) == ["r-3", "r-2", "r-0"]
    assert await _ids(store, RequestFilter(since=since, limit=2)) == ["r-3", "r-2"]


async def test_a_changed_verdict_is_listed(store: Store, clock: Clock) -> None:
    await store.requests.save(_trace("r-1"))
    await store.requests.set_verdict("r-1", "DELIVERY_FAILED")
    (found,) = await store.requests.listed(RequestFilter(since=clock.time - timedelta(days=1)))
    assert found.trace.verdict == "DELIVERY_FAILED"


async def test_requests_of_other_tenants_are_not_listed(store: Store, clock: Clock) -> None:
    await store.requests.save(_trace("r-1", tenant_id="T1"))
    await store.requests.save(_trace("r-2", tenant_id="T2"))
    own = ScopedStore(store, Scope(ids=frozenset({"T2"}), others=False))
    wanted = RequestFilter(since=clock.time - timedelta(days=1))
    assert await _ids(own, wanted) == ["r-2"]
    assert await _ids(store, wanted.model_copy(update={"scope": Scope(ids=frozenset({"T2"}))})) == ["r-1"]
