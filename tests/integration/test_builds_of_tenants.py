"""An order builds the index of the tenant whose admin gave it, and no other."""

import asyncio
from pathlib import Path

import pytest

from bot.delivery.building import Building, OwnedIndex
from bot.desk.index_builds import EnoughBuildsError, IndexBuilds
from bot.settings import load_settings
from bot.store.records import BuildOrder, Conversation, Outgoing, Scope
from bot.store.scoped import ScopedStore
from bot.store.sqlite.store import SqliteStore
from bot.surfaces.words import Words
from index.builder import Coverage
from index.errors import BuildRefusedError
from index.snapshot import SnapshotFolder
from index.snapshot_writing import Progress

_TENANT = Scope(ids=frozenset({"T2"}), others=False)
_TOP = Scope(ids=frozenset({"T2", "T9"}))


def _order(tenant_id: str) -> BuildOrder:
    where = Conversation(
        surface="slack", tenant_id=tenant_id, user_id="U1", channel_id="C1", thread_id="", private=False
    )
    return BuildOrder(where=where)


def _note(key: str, build_id: str, order: BuildOrder, said: Coverage | str, words: Words) -> Outgoing:  # noqa: ARG001
    where = order.where
    return Outgoing(
        key=key, request_id=build_id, surface="slack", tenant_id=where.tenant_id, channel_id=where.channel_id, text="x"
    )


async def test_each_order_builds_the_index_of_its_tenant(tmp_path: Path) -> None:
    store = await SqliteStore(tmp_path / "s.sqlite").open()
    built: list[str] = []

    def index(name: str, scope: Scope, seen: SqliteStore | ScopedStore) -> OwnedIndex:
        async def build_index(progress: Progress, *, only_changes: bool) -> Coverage:  # noqa: ARG001
            built.append(name)
            raise BuildRefusedError("nothing to read")

        builds = IndexBuilds(seen, build_index, SnapshotFolder(tmp_path / name))
        return OwnedIndex(scope, load_settings(data_dir=tmp_path / name), builds)

    top, own = index("top", _TOP, store), index("own", _TENANT, ScopedStore(store, _TENANT, "own"))
    for number, (order, indexed) in enumerate((("T1", top), ("T2", own), ("T2", own))):
        await indexed.builds.order(f"b-{number}", _order(order))
    with pytest.raises(EnoughBuildsError):
        await own.builds.order("b-3", _order("T2"))
    # Of a tenant whose table was removed.
    await store.builds.add(["b-4"], _order("T9").model_dump_json(), "T9")
    settings = load_settings(delivery={"poll_s": 0.02}).delivery
    async with Building(store, [top, own], settings, lambda _: _note, lambda: None).running():
        for _ in range(500):
            if not (await store.builds.length()).waiting:
                break
            await asyncio.sleep(0.02)
    assert sorted(built) == ["own", "own", "top"]
    told = [Outgoing.model_validate_json(job.payload) for job in await store.outbox.claim("w", 60.0, 9)]
    assert sorted(message.tenant_id for message in told) == ["T1", "T2", "T2"]
    assert (await store.builds.length()).dead == 1
    await store.close()
