"""A file of the served snapshot that is cut off or written into is noticed, and the snapshot before is served.

Reading beyond the end of a mapped file ends the process, so each test asks in a process of its own.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Self

import pytest
from support.models import shared_embedder

from index.ann import SCALES, VECTORS
from index.builder import BuildRules, build
from index.errors import SnapshotCorruptError
from index.late_interaction import CODES
from index.live import LiveRetriever
from index.mapped_files import MappedFiles
from index.snapshot import CHUNKS, FILES, SnapshotFolder, sealed, verified_manifest

_QUESTION = "What does the Team plan cost?"
_ASK = """
import sys
from pathlib import Path
sys.path[:0] = [{repository!r}, {tests!r}]
import conftest
from bot.telemetry.logs import configure_logging
configure_logging()
from support.models import shared_embedder
from index.live import LiveRetriever
retriever = LiveRetriever(Path(sys.argv[1]), shared_embedder())
for _ in sys.stdin:
    try:
        found = retriever.search({question!r}, ["everyone"], 3)
        print(found.snapshot, found.chunks[0].text.replace("\\n", " "), flush=True)
    except Exception as error:
        print(type(error).__name__, error, flush=True)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two snapshots."""
    path = tmp_path_factory.mktemp("built")
    documents = path / "documents"
    documents.mkdir()
    for price in (29, 31):
        (documents / "plans.md").write_text(f"# Plans\n\nThe Team plan costs {price} euro.\n")
        filler = " ".join(f"word{n}" for n in range(1_000))
        (documents / "other.md").write_text(f"# Other\n\n{filler} {price}\n")
        build([documents], path / "data", shared_embedder(), BuildRules())
    return path / "data"


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> SnapshotFolder:
    return SnapshotFolder(Path(shutil.copytree(built, tmp_path / "data")))


class _Asking:
    """A process that searches whenever it is told to."""

    def __init__(self, folder: SnapshotFolder) -> None:
        tests = Path(__file__).parents[1]
        program = _ASK.format(repository=str(tests.parent), tests=str(tests), question=_QUESTION)
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", program, str(folder.root.parent)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def ask(self) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=20)


def _live(folder: SnapshotFolder) -> Path:
    return folder.path(folder.current_name() or "")


def test_a_file_that_is_cut_off_while_it_is_mapped_makes_the_snapshot_before_the_served_one(
    folder: SnapshotFolder,
) -> None:
    with _Asking(folder) as asking:
        assert "31 euro" in asking.ask()
        for name in (VECTORS, SCALES, CODES):
            os.truncate(_live(folder) / name, 0)
        assert "29 euro" in asking.ask()
        older = folder.path(folder.names()[1])
        os.truncate(older / CODES, 100)
        assert asking.ask().startswith("SnapshotCorruptError")
        assert asking.process.poll() is None


def test_a_copy_over_a_mapped_file_is_checked_and_served_if_it_is_whole(folder: SnapshotFolder, tmp_path: Path) -> None:
    with _Asking(folder) as asking:
        assert "31 euro" in asking.ask()
        shutil.copyfile(_live(folder) / CODES, tmp_path / "copy")
        shutil.copyfile(tmp_path / "copy", _live(folder) / CODES)
        assert "31 euro" in asking.ask()
        whole = (tmp_path / "copy").read_bytes()
        (_live(folder) / CODES).write_bytes(bytes(len(whole)))
        assert "29 euro" in asking.ask()


def test_a_file_that_is_replaced_or_deleted_stays_mapped(folder: SnapshotFolder) -> None:
    with _Asking(folder) as asking:
        assert "31 euro" in asking.ask()
        (_live(folder) / CODES).unlink()
        (_live(folder) / "next").write_bytes(b"something else")
        (_live(folder) / "next").replace(_live(folder) / VECTORS)
        assert "31 euro" in asking.ask()


def test_damaged_tables_that_are_too_large_to_verify_at_once_make_the_snapshot_before_the_served_one(
    folder: SnapshotFolder,
) -> None:
    tables = _with_large_tables(folder)
    with tables.open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xa5" * 1_000_000)
    found = LiveRetriever(folder.root.parent, shared_embedder()).search(_QUESTION, ["everyone"], 3)
    assert "29 euro" in found.chunks[0].text


def _with_large_tables(folder: SnapshotFolder) -> Path:
    """Publish a copy of the live snapshot with tables too large to be read at its opening; delete the original."""
    original = _live(folder)
    name = f"{original.name}-large"
    with folder.draft(name) as draft:
        for file in FILES:
            shutil.copyfile(original / file, draft / file)
        with closing(sqlite3.connect(draft / CHUNKS)) as connection:
            connection.executescript("CREATE TABLE large (bytes BLOB); INSERT INTO large VALUES (zeroblob(65000000));")
        sealed(folder, draft, verified_manifest(original).model_copy(update={"name": name}))
        folder.publish(name)
    shutil.rmtree(original)
    return folder.path(name) / CHUNKS


def test_looking_costs_little_beside_a_search(folder: SnapshotFolder) -> None:
    files = MappedFiles(_live(folder), verified_manifest(_live(folder)).sizes)
    begun = time.perf_counter()
    for _ in range(1_000):
        files.require_unchanged()
    # 15 µs on an idle machine; a search takes some milliseconds.
    assert (time.perf_counter() - begun) / 1_000 < 0.002
    os.utime(_live(folder) / CODES)
    with pytest.raises(SnapshotCorruptError, match="was changed while it was open"):
        files.require_unchanged()
