"""Load: a model that takes 300 ms, 16 at a time, and again with 10% faults.

2,000 questions of 200 users, each of whom asks on when the answer is there. Prints the throughput as a share of
the ideal (requests / concurrency * latency), what everything but the model adds, and the peak memory. Embedding is
left out: retrieval gives fixed chunks. The scripted model runs in a process of its own.
Run: python tests/bench/load.py
"""

import asyncio
import logging
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

import structlog
from openai import AsyncOpenAI
from support.builders import QUOTA, REMINDER, FixedRetriever, Heard, asked, chunk, context, pipeline, prompt, reply_json
from support.scripted_llm import Step, scripted_llm

from pipeline.answering import Pipeline
from pipeline.limits import Admission, AdmissionLimits
from pipeline.models.breaker import CircuitBreaker
from pipeline.models.http import bounded_client
from pipeline.models.openai import ModelOptions, OpenAIProvider
from pipeline.models.retrying import RetryPolicy
from pipeline.rate_limits import memory_rate_limits
from pipeline.types import Deadline, Trace

_QUESTIONS, _USERS, _CONCURRENCY, _LATENCY_S = 2000, 200, 16, 0.3
_FAULTS = (Step(status=500), Step(status=429, headers={"retry-after-ms": "50"}), Step(drop=True), Step("no JSON"))


def _script(fault_share: float) -> list[Step]:
    rng = random.Random(1)
    good = Step(reply_json(), stall=_LATENCY_S)
    count = int(_QUESTIONS * 1.5)
    return [
        replace(rng.choice(_FAULTS), stall=_LATENCY_S) if rng.random() < fault_share else good for _ in range(count)
    ] + [good]


@contextmanager
def _server(fault_share: float) -> Iterator[str]:
    """Run the scripted model in another process and yield its URL."""
    command = [sys.executable, __file__, "serve", str(fault_share)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ourselves
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()


async def _serve(fault_share: float) -> None:
    async with scripted_llm(*_script(fault_share)) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


async def _measured(url: str) -> tuple[float, list[Trace]]:
    chunks = [chunk("c1", QUOTA), chunk("c2", REMINDER)]
    chunks += [chunk(f"f{n}", f"Filler {n}. " + "Words about something else entirely. " * 20) for n in range(6)]
    options = ModelOptions(concurrency=_CONCURRENCY, retry=RetryPolicy(3, 0.05, 0.2))
    async with AsyncOpenAI(api_key="sk-test", base_url=url, http_client=bounded_client(10**6)) as client:
        provider = OpenAIProvider(client, "m", options, CircuitBreaker(10**6, 1.0))
        await provider.complete(prompt(), Deadline.after(10), Heard())
        desk = replace(
            pipeline(provider, FixedRetriever(chunks)),
            admission=Admission(
                AdmissionLimits("999/minute", "99999/minute", {}, 10_000, 5.0, _CONCURRENCY), memory_rate_limits()
            ),
        )
        began = time.monotonic()
        traces = await asyncio.gather(*(_asked_by(desk, user) for user in range(_USERS)))
        took = time.monotonic() - began
        return took, [trace for mine in traces for trace in mine]


async def _asked_by(desk: Pipeline, user: int) -> list[Trace]:
    """Ask one user's questions, each after the answer to the one before."""
    traces = []
    for n in range(_QUESTIONS // _USERS):
        who = context(user_id=f"U{user}", deadline=Deadline.after(300))
        traces.append((await asked(desk, f"How many invoices, case {user}-{n}?", who))[1])
    return traces


async def _overhead() -> tuple[float, float]:
    """Return p50 and p99, in milliseconds, of all stages but the model, one question at a time."""
    async with scripted_llm(Step(reply_json())) as server, AsyncOpenAI(api_key="k", base_url=server.url) as client:
        provider = OpenAIProvider(client, "m", ModelOptions(), CircuitBreaker(9, 1.0))
        chunks = [chunk("c1", QUOTA), chunk("c2", REMINDER)]
        desk = pipeline(provider, FixedRetriever(chunks))
        added = []
        for n in range(500):
            _, trace = await asked(desk, f"How many invoices, case {n}?", context(user_id=f"U{n}"))
            added.append(trace.total_ms - trace.stage_ms.get("generate", 0.0))
    marks = quantiles(added[50:], n=100)
    return marks[49], marks[98]


async def main() -> None:
    """Run all three and print."""
    logging.disable(logging.CRITICAL)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    p50, p99 = await _overhead()
    print(f"one at a time, everything but the model: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    for share in (0.0, 0.1):
        with _server(share) as url:
            took, traces = await _measured(url)
        requests = sum(trace.attempts for trace in traces)
        ideal = requests / _CONCURRENCY * _LATENCY_S
        outcomes = {kind: sum(t.outcome == kind for t in traces) for kind in {t.outcome for t in traces}}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        added = quantiles(
            [t.total_ms - t.stage_ms.get("generate", 0) - t.stage_ms.get("repair", 0) for t in traces], n=100
        )
        print(
            f"{share:.0%} faults: {requests} requests, {took:.1f} s, {ideal / took:.3f} of the ideal; "
            f"added p50 {added[49]:.1f} ms, p99 {added[98]:.1f} ms; peak {peak:.0f} MB; {outcomes}"
        )


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[2])) if sys.argv[1:2] == ["serve"] else main())
