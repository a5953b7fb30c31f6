"""Who leads notices that the connection which holds the lock is lost, and stops: another process leads by then."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from support.held_site import held_site
from support.waiting import settled, until
from support.workspace import ADMIN, workspace

psycopg = pytest.importorskip("psycopg", reason="the extra `cluster` is not installed")
from bot.store.port import StoreError  # noqa: E402
from bot.store.postgres.database import PoolRules  # noqa: E402
from bot.store.postgres.store import PostgresStore  # noqa: E402

_LEAD_S = 2.0
_CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
async def replicas(postgres_url: str) -> AsyncIterator[list[PostgresStore]]:
    async with AsyncExitStack() as stack:
        opened = [await PostgresStore(postgres_url, PoolRules(lead_s=_LEAD_S)).open() for _ in range(2)]
        for store in opened:
            stack.push_async_callback(store.close)
        yield opened


def _cut(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_CUT)


async def _lead(store: PostgresStore) -> None:
    """Return once this process leads, for a moment."""
    while True:
        async with store.lead("sweep") as leads:
            if leads:
                return
        await asyncio.sleep(0.02)


async def _work(store: PostgresStore, leads: asyncio.Event) -> None:
    """Lead and work until it is not allowed any more."""
    async with store.lead("sweep") as is_leader:
        assert is_leader
        leads.set()
        await asyncio.Event().wait()


async def test_who_leads_stops_when_the_connection_is_cut_and_another_one_leads(
    replicas: list[PostgresStore], postgres_url: str
) -> None:
    leads = asyncio.Event()
    working = asyncio.create_task(_work(replicas[0], leads))
    await leads.wait()
    await asyncio.to_thread(_cut, postgres_url)
    async with asyncio.timeout(10):
        await _lead(replicas[1])
        with pytest.raises(StoreError, match="lock was lost"):
            await working


async def test_a_process_that_is_frozen_while_it_leads_does_not_keep_others_from_it(
    replicas: list[PostgresStore],
) -> None:
    leads = asyncio.Event()
    working = asyncio.create_task(_work(replicas[0], leads))
    await leads.wait()
    # Neither the work nor what holds the lock runs meanwhile.
    time.sleep(1.5 * _LEAD_S)  # noqa: ASYNC251
    async with asyncio.timeout(10):
        await _lead(replicas[1])
        with pytest.raises(StoreError, match="lock was lost"):
            await working


async def test_who_leads_for_long_keeps_the_lock_and_its_own_errors(replicas: list[PostgresStore]) -> None:
    async def work() -> None:
        async with replicas[0].lead("sweep") as first:
            assert first
            await asyncio.sleep(1.5 * _LEAD_S)
            async with replicas[1].lead("sweep") as second:
                assert not second
            raise TimeoutError("of the work")

    with pytest.raises(TimeoutError, match="of the work"):
        await work()
    async with replicas[1].lead("sweep") as third:
        assert third


async def test_who_is_cancelled_while_it_leads_is_cancelled_and_leads_no_more(replicas: list[PostgresStore]) -> None:
    leads = asyncio.Event()
    working = asyncio.create_task(_work(replicas[0], leads))
    await leads.wait()
    working.cancel()
    await asyncio.wait([working])
    assert working.cancelled()
    async with asyncio.timeout(10):
        await _lead(replicas[1])


async def test_a_build_whose_lock_was_lost_is_begun_again_and_has_one_result(tmp_path: Path, postgres_url: str) -> None:
    async with held_site() as site, workspace(
        tmp_path / "data", tmp_path, index=site.settings, store={"url": postgres_url},
        delivery={"backoff_base_s": 0.01, "backoff_cap_s": 0.01},
    ) as desk:  # fmt: skip
        await desk.command(ADMIN, "/citedesk reindex")
        await until(lambda: site.visits)
        await asyncio.to_thread(_cut, postgres_url)
        await until(lambda: _attempts(postgres_url) > 1)
        site.let.set()
        await settled(desk.store)
        assert [message.text[:9] for message in desk.hidden(ADMIN)] == ["I am read", "Reindexed"]


def _attempts(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT max(attempts) FROM citedesk.builds").fetchone()
        return int(row[0] or 0) if row else 0
