"""What the embedded answer cache does beyond the port's contract (tests/contracts/test_answer_cache.py)."""

from dataclasses import replace

from pipeline.caching import CacheKey, MemoryAnswerCache
from pipeline.types import Answered

_KEY = CacheKey("T1", "a", frozenset(), (), "", "s1", "p@1", "m")
_ANSWER = Answered(text="yes [1]", form="written", citations=(), sources=())


async def test_the_answer_that_was_used_longest_ago_makes_room() -> None:
    cache = MemoryAnswerCache(2)
    first, second, third = (replace(_KEY, question=question) for question in "abc")
    await cache.put(first, _ANSWER)
    await cache.put(second, _ANSWER)
    assert await cache.get(first, 60.0) is not None
    await cache.put(third, _ANSWER)
    assert await cache.get(second, 60.0) is None
    assert await cache.get(first, 60.0) is not None
    assert await cache.get(third, 60.0) is not None


async def test_a_new_snapshot_drops_what_was_answered_over_the_old_one() -> None:
    cache = MemoryAnswerCache(10)
    await cache.put(_KEY, _ANSWER)
    await cache.put(replace(_KEY, snapshot="s2"), _ANSWER)
    assert await cache.get(_KEY, 60.0) is None
    assert await cache.get(replace(_KEY, snapshot="s2"), 60.0) is not None
