"""The rate limits port: count requests and tokens by key, in this process or in a storage that replicas share."""

import time
from dataclasses import dataclass
from math import inf
from typing import Protocol

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond, parse
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter

from pipeline.budgets import Budgets, Key, MemoryDayCounts, SpentSince, nothing_spent

_NAMESPACE = "citedesk"


@dataclass(frozen=True, slots=True)
class Window:
    """At most `requests` in any span of `seconds`."""

    requests: int
    seconds: int

    @classmethod
    def parsed(cls, text: str) -> "Window":
        """Return the window written as "20/minute" or "5 per 2 hours". Raises ValueError."""
        item = parse(text)
        return cls(item.amount, item.get_expiry())


class RateLimits(Protocol):
    """Counts what is used under each key.

    A method that counts or asks returns None within the limit, else the seconds until some room is free again; what
    is refused is not counted. No method raises: without its server, an implementation counts in this process.
    """

    async def request(self, key: Key, window: Window) -> float | None:
        """Count one request in a moving window, which holds at every instant."""

    async def budget(self, key: Key, tokens_per_day: int) -> float | None:
        """Ask, without counting, whether the day's tokens are used up. A day begins at midnight UTC."""

    async def spend(self, key: Key, tokens: int) -> None:
        """Count tokens that were used, even beyond the day's budget."""

    async def provider(self, key: Key, cost: int, per_minute: int) -> float | None:
        """Count `cost` requests or tokens, at most `per_minute`, towards what a provider allows in a minute.

        Counts in a sliding window counter, which keeps two numbers a key, however many tokens there are.
        """


class StoredRateLimits:
    """Rate limits counted by the library `limits` in one of its storages, and budgets beside them.

    Raises what the storage raises.
    """

    def __init__(self, storage: Storage, budgets: Budgets) -> None:
        self._moving = MovingWindowRateLimiter(storage)
        self._sliding = SlidingWindowCounterRateLimiter(storage)
        self._budgets = budgets

    async def request(self, key: Key, window: Window) -> float | None:
        """Count one request in a moving window."""
        item = RateLimitItemPerSecond(window.requests, window.seconds, namespace=_NAMESPACE)
        return await _counted(self._moving, item, ("request", *key))

    async def budget(self, key: Key, tokens_per_day: int) -> float | None:
        """Ask whether the day's tokens are used up."""
        return await self._budgets.wait(key, tokens_per_day)

    async def spend(self, key: Key, tokens: int) -> None:
        """Count tokens that were used."""
        await self._budgets.spend(key, tokens)

    async def provider(self, key: Key, cost: int, per_minute: int) -> float | None:
        """Count towards what a provider allows in a minute."""
        item = RateLimitItemPerMinute(per_minute, namespace=_NAMESPACE)
        return await _counted(self._sliding, item, ("provider", *key), cost)


def memory_rate_limits(spent_since: SpentSince = nothing_spent, compare_s: float = inf) -> StoredRateLimits:
    """Return rate limits that hold in this process alone and end with it.

    Budgets begin with what was spent before, and are compared with it again every `compare_s` seconds.
    """
    return StoredRateLimits(MemoryStorage(), Budgets(MemoryDayCounts(), spent_since, compare_s))


async def _counted(limiter: RateLimiter, item: RateLimitItem, key: Key, cost: int = 1) -> float | None:
    return None if await limiter.hit(item, *key, cost=cost) else await _wait(limiter, item, key)


async def _wait(limiter: RateLimiter, item: RateLimitItem, key: Key) -> float:
    stats = await limiter.get_window_stats(item, *key)
    return max(0.0, stats.reset_time - time.time())
