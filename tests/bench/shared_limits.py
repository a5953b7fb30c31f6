"""What an admission and a cached answer cost in ms: in this process, and over a Valkey server on loopback, in one run.

usage: python tests/bench/shared_limits.py [TIMEOUT_S]     (default 0.1)
An admission asks a budget and counts a user, a workspace and a route: four calls, one after the other. The last lines
leave a frozen server out: what the calls of its first moments cost, and those after.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.engines.valkey import Valkey, frozen, missing, valkey
from support.shared import connected, fallbacks

from bot.shared.answer_cache import SharedAnswerCache
from bot.shared.rate_limits import shared_rate_limits
from bot.telemetry.metrics import Metrics
from pipeline.budgets import nothing_spent
from pipeline.caching import AnswerCache, CacheKey, MemoryAnswerCache
from pipeline.limits import Admission, AdmissionLimits
from pipeline.rate_limits import RateLimits, memory_rate_limits
from pipeline.types import Answered, Citation, Deadline, RequestContext

_TIMES, _AT_ONCE, _USERS = 2000, 64, 50
_TIMEOUT_S = float(sys.argv[1]) if len(sys.argv) > 1 else 0.1
_LIMITS = AdmissionLimits("100000/minute", "100000/minute", {"slack": "100000/minute"}, 10_000, 5.0, 10_000, 10**9)
_KEY = CacheKey("T1", "How long do refunds take?", frozenset({"eu"}), (), "", "s1", "p@1", "m")
_CITATION = Citation(marker=1, chunk_id="a#1", quote="Refunds take five days.")
_ANSWER = Answered(text="Refunds take five days. [1] " * 20, form="written", citations=(_CITATION,) * 5, sources=())


async def _main() -> None:
    if why := missing():
        print(f"skipped: {why}")
        return
    print(f"{'':44} p50 ms  p99 ms")
    await _measured("in this process", memory_rate_limits(), MemoryAnswerCache(10))
    metrics = Metrics(routes=())
    with valkey() as server:
        async with connected(server.url, metrics, timeout_s=_TIMEOUT_S) as shared:
            rates = shared_rate_limits(shared, nothing_spent, replicas=1)
            await _measured("Valkey", rates, SharedAnswerCache(shared, 3600))
            print(f"calls that went on without the server: {fallbacks(metrics):.0f}")
            await _frozen(server, rates)


async def _measured(where: str, rates: RateLimits, cache: AnswerCache) -> None:
    admission = Admission(_LIMITS, rates)
    await cache.put(_KEY, _ANSWER)
    _print(f"{where}: admission", await _timed(lambda at: _admit(admission, at), _TIMES))
    _print(f"{where}: a cached answer", await _timed(lambda _: cache.get(_KEY, 600.0), _TIMES))
    begun = time.perf_counter()
    for first in range(0, _TIMES, _AT_ONCE):
        await asyncio.gather(*(_admit(admission, at) for at in range(first, first + _AT_ONCE)))
    spent = time.perf_counter() - begun
    print(f"{f'{where}: {_AT_ONCE} admissions at once':44} {_TIMES / spent:,.0f} a second")


async def _frozen(server: Valkey, rates: RateLimits) -> None:
    admission = Admission(_LIMITS, rates)
    async with frozen(server):
        _print("frozen: first admission", await _timed(lambda at: _admit(admission, at), 1))
        _print("frozen: the next 200", await _timed(lambda at: _admit(admission, at), 200))


async def _admit(admission: Admission, at: int) -> None:
    user = f"U{at % _USERS}"
    async with admission.admitted(RequestContext("r", "T1", user, "C1", "slack", Deadline.after(60.0))):
        pass


async def _timed(call: Callable[[int], Awaitable[object]], times: int) -> Sequence[float]:
    spent = []
    for at in range(times):
        begun = time.perf_counter()
        await call(at)
        spent.append((time.perf_counter() - begun) * 1e3)
    return sorted(spent)


def _print(what: str, spent: Sequence[float]) -> None:
    print(f"{what:44} {spent[len(spent) // 2]:6.3f}  {spent[len(spent) * 99 // 100]:6.3f}")


if __name__ == "__main__":
    asyncio.run(_main())
