"""Three replicas count together while their shared server is frozen, killed, started again and emptied at random."""

import asyncio
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

import pytest
from support.engines.valkey import Valkey, frozen, missing, valkey
from support.shared import connected
from support.size import sized

from bot.shared import rate_limits
from bot.shared.answer_cache import SharedAnswerCache
from bot.shared.rate_limits import SharedRateLimits, shared_rate_limits
from pipeline.budgets import Key
from pipeline.caching import CacheKey
from pipeline.rate_limits import Window
from pipeline.types import Answered

_FAULTS, _REPLICAS = sized(60, 8), 3
_BUDGET, _COST = 20_000, 10
_PER_USER = Window(20, 3600)
# A call waits for a frozen server at most a few times; the rest is for a machine with much else to do.
_LONGEST_S = 2.0


@dataclass
class _Run:
    """What the replicas did, and the traces that all of them store."""

    stopped: bool = False
    tokens: int = 0
    admitted: int = 0
    refused: int = 0
    given_though_disputed: int = 0
    longest_s: float = 0.0

    async def spent_since(self, _key: Key, _since: datetime) -> int:
        return self.tokens


async def _serve(run: _Run, rates: SharedRateLimits, cache: SharedAnswerCache, chance: random.Random) -> None:
    while not run.stopped:
        begun = time.monotonic()
        user = f"U{chance.randrange(5)}"
        if await rates.request((user,), _PER_USER) is None:
            run.admitted += 1
        else:
            run.refused += 1
        if await rates.budget(("T1",), _BUDGET) is None:
            await rates.spend(("T1",), _COST)
            run.tokens += _COST
        await _remember(run, cache, chance)
        run.longest_s = max(run.longest_s, time.monotonic() - begun)
        await asyncio.sleep(0.001)


async def _remember(run: _Run, cache: SharedAnswerCache, chance: random.Random) -> None:
    number = chance.randrange(40)
    key = CacheKey("T1", f"q{number}", frozenset(), (), "", "s1", "p@1", "m")
    answer = Answered(text=f"answer {number}", form="written", citations=(), sources=())
    # A replica knows its own disputes at once, whatever the server does.
    known = set(cache._disputes)
    found = await cache.get(key, 600.0)
    if found and found.content_hash in known:
        run.given_though_disputed += 1
    await cache.put(key, answer)
    if chance.random() < 0.01:
        await cache.forget(answer.content_hash)


async def _fault(server: Valkey, chance: random.Random) -> None:
    match chance.randrange(3):
        case 0:
            async with frozen(server):
                await asyncio.sleep(chance.random())
        case 1:
            server.kill()
            await asyncio.sleep(chance.random())
            server.start()
        case _:
            server.empty()
    await asyncio.sleep(chance.random())


async def test_no_call_waits_long_no_budget_is_used_twice_and_no_limit_is_passed_by_more_than_the_replicas(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Else a replica that counts alone knows what the others spend only after five seconds: here that is the budget.
    monkeypatch.setattr(rate_limits, "_COMPARE_ALONE_S", 0.0)
    if why := missing():
        pytest.skip(why)
    run, chance = _Run(), random.Random(19)
    with valkey() as server:
        async with AsyncExitStack() as stack:
            tasks = []
            for _ in range(_REPLICAS):
                shared = await stack.enter_async_context(connected(server.url, retry_s=0.3))
                rates = shared_rate_limits(shared, run.spent_since, _REPLICAS)
                tasks.append(asyncio.create_task(_serve(run, rates, SharedAnswerCache(shared, 3600), chance)))
            for _ in range(_FAULTS):
                await _fault(server, chance)
            run.stopped = True
            await asyncio.gather(*tasks)
    print(f"{run.admitted} admitted, {run.refused} refused, {run.tokens} tokens, longest {run.longest_s:.2f} s")
    assert run.longest_s < _LONGEST_S
    assert run.given_though_disputed == 0
    assert run.tokens > _BUDGET / 2
    # In flight: one question of each replica.
    assert run.tokens <= _BUDGET + _REPLICAS * _COST
    # A server that comes back empty begins new windows; the part of each replica is counted once.
    assert run.admitted <= 5 * _PER_USER.requests * (_FAULTS + 2)
