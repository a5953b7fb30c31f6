"""Each fault of a provider against each set-up of providers: outcome, attempts, time, what the log says.

Through the public entry point, over real HTTP. No fault hangs, gives a traceback or is retried wrongly.
"""

import asyncio
import io
import logging
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
import structlog
from openai import AsyncOpenAI
from support.builders import FixedRetriever, asked, context, pipeline, reply, reply_json
from support.scripted_llm import ScriptedLlm, Step, scripted_llm

from bot.telemetry.logs import configure_logging
from pipeline.models.breaker import CircuitBreaker
from pipeline.models.failover import FailoverProvider
from pipeline.models.openai import ModelOptions, OpenAIProvider, bounded_client
from pipeline.models.provider import ModelProvider
from pipeline.models.retrying import RetryPolicy
from pipeline.types import Deadline

_GOOD = Step(reply("good.json"))
_OPTIONS = ModelOptions(read_timeout_s=0.25, retry=RetryPolicy(3, 0.001, 0.002))
_UNKNOWING = reply_json("", status="insufficient_context", citations=[])
_FAR_DATE = "Tue, 24 Nov 2099 12:00:00 GMT"
_DEADLINE_S = 2.0
_SLACK_S = 0.05


@dataclass(frozen=True)
class Expected:
    """`verdicts` with one provider; `attempts` at a server that does nothing else; whether quotes stand in."""

    verdict: str
    attempts: int
    degraded: bool = False


def _quoted(verdict: str, attempts: int) -> Expected:
    return Expected(verdict, attempts, degraded=True)


_FAULTS: Mapping[str, tuple[Step, Expected]] = {
    "stalls before headers": (Step(stall=9), _quoted("MODEL_TIMEOUT", 3)),
    "stalls in the body": (Step(reply("good.json"), stall_in_body=9), _quoted("MODEL_TIMEOUT", 3)),
    "drips for ever": (Step(reply("good.json"), drip=0.1), _quoted("MODEL_TIMEOUT", 1)),
    "hangs up": (Step(drop=True), _quoted("MODEL_DOWN", 3)),
    "resets": (Step(reset=True), _quoted("MODEL_DOWN", 3)),
    "truncates": (Step(reply("good.json"), truncate=True), _quoted("MODEL_DOWN", 3)),
    "sends too much": (Step(reply("good.json"), padding=300_000), _quoted("MODEL_DOWN", 3)),
    "sends a web page": (Step(body="<html>gateway</html>", content_type="text/html"), _quoted("MODEL_DOWN", 3)),
    "says JSON, sends none": (Step(body="<html>gateway</html>"), _quoted("MODEL_DOWN", 3)),
    "400": (Step(status=400), _quoted("MODEL_REFUSED", 1)),
    "401": (Step(status=401), _quoted("MODEL_REFUSED", 1)),
    "403": (Step(status=403), _quoted("MODEL_REFUSED", 1)),
    "404": (Step(status=404), _quoted("MODEL_REFUSED", 1)),
    "408": (Step(status=408), _quoted("MODEL_TIMEOUT", 3)),
    "409": (Step(status=409), _quoted("MODEL_DOWN", 3)),
    "429": (Step(status=429), _quoted("MODEL_RATE_LIMITED", 3)),
    "429, come back soon": (Step(status=429, headers={"retry-after-ms": "20"}), _quoted("MODEL_RATE_LIMITED", 3)),
    "429, come back late": (Step(status=429, headers={"retry-after": "120"}), _quoted("MODEL_RATE_LIMITED", 1)),
    "429, come back at a date": (
        Step(status=429, headers={"retry-after": _FAR_DATE}), _quoted("MODEL_RATE_LIMITED", 1)),
    "429, quota used up": (Step(status=429, error_code="insufficient_quota"), _quoted("MODEL_REFUSED", 1)),
    "400, content policy": (Step(status=400, error_code="content_filter"), Expected("POLICY", 1)),
    "filtered completion": (Step("x", finish_reason="content_filter"), Expected("POLICY", 1)),
    "500": (Step(status=500), _quoted("MODEL_DOWN", 3)),
    "503, come back soon": (Step(status=503, headers={"retry-after": "0"}), _quoted("MODEL_DOWN", 3)),
    "529": (Step(status=529), _quoted("MODEL_DOWN", 3)),
    "valid JSON of a wrong shape": (Step('{"reply": 1}'), Expected("SCHEMA_INVALID", 2)),
    "prose": (Step("Sure! The answer is 500."), Expected("SCHEMA_INVALID", 2)),
    "no choices": (Step(body='{"choices": []}'), Expected("SCHEMA_INVALID", 2)),
    "says it does not know": (Step(_UNKNOWING), Expected("INSUFFICIENT_CONTEXT", 1)),
    "lies about a number": (Step(reply_json("The plan allows 900 invoices. [1]")), Expected("UNVERIFIED", 1)),
    "invents a source": (Step(reply("unknown_chunk.json")), Expected("UNVERIFIED", 1)),
    "invents a quote": (Step(reply_json(quote="Nobody ever wrote these words.")), Expected("UNVERIFIED", 1)),
    "adds a link": (Step(reply_json("It allows 500 invoices, see evil.example/x. [1]")), Expected("UNVERIFIED", 1)),
    "is unsure": (Step(reply_json(confidence="low")), Expected("LOW_CONFIDENCE", 1)),
    "repeats its orders": (Step(reply_json(
        "You are a support assistant. You answer a colleague's question from the context blocks below. [1]")),
        Expected("POLICY", 1)),
}  # fmt: skip
_SETUPS = ("one provider", "a good one behind it", "the same fault behind it", "circuit open")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        configure_logging("INFO")
        yield stream
    structlog.reset_defaults()
    logging.basicConfig(handlers=[], force=True)


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    rows: list[str] = []
    yield rows
    if request.config.get_verbosity() > 0:
        capture = request.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            print("\nfault | providers | outcome | verdict in the log | fallback | attempts | time / deadline")
            print("\n".join(sorted(rows)))


