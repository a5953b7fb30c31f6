"""A process follows the live snapshot of all machines: under load, in trouble, and as it tells about it."""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from support.synthetic_snapshots import RandomEmbedder, build_synthetic, documents, with_a_longer_document
from support.waiting import until

from bot.delivery.following import Followed, Following
from bot.telemetry.metrics import Metrics
from index.live import LiveRetriever
from index.publishing.listing import BLOBS
from index.publishing.live_name import LiveLog
from index.publishing.object_storage import Place, opened
from index.publishing.replica import Keeping, PublishedSnapshots
from index.publishing.storage import Storage, Stored
from index.snapshot import SnapshotFolder

_QUESTION = "w1 w2 w3"


@dataclass(frozen=True)
class Machines:
    """One machine that builds, and one that follows. `stored` is the folder of the storage between them."""

    builder: PublishedSnapshots
    replica: PublishedSnapshots
    stored: Path

    def publish(self, number: int, longer: int = 0) -> str:
        """Build from other documents each time, publish, and return the name."""
        texts = documents(30, 4, seed=number)
        for _ in range(longer):
            texts = with_a_longer_document(texts)
        name = build_synthetic(self.builder.folder, texts).name
        self.builder.publish(name)
        return name

    def retriever(self) -> LiveRetriever:
        return LiveRetriever(self.replica.folder.root.parent, RandomEmbedder())

    def following(self, retriever: LiveRetriever, poll_s: float = 0.01) -> Following:
        return Following(self.replica, retriever, retriever.reopen, Metrics(routes=()), poll_s, asyncio.Event())


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    storage = opened(Place(f"file://{tmp_path / 'stored'}"))
    keeping = Keeping(here=1)
    one, other = (
        PublishedSnapshots(SnapshotFolder(tmp_path / name), storage, LiveLog(storage), keeping)
        for name in ("builder", "replica")
    )
    return Machines(one, other, tmp_path / "stored")


@contextmanager
def _searching(retriever: LiveRetriever, errors: list[Exception], seen: set[str]) -> Iterator[None]:
    """Search all the time in two threads."""
    stopped = threading.Event()

    def search() -> None:
        try:
            while not stopped.is_set():
                found = retriever.search(_QUESTION, (), 5)
                seen.add(found.snapshot)
                assert len(found.chunks) == 5
        except Exception as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


async def test_twenty_switches_fail_no_search_and_end_at_the_live_one(machines: Machines) -> None:
    machines.publish(0)
    retriever = machines.retriever()
    following = machines.following(retriever)
    errors: list[Exception] = []
    seen: set[str] = set()
    await following.follow()
    async with following.running():
        with _searching(retriever, errors, seen):
            for number in range(1, 21):
                name = await asyncio.to_thread(machines.publish, number)
                following.wake.set()
                await until(lambda name=name: following.state.served == name)  # type: ignore[misc]
    assert errors == []
    assert len(seen) > 10
    assert machines.replica.names() == [name]


class _SwitchedInBetween(LiveLog):
    """Another snapshot becomes live as soon as the name of the live one has been read."""

    def __init__(self, storage: Storage, switch: Callable[[], object]) -> None:
        super().__init__(storage)
        self._switch: Callable[[], object] | None = switch

    def live(self) -> str | None:
        """Return the live name, and let another one become live."""
        name, switch, self._switch = super().live(), self._switch, None
        if switch:
            switch()
        return name


async def test_a_switch_while_it_looks_is_followed_at_the_next_look(machines: Machines) -> None:
    first = machines.publish(1)
    live = _SwitchedInBetween(machines.replica.storage, lambda: machines.publish(2))
    machines = replace(machines, replica=replace(machines.replica, live=live))
    following = machines.following(machines.retriever())
    state = await following.follow()
    assert (state.live, state.served, state.error) == (first, first, "")
    state = await following.follow()
    assert state.served == live.live() != first
    assert machines.replica.names() == [state.served]


async def test_a_search_that_has_begun_keeps_the_files_of_a_snapshot_that_is_pruned(machines: Machines) -> None:
    first = machines.publish(1)
    retriever = machines.retriever()
    following = machines.following(retriever)
    await following.follow()
    opened_before = retriever._current().search
    machines.publish(2)
    await following.follow()
    assert first not in machines.replica.names()
    found = opened_before.search(_QUESTION, (), 5)
    assert found.snapshot == first
    assert opened_before.words(())
    assert opened_before.chunks([chunk.chunk_id for chunk in found.chunks]).keys() == {
        chunk.chunk_id for chunk in found.chunks
    }
    assert opened_before.chunks_of(found.chunks[0].document_id)


