"""What is true of the PostgreSQL store alone; tests/contracts/test_store.py has what is true of every store."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing

import pytest
from support.builders import draft
from support.engines import postgres as engine

psycopg = pytest.importorskip("psycopg", reason="the extra `cluster` is not installed")

from bot.desk.review_changes import opened  # noqa: E402
from bot.store.port import StoreError  # noqa: E402
from bot.store.postgres.database import Database, PoolRules  # noqa: E402
from bot.store.postgres.store import PostgresStore  # noqa: E402
from bot.store.records import Conversation, Feedback, Job, Outgoing, Review, Signal  # noqa: E402
from index.errors import SettingsError  # noqa: E402
from pipeline.types import Failure, NeedsReview  # noqa: E402

_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)
_CASE = NeedsReview(reason=Failure.UNVERIFIED, draft=draft(), sources=())
_REVIEW = Review(review_id="r-1", question="How?", conversation=_WHERE, case=_CASE)


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[PostgresStore]:
    found = await PostgresStore(postgres_url).open()
    yield found
    await found.close()


@pytest.fixture
async def replicas(postgres_url: str) -> AsyncIterator[list[PostgresStore]]:
    """Return three stores of one database, opened at the same time."""
    found = await asyncio.gather(*(PostgresStore(postgres_url).open() for _ in range(3)))
    yield list(found)
    await asyncio.gather(*(store.close() for store in found))


@pytest.fixture
def own_server() -> Iterator[engine.PostgresServer]:
    """Return a server that the test may stop."""
    if problem := engine.missing():
        pytest.skip(problem)
    with engine.postgres() as server:
        yield server


async def _no_messages(_: Review) -> list[Outgoing]:
    return []


@pytest.mark.parametrize("number", range(5))
async def test_processes_that_start_at_once_make_the_tables_once(postgres_url: str, number: int) -> None:
    del number
    stores = await asyncio.gather(*(PostgresStore(postgres_url).open() for _ in range(8)))
    assert [(await store.counts()).open_reviews for store in stores] == [0] * 8
    again = await PostgresStore(postgres_url).open()
    for store in (*stores, again):
        await store.close()


async def test_a_role_that_may_not_create_tables_serves_those_that_are_there(
    store: PostgresStore, postgres_url: str
) -> None:
    del store
    role = f"app_{postgres_url.rpartition('_')[2]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN")
        connection.execute(f"GRANT USAGE ON SCHEMA citedesk TO {role}")
        connection.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA citedesk TO {role}")
    served = await PostgresStore(postgres_url.replace("postgres@", f"{role}@")).open()
    assert await served.inbox.add(["a"], "{}")
    await served.close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP OWNED BY {role}")
        connection.execute(f"DROP ROLE {role}")


async def test_a_database_that_a_later_release_has_changed_is_still_served(
    store: PostgresStore, postgres_url: str
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("INSERT INTO citedesk.migrations (name) VALUES ('999_of_a_later_release')")
        connection.execute("ALTER TABLE citedesk.inbox ADD COLUMN later text NOT NULL DEFAULT ''")
        connection.execute("ALTER TABLE citedesk.people ADD COLUMN later text")
    older = await PostgresStore(postgres_url).open()
    assert await older.inbox.add(["a"], "{}")
    await older.people.put("U1", "Sam")
    assert [job.key for job in await store.inbox.claim("w", 60.0, 1)] == ["a"]
    assert await store.people.names(["U1"]) == {"U1": "Sam"}
    await older.close()


async def test_workers_of_several_processes_share_the_jobs_and_none_is_done_twice(
    replicas: list[PostgresStore],
) -> None:
    keys = [f"job-{number}" for number in range(200)]
    await asyncio.gather(*(replicas[n % 3].inbox.add([key], "{}") for n, key in enumerate(keys)))
    done: list[str] = []

    async def work(store: PostgresStore, owner: str) -> None:
        while jobs := await store.inbox.claim(owner, 60.0, 4):
            for job in jobs:
                async with store.transaction() as tx:
                    assert await tx.inbox.finish(job)
                done.append(job.key)

    await asyncio.gather(*(work(store, f"w{n}") for n, store in enumerate([*replicas, *replicas])))
    assert sorted(done) == sorted(keys)


async def test_of_deliveries_at_several_processes_one_is_stored(replicas: list[PostgresStore]) -> None:
    for round_ in range(20):
        added = await asyncio.gather(
            *(
                store.inbox.add([f"event:{round_}:{n % 2}", f"message:{round_}"][:: 1 if n % 2 else -1], "{}")
                for n, store in enumerate([*replicas, *replicas])
            )
        )
        assert sum(added) == 1
    assert (await replicas[0].inbox.length()).waiting == 20


async def test_the_same_question_at_several_processes_opens_one_review(replicas: list[PostgresStore]) -> None:
    reviews = [_REVIEW.model_copy(update={"review_id": f"r-{number}"}) for number in range(9)]
    await asyncio.gather(
        *(
            opened(replicas[n % 3], review, _no_messages, lambda other: other.question == "How?")
            for n, review in enumerate(reviews)
        )
    )
    (review,) = await replicas[0].reviews.open_in("T1")
    assert len(review.asks) == 9


async def test_of_complaints_at_several_processes_the_last_one_sees_them_all(replicas: list[PostgresStore]) -> None:
    async def complain(number: int) -> int:
        feedback = Feedback(request_id="r-1", user_id=f"U{number}", helpful=False, answer_hash="h")
        async with replicas[number % 3].transaction() as tx:
            return await tx.feedback.save(feedback)

    assert sorted(await asyncio.gather(*(complain(number) for number in range(9)))) == list(range(1, 10))


async def test_a_signal_reaches_every_process(replicas: list[PostgresStore]) -> None:
    ready, heard = asyncio.Barrier(4), []

    async def listen(store: PostgresStore) -> None:
        async with aclosing(store.listen()) as signals:  # type: ignore[type-var]
            assert await anext(signals) == Signal()
            await ready.wait()
            heard.append(await anext(signals))

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        for store in replicas:
            tasks.create_task(listen(store))
        await ready.wait()
        await replicas[0].signals.notify("stop", "q-1")
    assert heard == [Signal("stop", "q-1")] * 3


async def test_one_process_leads_and_another_takes_over_when_its_connection_is_cut(
    replicas: list[PostgresStore], postgres_url: str
) -> None:
    async with AsyncExitStack() as stack:
        assert await stack.enter_async_context(replicas[0].lead("sweep"))
        async with replicas[1].lead("sweep") as second:
            assert not second
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        async with asyncio.timeout(5):
            while True:
                async with replicas[1].lead("sweep") as third:
                    if third:
                        break


async def test_a_listener_goes_on_after_its_connection_was_cut_and_says_so(
    store: PostgresStore, postgres_url: str
) -> None:
    async with asyncio.timeout(10), aclosing(store.listen()) as signals:  # type: ignore[type-var]
        assert await anext(signals) == Signal()
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        assert await anext(signals) == Signal()
        await store.signals.notify("inbox")
        assert await anext(signals) == Signal("inbox")


async def test_a_transaction_that_is_left_idle_is_rolled_back_so_that_others_can_write(postgres_url: str) -> None:
    database = await Database(postgres_url, PoolRules(idle_s=0.2)).open()

    async def idle() -> None:
        async with database.transaction() as transaction:
            await transaction.write("INSERT INTO people VALUES ('U1', 'Sam')")
            await asyncio.sleep(1.0)
            await transaction.write("INSERT INTO people VALUES ('U2', 'Robin')")

    with pytest.raises(StoreError):
        await idle()
    assert await database.rows("SELECT * FROM people") == []
    await database.close()


async def test_a_statement_that_takes_too_long_is_ended(postgres_url: str) -> None:
    database = await Database(postgres_url, PoolRules(statement_s=0.2)).open()
    with pytest.raises(StoreError, match="statement timeout"):
        await database.rows("SELECT pg_sleep(10)")
    assert await database.rows("SELECT 1") == [(1,)]
    await database.close()


async def test_when_all_connections_are_in_use_the_next_one_waits_for_its_time_only(postgres_url: str) -> None:
    database = await Database(postgres_url, PoolRules(size=1, wait_s=0.2)).open()
    held = asyncio.create_task(database.rows("SELECT pg_sleep(0.6)"))
    await asyncio.sleep(0.1)
    with pytest.raises(StoreError):
        await database.rows("SELECT 1")
    await held
    assert await database.rows("SELECT 1") == [(1,)]
    await database.close()


async def test_a_statement_that_the_server_refuses_is_undone_alone(store: PostgresStore) -> None:
    async with store.transaction() as tx:
        await tx.people.put("U1", "Sam")
        with pytest.raises(StoreError):
            await tx.reviews.set_card("no such review", "slack", "C1", "1.1")
        await asyncio.gather(*(tx.people.put(f"U{number}", "Robin") for number in range(2, 9)))
    assert len(await store.people.names([f"U{number}" for number in range(1, 9)])) == 8


async def test_a_transaction_that_has_ended_takes_no_statement(store: PostgresStore) -> None:
    async with store.transaction() as tx:
        await tx.people.put("U1", "Sam")
    with pytest.raises(StoreError, match="ended"):
        await tx.people.put("U2", "Robin")


async def test_the_store_comes_back_with_its_server_and_keeps_what_it_acknowledged(
    own_server: engine.PostgresServer,
) -> None:
    url = own_server.database()
    store = await PostgresStore(url, PoolRules(wait_s=1.0)).open()
    assert await store.inbox.add(["a"], "{}")
    # A crash, not an orderly end.
    own_server.stop(signal.SIGQUIT)
    async with asyncio.timeout(10):
        with pytest.raises(StoreError):
            await store.inbox.add(["b"], "{}")
    own_server.start()
    async with asyncio.timeout(10):
        while True:
            try:
                assert [job.key for job in await store.inbox.claim("w", 60.0, 9)] == ["a"]
                break
            except StoreError:
                await asyncio.sleep(0.1)
    await store.close()


async def test_the_history_of_a_review_cannot_be_changed(store: PostgresStore, postgres_url: str) -> None:
    await opened(store, _REVIEW, _no_messages)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for statement in ("UPDATE citedesk.review_events SET what = 'x'", "DELETE FROM citedesk.review_events"):
            with pytest.raises(psycopg.Error, match="append-only"):
                connection.execute(statement)


async def test_an_error_says_what_is_wrong_without_the_password_or_what_people_wrote(
    store: PostgresStore, postgres_url: str
) -> None:
    with pytest.raises(StoreError, match="cannot be opened") as refused:
        await PostgresStore("postgresql://app:hunter2@127.0.0.1:1/citedesk").open()
    assert "hunter2" not in str(refused.value)
    with pytest.raises(StoreError) as failed:
        await store._database.write("INSERT INTO people VALUES ('U1', NULL)")
    assert "U1" not in str(failed.value)
    with pytest.raises(StoreError, match="does not exist"):
        await PostgresStore(postgres_url + "_of_nobody").open()
    with pytest.raises(SettingsError, match=r"store\.url") as unread:
        await PostgresStore("postgresql://app:hun ter2@127.0.0.1:1/citedesk").open()
    assert "ter2" not in str(unread.value)


async def test_a_frozen_process_ends_no_job_that_another_has_taken_over(replicas: list[PostgresStore]) -> None:
    first, second, _ = replicas
    await first.outbox.send([Outgoing(key="a", request_id="r", surface="x", tenant_id="T", channel_id="C", text="t")])
    (frozen,) = await first.outbox.claim("w1", 0.05, 1)
    await asyncio.sleep(0.1)
    (taken,) = await second.outbox.claim("w2", 60.0, 1)
    late = [first.outbox.finish(frozen, "m-1"), first.outbox.retry(frozen, 0.0), first.outbox.bury(frozen)]
    assert await asyncio.gather(*late) == [False] * 3
    assert await first.outbox.renew([frozen, Job("a", "", 9, "w2")], 60.0) == frozenset()
    assert await second.outbox.finish(taken, "m-2")
