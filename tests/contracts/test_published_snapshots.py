"""What publishing and fetching must do on every kind of object storage: in memory, in a folder, over S3."""

import shutil
import subprocess
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from resource import RLIMIT_FSIZE, getrlimit, setrlimit
from uuid import uuid4

import pytest
from obstore.store import MemoryStore
from support.engines.seaweed import Seaweed, missing, seaweed
from support.synthetic_snapshots import build_synthetic, documents, with_a_longer_document

from index.builder import Coverage
from index.errors import BuildRefusedError, FetchRefusedError, IndexUnavailableError, SnapshotCorruptError, StorageError
from index.publishing.fetch import fetch
from index.publishing.listing import BLOBS, LISTING, LIVE, PUBLISHING, published_names, read_listing, write_listing
from index.publishing.live_name import LiveLog
from index.publishing.object_storage import ObjectStorage, Place, opened
from index.publishing.pruning import prune
from index.publishing.publish import listed, publish
from index.publishing.replica import Keeping, PublishedSnapshots
from index.publishing.storage import Storage, Stored
from index.snapshot import SnapshotFolder, verified_manifest

_HOUR = timedelta(hours=1)
_KINDS = ("memory", "folder", "s3")


@dataclass(frozen=True)
class Built:
    """The snapshots of a machine that builds: the second has one document changed. No test changes them."""

    folder: SnapshotFolder
    first: str
    second: str

    def path(self, name: str) -> Path:
        return self.folder.path(name)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = SnapshotFolder(tmp_path_factory.mktemp("built"))
    texts = documents(250, 4)
    first = build_synthetic(folder, texts)
    second = build_synthetic(folder, with_a_longer_document(texts), first)
    return Built(folder, first.name, second.name)


