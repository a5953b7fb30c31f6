"""Budgets of a day: the tokens that each key used since midnight UTC, also after the count of them is lost."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Protocol

Key = tuple[str, ...]
# Returns the tokens that the finished requests of a key used since then. Raises nothing: 0 if they are not known.
SpentSince = Callable[[Key, datetime], Awaitable[int]]


async def nothing_spent(_key: Key, _since: datetime) -> int:
    """Return 0: for a process that keeps no traces."""
    return 0


class DayCounts(Protocol):
    """Counts of tokens that may be lost at any time. A key holds its day, so that a new day begins with no count."""

    async def get(self, key: Key) -> int | None:
        """Return the count; None if there is none."""

    async def add(self, key: Key, tokens: int) -> bool:
        """Add to a count. Return False, with nothing added, if there is none."""

    async def raise_to(self, key: Key, tokens: int, expires_s: int) -> int:
        """Make a count at least `tokens`, and return it. It may be dropped `expires_s` seconds after it was made."""


class MemoryDayCounts:
    """Counts in the memory of this process, of the current day only."""

    def __init__(self) -> None:
        self._counts: dict[Key, int] = {}

    async def get(self, key: Key) -> int | None:
        """Return the count; None if there is none."""
        return self._counts.get(key)

    async def add(self, key: Key, tokens: int) -> bool:
        """Add to a count, if there is one."""
        if key not in self._counts:
            return False
        self._counts[key] += tokens
        return True

    async def raise_to(self, key: Key, tokens: int, expires_s: int) -> int:  # noqa: ARG002 - a new day drops the old
        """Make a count at least `tokens`."""
        day = key[-1]
        self._counts = {known: count for known, count in self._counts.items() if known[-1] == day}
        self._counts[key] = max(tokens, self._counts.get(key, 0))
        return self._counts[key]


class Budgets:
    """Counts what is spent of a budget each day, from midnight to midnight UTC.

    A day of the calendar, and not 24 hours from the first token, because then whoever has lost the count can make it
    anew from the traces. A count is compared with `spent_since` when it is missing or in doubt, and again every
    `compare_s` seconds.
    """

    def __init__(self, counts: DayCounts, spent_since: SpentSince, compare_s: float = inf) -> None:
        self._counts = counts
        self._spent_since = spent_since
        self._compare_s = compare_s
        self._compared_at: dict[Key, float] = {}

    async def wait(self, key: Key, tokens: int) -> float | None:
        """Return the seconds to the next day if the day's tokens are used up, else None."""
        midnight, name = _day(key)
        spent = await self._counts.get(name)
        if spent is None or self._is_old(name):
            spent = await self._compared(key, name, midnight)
        return _seconds_left(midnight) if spent >= tokens else None

    async def spend(self, key: Key, tokens: int) -> None:
        """Count tokens, even beyond the budget."""
        midnight, name = _day(key)
        if not await self._counts.add(name, tokens):
            await self._compared(key, name, midnight)
            await self._counts.add(name, tokens)

    def doubt(self) -> None:
        """Compare every count when it is used next, because it may miss tokens that were spent."""
        self._compared_at.clear()

    async def _compared(self, key: Key, name: Key, midnight: datetime) -> int:
        spent = await self._counts.raise_to(name, await self._spent_since(key, midnight), _kept_s(midnight))
        self._compared_at = {known: at for known, at in self._compared_at.items() if known[-1] == name[-1]}
        self._compared_at[name] = time.monotonic()
        return spent

    def _is_old(self, name: Key) -> bool:
        """Tell whether this process has not compared the count for a while. A process that is new has never."""
        return time.monotonic() - self._compared_at.get(name, -inf) >= self._compare_s


def _day(key: Key) -> tuple[datetime, Key]:
    """Return the beginning of the day, and the name of the day's count."""
    now = datetime.fromtimestamp(time.time(), UTC)
    return now.replace(hour=0, minute=0, second=0, microsecond=0), (*key, now.date().isoformat())


def _seconds_left(midnight: datetime) -> float:
    return (midnight + timedelta(days=1)).timestamp() - time.time()


def _kept_s(midnight: datetime) -> int:
    """Return how long to keep a count: an hour longer than its day, for replicas whose clocks differ."""
    return int(_seconds_left(midnight)) + 3600
