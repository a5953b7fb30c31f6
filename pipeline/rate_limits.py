"""The rate limits port: count requests and tokens by key, in this process or in a storage that replicas share."""

import time
from dataclasses import dataclass
from typing import Protocol

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute, RateLimitItemPerSecond, parse
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import (
    FixedWindowRateLimiter,
    MovingWindowRateLimiter,
    RateLimiter,
    SlidingWindowCounterRateLimiter,
)

Key = tuple[str, ...]
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
        """Ask, without counting, whether the day's tokens are used up. A day begins with its first token."""

    async def spend(self, key: Key, tokens: int, tokens_per_day: int) -> None:
        """Count tokens that were used, even beyond the day's budget."""

    async def provider(self, key: Key, cost: int, per_minute: int) -> float | None:
        """Count `cost` requests or tokens, at most `per_minute`, towards what a provider allows in a minute.

        Counts in a sliding window counter, which keeps two numbers a key, however many tokens there are.
        """


class StoredRateLimits:
    """Rate limits counted by the library `limits` in one of its storages."""

    def __init__(self, storage: Storage) -> None:
        self._moving = MovingWindowRateLimiter(storage)
        self._fixed = FixedWindowRateLimiter(storage)
        self._sliding = SlidingWindowCounterRateLimiter(storage)

    async def request(self, key: Key, window: Window) -> float | None:
        """Count one request in a moving window."""
        item = RateLimitItemPerSecond(window.requests, window.seconds, namespace=_NAMESPACE)
        return await _counted(self._moving, item, ("request", *key))

    async def budget(self, key: Key, tokens_per_day: int) -> float | None:
        """Ask whether the day's tokens are used up."""
        item, name = _day(tokens_per_day), ("budget", *key)
        return None if await self._fixed.test(item, *name) else await _wait(self._fixed, item, name)

    async def spend(self, key: Key, tokens: int, tokens_per_day: int) -> None:
        """Count tokens that were used."""
        await self._fixed.hit(_day(tokens_per_day), "budget", *key, cost=tokens)

    async def provider(self, key: Key, cost: int, per_minute: int) -> float | None:
        """Count towards what a provider allows in a minute."""
        item = RateLimitItemPerMinute(per_minute, namespace=_NAMESPACE)
        return await _counted(self._sliding, item, ("provider", *key), cost)


def memory_rate_limits() -> StoredRateLimits:
    """Return rate limits that hold in this process alone and end with it."""
    return StoredRateLimits(MemoryStorage())


def _day(tokens: int) -> RateLimitItem:
    return RateLimitItemPerDay(tokens, namespace=_NAMESPACE)


async def _counted(limiter: RateLimiter, item: RateLimitItem, key: Key, cost: int = 1) -> float | None:
    return None if await limiter.hit(item, *key, cost=cost) else await _wait(limiter, item, key)


async def _wait(limiter: RateLimiter, item: RateLimitItem, key: Key) -> float:
    stats = await limiter.get_window_stats(item, *key)
    return max(0.0, stats.reset_time - time.time())
