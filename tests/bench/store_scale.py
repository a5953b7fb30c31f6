"""The stores under load: plans of the hot statements on a large database, and jobs a second beside SQLite.

Run: python -m tests.bench.store_scale [--rows 1000000] [--jobs 4000]
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.engines.postgres import postgres

from bot.store.port import Store
from bot.store.postgres.database import Database, Values
from bot.store.postgres.store import PostgresStore, PostgresTables
from bot.store.records import Conversation, Feedback, KeptTurn, Outgoing, ReviewFilter
from bot.store.sqlite.store import SqliteStore
from pipeline.types import Trace

_WHERE = Conversation(surface="slack", tenant_id="T7", user_id="U7", channel_id="C7", thread_id="7.0", private=False)
_REVIEW = (
    '{"review_id":"r","question":"How?","conversation":{"surface":"slack","tenant_id":"T1","user_id":"U1",'
    '"channel_id":"C1","thread_id":"1","private":false},"case":{"reason":"UNVERIFIED","draft":null,"sources":[]}}'
)
# As many requests as asked for, over 30 days; a fifth of them still in the inbox's history, one in a hundred in review.
_FILL = """
INSERT INTO requests SELECT 'q-' || n, now() - (n % 2592000) * interval '1 second', 'T' || n % 50, 'U' || n % 5000,
    CASE WHEN n % 7 = 0 THEN 'needs_review' ELSE 'answered' END, 'OK', repeat('x', 600)
    FROM generate_series(1, $rows) n;
INSERT INTO inbox (key, state, received_at, due_at, payload) SELECT 'e-' || n,
    CASE WHEN n % 20 = 0 THEN 'waiting' WHEN n % 1000 = 1 THEN 'dead' ELSE 'done' END, now() - n * interval '1 second',
    now() - n * interval '1 second', CASE WHEN n % 20 = 0 THEN repeat('x', 400) END
    FROM generate_series(1, $rows / 5) n;
INSERT INTO outbox (key, state) SELECT 'm-' || n || ':reply', 'done' FROM generate_series(1, $rows / 5) n;
INSERT INTO reviews (review_id, at, tenant_id, state, review, decided_at, awaits_asker, request_ids, has_texts)
    SELECT 'q-' || n, now() - n * interval '1 minute', 'T' || n % 50,
    CASE WHEN n % 50 = 0 THEN 'open' ELSE 'approved' END, '$review', now() - n * interval '1 minute', false,
    ARRAY['q-' || n], true FROM generate_series(1, $rows / 100) n;
INSERT INTO review_events (review_id, user_id, what)
    SELECT 'q-' || n % ($rows / 100) + 1, 'U1', 'opened' FROM generate_series(1, $rows / 25) n;
INSERT INTO review_cards SELECT 'q-' || n, 'slack', 'C1', n || '.1' FROM generate_series(1, $rows / 100) n;
INSERT INTO feedback (request_id, user_id, at, helpful, reason, note, answer_hash) SELECT 'q-' || n, 'U' || n % 5000,
    now() - n * interval '10 seconds', n % 3 > 0, 'wrong', '', 'h' || n % 1000 FROM generate_series(1, $rows / 10) n;
INSERT INTO posted SELECT 'C' || n % 500, n || '.9', 'q-' || n, now() - n * interval '3 seconds'
    FROM generate_series(1, $rows) n;
INSERT INTO turns (request_id, at, channel_id, thread_id, user_id, question, answer) SELECT 'q-' || n,
    now() - n * interval '1 second', 'C' || n % 500, (n % 5000) || '.0', 'U' || n % 5000, 'How?', 'So.'
    FROM generate_series(1, $rows / 10) n;
INSERT INTO threads SELECT 'T' || n % 50, 'C' || n % 500, n || '.0', 'U' || n % 5000, now()
    FROM generate_series(1, $rows / 2) n;
INSERT INTO gaps SELECT 'q-' || n, 'T' || n % 50, now() - n * interval '1 minute', 'U1', 'How?', 'x', ARRAY['P'], 'e',
    '\\x00' FROM generate_series(1, $rows / 50) n;
"""


class _Explained:
    """Runs statements and keeps their plans: `bot.store.postgres.database.Executor`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.plans: list[dict[str, Any]] = []

    async def rows(self, sql: str, values: Values = ()) -> list[Any]:
        await self._explain(sql, values)
        return await self._database.rows(sql, values)

    async def write(self, sql: str, values: Values = ()) -> int:
        await self._explain(sql, values)
        return await self._database.write(sql, values)

    async def lock(self, name: str) -> None:
        del name

    async def _explain(self, sql: str, values: Values) -> None:
        with suppress(ZeroDivisionError):
            async with self._database.transaction() as transaction:
                rows = await transaction.rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)
                self.plans.append(rows[0][0][0])
                raise ZeroDivisionError


def _scans(plan: dict[str, Any]) -> Iterator[str]:
    if "Scan" in plan["Node Type"] and "Relation Name" in plan:
        yield f"{plan['Node Type']} {plan.get('Index Name', plan['Relation Name'])}"
    elif "Index Name" in plan:
        yield f"{plan['Node Type']} {plan['Index Name']}"
    for below in plan.get("Plans", ()):
        yield from _scans(below)


