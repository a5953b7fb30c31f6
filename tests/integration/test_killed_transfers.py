"""Processes that publish and fetch are killed again and again: what has a name is whole, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.synthetic_snapshots import build_synthetic, documents

from index.publishing.fetch import fetch
from index.publishing.listing import BLOBS, PUBLISHING, published_names
from index.publishing.object_storage import Place, opened
from index.publishing.pruning import prune
from index.publishing.publish import listed, publish
from index.publishing.storage import Storage
from index.snapshot import SnapshotFolder, verified_manifest

_KILLS = 6
_HEAD = """
import sys, time
from pathlib import Path
from index.publishing.fetch import fetch
from index.publishing.object_storage import Place, opened
from index.publishing.publish import publish
from index.snapshot import SnapshotFolder
storage, folder, name = opened(Place(sys.argv[1])), SnapshotFolder(Path(sys.argv[2])), sys.argv[3]
slowly = lambda: time.sleep(0.3)
"""
_PUBLISH = _HEAD + "publish(folder.path(name), storage, slowly)"
_FETCH = _HEAD + "fetch(name, storage, folder, slowly)"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a snapshot of 2,000 chunks."""
    folder = SnapshotFolder(tmp_path_factory.mktemp("built"))
    return folder.path(build_synthetic(folder, documents(500, 4)).name)


def _killed(code: str, url: str, data_dir: Path, name: str, after_s: float) -> int:
    """Run a transfer, kill it some time after it has begun to transfer, and return its exit status."""
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code, url, str(data_dir), name],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        before = _moved(url, data_dir)
        while _moved(url, data_dir) == before and process.poll() is None:
            # The process tells nobody when it begins.
            time.sleep(0.01)
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    return process.wait(30)


def _moved(url: str, data_dir: Path) -> int:
    places = [Path(url.removeprefix("file://")) / BLOBS, *data_dir.glob("index/snapshots/.fetching-*")]
    return sum(file.stat().st_size for place in places if place.is_dir() for file in place.iterdir() if file.exists())


def test_a_publisher_that_is_killed_again_and_again_publishes_a_whole_snapshot(tmp_path: Path, built: Path) -> None:
    url, data_dir = f"file://{tmp_path / 'stored'}", built.parents[2]
    storage: Storage = opened(Place(url))
    kills = 0
    while kills < _KILLS and _killed(_PUBLISH, url, data_dir, built.name, 0.05) < 0:
        kills += 1
        for name in published_names(storage):
            fetch(name, storage, SnapshotFolder(tmp_path / "whole"))
    assert kills > 1
    publish(built, storage)
    fetched = SnapshotFolder(tmp_path / "replica")
    assert _killed(_FETCH, url, tmp_path / "replica", built.name, 60) == 0
    assert verified_manifest(fetched.path(built.name)).name == built.name
    # The announcements of those killed, if not after the last step, are litter a day later.
    assert 0 < len(list(storage.listed(PUBLISHING))) <= kills
    prune(storage, (), 3, datetime.now(UTC) + timedelta(days=2), timedelta(days=1))
    assert list(storage.listed(PUBLISHING)) == []
    assert {stored.path for stored in storage.listed(BLOBS)} == {f"{BLOBS}{digest}" for digest in listed(built).sizes}


def test_a_fetch_that_is_killed_again_and_again_ends_with_a_whole_snapshot(tmp_path: Path, built: Path) -> None:
    url, replica = f"file://{tmp_path / 'stored'}", SnapshotFolder(tmp_path / "replica")
    publish(built, opened(Place(url)))
    kills = 0
    while kills < _KILLS and _killed(_FETCH, url, tmp_path / "replica", built.name, 0.05) < 0:
        kills += 1
        for name in replica.names():
            assert verified_manifest(replica.path(name)).name == name
    assert kills > 1
    assert _killed(_FETCH, url, tmp_path / "replica", built.name, 60) == 0
    assert verified_manifest(replica.path(built.name)).name == built.name
    # Beside it may stand what of it was verified.
    left = {path.name for path in replica.snapshots.iterdir()}
    assert left - {f"{built.name}.verified"} == {built.name}
