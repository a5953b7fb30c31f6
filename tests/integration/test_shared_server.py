"""The shared server in trouble: frozen, killed, started again, emptied, or closed to us. Nobody waits for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime

import pytest
from structlog.testing import capture_logs
from support.engines.valkey import Valkey, frozen, missing, valkey
from support.shared import DOCUMENTED_RIGHTS, connected, fallbacks

from bot.shared.answer_cache import SharedAnswerCache
from bot.shared.rate_limits import SharedRateLimits, shared_rate_limits
from bot.shared.server import SharedServer
from bot.telemetry.metrics import Metrics
from pipeline.budgets import Key, nothing_spent
from pipeline.caching import CacheKey
from pipeline.errors import LimitReachedError
from pipeline.limits import Admission, AdmissionLimits
from pipeline.rate_limits import Window
from pipeline.types import Answered, Deadline, RequestContext

_HOUR = Window(3, 3600)
_BUDGET = 1000
_KEY = CacheKey("T1", "q", frozenset({"eu"}), (), "", "s1", "p@1", "m")
_ANSWER = Answered(text="yes [1]", form="written", citations=(), sources=())
# A question waits for about six calls. The time-out of one is 0.1 s; the rest is for machines with much else to do.
_SOON_S = 1.0
# How long the tests leave the server alone.
_RETRY_S = 0.2


@pytest.fixture
def server() -> Iterator[Valkey]:
    """Return a server of the test's own."""
    if why := missing():
        pytest.skip(why)
    with valkey() as running:
        yield running


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(routes=())


@pytest.fixture
async def shared(server: Valkey, metrics: Metrics) -> AsyncIterator[SharedServer]:
    async with connected(server.url, metrics, retry_s=_RETRY_S) as opened:
        yield opened


@pytest.fixture
def rates(shared: SharedServer) -> SharedRateLimits:
    return shared_rate_limits(shared, nothing_spent, replicas=1)


async def _healed(rates: SharedRateLimits, metrics: Metrics) -> None:
    """Ask until the server is asked again."""
    end = time.monotonic() + 10
    while "citedesk_shared_down 1.0" in metrics.exposition(0, {}).decode():
        assert time.monotonic() < end, "the server is left alone for good"
        await asyncio.sleep(0.05)
        await rates.request(("probe",), Window(1_000_000, 60))


async def _admitted(rates: SharedRateLimits, number: int, user: str = "U1") -> list[bool]:
    return [await rates.request((user,), _HOUR) is None for _ in range(number)]


async def test_two_replicas_count_together(server: Valkey, rates: SharedRateLimits) -> None:
    async with connected(server.url) as another:
        others = shared_rate_limits(another, nothing_spent, replicas=1)
        assert await _admitted(rates, 2) == [True, True]
        assert await _admitted(others, 2) == [True, False]


async def test_of_300_requests_at_once_on_two_replicas_exactly_the_limit_passes(
    server: Valkey, metrics: Metrics
) -> None:
    async with (
        connected(server.url, metrics, timeout_s=5.0) as another,
        connected(server.url, metrics, timeout_s=5.0) as third,
    ):
        limits = [shared_rate_limits(one, nothing_spent, replicas=1) for one in (another, third)]
        waits = await asyncio.gather(*(limits[at % 2].request(("T1",), Window(50, 3600)) for at in range(300)))
    assert waits.count(None) == 50
    assert fallbacks(metrics) == 0


async def test_a_frozen_server_costs_a_moment_and_then_nothing(
    server: Valkey, rates: SharedRateLimits, metrics: Metrics
) -> None:
    assert await _admitted(rates, 1) == [True]
    async with frozen(server):
        begun = time.monotonic()
        assert await _admitted(rates, 4) == [True, True, True, False]
        assert time.monotonic() - begun < _SOON_S
        begun = time.monotonic()
        await _admitted(rates, 50, "U2")
        # One of them may try the server again.
        assert time.monotonic() - begun < 0.3
    await _healed(rates, metrics)
    # Not the same user again: what was sent to the frozen server is counted there when it goes on.
    assert await _admitted(rates, 2, "U3") == [True, True]
    async with connected(server.url) as another:
        others = shared_rate_limits(another, nothing_spent, replicas=1)
        assert await _admitted(others, 2, "U3") == [True, False]


