"""Rate limits that all replicas count together, and each for itself while the shared server does not answer."""

import math
from dataclasses import replace
from functools import partial

from limits.aio.storage import RedisStorage

from bot.shared.server import SharedServer, SharedServerError
from pipeline.budgets import Budgets, Key, SpentSince
from pipeline.rate_limits import RateLimits, StoredRateLimits, Window, memory_rate_limits

_PREFIX = "citedesk:limits"
# How long a count may miss what others spent while they could not reach the server, or what a failover lost.
_COMPARE_S = 300.0
# How long the count of a process that counts alone may miss what the others spend.
_COMPARE_ALONE_S = 5.0


def shared_rate_limits(server: SharedServer, spent_since: SpentSince, replicas: int) -> "SharedRateLimits":
    """Return rate limits on the shared server. `spent_since` gives what the store knows of a budget."""
    # `implementation` and `async+valkey`: any other of the library's clients failed under load or at once.
    storage = RedisStorage(
        "async+valkey://",
        wrap_exceptions=True,
        implementation="valkey",
        key_prefix=_PREFIX,
        connection_pool=server.pool,  # type: ignore[arg-type]  # its docstring allows a pool, its annotation does not
    )
    budgets = Budgets(ServerDayCounts(server), spent_since, _COMPARE_S)
    alone = memory_rate_limits(spent_since, _COMPARE_ALONE_S)
    return SharedRateLimits(server, StoredRateLimits(storage, budgets), budgets, alone, replicas)


class SharedRateLimits:
    """`pipeline.rate_limits.RateLimits` on the shared server.

    While it does not answer, this process counts windows in its memory, each `1 / replicas` of it. Budgets stay whole,
    for the store knows what all replicas spent.
    """

    def __init__(
        self, server: SharedServer, shared: RateLimits, budgets: Budgets, alone: RateLimits, replicas: int
    ) -> None:
        self._server = server
        self._shared = shared
        self._budgets = budgets
        self._alone = alone
        self._replicas = replicas

    async def request(self, key: Key, window: Window) -> float | None:
        """Count one request in a moving window."""
        try:
            return await self._server.asked("limits", partial(self._shared.request, key, window))
        except SharedServerError:
            return await self._alone.request(key, replace(window, requests=self._part(window.requests)))

    # Each command of a budget is one call of the server: the store that they wait for in between is not its fault.
    async def budget(self, key: Key, tokens_per_day: int) -> float | None:
        """Ask whether the day's tokens are used up."""
        try:
            return await self._budgets.wait(key, tokens_per_day)
        except SharedServerError:
            return await self._alone.budget(key, tokens_per_day)

    async def spend(self, key: Key, tokens: int) -> None:
        """Count tokens that were used."""
        try:
            await self._budgets.spend(key, tokens)
        except SharedServerError:
            # The server does not count them, now or when it is back.
            self._budgets.doubt()
            await self._alone.spend(key, tokens)

    async def provider(self, key: Key, cost: int, per_minute: int) -> float | None:
        """Count towards what a provider allows in a minute."""
        try:
            return await self._server.asked("limits", partial(self._shared.provider, key, cost, per_minute))
        except SharedServerError:
            part = self._part(per_minute)
            # A cost above the part would never pass.
            return await self._alone.provider(key, min(cost, part), part)

    def _part(self, limit: int) -> int:
        return math.ceil(limit / self._replicas)


# Two replicas that make a count at once must not add what the store knows twice, so the larger number stays.
_RAISE = """
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count < tonumber(ARGV[1]) then count = tonumber(ARGV[1]) end
redis.call('SET', KEYS[1], string.format('%.0f', count), 'EX', ARGV[2])
return count
"""
_ADD = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('INCRBY', KEYS[1], ARGV[1])
return 1
"""


class ServerDayCounts:
    """`pipeline.budgets.DayCounts` on the shared server. Raises SharedServerError."""

    def __init__(self, server: SharedServer) -> None:
        self._server = server
        self._raise = server.client.register_script(_RAISE)
        self._add = server.client.register_script(_ADD)

    async def get(self, key: Key) -> int | None:
        """Return the count; None if there is none."""
        return await self._server.asked("limits", partial(self._count, _name(key)))

    async def add(self, key: Key, tokens: int) -> bool:
        """Add to a count, if there is one."""
        return bool(await self._server.asked("limits", partial(self._add, [_name(key)], [tokens])))

    async def raise_to(self, key: Key, tokens: int, expires_s: int) -> int:
        """Make a count at least `tokens`."""
        return int(await self._server.asked("limits", partial(self._raise, [_name(key)], [tokens, expires_s])))

    async def _count(self, name: str) -> int | None:
        count = await self._server.client.get(name)
        return None if count is None else int(count)


def _name(key: Key) -> str:
    return ":".join((_PREFIX, "budget", *key))
