"""What every implementation of the `RateLimits` port keeps to. Add a new one to `_IMPLEMENTATIONS`."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
from support.clocks import Clock

from pipeline.rate_limits import RateLimits, Window, memory_rate_limits

_IMPLEMENTATIONS: Mapping[str, Callable[[], RateLimits]] = {"memory": memory_rate_limits}
_TWO_A_MINUTE = Window(2, 60)
_DAY = 86_400
_A_MOMENT = 0.001


@pytest.fixture(params=_IMPLEMENTATIONS)
def rates(request: pytest.FixtureRequest, wall_clock: Clock) -> RateLimits:  # noqa: ARG001 - the storage reads it
    return _IMPLEMENTATIONS[request.param]()


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


async def test_a_budget_is_used_up_by_what_is_spent_and_comes_back_after_a_day(
    rates: RateLimits, wall_clock: Clock
) -> None:
    assert await rates.budget(("T1",), 1000) is None
    await rates.spend(("T1",), 999, 1000)
    assert await rates.budget(("T1",), 1000) is None
    wall_clock.advance(3600)
    await rates.spend(("T1",), 1, 1000)
    assert await rates.budget(("T1",), 1000) == pytest.approx(_DAY - 3600)
    wall_clock.advance(_DAY - 3600)
    assert await rates.budget(("T1",), 1000) is None


async def test_asking_for_a_budget_spends_nothing(rates: RateLimits) -> None:
    for _ in range(10):
        await rates.budget(("T1",), 2)
    assert await rates.budget(("T1",), 2) is None


async def test_more_than_the_budget_can_be_spent_and_is_the_tenants_own(rates: RateLimits) -> None:
    await rates.spend(("T1",), 5000, 1000)
    assert await rates.budget(("T1",), 1000) == pytest.approx(_DAY)
    assert await rates.budget(("T2",), 1000) is None


async def test_a_provider_takes_costs_up_to_its_minute_and_counts_no_refused_one(rates: RateLimits) -> None:
    assert await rates.provider(("openai", "tokens"), 60, 100) is None
    wait = await rates.provider(("openai", "tokens"), 60, 100)
    assert wait is not None
    assert 0 < wait <= 60
    assert await rates.provider(("openai", "tokens"), 40, 100) is None
    assert await rates.provider(("openai", "requests"), 1, 100) is None
    assert await rates.provider(("local", "tokens"), 60, 100) is None


async def test_what_a_provider_took_in_the_minute_before_still_weighs_and_is_free_after_two(
    rates: RateLimits, wall_clock: Clock
) -> None:
    await rates.provider(("openai", "tokens"), 100, 100)
    wall_clock.advance(30 + _A_MOMENT)
    assert await rates.provider(("openai", "tokens"), 50, 100) is not None
    wall_clock.advance(60)
    assert await rates.provider(("openai", "tokens"), 100, 100) is None


async def test_the_same_key_in_a_window_a_budget_and_a_minute_is_counted_apart(rates: RateLimits) -> None:
    await rates.spend(("T1",), 5000, 1)
    await rates.provider(("T1",), 1, 1)
    assert await rates.request(("T1",), Window(1, 60)) is None
    assert await rates.request(("T1",), Window(1, 60)) is not None
