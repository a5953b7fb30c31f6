"""Builds: damaged, switched under load, two at once, incremental. tests/faults kills them and feeds them the worst."""

import queue
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from index.builder import BuildRules, build, only_build
from index.calibrate import keep_calibration
from index.embedding.model import OnnxEmbedder
from index.errors import BuildRefusedError, SnapshotCorruptError
from index.live import LiveRetriever
from index.snapshot import FILES, SnapshotFolder
from index.sufficiency import SHIPPED, Point
from index.watching import watched

_PATIENCE_S = 20.0


def _documents(folder: Path, count: int, edition: int) -> Path:
    folder.mkdir(exist_ok=True)
    for n in range(count):
        (folder / f"{n}.md").write_text(f"# Topic {n}\n\nEdition {edition} of rule {n}: wait {n + edition} days.\n")
    return folder


def test_a_flipped_bit_in_any_file_is_noticed_at_load(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    build([_documents(tmp_path / "documents", 4, 0)], tmp_path / "data", embedder, BuildRules())
    folder = SnapshotFolder(tmp_path / "data")
    path = folder.path(folder.current_name() or "")
    assert {file.name for file in path.iterdir()} == FILES | {"manifest.json", "manifest.sha256"}
    for file in path.iterdir():
        whole = file.read_bytes()
        for place in {0, len(whole) // 2, len(whole) - 1}:
            damaged = bytearray(whole)
            damaged[place] ^= 4
            file.write_bytes(damaged)
            with pytest.raises(SnapshotCorruptError):
                LiveRetriever(tmp_path / "data", embedder).search("rule", (), 1)
        file.write_bytes(whole)
    assert LiveRetriever(tmp_path / "data", embedder).search("rule", (), 1).chunks


def test_searches_during_switches_never_fail_and_never_mix_editions(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    documents, data = _documents(tmp_path / "documents", 6, 0), tmp_path / "data"
    editions = {build([documents], data, embedder, BuildRules()).snapshot: 0}
    retriever, stop = LiveRetriever(data, embedder), threading.Event()
    seen: list[tuple[str, set[str]]] = []
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            while not stop.is_set():
                found = retriever.search("Which edition of the rules is this?", (), 6)
                seen.append((found.snapshot, {chunk.text.split()[1] for chunk in found.chunks}))
        except BaseException as error:  # noqa: BLE001 - reported by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for edition in range(1, 6):
        editions[build([_documents(documents, 6, edition)], data, embedder, BuildRules()).snapshot] = edition
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert len({name for name, _ in seen}) > 2
    assert all(words == {str(editions[name])} for name, words in seen)


def test_of_two_builds_at_once_the_second_is_refused_in_plain_words(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    documents = _documents(tmp_path / "documents", 2, 0)
    with only_build(SnapshotFolder(tmp_path / "data")), pytest.raises(BuildRefusedError, match="another build"):
        build([documents], tmp_path / "data", embedder, BuildRules())


def test_only_what_changed_is_read_and_embedded_again_and_a_renamed_file_keeps_its_vectors(
    tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    documents = _documents(tmp_path / "documents", 8, 0)
    build([documents], tmp_path / "data", embedder, BuildRules())
    (documents / "3.md").rename(documents / "moved.md")
    (documents / "4.md").unlink()
    (documents / "5.md").write_text("# Topic 5\n\nAnother rule.\n")
    coverage = build([documents], tmp_path / "data", embedder, BuildRules())
    assert (coverage.indexed, coverage.chunks, coverage.reused) == (7, 7, 6)


def test_a_calibration_is_kept_by_the_next_build_and_taken_back_by_a_rollback(
    tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    documents = _documents(tmp_path / "documents", 3, 0)
    build([documents], tmp_path / "data", embedder, BuildRules())
    before = LiveRetriever(tmp_path / "data", embedder).search("rule", (), 1).abstain_below
    curve = (Point(threshold=0, answerable_passed=1, unanswerable_passed=1),)
    keep_calibration(tmp_path / "data", SHIPPED.model_copy(update={"abstain_below": 0.9, "curve": curve}), 3)
    assert LiveRetriever(tmp_path / "data", embedder).search("rule", (), 1).abstain_below == 0.9
    build([_documents(documents, 3, 1)], tmp_path / "data", embedder, BuildRules())
    assert LiveRetriever(tmp_path / "data", embedder).search("rule", (), 1).abstain_below == 0.9
    SnapshotFolder(tmp_path / "data").roll_back()
    SnapshotFolder(tmp_path / "data").roll_back()
    assert LiveRetriever(tmp_path / "data", embedder).search("rule", (), 1).abstain_below == before


def test_a_watch_builds_at_once_and_after_a_change_and_outlives_a_refusal(
    tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    documents, stop = _documents(tmp_path / "documents", 3, 0), threading.Event()
    built, refused = queue.SimpleQueue[str](), queue.SimpleQueue[str]()
    arguments = (
        [documents],
        lambda: built.put(build([documents], tmp_path / "data", embedder, BuildRules()).snapshot),
        lambda error: refused.put(str(error)),
        stop,
    )
    watching = threading.Thread(target=watched, args=arguments, daemon=True)
    watching.start()
    retriever = LiveRetriever(tmp_path / "data", embedder)
    assert built.get(timeout=_PATIENCE_S) == retriever.snapshot
    _emptied(documents)
    assert "fall from 3 to 0" in refused.get(timeout=_PATIENCE_S)
    _documents(documents, 3, 7)
    # A slow disk can make two changes of the one.
    while "Edition 7" not in retriever.search("Edition of rule 2", (), 1).chunks[0].text:
        built.get(timeout=_PATIENCE_S)
    stop.set()
    watching.join(_PATIENCE_S)
    assert not watching.is_alive()


def _emptied(documents: Path) -> None:
    for file in documents.iterdir():
        file.unlink()


_SERVING = """
import sys
from pathlib import Path
import bot.cli.main, bot.cli.serve, bot.cli.index, bot.app, bot.server
from index.embedding.model import OnnxEmbedder
from index.live import LiveRetriever
assert LiveRetriever(Path(sys.argv[1]), OnnxEmbedder(Path(sys.argv[2]))).search("rule 2", (), 3).chunks
print(sorted({"torch", "transformers", "sentence_transformers", "onnx"} & set(sys.modules)))
"""


def test_a_process_that_serves_loads_neither_torch_nor_its_kin(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    build([_documents(tmp_path / "documents", 3, 0)], tmp_path / "data", embedder, BuildRules())
    command = [sys.executable, "-c", _SERVING, str(tmp_path / "data"), str(embedder.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    assert done.stdout.strip() == "[]"
