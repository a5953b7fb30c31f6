"""Where nothing builds the index, whoever orders a build is told so, once, and status and doctor say it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.clock import Clock
from support.held_site import HeldSite, held_site
from support.waiting import settled
from support.workspace import ADMIN, Desk, workspace

from bot.app import build_note_of, building
from bot.cli.doctor import diagnose
from bot.delivery.building import OwnedIndex
from bot.delivery.neglected import NeglectedOrders
from bot.store.records import ALL_TENANTS, NEGLECTED_S
from bot.surfaces.command_messages import status_facts
from bot.surfaces.words import ENGLISH

_TOLD = [ENGLISH("reindexing"), ENGLISH("reindexing-neglected")]


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC) - timedelta(seconds=4 * NEGLECTED_S))


@pytest.fixture
async def site() -> AsyncIterator[HeldSite]:
    async with held_site() as served:
        served.let.set()
        yield served


@pytest.fixture
async def desk(tmp_path: Path, site: HeldSite, clock: Clock) -> AsyncIterator[Desk]:
    index = site.settings | {"builds_in_serve": False}
    async with workspace(tmp_path / "data", tmp_path, now=clock, index=index) as opened:
        yield opened


def _indexes(desk: Desk) -> list[OwnedIndex]:
    return [OwnedIndex(ALL_TENANTS, desk.settings, desk.bot.use_cases.operations.builds)]


def _orders(desk: Desk) -> NeglectedOrders:
    return NeglectedOrders(desk.store, _indexes(desk), build_note_of, desk.bot.runtime.wake_outbox)


async def _order(desk: Desk) -> None:
    """Order a build as an admin, and return when the order is acknowledged."""
    await desk.command(ADMIN, "/citedesk reindex")
    await desk.until(lambda: desk.hidden(ADMIN), 1)


def _told(desk: Desk) -> list[str]:
    return [message.text for message in desk.hidden(ADMIN)]


async def _said_by_status(desk: Desk) -> str:
    return str(status_facts(await desk.bot.use_cases.operations.status(ADMIN), "reindex"))


async def test_an_order_that_nobody_works_on_is_told_of_once_by_all_processes_together(
    desk: Desk, clock: Clock
) -> None:
    await _order(desk)
    assert await _orders(desk).look({"1": ""}) == {}
    clock.move(seconds=NEGLECTED_S + 1)
    seen = await _orders(desk).look({})
    assert len(seen) == 1
    assert len(_told(desk)) == 1
    await asyncio.gather(*(_orders(desk).look(seen) for _ in range(3)))
    await desk.until(lambda: desk.hidden(ADMIN), 2)
    # A result is not there yet, so the store does not settle; the outbox does.
    while (await desk.store.outbox.length()).waiting:  # noqa: ASYNC110 - no event tells when it is empty
        await asyncio.sleep(0.02)
    assert _told(desk) == _TOLD


async def test_a_build_that_comes_in_the_end_is_told_of_as_ever(desk: Desk, clock: Clock) -> None:
    await _order(desk)
    clock.move(seconds=NEGLECTED_S + 1)
    await _orders(desk).look(await _orders(desk).look({}))
    await desk.until(lambda: desk.hidden(ADMIN), 2)
    async with building(desk.settings, desk.store, _indexes(desk), desk.bot.runtime.wake_outbox):
        await settled(desk.store)
    assert _told(desk)[:2] == _TOLD
    assert [text[:9] for text in _told(desk)[2:]] == ["Reindexed"]


async def test_status_and_doctor_say_that_nothing_builds_as_long_as_an_order_waits(desk: Desk, clock: Clock) -> None:
    words = ENGLISH("status-neglected")
    await _order(desk)
    assert words not in await _said_by_status(desk)
    clock.move(seconds=NEGLECTED_S + 1)
    assert words in await _said_by_status(desk)
    # For the command, whose store has the clock of this machine, the order is older still.
    (found,) = [one for one in await diagnose(desk.settings) if one.what == "builds"]
    assert not found.ok
    assert found.words.startswith("1 order waits, and nothing builds: run `citedesk index worker`")
    async with building(desk.settings, desk.store, _indexes(desk), desk.bot.runtime.wake_outbox):
        await settled(desk.store)
    assert words not in await _said_by_status(desk)
    assert not [one for one in await diagnose(desk.settings) if one.what == "builds"]


async def test_an_order_that_cannot_be_read_is_logged_once_and_keeps_no_other_from_being_told_of(
    desk: Desk, clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    await desk.store.builds.add(["0:unreadable"], "{}")
    await _order(desk)
    clock.move(seconds=NEGLECTED_S + 1)
    orders, seen = _orders(desk), dict[str, str]()
    for _ in range(4):
        seen = await orders.look(seen)
    assert len(seen) == 2
    await desk.until(lambda: desk.hidden(ADMIN), 2)
    assert _told(desk) == _TOLD
    logged = [line for line in "".join(capfd.readouterr()).splitlines() if "neglected_order_skipped" in line]
    assert len(logged) == 1