async def test_300_at_once_find_a_frozen_server_and_none_waits_long(
    server: Valkey, rates: SharedRateLimits, metrics: Metrics
) -> None:
    async with frozen(server):
        begun = time.monotonic()
        waits = await asyncio.gather(*(rates.request(("T1",), Window(50, 3600)) for _ in range(300)))
        assert time.monotonic() - begun < _SOON_S
    assert waits.count(None) == 50
    assert fallbacks(metrics) == 300


async def test_a_killed_server_is_missed_and_found_again_and_each_is_logged_once(
    server: Valkey, rates: SharedRateLimits, metrics: Metrics
) -> None:
    assert await _admitted(rates, 3) == [True, True, True]
    with capture_logs() as logs:
        server.kill()
        assert await _admitted(rates, 4) == [True, True, True, False]
        await asyncio.sleep(2 * _RETRY_S)
        await _admitted(rates, 4)
        server.start()
        await _healed(rates, metrics)
    assert [line["event"] for line in logs] == ["shared_server_lost", "shared_server_back"]
    assert logs[0]["error"] == "ConnectionError"
    assert await _admitted(rates, 4) == [True, True, True, False]


async def test_a_wrong_password_is_named_in_the_log_and_not_written_there(server: Valkey, metrics: Metrics) -> None:
    server.run("CONFIG", "SET", "requirepass", "right-password")
    url = server.url.replace("127", ":wrong-password@127")
    with capture_logs() as logs:
        async with connected(url, metrics) as closed:
            rates = shared_rate_limits(closed, nothing_spent, replicas=1)
            cache = SharedAnswerCache(closed, 60)
            assert await _admitted(rates, 4) == [True, True, True, False]
            await cache.put(_KEY, _ANSWER)
            assert await cache.get(_KEY, 60.0) is None
    assert [line["error"] for line in logs] == ["AuthenticationError"]
    assert "password" not in str(logs)


async def test_a_full_server_takes_no_question_away(
    server: Valkey, shared: SharedServer, rates: SharedRateLimits
) -> None:
    server.run("CONFIG", "SET", "maxmemory", "1")
    assert await _admitted(rates, 4) == [True, True, True, False]
    await rates.spend(("T1",), _BUDGET)
    assert await rates.budget(("T1",), _BUDGET) is not None
    cache = SharedAnswerCache(shared, 3600)
    await cache.put(_KEY, _ANSWER)
    assert await cache.get(_KEY, 60.0) is None


async def test_the_rights_that_the_documentation_names_are_enough(server: Valkey, metrics: Metrics) -> None:
    server.run("ACL", "SETUSER", "bot", "reset", "on", ">pw", *DOCUMENTED_RIGHTS.split())
    async with connected(server.url.replace("127", "bot:pw@127"), metrics, timeout_s=5.0) as opened:
        rates, cache = shared_rate_limits(opened, nothing_spent, replicas=1), SharedAnswerCache(opened, 3600)
        assert await _admitted(rates, 4) == [True, True, True, False]
        waits = [await rates.provider(("m", "tokens"), 60, 100) for _ in range(2)]
        await rates.spend(("T1",), _BUDGET)
        await cache.put(_KEY, _ANSWER)
        known = await cache.get(_KEY, 60.0)
        await cache.forget(_ANSWER.content_hash)
        assert (known is None, waits[0], await cache.get(_KEY, 60.0)) == (False, None, None)
        assert await rates.budget(("T1",), _BUDGET) is not None
    assert fallbacks(metrics) == 0


async def test_without_the_server_each_replica_lets_its_part_pass(server: Valkey, metrics: Metrics) -> None:
    server.kill()
    async with connected(server.url, metrics) as lost:
        rates = shared_rate_limits(lost, nothing_spent, replicas=3)
        assert await _admitted(rates, 2) == [True, False]
        assert await rates.provider(("m", "tokens"), 900, 900) is None
        assert await rates.provider(("m", "tokens"), 1, 900) is not None


class _Traces:
    """Traces as a store that all replicas share has them."""

    def __init__(self) -> None:
        self.tokens = 0

    async def spent_since(self, _key: Key, _since: datetime) -> int:
        return self.tokens


async def _spend(rates: SharedRateLimits, traces: _Traces, tokens: int) -> None:
    """Spend as the pipeline does: first the tokens are counted, then the trace is stored."""
    await rates.spend(("T1",), tokens)
    traces.tokens += tokens


