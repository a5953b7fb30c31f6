"""The limits of the pipeline, and stage 2 (admit): request windows, a token budget and a bounded queue."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from pipeline.errors import LimitReachedError
from pipeline.rate_limits import RateLimits, Window
from pipeline.types import Failure, RequestContext

# Weight of the newest request in the running mean of how long a request takes.
_NEWEST_WEIGHT = 0.1
_SHORTEST_WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """Windows such as "20/minute"; `in_flight` counts requests running or waiting in this process."""

    per_user: str = "20/minute"
    per_tenant: str = "300/minute"
    per_route: Mapping[str, str] = field(default_factory=dict)
    in_flight: int = 200
    queue_retry_s: float = 5.0
    concurrency: int = 16
    tenant_tokens_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class PipelineLimits:
    """The limits of the stages; bot/settings.py describes each and its unit."""

    question_chars: int = 1000
    pasted_chars: int = 12_000
    retrieved_chunks: int = 10
    prompt_tokens: int = 3000
    answer_chars: int = 3000
    quote_chars_min: int = 12
    reply_chars: int = 20000
    sufficiency_min: float | None = None
    sufficiency_quote: float | None = None
    low_confidence: Literal["review", "quote"] = "review"
    fallback_reserve_s: float = 1.0
    cache_fresh_s: float = 600.0
    cache_stale_s: float = 86400.0
    nearest_documents: int = 3


class Admission:
    """Admits requests, or raises LimitReachedError with the seconds until it is worth asking again."""

    def __init__(self, limits: AdmissionLimits, rates: RateLimits) -> None:
        self._limits = limits
        self._rates = rates
        self._in_flight = 0
        self._mean_s = 0.0

    @asynccontextmanager
    async def admitted(self, context: RequestContext) -> AsyncIterator[None]:
        """Hold one place in the queue while the body runs. Raises LimitReachedError."""
        self._refuse_if_too_late(context)
        self._in_flight += 1
        begun = time.monotonic()
        try:
            await self._within_budget(context)
            await self._count(Failure.USER_LIMIT, self._limits.per_user, context.tenant_id, context.user_id)
            await self._count(Failure.TENANT_LIMIT, self._limits.per_tenant, context.tenant_id)
            if window := self._limits.per_route.get(context.route):
                await self._count(Failure.ROUTE_LIMIT, window, context.tenant_id, context.route)
            yield
            self._mean_s += _NEWEST_WEIGHT * (time.monotonic() - begun - self._mean_s)
        finally:
            self._in_flight -= 1

    @property
    def in_flight(self) -> int:
        """Number of requests that run or wait."""
        return self._in_flight

    async def spend(self, context: RequestContext, tokens: int) -> None:
        """Count the tokens of a request towards its tenant's budget of the day."""
        if self._limits.tenant_tokens_per_day and tokens:
            await self._rates.spend((context.tenant_id,), tokens)

    def _refuse_if_too_late(self, context: RequestContext) -> None:
        """Refuse a request that would wait past its deadline, judged by how long recent requests took."""
        turns = (self._in_flight + 1) / self._limits.concurrency
        expected = self._mean_s * max(1.0, turns)
        if self._in_flight >= self._limits.in_flight:
            raise LimitReachedError(
                Failure.QUEUE_FULL, self._limits.in_flight, max(self._limits.queue_retry_s, expected)
            )
        if turns > 1 and expected > context.deadline.remaining():
            raise LimitReachedError(Failure.QUEUE_FULL, self._limits.in_flight, expected)

    async def _within_budget(self, context: RequestContext) -> None:
        budget = self._limits.tenant_tokens_per_day
        wait = await self._rates.budget((context.tenant_id,), budget) if budget else None
        if budget and wait is not None:
            raise LimitReachedError(Failure.TOKEN_BUDGET, budget, max(_SHORTEST_WAIT_S, wait))

    async def _count(self, failure: Failure, written: str, *names: str) -> None:
        window = Window.parsed(written)
        wait = await self._rates.request((failure.value, *names), window)
        if wait is not None:
            raise LimitReachedError(failure, window.requests, max(_SHORTEST_WAIT_S, wait))
