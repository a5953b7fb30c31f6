"""Budgets of a day whose counts are made anew, compared and raised."""

import asyncio
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
        await asyncio.sleep(0)
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
    budgets = Budgets(MemoryDayCounts(), store.spent_since, compare_s=3600.0)
    assert await budgets.wait(("T1",), 1000) is None
    store.tokens = 1000
    assert await budgets.wait(("T1",), 1000) is None
    budgets.doubt()
    assert await budgets.wait(("T1",), 1000) is not None


async def test_a_store_that_takes_long_is_asked_less_often(wall_clock: Clock) -> None:  # noqa: ARG001
    asked = []

    async def slowly(key: Key, _since: datetime) -> int:
        asked.append(key)
        await asyncio.sleep(0.05)
        return 0

    budgets = Budgets(MemoryDayCounts(), slowly, compare_s=0.0)
    for _ in range(5):
        await budgets.wait(("T1",), 1000)
    assert len(asked) == 1


async def test_a_comparison_takes_nothing_away_that_is_not_stored_yet(wall_clock: Clock) -> None:  # noqa: ARG001
    budgets = Budgets(MemoryDayCounts(), _Store(400).spent_since)
    await budgets.spend(("T1",), 600)
    budgets.doubt()
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
    assert len(budgets._due_at) == 2
    assert len(budgets._locks) <= 2


async def test_of_many_questions_at_once_one_asks_the_store(wall_clock: Clock) -> None:  # noqa: ARG001
    store = _Store(10)
    budgets = Budgets(MemoryDayCounts(), store.spent_since, compare_s=3600.0)
    await asyncio.gather(*(budgets.wait((f"T{at % 2}",), 1000) for at in range(300)))
    await asyncio.gather(*(budgets.spend((f"T{at % 2}",), 1) for at in range(300)))
    assert len(store.asked) == 2
    budgets.doubt()
    await asyncio.gather(*(budgets.wait((f"T{at % 2}",), 1000) for at in range(300)))
    assert len(store.asked) == 4


async def test_a_question_that_is_cancelled_while_it_compares_leaves_the_next_one_to_compare(
    wall_clock: Clock,  # noqa: ARG001
) -> None:
    store = _Store(1000)
    budgets = Budgets(MemoryDayCounts(), store.spent_since, compare_s=3600.0)
    first, second = (asyncio.create_task(budgets.wait(("T1",), 1000)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second is not None