async def test_an_emptied_server_gives_no_new_budget(server: Valkey, shared: SharedServer) -> None:
    traces = _Traces()
    rates = shared_rate_limits(shared, traces.spent_since, replicas=1)
    await _spend(rates, traces, 600)
    server.empty()
    await _spend(rates, traces, 300)
    assert await rates.budget(("T1",), _BUDGET) is None
    server.empty()
    assert await rates.budget(("T1",), _BUDGET - 100) is not None
    await _spend(rates, traces, 100)
    assert await rates.budget(("T1",), _BUDGET) is not None


async def test_a_killed_server_gives_no_new_budget_and_forgets_none_that_was_spent_meanwhile(
    server: Valkey, shared: SharedServer, metrics: Metrics
) -> None:
    traces = _Traces()
    rates = shared_rate_limits(shared, traces.spent_since, replicas=1)
    await _spend(rates, traces, 600)
    server.kill()
    await _spend(rates, traces, 399)
    assert await rates.budget(("T1",), _BUDGET) is None
    await _spend(rates, traces, 1)
    assert await rates.budget(("T1",), _BUDGET) is not None
    server.start()
    await _healed(rates, metrics)
    assert await rates.budget(("T1",), _BUDGET) is not None


async def test_a_frozen_server_that_goes_on_counts_what_was_spent_meanwhile(
    server: Valkey, shared: SharedServer, metrics: Metrics
) -> None:
    traces = _Traces()
    rates = shared_rate_limits(shared, traces.spent_since, replicas=1)
    await _spend(rates, traces, 100)
    async with frozen(server):
        for _ in range(9):
            await _spend(rates, traces, 100)
        assert await rates.budget(("T1",), _BUDGET) is not None
    await _healed(rates, metrics)
    assert await rates.budget(("T1",), _BUDGET) is not None


async def test_a_question_is_admitted_or_refused_all_the_same_while_the_server_is_frozen(
    server: Valkey, rates: SharedRateLimits
) -> None:
    admission = Admission(AdmissionLimits(per_user="2/minute", tenant_tokens_per_day=_BUDGET), rates)
    context = RequestContext("r", "T1", "U1", "C1", "slack", Deadline.after(30.0))
    async with frozen(server):
        begun = time.monotonic()
        for _ in range(2):
            async with admission.admitted(context):
                await admission.spend(context, 100)
        with pytest.raises(LimitReachedError):
            async with admission.admitted(context):
                pass
        assert time.monotonic() - begun < _SOON_S


async def test_a_dispute_of_a_time_without_the_server_reaches_the_other_replicas(
    server: Valkey, shared: SharedServer
) -> None:
    cache = SharedAnswerCache(shared, 3600)
    await cache.put(_KEY, _ANSWER)
    async with frozen(server):
        await cache.forget(_ANSWER.content_hash)
        assert await cache.get(_KEY, 60.0) is None
    await asyncio.sleep(_RETRY_S)
    assert await cache.get(_KEY, 60.0) is None
    async with connected(server.url) as another:
        assert await SharedAnswerCache(another, 3600).get(_KEY, 60.0) is None


async def test_an_answer_of_one_replica_is_given_by_another_with_a_wrong_clock(
    server: Valkey, shared: SharedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await SharedAnswerCache(shared, 3600).put(_KEY, _ANSWER)
    monkeypatch.setattr(time, "time", lambda: 4e9)
    async with connected(server.url) as another:
        cache = SharedAnswerCache(another, 3600)
        assert await cache.get(_KEY, 60.0) is not None
        server.pass_time(61)
        assert await cache.get(_KEY, 60.0) is None
        assert await cache.get(_KEY, 100.0) is not None


async def test_closing_leaves_no_connection(server: Valkey) -> None:
    async with connected(server.url) as opened:
        await asyncio.gather(*_admissions(opened))
        assert server.run("CLIENT", "LIST").count(b"lib-name=valkey-py") > 1
    assert server.run("CLIENT", "LIST").count(b"lib-name=valkey-py") == 0


def _admissions(opened: SharedServer) -> list[asyncio.Task[list[bool]]]:
    rates = shared_rate_limits(opened, nothing_spent, replicas=1)
    return [asyncio.ensure_future(_admitted(rates, 3, f"U{number}")) for number in range(20)]
