"""What others, older versions and cancelled calls leave on the shared server is never given as an answer."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from support.certificates import self_signed
from support.engines.valkey import Valkey, frozen, missing, valkey
from support.shared import connected, fallbacks

from bot.shared.answer_cache import SharedAnswerCache, _name
from bot.shared.rate_limits import shared_rate_limits
from bot.shared.server import SharedServer
from bot.telemetry.metrics import Metrics
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


async def test_many_cancelled_calls_keep_no_connection_and_leave_none_waiting(valkey_server: Valkey) -> None:
    metrics, chance = Metrics(routes=()), random.Random(3)
    async with connected(valkey_server.url, metrics, connections=4, timeout_s=5.0) as shared:
        cache = SharedAnswerCache(shared, 3600)
        await cache.put(_KEY, _ANSWER)
        for _ in range(50):
            calls = [asyncio.create_task(cache.get(_KEY, 600.0)) for _ in range(40)]
            await asyncio.sleep(chance.random() * 0.004)
            for call in chance.sample(calls, 25):
                call.cancel()
            await asyncio.wait(calls)
        begun = time.monotonic()
        found = await asyncio.gather(*(cache.get(_KEY, 600.0) for _ in range(100)))
        assert time.monotonic() - begun < 4
    assert None not in found
    assert fallbacks(metrics) == 0


async def test_an_age_of_nothing_gives_no_answer_however_new_it_is(shared: SharedServer) -> None:
    cache = SharedAnswerCache(shared, 3600)
    await cache.put(_KEY, _ANSWER)
    assert await cache.get(_KEY, 0.0) is None


@asynccontextmanager
async def _encrypted(server: Valkey, folder: Path) -> AsyncIterator[str]:
    """Stand before the server with a certificate, which no authority has signed, and yield the address."""

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(1 << 16):
            target.write(data)
        target.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer))

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=self_signed(folder))
    async with listening:
        yield f"rediss://127.0.0.1:{listening.sockets[0].getsockname()[1]}/0"


async def test_an_encrypted_server_is_used_only_if_its_certificate_is_trusted(
    valkey_server: Valkey, tmp_path: Path
) -> None:
    metrics = Metrics(routes=())
    async with _encrypted(valkey_server, tmp_path) as url:
        async with connected(f"{url}?ssl_ca_certs={tmp_path / 'cert.pem'}", metrics, timeout_s=5.0) as trusting:
            cache = SharedAnswerCache(trusting, 3600)
            await cache.put(_KEY, _ANSWER)
            assert await cache.get(_KEY, 600.0) is not None
        assert fallbacks(metrics) == 0
        async with connected(url, metrics, timeout_s=5.0) as wary:
            assert await SharedAnswerCache(wary, 3600).get(_KEY, 600.0) is None
        assert fallbacks(metrics) == 1


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
