"""A process that builds is killed, or frozen, in the middle of it: another one builds, and there is one result."""

import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from support.held_site import HeldSite, held_site
from support.index_worker import index_worker
from support.waiting import settled, until
from support.workspace import ADMIN, Desk, workspace

_KILLS = 3
_PATIENCE_S = 60.0


@asynccontextmanager
async def _ordered(tmp_path: Path) -> AsyncIterator[tuple[Desk, HeldSite]]:
    """Serve, with an order to build that only another process works on."""
    async with held_site() as site, workspace(tmp_path, tmp_path, index={"builds_in_serve": False}) as desk:
        await desk.command(ADMIN, "/citedesk reindex")
        yield desk, site


async def _results(desk: Desk) -> list[str]:
    """Return the first words of what the admin was told, once nothing more comes."""
    await settled(desk.store, _PATIENCE_S)
    return [message.text[:9] for message in desk.hidden(ADMIN)]


async def test_killed_in_the_middle_of_a_build_again_and_again_it_has_one_result(tmp_path: Path) -> None:
    async with _ordered(tmp_path) as (desk, site):
        for _ in range(_KILLS):
            async with index_worker(tmp_path, site):
                await _next_visit(site)
        async with index_worker(tmp_path, site):
            await until(lambda: site.visits == _KILLS + 1, _PATIENCE_S)
            site.let.set()
            assert await _results(desk) == ["I am read", "Reindexed"]


async def test_a_builder_that_was_frozen_for_longer_than_its_lease_tells_nothing(tmp_path: Path) -> None:
    async with _ordered(tmp_path) as (desk, site), index_worker(tmp_path, site) as frozen:
        await until(lambda: site.visits, _PATIENCE_S)
        frozen.send_signal(signal.SIGSTOP)
        async with index_worker(tmp_path, site):
            await until(lambda: _is_taken_over(tmp_path), _PATIENCE_S)
            frozen.send_signal(signal.SIGCONT)
            site.let.set()
            assert await _results(desk) == ["I am read", "Reindexed"]
        assert site.visits == 2


async def _next_visit(site: HeldSite) -> None:
    before = site.visits
    await until(lambda: site.visits > before, _PATIENCE_S)


def _is_taken_over(data_dir: Path) -> bool:
    """Tell whether the order is tried for the second time."""
    with closing(sqlite3.connect(data_dir / "citedesk.sqlite")) as store:
        return bool(store.execute("SELECT 1 FROM builds WHERE attempts > 1").fetchall())
