"""What others, older versions and cancelled calls leave on the shared server is never given as an answer."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from support.engines.valkey import Valkey, frozen, missing, valkey
from support.shared import connected

from bot.shared.answer_cache import SharedAnswerCache, _name
from bot.shared.rate_limits import shared_rate_limits
from bot.shared.server import SharedServer
from pipeline.budgets import nothing_spent
from pipeline.caching import CacheKey
from pipeline.rate_limits import Window
from pipeline.types import Answered

_KEY = CacheKey("T1", "q", frozenset({"eu"}), (), "", "s1", "p@1", "m")
_OTHER_KEY = CacheKey("T1", "other", frozenset({"eu"}), (), "", "s1", "p@1", "m")
_ANSWER = Answered(text="yes [1]", form="written", citations=(), sources=())
_OTHER = _ANSWER.model_copy(update={"text": "no [1]"})
_ANSWER_JSON = _ANSWER.model_dump(mode="json")


@pytest.fixture
async def shared(valkey_server: Valkey) -> AsyncIterator[SharedServer]:
    async with connected(valkey_server.url, timeout_s=5.0) as opened:
        yield opened


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        "null",
        "\u00ff",
        "{",
        json.dumps(_ANSWER_JSON),
        json.dumps({"keep_s": 3600, "answer": {**_ANSWER_JSON, "of_a_later_version": 1}}),
        json.dumps({"keep_s": 3600, "answer": {**_ANSWER_JSON, "form": "sung"}}),
        json.dumps({"keep_s": "soon", "answer": _ANSWER_JSON}),
        json.dumps({"keep_s": 1, "answer": _ANSWER_JSON}),
        json.dumps({"keep_s": 10**30, "answer": _ANSWER_JSON}),
        "[" * 200_000,
        json.dumps({"keep_s": 3600, "answer": {**_ANSWER_JSON, "text": "x" * 300_000}}),
    ],
    ids=lambda value: f"{value[:40]} ({len(value)})",
)
async def test_a_value_that_is_not_ours_is_a_miss_and_is_replaced(
    valkey_server: Valkey, shared: SharedServer, value: str
) -> None:
    cache = SharedAnswerCache(shared, 3600)
    valkey_server.run("SET", _name(_KEY), value, "EX", "3600")
    assert await cache.get(_KEY, 600.0) is None
    await cache.put(_KEY, _ANSWER)
    assert await cache.get(_KEY, 600.0) is not None


async def test_a_value_without_an_end_is_a_miss(valkey_server: Valkey, shared: SharedServer) -> None:
    cache = SharedAnswerCache(shared, 3600)
    await cache.put(_KEY, _ANSWER)
    valkey_server.run("PERSIST", _name(_KEY))
    assert await cache.get(_KEY, 600.0) is None


async def test_a_key_of_another_kind_is_a_miss_and_the_next_one_is_found(
    valkey_server: Valkey, shared: SharedServer
) -> None:
    cache = SharedAnswerCache(shared, 3600)
    await cache.put(_OTHER_KEY, _OTHER)
    valkey_server.run("LPUSH", _name(_KEY), "1")
    assert await cache.get(_KEY, 600.0) is None
    assert await cache.get(_OTHER_KEY, 600.0) is not None


async def test_an_id_that_cannot_be_sent_is_counted_in_the_process_and_the_server_stays_in_use(
    shared: SharedServer,
) -> None:
    rates = shared_rate_limits(shared, nothing_spent, replicas=1)
    waits = [await rates.request(("\ud800",), Window(2, 3600)) for _ in range(5)]
    assert waits.count(None) == 2
    assert await rates.request(("U1",), Window(1, 3600)) is None
    async with connected(str(shared.pool.connection_kwargs["host"]).join(("valkey://", f":{_port(shared)}"))) as other:
        assert await shared_rate_limits(other, nothing_spent, 1).request(("U1",), Window(1, 3600)) is not None


def _port(shared: SharedServer) -> int:
    return int(shared.pool.connection_kwargs["port"])


async def test_a_cancelled_call_never_gives_its_answer_to_the_next_one() -> None:
    if why := missing():
        pytest.skip(why)
    with valkey() as server:
        async with connected(server.url, connections=1, timeout_s=5.0) as shared:
            cache = SharedAnswerCache(shared, 3600)
            await cache.put(_KEY, _ANSWER)
            await cache.put(_OTHER_KEY, _OTHER)
            for _ in range(20):
                async with frozen(server):
                    waiting = asyncio.create_task(cache.get(_KEY, 600.0))
                    await asyncio.sleep(0.01)
                    waiting.cancel()
                    await asyncio.wait([waiting])
                found = await cache.get(_OTHER_KEY, 600.0)
                assert found is not None
                assert found.text == _OTHER.text


async def test_two_replicas_that_dispute_and_store_at_once_never_give_the_answer_again(
    valkey_server: Valkey, shared: SharedServer
) -> None:
    async with connected(valkey_server.url, timeout_s=5.0) as another:
        first, second = SharedAnswerCache(shared, 3600), SharedAnswerCache(another, 3600)
        for number in range(30):
            answer = _ANSWER.model_copy(update={"text": f"yes {number} [1]"})
            await asyncio.gather(second.put(_KEY, answer), first.forget(answer.content_hash), second.put(_KEY, answer))
            assert await first.get(_KEY, 600.0) is None
            assert await second.get(_KEY, 600.0) is None
