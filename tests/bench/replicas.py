"""How many events several replicas accept and answer, and how soon: one replica, two and four over one store.

usage: python tests/bench/replicas.py SETTINGS [QUESTIONS]

SETTINGS is `sqlite` (one replica only), or `postgres`, which starts a server of its own. Every question is a mention
that the workspace sends once, over a balancer; at most 64 are under way. Without a model, so that what is measured is
the queue, the search and the posting. All replicas, the database, the balancer and the workspace share this machine.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["HF_HUB_OFFLINE"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

from support.cluster import Cluster, cluster
from support.engines.postgres import postgres
from support.models import EMBEDDERS, shared_embedder
from support.workspace import ASKER, SUPPORT

from bot.sandbox import acts
from bot.sandbox.delivery import HttpTransport
from bot.sandbox.workspace import BOT_USER_ID, Message
from bot.slack.http import EVENTS_PATH
from index.builder import BuildRules, build

os.environ["CITEDESK_INDEX__EMBEDDERS_DIR"] = str(EMBEDDERS)
_ARTICLES = Path(__file__).parents[2] / "deploy" / "demo" / "articles"
_UNDER_WAY = 64
_ASKED = (
    "When does the first payment reminder go out?",
    "How do I switch on two-step login?",
    "How long is an invitation valid?",
    "Can I get my money back?",
)


@contextmanager
def _store(kind: str) -> Iterator[dict[str, Any]]:
    if kind == "sqlite":
        yield {}
        return
    with postgres() as server:
        yield {"store": {"url": server.url}}


async def _measured(running: Cluster, questions: int) -> tuple[float, float, list[float], list[float]]:
    """Return seconds until all are acknowledged and answered, and the seconds of each acknowledgement and answer."""
    space, free = running.sandbox.workspace, asyncio.Semaphore(_UNDER_WAY)
    transport = HttpTransport(
        running.sandbox._session, f"{running.balancer}{EVENTS_PATH}", running.sandbox.credentials.signing_secret
    )
    sent: dict[str, float] = {}
    acknowledged: list[float] = []

    async def ask(number: int) -> None:
        words = f"<@{BOT_USER_ID}> {_ASKED[number % len(_ASKED)]}"
        message = Message(space.new_ts(), SUPPORT, ASKER, words, [])
        async with free:
            space.add(message)
            begun = sent[message.ts] = time.monotonic()
            events = acts._events(space.channels[SUPPORT], message)
            mention = next(event for event in events if event["type"] == "app_mention")
            body, retry = acts._event_body(mention), 0
            while not (await transport.send("events_api", body, retry, "http_timeout")).acknowledged:
                retry += 1
            acknowledged.append(time.monotonic() - begun)

    begun = time.monotonic()
    answered: dict[str, float] = {}

    async def watch() -> None:
        while len(answered) < questions:
            now = time.monotonic()
            for message in space.messages:
                if message.user == BOT_USER_ID and message.thread_ts in sent:
                    answered.setdefault(message.thread_ts, now - sent[message.thread_ts])
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(ask(number) for number in range(questions)))
    all_acknowledged = time.monotonic() - begun
    await asyncio.wait_for(watching, 300)
    return all_acknowledged, time.monotonic() - begun, sorted(acknowledged), sorted(answered.values())


def _at(times: list[float], share: float) -> str:
    return f"{1000 * times[min(len(times) - 1, int(len(times) * share))]:.0f}"


async def _run(kind: str, questions: int) -> None:
    print("| replicas | accepted/s | answered/s | accepted p50, p99 ms | answered p50, p99 ms |\n| - | - | - | - | - |")
    for count in (1,) if kind == "sqlite" else (1, 2, 4):
        with tempfile.TemporaryDirectory() as folder, _store(kind) as settings:
            build([_ARTICLES], Path(folder), shared_embedder(), BuildRules())
            async with cluster([Path(folder)] * count, _ARTICLES, **settings) as running:
                await _measured(running, 20)  # so that models are loaded and pools are open
                accepted_s, answered_s, accepted, answered = await _measured(running, questions)
        figures = (
            f"{questions / accepted_s:.0f}", f"{questions / answered_s:.0f}",
            f"{_at(accepted, 0.5)}, {_at(accepted, 0.99)}", f"{_at(answered, 0.5)}, {_at(answered, 0.99)}",
        )  # fmt: skip
        print(f"| {count} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 600))
