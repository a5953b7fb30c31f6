"""Opening a snapshot: at once after a quick check, verified in the background, each file once."""

import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.index import command
from index.ann import CLUSTERS
from index.builder import BuildRules, build
from index.checksums import marker_of
from index.digests import digest
from index.embedding.model import OnnxEmbedder
from index.errors import IndexUnavailableError, SnapshotCorruptError
from index.live import LiveRetriever
from index.snapshot import (
    FILES,
    MANIFEST,
    MANIFEST_CHECKSUM,
    SnapshotFolder,
    opened_manifest,
    sealed,
    verified_manifest,
)

# Larger than what is read before a snapshot is opened.
_LARGE = 80_000_000


@pytest.fixture
def folder(tmp_path: Path, embedder: OnnxEmbedder) -> SnapshotFolder:
    """Two snapshots; the live one has a large file, which an exact search does not open."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "plans.md").write_text("# Plans\n\nThe Team plan costs 29 euro.\n")
    name = build([documents], tmp_path / "data", embedder, BuildRules()).snapshot
    folder = SnapshotFolder(tmp_path / "data")
    manifest = verified_manifest(folder.path(name)).model_copy(update={"name": f"{name}-large"})
    with folder.draft(manifest.name) as draft:
        for file in FILES:
            os.link(folder.path(name) / file, draft / file)
        with (draft / CLUSTERS).open("wb") as stream:
            stream.truncate(_LARGE)
        sealed(folder, draft, manifest)
        folder.publish(manifest.name)
    return folder


def _large(folder: SnapshotFolder) -> Path:
    return folder.path(folder.current_name() or "") / CLUSTERS


def _damage(file: Path, *, changed_s_ago: float = 60) -> None:
    with file.open("r+b") as stream:
        stream.seek(_LARGE // 2)
        stream.write(b"\1")
    os.utime(file, (time.time() - changed_s_ago,) * 2)


def _first(folder: SnapshotFolder) -> str:
    return folder.names()[-1]


def _retriever(folder: SnapshotFolder, embedder: OnnxEmbedder) -> LiveRetriever:
    return LiveRetriever(folder.root.parent, embedder)


def test_a_damaged_large_file_is_found_in_the_background_and_the_older_snapshot_takes_over(
    folder: SnapshotFolder, embedder: OnnxEmbedder
) -> None:
    _damage(_large(folder))
    retriever = _retriever(folder, embedder)
    assert retriever.snapshot == folder.current_name()
    until = time.monotonic() + 60
    while retriever.snapshot == folder.current_name() and time.monotonic() < until:
        time.sleep(0.02)
    assert retriever.snapshot == _first(folder)
    assert retriever.search("Team plan", (), 1).chunks
    # Other processes know it by now.
    assert _retriever(folder, embedder).snapshot == _first(folder)


def test_without_an_older_snapshot_a_damaged_one_is_no_longer_served(
    folder: SnapshotFolder, embedder: OnnxEmbedder
) -> None:
    _damage(_large(folder))
    (folder.path(_first(folder)) / MANIFEST).unlink()
    retriever = _retriever(folder, embedder)
    with pytest.raises(SnapshotCorruptError, match=r"vectors\.faiss is damaged"):
        _search_until_it_fails(retriever)


def _search_until_it_fails(retriever: LiveRetriever) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        retriever.search("Team plan", (), 1)
        time.sleep(0.02)


def test_a_file_that_is_cut_off_is_never_mapped(folder: SnapshotFolder, embedder: OnnxEmbedder) -> None:
    for file in sorted(FILES):
        live = folder.path(folder.current_name() or "") / file
        content = live.read_bytes()
        live.unlink()  # the older snapshot shares it
        live.write_bytes(content[:-1])
        with pytest.raises(SnapshotCorruptError, match="bytes"):
            opened_manifest(live.parent)
        assert _retriever(folder, embedder).snapshot == _first(folder)
        live.write_bytes(content)
    assert _retriever(folder, embedder).snapshot == folder.current_name()


def test_a_file_is_read_once_for_as_long_as_it_is_the_same(folder: SnapshotFolder) -> None:
    large = _large(folder)
    os.utime(large, (time.time() - 60,) * 2)
    verified_manifest(large.parent)
    before = large.stat()
    _damage(large)
    os.utime(large, ns=(before.st_atime_ns, before.st_mtime_ns))
    # Size, time and inode are those of the file that was read: only a check of everything notices.
    verified_manifest(large.parent)
    with pytest.raises(SnapshotCorruptError, match="damaged"):
        verified_manifest(large.parent, afresh=True)


@pytest.mark.parametrize("change", ["touched", "replaced", "just changed"])
def test_a_file_that_changed_is_read_again(change: str, folder: SnapshotFolder) -> None:
    large = _large(folder)
    os.utime(large, (time.time() - 60,) * 2)
    if change != "just changed":
        verified_manifest(large.parent)
    before = large.stat()
    if change == "replaced":
        copy = large.with_name("copy")
        copy.write_bytes(large.read_bytes())
        copy.replace(large)
    _damage(large, changed_s_ago=0 if change == "just changed" else 30)
    if change == "replaced":
        os.utime(large, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(SnapshotCorruptError, match="damaged"):
        verified_manifest(large.parent)


def test_a_snapshot_of_an_earlier_version_says_what_to_do(folder: SnapshotFolder, embedder: OnnxEmbedder) -> None:
    for name in folder.names():
        path = folder.path(name)
        manifest = json.loads((path / MANIFEST).read_bytes()) | {"format": 4}
        (path / MANIFEST).write_text(json.dumps(manifest))
        (path / MANIFEST_CHECKSUM).write_text(digest(path / MANIFEST) + "\n")
    with pytest.raises(IndexUnavailableError, match=r"another version of Citedesk .* run `citedesk index build`"):
        _retriever(folder, embedder).search("Team plan", (), 1)


def test_pruning_deletes_what_was_remembered_of_deleted_snapshots(folder: SnapshotFolder) -> None:
    first = folder.path(_first(folder))
    for file in FILES:
        os.utime(first / file, (time.time() - 60,) * 2)
    verified_manifest(first)
    assert marker_of(first).is_file()
    folder.prune(1)
    assert not marker_of(first).exists()


def test_an_operator_is_told_when_another_snapshot_than_the_live_one_is_served(folder: SnapshotFolder) -> None:
    live = folder.current_name() or ""
    assert folder.passed_over(live) == ""
    assert live in folder.passed_over(_first(folder))
    cli = CliRunner()
    at = ["--data-dir", str(folder.root.parent)]
    assert cli.invoke(command, ["verify", *at]).exit_code == 0
    _damage(_large(folder))
    shown = cli.invoke(command, ["status", *at])
    assert f"the live snapshot {live} cannot be used" in shown.output
    verified = cli.invoke(command, ["verify", *at])
    assert f"{_first(folder)} is whole" in verified.output
    assert "vectors.faiss is damaged" in str(verified.exception)