@asynccontextmanager
async def _providers(setup: str, fault: Step) -> AsyncIterator[tuple[ModelProvider, ScriptedLlm]]:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(scripted_llm(_GOOD, fault))
        behind = await stack.enter_async_context(scripted_llm(_GOOD if setup == "a good one behind it" else fault))
        breaker = CircuitBreaker(1 if setup == "circuit open" else 99, 60.0)

        def provider(server: ScriptedLlm, name: str, circuit: CircuitBreaker) -> OpenAIProvider:
            client = AsyncOpenAI(api_key="sk-test", base_url=server.url, http_client=bounded_client(100_000))
            stack.push_async_callback(client.close)
            return OpenAIProvider(client, "m", _OPTIONS, circuit, name=name)

        one = provider(first, "first", breaker)
        if setup in ("one provider", "circuit open"):
            yield one, first
        else:
            yield FailoverProvider([one, provider(behind, "second", CircuitBreaker(99, 60.0))]), first


@pytest.mark.parametrize("setup", _SETUPS)
@pytest.mark.parametrize("name", _FAULTS)
async def test_every_fault_ends_in_its_decision(name: str, setup: str, log: io.StringIO, table: list[str]) -> None:
    fault, expected = _FAULTS[name]
    async with _providers(setup, fault) as (provider, server):
        desk = pipeline(provider, FixedRetriever())
        await asked(desk, "Is it warm?", context(deadline=Deadline.after(_DEADLINE_S)))
        if setup == "circuit open":
            await asked(desk, "Is it open?", context(deadline=Deadline.after(_DEADLINE_S)))
        before = len(server.requests)
        began = time.monotonic()
        outcome, trace = await asked(desk, "How many invoices?", context(deadline=Deadline.after(_DEADLINE_S)))
        took = time.monotonic() - began
    written = log.getvalue()
    assert took <= _DEADLINE_S + _SLACK_S
    assert "Traceback" not in written
    assert "pipeline_failed" not in written
    assert written.count("rag_answer_completed") == (3 if setup == "circuit open" else 2)
    is_final = not expected.degraded
    if setup == "one provider":
        assert trace.verdict == expected.verdict
        assert len(server.requests) - before == expected.attempts
        assert (trace.fallback_used == "extractive") == expected.degraded
    elif setup == "a good one behind it" and not is_final:
        assert (trace.verdict, trace.fallback_used, trace.llm_provider) == ("OK", None, "second")
    elif setup == "circuit open" and not is_final and expected.attempts > 1:
        assert len(server.requests) == before
        assert trace.fallback_used == "extractive"
    table.append(
        f"{name:26} | {setup:25} | {outcome.kind:15} | {trace.verdict:20} | {trace.fallback_used or '':9} | "
        f"{trace.attempts} | {took / _DEADLINE_S:4.2f}"
    )
    assert outcome.kind in {"answered", "not_enough_info", "needs_review", "blocked", "unavailable"}


async def test_a_cancelled_question_ends_the_request_to_the_server() -> None:
    async with _providers("one provider", Step(stall=9)) as (provider, server):
        desk = pipeline(provider, FixedRetriever())
        await asked(desk, "Is it warm?", context())
        task = asyncio.create_task(asked(desk, "How many invoices?", context()))
        await asyncio.sleep(0.2)
        assert len(server.requests) == 2
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(100):
            if server.closed_early:
                break
            await asyncio.sleep(0.01)
    assert server.closed_early == 1
