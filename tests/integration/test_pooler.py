"""PgBouncer in front of PostgreSQL: in its session mode the store works, its transaction mode is refused in a line."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import pytest
from support.engines import pgbouncer as engine
from support.waiting import settled
from support.workspace import ASKER, SUPPORT, workspace

pytest.importorskip("psycopg", reason="the extra `cluster` is not installed")
from bot.app import open_store
from bot.settings import load_settings
from bot.store.postgres.database import Database, PoolRules
from bot.store.postgres.store import PostgresStore
from bot.store.records import Signal
from index.errors import SettingsError

_LEAD_S = 2.0


pytestmark = pytest.mark.skipif(bool(engine.missing()), reason=engine.missing())


@pytest.fixture
def session_url(postgres_url: str) -> Iterator[str]:
    with engine.pgbouncer(postgres_url, "session") as url:
        yield url


@pytest.fixture
async def replicas(session_url: str) -> AsyncIterator[list[PostgresStore]]:
    async with AsyncExitStack() as stack:
        opened = [await PostgresStore(session_url, PoolRules(lead_s=_LEAD_S)).open() for _ in range(2)]
        for store in opened:
            stack.push_async_callback(store.close)
        yield opened


@pytest.mark.parametrize("round_robin", [False, True], ids=["newest first", "round robin"])
async def test_transaction_pooling_is_refused_in_one_line_that_names_the_setting(
    postgres_url: str, tmp_path: Path, *, round_robin: bool
) -> None:
    with engine.pgbouncer(postgres_url, "transaction", round_robin=round_robin) as url:
        settings = load_settings(data_dir=tmp_path, store={"url": url})
        # Also when the pooler has connections at hand that others have left.
        for _ in range(4):
            with pytest.raises(SettingsError, match=r"setting store\.url: .*session mode") as refused:
                await open_store(settings)
            assert "\n" not in str(refused.value)


async def test_in_session_mode_signals_and_locks_work(replicas: list[PostgresStore]) -> None:
    async with asyncio.timeout(20), aclosing(replicas[0].listen()) as signals:  # type: ignore[type-var]
        assert await anext(signals) == Signal()
        await replicas[1].signals.notify("stop", "q-1")
        assert await anext(signals) == Signal("stop", "q-1")
    async with replicas[0].lead("sweep") as first:
        assert first
        await asyncio.sleep(1.5 * _LEAD_S)
        async with replicas[1].lead("sweep") as second:
            assert not second
    async with replicas[1].lead("sweep") as third:
        assert third


async def test_in_session_mode_a_connection_takes_no_settings_to_the_next_client(
    session_url: str, replicas: list[PostgresStore]
) -> None:
    async with replicas[0].lead("sweep"):
        pass
    # The pooler hands the leader's connection on, which the server would have ended if it was silent.
    database = await Database(session_url, PoolRules(size=1)).open()
    try:
        (row,) = await database.rows("SELECT current_setting('idle_session_timeout'), current_setting('search_path')")
        assert tuple(row) == ("0", "citedesk")
    finally:
        await database.close()


async def test_in_session_mode_a_question_is_answered(own_data: Path, articles: Path, session_url: str) -> None:
    async with workspace(own_data, articles, store={"url": session_url}) as desk:
        question = await desk.sandbox.acts.post(ASKER, SUPPORT, "@Citedesk How long is an invitation valid?", None)
        (reply,) = await desk.until(lambda: [m for m in desk.messages(SUPPORT) if m.thread_ts == question.ts], 1)
        await settled(desk.store)
        assert "invitation" in reply.text
