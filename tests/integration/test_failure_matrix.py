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
from openai import AsyncOpenAI
from support.builders import FixedRetriever, asked, context, pipeline, reply, reply_json
from support.scripted_llm import ScriptedLlm, Step, scripted_llm
from support.waiting import until

from bot.telemetry.logs import configure_logging
from pipeline.models.breaker import CircuitBreaker
from pipeline.models.failover import Servers
from pipeline.models.http import bounded_client
from pipeline.models.openai import ModelOptions, OpenAIProvider
from pipeline.models.retrying import RetryPolicy
from pipeline.types import Answered, Deadline

_GOOD = Step(reply("good.json"))
_OPTIONS = ModelOptions(read_timeout_s=0.25, retry=RetryPolicy(3, 0.001, 0.002))
_UNKNOWING = reply_json("", status="insufficient_context", citations=[])
_FAR_DATE = "Tue, 24 Nov 2099 12:00:00 GMT"
_DEADLINE_S = 2.0
_SLACK_S = 0.05


@dataclass(frozen=True)
class Expected:
    """The outcome with one provider, its verdict, and the requests that this provider gets.

    `degraded` answers quote the documents because the model gave none; what else a model says is decided on, and no
    other server is asked. `opens_circuit`: a breaker counts the fault.
    """

    kind: str
    verdict: str
    attempts: int
    degraded: bool = False
    opens_circuit: bool = False
    no_other_is_asked: bool = False

    def behind(self, setup: str) -> tuple[str, str, str | None, int]:
        """Return outcome, verdict, fallback and requests to the first provider in a set-up."""
        if not self.degraded or self.no_other_is_asked:
            return self.kind, self.verdict, "extractive" if self.degraded else None, self.attempts
        if setup == "a good one behind it":
            return "answered", "OK", None, self.attempts
        if setup == "circuit open" and self.opens_circuit:
            return "answered", "CIRCUIT_OPEN", "extractive", 0
        return "answered", self.verdict, "extractive", self.attempts


def _failing(verdict: str, attempts: int) -> Expected:
    """The server fails: it is tried again or not, and its circuit opens."""
    return Expected("answered", verdict, attempts, degraded=True, opens_circuit=True)


def _refusing(verdict: str, attempts: int = 1) -> Expected:
    """The server works but refuses: its circuit stays closed."""
    return Expected("answered", verdict, attempts, degraded=True)


