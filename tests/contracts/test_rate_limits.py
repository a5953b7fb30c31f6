"""What every implementation of the `RateLimits` port keeps to. Add a new one to `_IMPLEMENTATIONS`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

import pytest
from support.clocks import Clock
from support.engines.valkey import Valkey
from support.shared import connected, fallbacks

from bot.shared.rate_limits import shared_rate_limits
from bot.telemetry.metrics import Metrics
from pipeline.budgets import Key
from pipeline.rate_limits import RateLimits, Window, memory_rate_limits

_TWO_A_MINUTE = Window(2, 60)
# The clock stands at half past eight UTC, and half a minute.
_MIDNIGHT, _TO_MIDNIGHT, _DAY = datetime(2027, 1, 15, tzinfo=UTC), 57_570, 86_400
_A_MOMENT = 0.001


class _Traces:
    """What the store knows of the tokens that were spent."""

    def __init__(self) -> None:
        self.tokens: dict[tuple[Key, datetime], int] = {}

    async def spent_since(self, key: Key, since: datetime) -> int:
        return self.tokens.get((key, since), 0)


@asynccontextmanager
async def _memory(_: pytest.FixtureRequest, __: Clock, traces: _Traces) -> AsyncIterator[RateLimits]:
    yield memory_rate_limits(traces.spent_since)


@asynccontextmanager
async def _valkey(request: pytest.FixtureRequest, clock: Clock, traces: _Traces) -> AsyncIterator[RateLimits]:
    server: Valkey = request.getfixturevalue("valkey_server")
    clock.followers.append(server.pass_time)
    # A busy machine must not turn the shared limits into those of this process, which would pass the suite, too.
    metrics = Metrics(routes=())
    async with connected(server.url, metrics, timeout_s=10.0) as shared:
        yield shared_rate_limits(shared, traces.spent_since, replicas=1)
    assert fallbacks(metrics) == 0


_Opening = Callable[[pytest.FixtureRequest, Clock, _Traces], AbstractAsyncContextManager[RateLimits]]
_IMPLEMENTATIONS: Mapping[str, _Opening] = {"memory": _memory, "valkey": _valkey}


@pytest.fixture
def traces() -> _Traces:
    return _Traces()


@pytest.fixture(params=_IMPLEMENTATIONS)
async def rates(request: pytest.FixtureRequest, wall_clock: Clock, traces: _Traces) -> AsyncIterator[RateLimits]:
    async with _IMPLEMENTATIONS[request.param](request, wall_clock, traces) as opened:
        yield opened


async def test_a_window_admits_its_requests_and_then_says_when_there_is_room(
    rates: RateLimits, wall_clock: Clock
) -> None:
    assert await rates.request(("U1",), _TWO_A_MINUTE) is None
    wall_clock.advance(20)
    assert await rates.request(("U1",), _TWO_A_MINUTE) is None
    assert await rates.request(("U1",), _TWO_A_MINUTE) == pytest.approx(40)


async def test_a_window_moves_so_each_request_frees_its_own_place(rates: RateLimits, wall_clock: Clock) -> None:
    await rates.request(("U1",), _TWO_A_MINUTE)
    wall_clock.advance(20)
    await rates.request(("U1",), _TWO_A_MINUTE)
    wall_clock.advance(40 + _A_MOMENT)
    assert await rates.request(("U1",), _TWO_A_MINUTE) is None
    assert await rates.request(("U1",), _TWO_A_MINUTE) == pytest.approx(20 - _A_MOMENT)


async def test_a_refused_request_is_not_counted(rates: RateLimits, wall_clock: Clock) -> None:
    for _ in range(10):
        await rates.request(("U1",), _TWO_A_MINUTE)
    wall_clock.advance(60 + _A_MOMENT)
    assert await rates.request(("U1",), _TWO_A_MINUTE) is None


async def test_keys_have_windows_of_their_own(rates: RateLimits) -> None:
    for _ in range(3):
        await rates.request(("user", "U1"), _TWO_A_MINUTE)
    assert await rates.request(("user", "U2"), _TWO_A_MINUTE) is None
    assert await rates.request(("tenant", "U1"), _TWO_A_MINUTE) is None


async def test_requests_at_the_same_time_never_exceed_the_window(rates: RateLimits) -> None:
    waits = await asyncio.gather(*(rates.request(("U1",), Window(5, 60)) for _ in range(40)))
    assert waits.count(None) == 5


async def test_a_budget_is_used_up_by_what_is_spent_and_comes_back_at_midnight(
    rates: RateLimits, wall_clock: Clock
) -> None:
    assert await rates.budget(("T1",), 1000) is None
    await rates.spend(("T1",), 999)
    assert await rates.budget(("T1",), 1000) is None
    wall_clock.advance(3600)
    await rates.spend(("T1",), 1)
    assert await rates.budget(("T1",), 1000) == pytest.approx(_TO_MIDNIGHT - 3600)
    wall_clock.advance(_TO_MIDNIGHT - 3600 - _A_MOMENT)
    assert await rates.budget(("T1",), 1000) is not None
    wall_clock.advance(_A_MOMENT)
    assert await rates.budget(("T1",), 1000) is None


async def test_a_day_that_ran_over_starts_the_next_one_with_nothing_spent(rates: RateLimits, wall_clock: Clock) -> None:
    await rates.spend(("T1",), 5000)
    wall_clock.advance(_TO_MIDNIGHT)
    await rates.spend(("T1",), 999)
    assert await rates.budget(("T1",), 1000) is None
    await rates.spend(("T1",), 1)
    assert await rates.budget(("T1",), 1000) == pytest.approx(_DAY)


async def test_a_budget_begins_with_what_the_store_knows_of_the_day(rates: RateLimits, traces: _Traces) -> None:
    traces.tokens = {(("T1",), _MIDNIGHT): 1000, (("T2",), _MIDNIGHT): 999}
    assert await rates.budget(("T1",), 1000) == pytest.approx(_TO_MIDNIGHT)
    await rates.spend(("T2",), 1)
    assert await rates.budget(("T2",), 1000) == pytest.approx(_TO_MIDNIGHT)
    assert await rates.budget(("T3",), 1000) is None


async def test_tokens_that_are_spent_at_the_same_time_are_all_counted_and_the_known_ones_once(
    rates: RateLimits, traces: _Traces
) -> None:
    traces.tokens = {(("T1",), _MIDNIGHT): 500}
    await asyncio.gather(*(rates.spend(("T1",), 10) for _ in range(40)))
    assert await rates.budget(("T1",), 901) is None
    assert await rates.budget(("T1",), 900) is not None


async def test_asking_for_a_budget_spends_nothing(rates: RateLimits) -> None:
    for _ in range(10):
        await rates.budget(("T1",), 2)
    assert await rates.budget(("T1",), 2) is None


async def test_more_than_the_budget_can_be_spent_and_is_the_tenants_own(rates: RateLimits) -> None:
    await rates.spend(("T1",), 5000)
    assert await rates.budget(("T1",), 1000) == pytest.approx(_TO_MIDNIGHT)
    assert await rates.budget(("T2",), 1000) is None


async def test_a_provider_takes_costs_up_to_its_minute_and_counts_no_refused_one(rates: RateLimits) -> None:
    assert await rates.provider(("openai", "tokens"), 60, 100) is None
    wait = await rates.provider(("openai", "tokens"), 60, 100)
    # In the first millisecond of a minute the library names 0 seconds instead of 60; who waits tries again soon.
    assert wait == pytest.approx(30, abs=30)
    assert await rates.provider(("openai", "tokens"), 40, 100) is None
    assert await rates.provider(("openai", "requests"), 1, 100) is None
    assert await rates.provider(("local", "tokens"), 60, 100) is None


async def test_what_a_provider_took_in_the_minute_before_still_weighs_and_is_free_after_two(
    rates: RateLimits, wall_clock: Clock
) -> None:
    await rates.provider(("openai", "tokens"), 100, 100)
    wall_clock.advance(30 + _A_MOMENT)
    assert await rates.provider(("openai", "tokens"), 50, 100) is not None
    wall_clock.advance(90)
    assert await rates.provider(("openai", "tokens"), 100, 100) is None


async def test_the_same_key_in_a_window_a_budget_and_a_minute_is_counted_apart(rates: RateLimits) -> None:
    await rates.spend(("T1",), 5000)
    await rates.provider(("T1",), 1, 1)
    assert await rates.request(("T1",), Window(1, 60)) is None
    assert await rates.request(("T1",), Window(1, 60)) is not None
