"""How many events several replicas accept and answer, how soon and at what cost: 1, 2 and 4 replicas over one store.

usage: python tests/bench/replicas.py SETTINGS [QUESTIONS]

SETTINGS is `sqlite` (one replica only), or `postgres`, which starts a server of its own. Every question is a mention
that the workspace sends once, over a balancer; at most 64 are under way. Without a model, so that what is measured is
the queue, the search and the posting. All replicas, the database, the balancer and the workspace share this machine,
so the milliseconds of a processor that each of them spends on a question tell more than the rates.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

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
# The last answers are settled a moment after they are seen, and their second copies are looked for.
_AFTER_S = 3.0
_STEADY_PER_S = 50
_ASKED = (
    "When does the first payment reminder go out?",
    "How do I switch on two-step login?",
    "How long is an invitation valid?",
    "Can I get my money back?",
)


_WHERE_SPENT = {"postgres": "database", "haproxy": "balancer"}
_COUNTED = """SELECT sum(xact_commit + xact_rollback), pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'),
    pg_database_size(current_database()), (SELECT count(*) FROM citedesk.inbox WHERE attempts > 1)
    + (SELECT count(*) FROM citedesk.outbox WHERE attempts > 1)
    FROM pg_stat_database WHERE datname = current_database()"""


@dataclass(frozen=True)
class Spent:
    """What has been spent so far: seconds of a processor by part, and what the database counts."""

    seconds: dict[str, float]
    database: tuple[float, ...]

    @classmethod
    def so_far(cls, replicas: set[int], url: str) -> "Spent":
        """Count over this process and all that it has started."""
        seconds: dict[str, float] = {}
        for pid in _family(os.getpid()):
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
            name, fields = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 2 :].split()
            part = "replicas" if pid in replicas else _WHERE_SPENT.get(name, "workspace")
            seconds[part] = seconds.get(part, 0.0) + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return cls(seconds, _counted(url))

    def since(self, before: "Spent", questions: int) -> str:
        """Return what each question took since `before`, as the cells of a table."""
        parts = ("replicas", "database", "balancer", "workspace")
        spent = (1000 * (self.seconds.get(part, 0) - before.seconds.get(part, 0)) / questions for part in parts)
        cells = [f"{milliseconds:.1f}" for milliseconds in spent]
        if self.database:
            transactions, wal, size, again = (b - a for a, b in zip(before.database, self.database, strict=True))
            cells += [f"{transactions / questions:.1f}", f"{wal / questions / 1000:.1f}"]
            cells += [f"{size / questions / 1000:.1f}", f"{again:.0f}"]
        return " | ".join(cells)


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(child) for child in children.read_text(encoding="ascii").split()]
    return found


def _counted(url: str) -> tuple[float, ...]:
    if not url:
        return ()
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(_COUNTED).fetchone()
    assert row
    return tuple(float(number) for number in row)


@contextmanager
def _store(kind: str) -> Iterator[dict[str, Any]]:
    if kind == "sqlite":
        yield {}
        return
    with postgres() as server:
        yield {"store": {"url": server.url}}


async def _measured(
    running: Cluster, questions: int, apart_s: float = 0.0
) -> tuple[float, float, list[float], list[float]]:
    """Return seconds until all are acknowledged and answered, and the seconds of each acknowledgement and answer.

    Questions come `apart_s` seconds after each other, or as fast as they are acknowledged.
    """
    space, free = running.sandbox.workspace, asyncio.Semaphore(_UNDER_WAY)
    transport = HttpTransport(
        running.sandbox._session, f"{running.balancer}{EVENTS_PATH}", running.sandbox.credentials.signing_secret
    )
    sent: dict[str, float] = {}
    acknowledged: list[float] = []

    async def ask(number: int) -> None:
        await asyncio.sleep(number * apart_s)
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


_COLUMNS = (
    "replicas", "accepted/s", "answered/s", "accepted p50, p99 ms", "answered p50, p99 ms",
    f"the same at {_STEADY_PER_S}/s", "ms: replicas", "ms: database", "ms: balancer", "ms: workspace",
    "transactions", "KB of log", "KB stored", "jobs taken twice",
)  # fmt: skip


async def _run(kind: str, questions: int) -> None:
    print(f"| {' | '.join(_COLUMNS)} |\n|{' - |' * len(_COLUMNS)}")
    for count in (1,) if kind == "sqlite" else (1, 2, 4):
        with tempfile.TemporaryDirectory() as folder, _store(kind) as settings:
            url = settings.get("store", {}).get("url", "")
            build([_ARTICLES], Path(folder), shared_embedder(), BuildRules())
            async with cluster([Path(folder)] * count, _ARTICLES, **settings) as running:
                await _measured(running, 20)  # so that models are loaded and pools are open
                replicas = {replica.pid for replica in running.replicas}
                before = Spent.so_far(replicas, url)
                accepted_s, answered_s, accepted, answered = await _measured(running, questions)
                await asyncio.sleep(_AFTER_S)
                spent = Spent.so_far(replicas, url).since(before, questions)
                *_, steady = await _measured(running, questions // 2, 1 / _STEADY_PER_S)
        figures = (
            f"{questions / accepted_s:.0f}", f"{questions / answered_s:.0f}",
            f"{_at(accepted, 0.5)}, {_at(accepted, 0.99)}", f"{_at(answered, 0.5)}, {_at(answered, 0.99)}",
            f"{_at(steady, 0.5)}, {_at(steady, 0.99)}", spent,
        )  # fmt: skip
        print(f"| {count} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 600))