async def test_a_process_with_an_empty_disk_serves_what_is_live(machines: Machines) -> None:
    name = machines.publish(1)
    following = machines.following(machines.retriever())
    state = await following.follow()
    assert (state.live, state.served, state.error, state.is_behind) == (name, name, "", False)
    assert 0 <= state.age_s(datetime.now(UTC)) < 600


async def test_before_the_first_publish_nothing_is_behind(machines: Machines) -> None:
    following = machines.following(machines.retriever())
    assert await following.follow() == Followed()
    assert not following.state.is_behind


async def test_a_replica_that_cannot_fetch_serves_the_old_one_and_says_so_once(machines: Machines) -> None:
    old = machines.publish(1)
    retriever = machines.retriever()
    following = machines.following(retriever)
    await following.follow()
    new = machines.publish(2)
    blocks = machines.stored / BLOBS
    blocks.rename(machines.stored / "elsewhere")
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            state = await following.follow()
    assert (state.live, state.served, state.is_behind) == (new, old, True)
    assert "missing in the object storage" in state.error
    assert [log["event"] for log in logs] == ["snapshot_not_followed"]
    assert retriever.search(_QUESTION, (), 1).snapshot == old
    (machines.stored / "elsewhere").rename(blocks)
    with structlog.testing.capture_logs() as logs:
        state = await following.follow()
    assert (state.served, state.error, state.is_behind) == (new, "", False)
    assert "snapshot_served" in [log["event"] for log in logs]


async def test_the_metrics_say_whether_the_live_snapshot_is_served(machines: Machines) -> None:
    metrics = Metrics(routes=())
    retriever = machines.retriever()
    following = Following(machines.replica, retriever, retriever.reopen, metrics, 1.0, asyncio.Event())
    machines.publish(1)
    await following.follow()
    text = metrics.exposition(0, {}).decode()
    assert 'citedesk_snapshot_behind{tenant="top level"} 0.0' in text
    machines.publish(2)
    (machines.stored / BLOBS).rename(machines.stored / "elsewhere")
    await following.follow()
    text = metrics.exposition(0, {}).decode()
    assert 'citedesk_snapshot_behind{tenant="top level"} 1.0' in text
    assert 'citedesk_snapshot_failures_total{tenant="top level"} 1.0' in text


async def test_a_snapshot_that_got_damaged_on_this_machine_is_mended(machines: Machines) -> None:
    name = machines.publish(1)
    await asyncio.to_thread(machines.replica.follow)
    file = machines.replica.folder.path(name) / "chunks.sqlite"
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    retriever = machines.retriever()
    state = await machines.following(retriever).follow()
    assert (state.served, state.error) == (name, "")
    assert retriever.search(_QUESTION, (), 1).snapshot == name


async def test_a_snapshot_of_another_model_is_fetched_and_the_old_one_is_served(machines: Machines) -> None:
    old = machines.publish(1)
    retriever = LiveRetriever(machines.replica.folder.root.parent, RandomEmbedder())
    following = machines.following(retriever)
    await following.follow()
    made = build_synthetic(machines.builder.folder, documents(5, 2), random_embedder=RandomEmbedder("another"))
    machines.builder.publish(made.name)
    state = await following.follow()
    assert (state.live, state.served, state.is_behind) == (made.name, old, True)
    assert "cannot be opened" in state.error


async def test_following_ends_at_once_while_a_snapshot_is_fetched(machines: Machines, tmp_path: Path) -> None:
    slow = _SlowStorage(machines.builder.storage)
    machines.publish(1)
    replica = PublishedSnapshots(SnapshotFolder(tmp_path / "slow"), slow, LiveLog(slow), Keeping())
    retriever = LiveRetriever(tmp_path / "slow", RandomEmbedder())
    following = Following(replica, retriever, retriever.reopen, Metrics(routes=()), 60.0, asyncio.Event())
    async with following.running():
        await until(slow.asked.is_set)
        asyncio.get_running_loop().call_later(0.1, slow.go_on.set)
    await until(lambda: not any(thread.name.startswith("snapshot-transfer") for thread in threading.enumerate()))
    assert replica.names() == []


@dataclass(frozen=True)
class _SlowStorage:
    """Storage whose blocks come when the test says so."""

    behind: Storage
    asked: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def get(self, path: str) -> bytes | None:
        if path.startswith(BLOBS):
            self.asked.set()
            assert self.go_on.wait(10)
        return self.behind.get(path)

    def create(self, path: str, content: bytes) -> bool:
        return self.behind.create(path, content)

    def listed(self, prefix: str) -> Iterator[Stored]:
        return self.behind.listed(prefix)

    def delete(self, paths: Collection[str]) -> None:
        self.behind.delete(paths)
