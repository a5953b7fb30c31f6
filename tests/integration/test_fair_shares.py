"""A burst of one tenant does not hold up the others: questions and messages are worked on in turn."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.delivery.dispatcher import Dispatcher, Handlers
from bot.settings import DeliverySettings
from bot.store.lease import Lease
from bot.store.records import Asked, Conversation, Job, Outgoing
from bot.store.sqlite.store import SqliteStore

_BURST, _WORKERS = 1_000, 16
_WORK_S = 0.002


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore(tmp_path / "s.sqlite").open()
    yield opened
    await opened.close()


@dataclass
class _Worked:
    """Which tenants' jobs were begun, in this order."""

    store: SqliteStore
    begun: list[str] = field(default_factory=list)

    async def answer(self, job: Job, _: Lease) -> None:
        self.begun.append(Asked.model_validate_json(job.payload).where.tenant_id)
        await asyncio.sleep(_WORK_S)
        assert await self.store.inbox.finish(job)

    async def deliver(self, job: Job, _: Lease) -> None:
        self.begun.append(Outgoing.model_validate_json(job.payload).tenant_id)
        await asyncio.sleep(_WORK_S)
        assert await self.store.outbox.finish(job)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not is_so():  # noqa: ASYNC110 - whatever is looked at sets no event
                await asyncio.sleep(_WORK_S)


async def _ask(store: SqliteStore, tenant_id: str, count: int) -> None:
    where = Conversation(
        surface="slack", tenant_id=tenant_id, user_id="U1", channel_id="C1", thread_id="1.0", private=False
    )
    payload = Asked(text="How?", where=where).model_dump_json()
    await asyncio.gather(*(store.inbox.add([f"{tenant_id}:{n}"], payload, tenant_id) for n in range(count)))


async def _post(store: SqliteStore, tenant_id: str, count: int) -> None:
    one = Outgoing(key="", request_id="r", surface="slack", tenant_id=tenant_id, channel_id="C", text="x")
    await store.outbox.send([one.model_copy(update={"key": f"{tenant_id}:{n}"}) for n in range(count)])


@pytest.mark.parametrize("add", [_ask, _post], ids=["questions", "messages"])
async def test_after_a_burst_of_one_tenant_the_question_of_another_waits_for_a_few_jobs(
    store: SqliteStore, add: Callable[[SqliteStore, str, int], object]
) -> None:
    worked, wakes = _Worked(store), (asyncio.Event(), asyncio.Event())
    settings = DeliverySettings(question_workers=_WORKERS, reply_workers=_WORKERS)
    dispatcher = Dispatcher(settings, store, *wakes)
    dispatcher.add("slack", Handlers(worked.answer, worked.deliver))
    await add(store, "T0BURST", _BURST)  # type: ignore[misc]
    async with dispatcher.running():
        await worked.until(lambda: len(worked.begun) >= 3 * _WORKERS)
        before = len(worked.begun)
        await add(store, "T0ALONE", 1)  # type: ignore[misc]
        for wake in wakes:
            wake.set()
        await worked.until(lambda: "T0ALONE" in worked.begun)
        waited = worked.begun.index("T0ALONE") - before
        print(f"jobs begun between the arrival of the one and its turn: {waited} of {_BURST - before}")
        assert waited <= 2 * _WORKERS
        await worked.until(lambda: len(worked.begun) == _BURST + 1)
    assert worked.begun.count("T0ALONE") == 1


async def test_jobs_of_a_tenant_whose_table_is_gone_are_kept_and_hold_up_nobody(store: SqliteStore) -> None:
    worked = _Worked(store)
    settings = DeliverySettings(question_workers=2, backoff_base_s=0.05, backoff_cap_s=0.05, poll_s=0.02)
    names = {"T0GONE": None, "T0HERE": "here"}
    dispatcher = Dispatcher(settings, store, asyncio.Event(), asyncio.Event(), names.get)
    dispatcher.add("slack", Handlers(worked.answer, worked.deliver), "here")
    await _ask(store, "T0GONE", 20)
    await _ask(store, "T0HERE", 5)
    async with dispatcher.running():
        await worked.until(lambda: len(worked.begun) == 5)
    assert set(worked.begun) == {"T0HERE"}
    assert (await store.inbox.length()).waiting == 20