@pytest.fixture(scope="session")
def s3() -> Iterator[Seaweed]:
    if why := missing():
        pytest.skip(why)
    with seaweed() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture(params=_KINDS)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Return empty storage."""
    if request.param == "memory":
        return ObjectStorage(MemoryStore())
    if request.param == "folder":
        return opened(Place(f"file://{tmp_path / 'stored here'}"))
    server: Seaweed = request.getfixturevalue("s3")
    return opened(Place(f"{server.url}/{uuid4().hex}", server.endpoint, "us-east-1"))


@pytest.fixture
def here(tmp_path: Path) -> SnapshotFolder:
    """Return the empty folder of a machine that fetches."""
    return SnapshotFolder(tmp_path / "here")


def _machine(storage: Storage, folder: SnapshotFolder, **keeping: object) -> PublishedSnapshots:
    return PublishedSnapshots(folder, storage, LiveLog(storage), Keeping(**keeping))  # type: ignore[arg-type]


def _own_copy(built: Built, folder: Path) -> SnapshotFolder:
    own = SnapshotFolder(folder)
    shutil.copytree(built.folder.root, own.root)
    for listing in own.snapshots.glob(f"*/{LISTING}"):
        listing.unlink()
    return own


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != LISTING}


def _paths(storage: Storage, prefix: str) -> set[str]:
    return {stored.path for stored in storage.listed(prefix)}


def _replaced(storage: Storage, path: str, change: Callable[[bytes], bytes]) -> None:
    content = storage.get(path)
    assert content is not None
    storage.delete([path])
    storage.create(path, change(content))


def _flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]


class _StoppedError(Exception):
    """Stands for a process that ends in the middle."""


def _stopping_after(blocks: int) -> Callable[[], None]:
    left, lock = iter(range(blocks)), threading.Lock()

    def checkpoint() -> None:
        with lock:
            if next(left, None) is None:
                raise _StoppedError

    return checkpoint


def test_an_object_that_is_there_is_not_overwritten(storage: Storage) -> None:
    assert storage.create("blobs/a", b"first")
    assert not storage.create("blobs/a", b"second")
    assert storage.get("blobs/a") == b"first"


def test_a_missing_object_is_none_and_deleting_it_is_no_error(storage: Storage) -> None:
    storage.create("blobs/a", b"first")
    storage.delete(["blobs/missing", "blobs/a"])
    assert storage.get("blobs/a") is None
    assert _paths(storage, BLOBS) == set()


def test_a_listing_names_what_lies_below_the_prefix_only(storage: Storage) -> None:
    for path in ("live/1", "lively/2", "blobs/3"):
        storage.create(path, b"xy")
    assert [(stored.path, stored.size) for stored in storage.listed(LIVE)] == [("live/1", 2)]
    assert list(storage.listed(PUBLISHING)) == []


def test_a_fetched_snapshot_is_the_published_one_byte_for_byte(
    storage: Storage, built: Built, here: SnapshotFolder
) -> None:
    published = publish(built.path(built.first), storage)
    fetched = fetch(built.first, storage, here)
    assert _files(here.path(built.first)) == _files(built.path(built.first))
    assert verified_manifest(here.path(built.first)).name == built.first
    assert fetched.moved_bytes == published.moved_bytes > 0


def test_a_changed_document_moves_a_part_of_the_snapshot(storage: Storage, built: Built, here: SnapshotFolder) -> None:
    first = publish(built.path(built.first), storage)
    fetch(built.first, storage, here)
    published, fetched = publish(built.path(built.second), storage), fetch(built.second, storage, here)
    assert published.moved_bytes == fetched.moved_bytes
    # Of a snapshot this small, a third stays; of larger ones more: tests/bench/publishing.py.
    assert published.moved_bytes < 0.7 * first.moved_bytes
    assert _files(here.path(built.second)) == _files(built.path(built.second))


def test_publishing_and_fetching_again_move_nothing(storage: Storage, built: Built, here: SnapshotFolder) -> None:
    publish(built.path(built.first), storage)
    fetch(built.first, storage, here)
    assert publish(built.path(built.first), storage).moved_bytes == 0
    assert fetch(built.first, storage, here).moved_bytes == 0
    assert _paths(storage, PUBLISHING) == set()


def test_two_publishers_at_once_publish_one_snapshot(storage: Storage, built: Built, here: SnapshotFolder) -> None:
    with ThreadPoolExecutor(3) as pool:
        moved = list(pool.map(lambda _: publish(built.path(built.first), storage), range(3)))
    fetch(built.first, storage, here)
    assert sum(one.moved_bytes for one in moved) == sum(stored.size for stored in storage.listed(BLOBS))
    assert _files(here.path(built.first)) == _files(built.path(built.first))


def test_another_snapshot_of_the_same_name_is_refused(storage: Storage, built: Built, tmp_path: Path) -> None:
    publish(built.path(built.first), storage)
    other = SnapshotFolder(tmp_path / "other")
    made = build_synthetic(other, documents(3, 2))
    snapshot = listed(other.path(made.name)).model_copy(update={"name": built.first})
    before = read_listing(storage, built.first)
    with pytest.raises(SnapshotCorruptError, match="published already"):
        write_listing(storage, snapshot)
    assert read_listing(storage, built.first) == before


def test_a_damaged_snapshot_is_not_published(storage: Storage, built: Built, tmp_path: Path) -> None:
    own = _own_copy(built, tmp_path / "own")
    file = own.path(built.first) / "vectors.npy"
    file.write_bytes(_flipped(file.read_bytes()))
    with pytest.raises(SnapshotCorruptError):
        publish(own.path(built.first), storage)
    assert published_names(storage) == []


def test_a_publisher_that_was_stopped_goes_on(storage: Storage, built: Built, here: SnapshotFolder) -> None:
    with pytest.raises(_StoppedError):
        publish(built.path(built.first), storage, _stopping_after(5))
    assert published_names(storage) == []
    there = sum(stored.size for stored in storage.listed(BLOBS))
    moved = publish(built.path(built.first), storage)
    assert moved.moved_bytes == sum(listed(built.path(built.first)).sizes.values()) - there
    assert there > 0
    fetch(built.first, storage, here)


def test_a_fetch_that_was_stopped_goes_on_and_leaves_nothing_behind(
    storage: Storage, built: Built, here: SnapshotFolder
) -> None:
    whole = publish(built.path(built.first), storage).moved_bytes
    with pytest.raises(_StoppedError):
        fetch(built.first, storage, here, _stopping_after(20))
    assert here.names() == []
    assert 0 < fetch(built.first, storage, here).moved_bytes < whole
    assert _files(here.path(built.first)) == _files(built.path(built.first))
    assert [path.name for path in here.snapshots.iterdir()] == [built.first]


def test_what_a_stopped_fetch_left_is_removed_when_another_snapshot_is_fetched(
    storage: Storage, built: Built, here: SnapshotFolder
) -> None:
    publish(built.path(built.first), storage)
    publish(built.path(built.second), storage)
    with pytest.raises(_StoppedError):
        fetch(built.first, storage, here, _stopping_after(20))
    fetch(built.second, storage, here)
    assert [path.name for path in here.snapshots.iterdir()] == [built.second]


@pytest.mark.parametrize(
    "damage",
    [_flipped, lambda content: content[:-1], lambda content: content + b"x", lambda _: b""],
    ids=["flipped", "truncated", "longer", "empty"],
)
def test_a_damaged_download_is_refused_and_the_old_snapshot_stays(
    storage: Storage, built: Built, here: SnapshotFolder, damage: Callable[[bytes], bytes]
) -> None:
    publisher, replica = _machine(storage, built.folder), _machine(storage, here)
    publisher.publish(built.first)
    replica.follow()
    before = _paths(storage, BLOBS)
    publisher.publish(built.second)
    _replaced(storage, max(_paths(storage, BLOBS) - before), damage)
    with pytest.raises(SnapshotCorruptError, match="damaged in the object storage"):
        replica.follow()
    assert replica.current_name() == built.first
    assert [path.name for path in here.snapshots.iterdir()] == [built.first]


def test_a_truncated_or_missing_block_is_uploaded_again(storage: Storage, built: Built, here: SnapshotFolder) -> None:
    publish(built.path(built.first), storage)
    truncated, gone, *_ = sorted(_paths(storage, BLOBS))
    _replaced(storage, truncated, lambda content: content[:-1])
    storage.delete([gone])
    with pytest.raises(SnapshotCorruptError):
        fetch(built.first, storage, here)
    assert publish(built.path(built.first), storage).blocks == 2
    fetch(built.first, storage, here)
    assert _files(here.path(built.first)) == _files(built.path(built.first))


@pytest.mark.parametrize("file", ["manifest.json", "manifest.sha256"])
def test_a_damaged_listing_is_refused(storage: Storage, built: Built, here: SnapshotFolder, file: str) -> None:
    publish(built.path(built.first), storage)
    _replaced(storage, f"snapshots/{built.first}/{file}", _flipped)
    with pytest.raises(SnapshotCorruptError):
        fetch(built.first, storage, here)
    assert here.names() == []


def test_a_snapshot_that_is_not_published_is_refused(storage: Storage, here: SnapshotFolder) -> None:
    with pytest.raises(FetchRefusedError, match="no snapshot 20260101-abc is published"):
        fetch("20260101-abc", storage, here)


def test_a_full_disk_is_said_and_the_old_snapshot_stays(storage: Storage, built: Built, here: SnapshotFolder) -> None:
    publisher, replica = _machine(storage, built.folder), _machine(storage, here)
    publisher.publish(built.first)
    replica.follow()
    publisher.publish(built.second)
    soft, hard = getrlimit(RLIMIT_FSIZE)
    setrlimit(RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(FetchRefusedError, match="cannot be written"):
            replica.follow()
    finally:
        setrlimit(RLIMIT_FSIZE, (soft, hard))
    assert replica.current_name() == built.first
    assert [path.name for path in here.snapshots.iterdir()] == [built.first]
    replica.follow()
    assert replica.current_name() == built.second


def test_a_disk_with_too_little_room_is_left_as_it_is(storage: Storage, built: Built, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    mounted = subprocess.run(mount, check=False, capture_output=True)  # noqa: S603 - of this test
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by root")
    try:
        publish(built.path(built.first), storage)
        with pytest.raises(FetchRefusedError, match=r"does not fit on the disk: [\d,]+ bytes needed, [\d,]+ free"):
            fetch(built.first, storage, SnapshotFolder(disk))
        assert list((disk / "index" / "snapshots").iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)  # noqa: S603, S607


def test_a_damaged_snapshot_of_a_machine_is_mended(storage: Storage, built: Built, here: SnapshotFolder) -> None:
    whole = publish(built.path(built.first), storage).moved_bytes
    fetch(built.first, storage, here)
    file = here.path(built.first) / "token_codes.npy"
    file.write_bytes(_flipped(file.read_bytes()))
    moved = _machine(storage, here).mend(built.first)
    assert 0 < moved.moved_bytes < whole / 4
    assert _files(here.path(built.first)) == _files(built.path(built.first))


def test_a_snapshot_that_vanished_from_a_machine_is_fetched_again(
    storage: Storage, built: Built, here: SnapshotFolder
) -> None:
    _machine(storage, built.folder).publish(built.first)
    replica = _machine(storage, here)
    replica.follow()
    shutil.rmtree(here.path(built.first))
    replica.follow()
    assert replica.names() == [built.first]


def test_storage_that_overwrites_is_refused(storage: Storage, built: Built) -> None:
    careless = _Careless(storage)
    with pytest.raises(StorageError, match="overwrites"):
        publish(built.path(built.first), careless)
    assert published_names(storage) == []


@dataclass(frozen=True)
class _Careless:
    """Storage that does not know the condition of a write, as some servers that speak like S3."""

    behind: Storage

    def get(self, path: str) -> bytes | None:
        return self.behind.get(path)

    def create(self, path: str, content: bytes) -> bool:
        self.behind.delete([path])
        return self.behind.create(path, content)

    def listed(self, prefix: str) -> Iterator[Stored]:
        return self.behind.listed(prefix)

    def delete(self, paths: Collection[str]) -> None:
        self.behind.delete(paths)


def test_nothing_is_live_before_the_first(storage: Storage) -> None:
    assert LiveLog(storage).live() is None


def test_the_live_name_is_switched_by_whoever_knows_the_one_before(storage: Storage) -> None:
    one, other = LiveLog(storage), LiveLog(storage)
    one.make_live("a", None)
    assert other.live() == "a"
    other.make_live("b", "a")
    with pytest.raises(BuildRefusedError):
        one.make_live("c", "a")
    assert one.live() == other.live() == "b"


def test_the_newest_name_that_was_live_stays_known_after_a_rollback(storage: Storage) -> None:
    log = LiveLog(storage)
    for name, before in (("a", None), ("c", "a"), ("b", "c"), ("a", "b")):
        log.make_live(name, before)
    assert (LiveLog(storage).live(), LiveLog(storage).newest()) == ("a", "c")


def test_a_snapshot_that_never_became_live_is_no_rollback(storage: Storage, built: Built, tmp_path: Path) -> None:
    machine = _machine(storage, _own_copy(built, tmp_path / "builder"))
    machine.publish(built.first)
    with pytest.raises(BuildRefusedError):
        machine.publish_from(built.second, "another")
    assert not machine.is_rolled_back()


def test_making_the_live_one_live_again_changes_nothing(storage: Storage) -> None:
    log = LiveLog(storage)
    log.make_live("a", None)
    log.make_live("a", None)
    assert len(_paths(storage, LIVE)) == 1


def test_of_switches_at_the_same_time_one_wins(storage: Storage) -> None:
    LiveLog(storage).make_live("a", None)
    start = threading.Barrier(6)

    def attempt(name: str) -> str | None:
        start.wait()
        try:
            LiveLog(storage).make_live(name, "a")
        except BuildRefusedError:
            return None
        return name

    with ThreadPoolExecutor(6) as pool:
        won = [name for name in pool.map(attempt, "bcdefg") if name]
    assert won == [LiveLog(storage).live()]


def test_a_name_may_become_live_a_second_time_and_old_entries_are_deleted(storage: Storage) -> None:
    log = LiveLog(storage)
    for number in range(120):
        log.make_live("ab"[number % 2], "ab"[(number + 1) % 2] if number else None)
    assert log.live() == "b"
    assert len(_paths(storage, LIVE)) <= 102


def test_every_replica_follows_a_publish_and_a_rollback(storage: Storage, built: Built, tmp_path: Path) -> None:
    builder = _machine(storage, _own_copy(built, tmp_path / "builder"))
    replicas = [_machine(storage, SnapshotFolder(tmp_path / name)) for name in "ab"]
    builder.publish(built.first)
    builder.publish(built.second)
    for replica in replicas:
        replica.follow()
    assert [replica.current_name() for replica in replicas] == [built.second] * 2
    assert not replicas[0].is_rolled_back()
    assert replicas[0].roll_back().name == built.first
    replicas[1].follow()
    assert [replica.current_name() for replica in replicas] == [built.first] * 2
    assert [machine.is_rolled_back() for machine in (builder, *replicas)] == [True] * 3


def test_a_rollback_that_another_switch_overtook_is_refused(storage: Storage, built: Built, tmp_path: Path) -> None:
    builder = _machine(storage, _own_copy(built, tmp_path / "builder"))
    replica = _machine(storage, SnapshotFolder(tmp_path / "a"))
    builder.publish(built.first)
    builder.publish(built.second)
    plan = replica.planned_rollback()
    newest = build_synthetic(builder.folder, documents(5, 2)).name
    builder.publish(newest)
    with pytest.raises(BuildRefusedError):
        replica.roll_back(plan)
    assert builder.live.live() == newest


def test_without_an_earlier_snapshot_there_is_no_rollback(storage: Storage, built: Built, tmp_path: Path) -> None:
    machine = _machine(storage, _own_copy(built, tmp_path / "builder"))
    machine.publish(built.first)
    with pytest.raises(IndexUnavailableError, match="no earlier snapshot"):
        machine.planned_rollback()


def test_a_build_begins_with_the_live_snapshot_of_all(storage: Storage, built: Built, tmp_path: Path) -> None:
    _machine(storage, built.folder).publish(built.first)
    fresh = _machine(storage, SnapshotFolder(tmp_path / "fresh"))
    seen: list[str | None] = []

    def build() -> Coverage:
        seen.append(fresh.current_name())
        return Coverage(built.first, 0, 0, 0, ())

    fresh.built(build)
    assert seen == [built.first]


def test_a_build_that_a_rollback_overtook_does_not_become_live(storage: Storage, built: Built, tmp_path: Path) -> None:
    folder = _own_copy(built, tmp_path / "builder")
    builder, other = _machine(storage, folder), _machine(storage, SnapshotFolder(tmp_path / "other"))
    builder.publish(built.first)
    builder.publish(built.second)

    def build() -> Coverage:
        made = build_synthetic(folder, documents(5, 2))
        other.roll_back()
        return Coverage(made.name, 5, 10, 0, ())

    with pytest.raises(BuildRefusedError, match="meanwhile"):
        builder.built(build)
    assert builder.live.live() == built.first
    builder.follow()
    assert builder.current_name() == built.first


def test_only_old_snapshots_and_blocks_that_none_needs_are_pruned(
    storage: Storage, built: Built, here: SnapshotFolder, tmp_path: Path
) -> None:
    third = SnapshotFolder(tmp_path / "third")
    newest = build_synthetic(third, documents(5, 2, seed=8)).name
    for path in (built.path(built.first), built.path(built.second), third.path(newest)):
        publish(path, storage)
    later = datetime.now(UTC) + 2 * _HOUR
    assert prune(storage, {built.first}, 3, later, _HOUR) == 0
    assert prune(storage, {built.second}, 1, later, _HOUR) > 0
    assert published_names(storage) == [newest, built.second]
    for name in published_names(storage):
        fetch(name, storage, here)
    needed = listed(built.path(built.second)).sizes.keys() | listed(third.path(newest)).sizes.keys()
    assert _paths(storage, BLOBS) == {f"{BLOBS}{digest}" for digest in needed}


def test_young_blocks_are_not_pruned(storage: Storage, built: Built) -> None:
    with pytest.raises(_StoppedError):
        publish(built.path(built.first), storage, _stopping_after(5))
    blocks = _paths(storage, BLOBS)
    prune(storage, (), 3, datetime.now(UTC), _HOUR)
    assert _paths(storage, BLOBS) == blocks
    prune(storage, (), 3, datetime.now(UTC) + 2 * _HOUR, _HOUR)
    assert _paths(storage, BLOBS) == set()


def test_no_block_is_pruned_while_somebody_publishes(storage: Storage, built: Built) -> None:
    storage.create("blobs/unneeded", b"x")
    storage.create(f"{PUBLISHING}{built.first}-1", b"")
    young, old = datetime.now(UTC) + _HOUR / 2, datetime.now(UTC) + 2 * _HOUR
    prune(storage, (), 3, young, _HOUR)
    assert "blobs/unneeded" in _paths(storage, BLOBS)
    prune(storage, (), 3, old, _HOUR)
    assert _paths(storage, PUBLISHING) | _paths(storage, BLOBS) == set()


def test_the_snapshots_that_replicas_serve_are_kept(storage: Storage, built: Built, tmp_path: Path) -> None:
    folder = _own_copy(built, tmp_path / "builder")
    machine = _machine(storage, folder, published=1, served=lambda: [built.first])
    machine.publish(built.first)
    machine.publish(built.second)
    newest = build_synthetic(folder, documents(5, 2)).name
    machine.publish(newest)
    assert published_names(storage) == [newest, built.first]


def test_a_listing_cannot_name_a_file_outside_its_folder(storage: Storage, built: Built, here: SnapshotFolder) -> None:
    publish(built.path(built.first), storage)
    path = f"snapshots/{built.first}/"
    _replaced(storage, f"{path}manifest.json", lambda raw: raw.replace(b'"chunks.sqlite"', b'"../../../x.sqlite"'))
    changed = storage.get(f"{path}manifest.json")
    assert changed is not None
    assert b"../../../x.sqlite" in changed
    _replaced(storage, f"{path}manifest.sha256", lambda _: f"{sha256(changed).hexdigest()}\n".encode())
    with pytest.raises(SnapshotCorruptError, match="cannot be read"):
        fetch(built.first, storage, here)


def test_storage_that_cannot_be_reached_is_one_error(tmp_path: Path) -> None:
    nowhere = opened(Place(f"s3://{uuid4().hex}", "http://127.0.0.1:9", "us-east-1"))
    replica = _machine(nowhere, SnapshotFolder(tmp_path))
    with pytest.raises(StorageError, match="object storage"):
        replica.follow()


def test_wrong_credentials_are_one_error(s3: Seaweed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    refusing = opened(Place(f"{s3.url}/{uuid4().hex}", s3.endpoint, "us-east-1"))
    with pytest.raises(StorageError, match="object storage"):
        _machine(refusing, SnapshotFolder(tmp_path)).follow()
