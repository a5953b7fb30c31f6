"""Part of stage 6: no more requests and tokens a minute than the provider allows us."""

import asyncio
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from pipeline.errors import RetryableModelError
from pipeline.types import Deadline, Failure

_SHORTEST_WAIT_S = 0.02


class Throttle:
    """Lets requests pass at most `requests` and `tokens` a minute; None is no limit."""

    def __init__(self, requests: int | None, tokens: int | None) -> None:
        self._windows = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._requests = RateLimitItemPerMinute(requests) if requests else None
        self._tokens = RateLimitItemPerMinute(tokens) if tokens else None

    async def wait(self, tokens: int, deadline: Deadline) -> None:
        """Return when one request of `tokens` may go. Raises RetryableModelError if not before the deadline."""
        await self._passed(self._requests, "requests", 1, deadline)
        await self._passed(self._tokens, "tokens", tokens, deadline)

    async def _passed(self, item: RateLimitItem | None, name: str, cost: int, deadline: Deadline) -> None:
        if item is None:
            return
        cost = min(cost, item.amount)
        while not await self._windows.hit(item, name, cost=cost):
            stats = await self._windows.get_window_stats(item, name)
            wait = max(_SHORTEST_WAIT_S, stats.reset_time - time.time())
            if wait >= deadline.remaining():
                raise RetryableModelError(Failure.MODEL_RATE_LIMITED, retry_after=wait)
            await asyncio.sleep(wait)
