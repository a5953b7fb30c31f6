"""What every implementation of the `AnswerCache` port keeps to. Add a new one to `_IMPLEMENTATIONS`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import pytest
from support.clocks import Clock
from support.engines.valkey import Valkey
from support.shared import connected, fallbacks

from bot.shared.answer_cache import SharedAnswerCache
from bot.telemetry.metrics import Metrics
from pipeline.caching import AnswerCache, CacheKey, MemoryAnswerCache
from pipeline.types import Answered

_SIZE = 3
_KEY = CacheKey("T1", "q", frozenset({"eu"}), (), "", "s1", "p@1", "m")
_ANSWER = Answered(text="yes [1]", form="written", citations=(), sources=())
_OTHER = _ANSWER.model_copy(update={"text": "no [1]"})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@asynccontextmanager
async def _memory(_: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[AnswerCache]:
    yield MemoryAnswerCache(_SIZE, clock)


@asynccontextmanager
async def _valkey(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[AnswerCache]:
    server: Valkey = request.getfixturevalue("valkey_server")
    clock.followers.append(server.pass_time)
    metrics = Metrics(routes=())
    async with connected(server.url, metrics, timeout_s=10.0) as shared:
        yield SharedAnswerCache(shared, 86_400)
    assert fallbacks(metrics) == 0


_Opening = Callable[[pytest.FixtureRequest, Clock], AbstractAsyncContextManager[AnswerCache]]
_IMPLEMENTATIONS: Mapping[str, _Opening] = {"memory": _memory, "valkey": _valkey}


@pytest.fixture(params=_IMPLEMENTATIONS)
async def cache(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[AnswerCache]:
    async with _IMPLEMENTATIONS[request.param](request, clock) as opened:
        yield opened


async def test_an_answer_is_recalled_for_the_same_key_and_marked(cache: AnswerCache) -> None:
    assert await cache.get(_KEY, 60.0) is None
    await cache.put(_KEY, _ANSWER)
    assert await cache.get(_KEY, 60.0) == _ANSWER.model_copy(update={"cached": True})


async def test_the_newest_answer_is_kept(cache: AnswerCache) -> None:
    await cache.put(_KEY, _ANSWER)
    await cache.put(_KEY, _OTHER)
    found = await cache.get(_KEY, 60.0)
    assert found is not None
    assert found.text == "no [1]"


@pytest.mark.parametrize(
    "other",
    [
        replace(_KEY, tenant_id="T2"),
        replace(_KEY, question="p"),
        replace(_KEY, readable_groups=frozenset()),
        replace(_KEY, readable_groups=frozenset({"eu", "leads"})),
        replace(_KEY, within=("help/*",)),
        replace(_KEY, language="German"),
        replace(_KEY, snapshot="s2"),
        replace(_KEY, prompt="p@2"),
        replace(_KEY, model="n"),
    ],
)
async def test_whatever_differs_is_another_key(cache: AnswerCache, other: CacheKey) -> None:
    await cache.put(_KEY, _ANSWER)
    assert await cache.get(other, 60.0) is None


async def test_the_order_of_the_groups_does_not_matter(cache: AnswerCache) -> None:
    await cache.put(replace(_KEY, readable_groups=frozenset(["a", "b", "c"])), _ANSWER)
    assert await cache.get(replace(_KEY, readable_groups=frozenset(["c", "b", "a"])), 60.0) is not None


async def test_each_reader_of_the_cache_says_how_old_an_answer_may_be(cache: AnswerCache, clock: Clock) -> None:
    await cache.put(_KEY, _ANSWER)
    clock.advance(60)
    assert await cache.get(_KEY, 60.0) is not None
    clock.advance(1)
    assert await cache.get(_KEY, 60.0) is None
    assert await cache.get(_KEY, 3600.0) is not None


async def test_a_forgotten_answer_is_gone_under_every_question_and_no_other_is(cache: AnswerCache) -> None:
    await cache.put(_KEY, _ANSWER)
    await cache.put(replace(_KEY, question="p"), _ANSWER)
    await cache.put(replace(_KEY, question="r"), _OTHER)
    await cache.forget(_ANSWER.content_hash)
    assert await cache.get(_KEY, 60.0) is None
    assert await cache.get(replace(_KEY, question="p"), 60.0) is None
    assert await cache.get(replace(_KEY, question="r"), 60.0) is not None


async def test_forgetting_what_is_not_there_changes_nothing(cache: AnswerCache) -> None:
    await cache.put(_KEY, _ANSWER)
    await cache.forget("0123456789abcdef")
    assert await cache.get(_KEY, 60.0) is not None


async def test_an_answer_that_is_forgotten_while_it_is_stored_is_gone(cache: AnswerCache) -> None:
    keys = [replace(_KEY, question=str(number)) for number in range(_SIZE)]
    await asyncio.gather(
        cache.put(keys[0], _ANSWER), cache.forget(_ANSWER.content_hash), *(cache.put(key, _ANSWER) for key in keys[1:])
    )
    assert [await cache.get(key, 60.0) for key in keys] == [None] * _SIZE


async def test_a_text_that_is_not_unicode_raises_nothing(cache: AnswerCache) -> None:
    half = _ANSWER.model_copy(update={"text": "a \ud800 b"})
    key = replace(_KEY, question="\udfff?")
    await cache.put(key, half)
    await cache.forget(half.content_hash)
    assert await cache.get(key, 60.0) is None