def _statements(tables: PostgresTables) -> dict[str, Callable[[], Awaitable[object]]]:
    trace = _trace("q-new")
    feedback = Feedback(request_id="q-7", user_id="U7", helpful=False, answer_hash="h7")
    message = Outgoing(key="m-new", request_id="q", surface="slack", tenant_id="T7", channel_id="C7", text="x")
    return {
        "inbox.add": lambda: tables.inbox.add(["e-new", "k-new"], "{}"),
        "inbox.claim": lambda: tables.inbox.claim("w", 15.0, 4),
        "inbox.length": tables.inbox.length,
        "outbox.send": lambda: tables.outbox.send([message]),
        "outbox.states": lambda: tables.outbox.states("m-7"),
        "requests.save": lambda: tables.requests.save(trace),
        "requests.get": lambda: tables.requests.get("q-new"),
        "requests.outcomes_by_day(7)": lambda: tables.requests.outcomes_by_day(7),
        "reviews.open_in": lambda: tables.reviews.open_in("T0"),
        "reviews.asked_by": lambda: tables.reviews.asked_by("T0", "q-50"),
        "reviews.awaiting": lambda: tables.reviews.awaiting(_WHERE),
        "reviews.due": lambda: tables.reviews.due(86_400.0, 1e9),
        "reviews.listed": lambda: tables.reviews.listed(ReviewFilter(states=("open", "approved"))),
        "reviews.of_card": lambda: tables.reviews.of_card("slack", "C1", "7.1"),
        "reviews.events": lambda: tables.reviews.events("q-7"),
        "feedback.save": lambda: tables.feedback.save(feedback),
        "feedback.complaints": lambda: tables.feedback.complaints("q-7"),
        "feedback.counts(7, tenant)": lambda: tables.feedback.counts(7, "T7"),
        "gaps.since": lambda: tables.gaps.since("T7", "e", 30),
        "posted.request_of": lambda: tables.posted.request_of("C7", "7.9"),
        "turns.put": lambda: tables.turns.put(KeptTurn(request_id="q-7", where=_WHERE, question="x", answer="y")),
        "turns.before": lambda: tables.turns.before("q-new", _WHERE, 60.0, 5),
        "threads.asked": lambda: tables.threads.asked(_WHERE),
        "purges": lambda: _purged(tables),
    }


async def _purged(tables: PostgresTables) -> None:
    await tables.gaps.purge(3000)
    await tables.turns.purge(3000)
    await tables.posted.purge(3000)
    await tables.feedback.purge(3000)


async def plans(url: str, rows: int) -> None:
    """Print scans and milliseconds of each hot statement."""
    store = await PostgresStore(url).open()
    began = time.monotonic()
    async with store._database.connection() as connection:
        await connection.execute(_FILL.replace("$rows", str(rows)).replace("$review", _REVIEW))
        await connection.execute("VACUUM ANALYZE")
    print(f"{rows:,} requests and what belongs to them, made in {time.monotonic() - began:.0f} s")
    explained = _Explained(store._database)
    for name, run in _statements(PostgresTables(explained)).items():
        explained.plans.clear()
        await run()
        scans = dict.fromkeys(scan for plan in explained.plans for scan in _scans(plan["Plan"]))
        in_server = sum(plan["Execution Time"] for plan in explained.plans)
        print(f"| {name} | {in_server:.2f} ms | {', '.join(scans)} |" + (" SEQ" if "Seq Scan" in str(scans) else ""))
    began = time.monotonic()
    await store.counts()
    print(f"counts (health and status): {1000 * (time.monotonic() - began):.0f} ms")
    await store.close()


def _trace(request_id: str) -> Trace:
    return Trace(
        request_id=request_id, tenant_id="T7", user_id="U7", channel_id="C7", route="slack", outcome="answered",
        verdict="OK",
    )  # fmt: skip


async def throughput(store: Store, jobs: int, workers: int) -> str:
    """Answer `jobs` questions with so many workers; return jobs a second and milliseconds of each step."""
    payload = "x" * 400
    adding: list[float] = []
    for number in range(jobs):
        began = time.monotonic()
        await store.inbox.add([f"e-{workers}-{number}", f"k-{workers}-{number}"], payload)
        adding.append(1000 * (time.monotonic() - began))
    claims: list[float] = []
    settles: list[float] = []

    async def work(owner: str) -> None:
        while True:
            began = time.monotonic()
            found = await store.inbox.claim(owner, 60.0, 4)
            claims.append(1000 * (time.monotonic() - began))
            if not found:
                return
            for job in found:
                began = time.monotonic()
                message = Outgoing(
                    key=f"m-{job.key}", request_id=job.key, surface="slack", tenant_id="T1", channel_id="C", text="x"
                )
                async with store.transaction() as tx:
                    assert await tx.inbox.finish(job)
                    await tx.outbox.send([message])
                    await tx.requests.save(_trace(job.key))
                settles.append(1000 * (time.monotonic() - began))

    began = time.monotonic()
    await asyncio.gather(*(work(f"w{number}") for number in range(workers)))
    rate = jobs / (time.monotonic() - began)
    return f"{rate:,.0f} jobs/s | add {_spread(adding)} | claim {_spread(claims)} | settle {_spread(settles)}"


def _spread(values: list[float]) -> str:
    cuts = statistics.quantiles(values, n=100)
    return f"{cuts[49]:.2f} / {cuts[98]:.2f}"


async def beside(url: str, jobs: int) -> None:
    """Print the throughput of both stores."""
    print("store, tasks | jobs/s | p50 / p99 ms of each step")
    for workers in (2, 8):
        with tempfile.TemporaryDirectory() as folder:
            file = await SqliteStore(Path(folder) / "s.sqlite").open()
            print(f"SQLite, {workers} | {await throughput(file, jobs, workers)}")
            await file.close()
        server = await PostgresStore(url).open()
        print(f"PostgreSQL, {workers} | {await throughput(server, jobs, workers)}")
        await server.close()


def main() -> None:
    """Run both parts on a server of their own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=4_000)
    given = parser.parse_args()
    with postgres() as server:
        asyncio.run(beside(server.database(), given.jobs))
        asyncio.run(plans(server.database(), given.rows))


if __name__ == "__main__":
    main()
