"""Budgets of a day whose counts are made anew, compared and raised."""

from datetime import UTC, datetime

from support.clocks import Clock

from pipeline.budgets import Budgets, Key, MemoryDayCounts

_MIDNIGHT = datetime(2027, 1, 15, tzinfo=UTC)


class _Store:
    """What the store knows, and how often it was asked."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        self.asked: list[tuple[Key, datetime]] = []

    async def spent_since(self, key: Key, since: datetime) -> int:
        self.asked.append((key, since))
        return self.tokens


async def test_the_store_is_asked_once_a_day_by_a_process_that_counts_alone(wall_clock: Clock) -> None:
    store = _Store(10)
    budgets = Budgets(MemoryDayCounts(), store.spent_since)
    for _ in range(5):
        await budgets.wait(("T1",), 1000)
        await budgets.spend(("T1",), 1)
    assert store.asked == [(("T1",), _MIDNIGHT)]
    wall_clock.advance(86_400)
    await budgets.wait(("T1",), 1000)
    assert store.asked[1:] == [(("T1",), datetime(2027, 1, 16, tzinfo=UTC))]


async def test_what_others_spent_is_found_at_the_next_comparison(wall_clock: Clock) -> None:  # noqa: ARG001
    store = _Store(0)
    often = Budgets(MemoryDayCounts(), store.spent_since, compare_s=0.0)
    seldom = Budgets(MemoryDayCounts(), store.spent_since, compare_s=3600.0)
    assert [await often.wait(("T1",), 1000), await seldom.wait(("T1",), 1000)] == [None, None]
    store.tokens = 1000
    assert await often.wait(("T1",), 1000) is not None
    assert await seldom.wait(("T1",), 1000) is None


async def test_a_comparison_takes_nothing_away_that_is_not_stored_yet(wall_clock: Clock) -> None:  # noqa: ARG001
    budgets = Budgets(MemoryDayCounts(), _Store(400).spent_since, compare_s=0.0)
    await budgets.spend(("T1",), 600)
    assert await budgets.wait(("T1",), 1001) is None
    assert await budgets.wait(("T1",), 1000) is not None


async def test_days_that_are_over_leave_nothing_in_memory(wall_clock: Clock) -> None:
    counts = MemoryDayCounts()
    budgets = Budgets(counts, _Store(0).spent_since)
    for _ in range(10):
        await budgets.spend(("T1",), 1)
        await budgets.spend(("T2",), 1)
        wall_clock.advance(86_400)
    assert len(counts._counts) == 2
    assert len(budgets._compared_at) == 2
