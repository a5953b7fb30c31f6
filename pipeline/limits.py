"""Stage 2: who may ask now. Moving windows per user, tenant and route, and a bounded queue."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from pipeline.errors import LimitReachedError
from pipeline.types import Failure, RequestContext


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """Windows such as "20/minute"; `in_flight` counts requests running or waiting in this process."""

    per_user: str = "20/minute"
    per_tenant: str = "300/minute"
    per_route: Mapping[str, str] = field(default_factory=dict)
    in_flight: int = 200
    queue_retry_s: float = 5.0


class Admission:
    """Admits requests, or raises LimitReachedError with when to come back."""

    def __init__(self, limits: AdmissionLimits) -> None:
        self._limits = limits
        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._in_flight = 0

    @asynccontextmanager
    async def admitted(self, context: RequestContext) -> AsyncIterator[None]:
        """Hold a place for one request while the body runs."""
        if self._in_flight >= self._limits.in_flight:
            raise LimitReachedError(Failure.QUEUE_FULL, self._limits.in_flight, self._limits.queue_retry_s)
        self._in_flight += 1
        try:
            await self._hit(Failure.USER_LIMIT, self._limits.per_user, context.tenant_id, context.user_id)
            await self._hit(Failure.TENANT_LIMIT, self._limits.per_tenant, context.tenant_id)
            if window := self._limits.per_route.get(context.route):
                await self._hit(Failure.ROUTE_LIMIT, window, context.tenant_id, context.route)
            yield
        finally:
            self._in_flight -= 1

    async def _hit(self, failure: Failure, window: str, *names: str) -> None:
        item: RateLimitItem = parse(window)
        keys = (failure.value, *names)
        if await self._windows.hit(item, *keys):
            return
        stats = await self._windows.get_window_stats(item, *keys)
        raise LimitReachedError(failure, item.amount, max(1.0, stats.reset_time - time.time()))
