"""Part of stage 6: send no more requests and tokens a minute than the provider allows."""

import asyncio

from pipeline.errors import RetryableModelError
from pipeline.rate_limits import RateLimits
from pipeline.types import Deadline, Failure

_SHORTEST_WAIT_S = 0.02


class Throttle:
    """Lets at most `requests` and `tokens` a minute pass to one server; None is no limit."""

    def __init__(self, rates: RateLimits, server: str, requests: int | None, tokens: int | None) -> None:
        self._rates = rates
        self._server = server
        self._requests = requests
        self._tokens = tokens

    async def wait(self, tokens: int, deadline: Deadline) -> None:
        """Return when one request of `tokens` may be sent. Raises RetryableModelError if the deadline comes first."""
        await self._passed("requests", 1, self._requests, deadline)
        await self._passed("tokens", tokens, self._tokens, deadline)

    async def _passed(self, unit: str, cost: int, per_minute: int | None, deadline: Deadline) -> None:
        if per_minute is None:
            return
        # A prompt larger than a minute's tokens would never pass; it takes the whole minute.
        cost = min(cost, per_minute)
        while (room_in := await self._rates.provider((self._server, unit), cost, per_minute)) is not None:
            wait = max(_SHORTEST_WAIT_S, room_in)
            if wait >= deadline.remaining():
                raise RetryableModelError(Failure.MODEL_RATE_LIMITED, retry_after=wait)
            await asyncio.sleep(wait)