_BLOCKED = Expected("blocked", "POLICY", 1)
_FILTERED = Expected("answered", "CONTENT_FILTER", 1, degraded=True, no_other_is_asked=True)
_UNREADABLE = _refusing("SCHEMA_INVALID", 2)
_QUOTED = Expected("answered", "OK", 1)
_UNPROVED = Expected("needs_review", "UNVERIFIED", 1)
_FAULTS: Mapping[str, tuple[Step, Expected]] = {
    "stalls before headers": (Step(stall=9), _failing("MODEL_TIMEOUT", 3)),
    "stalls in the body": (Step(reply("good.json"), stall_in_body=9), _failing("MODEL_TIMEOUT", 3)),
    # Each byte is in time, so only the deadline ends it.
    "drips for ever": (Step(reply("good.json"), drip=0.1), _failing("MODEL_TIMEOUT", 1)),
    "hangs up": (Step(drop=True), _failing("MODEL_DOWN", 3)),
    "resets": (Step(reset=True), _failing("MODEL_DOWN", 3)),
    "truncates": (Step(reply("good.json"), truncate=True), _failing("MODEL_DOWN", 3)),
    "sends too much": (Step(reply("good.json"), padding=300_000), _failing("MODEL_DOWN", 3)),
    "sends a web page": (Step(body="<html>gateway</html>", content_type="text/html"), _failing("MODEL_DOWN", 3)),
    "says JSON, sends none": (Step(body="<html>gateway</html>"), _failing("MODEL_DOWN", 3)),
    "400": (Step(status=400), _refusing("MODEL_REFUSED")),
    "401": (Step(status=401), _refusing("MODEL_REFUSED")),
    "403": (Step(status=403), _refusing("MODEL_REFUSED")),
    "404": (Step(status=404), _refusing("MODEL_REFUSED")),
    "408": (Step(status=408), _failing("MODEL_TIMEOUT", 3)),
    "409": (Step(status=409), _failing("MODEL_DOWN", 3)),
    "429": (Step(status=429), _failing("MODEL_RATE_LIMITED", 3)),
    "429, come back soon": (Step(status=429, headers={"retry-after-ms": "20"}), _failing("MODEL_RATE_LIMITED", 3)),
    "429, come back late": (Step(status=429, headers={"retry-after": "120"}), _failing("MODEL_RATE_LIMITED", 1)),
    "429, come back at a date": (
        Step(status=429, headers={"retry-after": _FAR_DATE}), _failing("MODEL_RATE_LIMITED", 1)),
    "429, quota used up": (Step(status=429, error_code="insufficient_quota"), _refusing("MODEL_REFUSED")),
    "400, content policy": (Step(status=400, error_code="content_filter"), _FILTERED),
    "filtered completion": (Step("x", finish_reason="content_filter"), _FILTERED),
    "500": (Step(status=500), _failing("MODEL_DOWN", 3)),
    "503, come back soon": (Step(status=503, headers={"retry-after": "0"}), _failing("MODEL_DOWN", 3)),
    "529": (Step(status=529), _failing("MODEL_DOWN", 3)),
    "valid JSON of a wrong shape": (Step('{"reply": 1}'), _UNREADABLE),
    "prose": (Step("Sure! The answer is 500."), _UNREADABLE),
    "no choices": (Step(body='{"choices": []}'), _failing("MODEL_EMPTY", 3)),
    "says nothing": (Step(""), _failing("MODEL_EMPTY", 3)),
    "thinks until the end": (Step("", finish_reason="length"), _refusing("MODEL_CUT_OFF", 2)),
    "error in a 200": (Step(body='{"error": {"message": "overloaded", "code": 503}}'), _failing("MODEL_DOWN", 3)),
    "says it does not know": (Step(_UNKNOWING), Expected("not_enough_info", "INSUFFICIENT_CONTEXT", 1)),
    "lies about a number": (Step(reply_json("The plan allows 900 invoices. [1]")), _QUOTED),
    "invents a source": (Step(reply("unknown_chunk.json")), _UNPROVED),
    "invents a quote": (Step(reply_json(quote="Nobody ever wrote these words.")), _UNPROVED),
    "adds a link": (Step(reply_json("It allows 500 invoices, see evil.example/x. [1]")), _QUOTED),
    "is unsure": (Step(reply_json(confidence="low")), Expected("needs_review", "LOW_CONFIDENCE", 1)),
    "repeats its orders": (Step(reply_json(
        "You are a support assistant. You answer a colleague's question from the context blocks below. [1]")),
        _BLOCKED),
}  # fmt: skip
_SETUPS = ("one provider", "a good one behind it", "the same fault behind it", "circuit open")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        configure_logging("INFO")
        yield stream
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
async def _providers(setup: str, fault: Step) -> AsyncIterator[tuple[Servers, ScriptedLlm]]:
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
            yield Servers((one,)), first
        else:
            yield Servers((one, provider(behind, "second", CircuitBreaker(99, 60.0)))), first


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
    happened = (outcome.kind, trace.verdict, trace.fallback_used, len(server.requests) - before)
    assert happened == expected.behind(setup)
    assert (isinstance(outcome, Answered) and outcome.degraded) == (trace.fallback_used == "extractive")
    if expected.degraded and not expected.no_other_is_asked and setup == "a good one behind it":
        assert trace.llm_provider == "second"
    table.append(
        f"{name:26} | {setup:25} | {outcome.kind:15} | {trace.verdict:20} | {trace.fallback_used or '':9} | "
        f"{trace.attempts} | {took / _DEADLINE_S:4.2f}"
    )


async def test_a_cancelled_question_ends_the_request_to_the_server() -> None:
    async with _providers("one provider", Step(stall=9)) as (provider, server):
        desk = pipeline(provider, FixedRetriever())
        await asked(desk, "Is it warm?", context())
        task = asyncio.create_task(asked(desk, "How many invoices?", context()))
        await until(lambda: len(server.requests) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: server.closed_early == 1)
