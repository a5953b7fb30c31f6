"""Builds killed at random moments, and hostile documents (500 in full)."""

import io
import os
import random
import select
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from support.models import EMBEDDERS, shared_embedder
from support.size import sized, spread

from index.builder import BuildRules, build
from index.live import LiveRetriever
from index.reading.documents import LoadRules
from index.snapshot import SnapshotFolder, verified_manifest

_KILLS = sized(100, 20)
_PATIENCE_S = 60.0
_BOMB = 51
_HOSTILE = sorted({_BOMB, *spread(range(100), sized(100, 6))})
_SECONDS_A_DOCUMENT = 4.0
_REASONS = {
    "deep": ("nested too deeply",),
    "line": ("took longer than 4 s to read",),
    "odd": ("binary, or text in an unknown encoding",),
    "broken": ("broken or locked PDF",),
    "link": ("symbolic link that leads out of the folder",),
    "bomb": ("cannot be read", "too large", "broken Word document"),
    "cut": ("broken archive",),
}
_ENDLESS = """
import sys
from pathlib import Path
from index.builder import BuildRules, build
from index.embedding.model import open_embedder

if __name__ == "__main__":
    documents, data, embedders = map(Path, sys.argv[1:4])
    edition = 1
    while True:
        for n in range(12):
            text = f"# Topic {n}\\n\\nEdition {edition} of rule {n}: wait {n + edition} days.\\n"
            (documents / f"{n}.md").write_text(text)
        print("building", flush=True)
        build([documents], data, open_embedder(embedders), BuildRules())
        edition += 1
"""


def test_killed_at_any_moment_the_live_snapshot_is_always_whole_and_right(tmp_path: Path) -> None:
    documents, data, script = tmp_path / "documents", tmp_path / "data", tmp_path / "endless.py"
    documents.mkdir()
    script.write_text(_ENDLESS)
    for n in range(12):
        (documents / f"{n}.md").write_text(f"# Topic {n}\n\nEdition 0 of rule {n}: wait {n} days.\n")
    build([documents], data, shared_embedder(), BuildRules())
    command = [sys.executable, str(script), str(documents), str(data), str(EMBEDDERS)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    rng, folder, seen, a_build_s = random.Random(1), SnapshotFolder(data), set(), 0.0
    for _ in range(_KILLS):
        # A session of its own: the workers of a build die with it.
        with subprocess.Popen(  # noqa: S603 - ourselves
            command, env=environment, start_new_session=True, stdout=subprocess.PIPE, bufsize=0
        ) as process:
            _until_a_build_begins(process)
            began = time.monotonic()
            if not a_build_s:
                _until_a_build_begins(process)
                a_build_s = time.monotonic() - began
            time.sleep(rng.uniform(0.0, 1.5 * a_build_s))
            os.killpg(process.pid, signal.SIGKILL)
        live = folder.current_name() or ""
        seen.add(live)
        assert len(verified_manifest(folder.path(live)).documents) == 12
        found = LiveRetriever(data, shared_embedder()).search("How long is the wait of rule 7?", (), 3)
        assert found.chunks[0].document_id == "7.md"
    print(f"{_KILLS} kills, a build takes {a_build_s:.2f} s, {len(seen)} snapshots were live in between, each whole")
    assert len(seen) > _KILLS / 10
    build([documents], data, shared_embedder(), BuildRules())
    assert not list(folder.snapshots.glob(".building-*"))


def _until_a_build_begins(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], _PATIENCE_S)[0], "no build begins"
    assert process.stdout.readline(), "the process ended"


def _hostile(folder: Path, outside: Path) -> None:
    rng = random.Random(5)
    for n in _HOSTILE:
        (folder / f"deep-{n}.html").write_text("<div><ul><li>" * (200 * (n + 1)) + "word" + "</div>" * n)
        (folder / f"line-{n}.md").write_text(("[" * 50 + "a" * 50 + "*_`" * 20) * (40 * n + 1))
        (folder / f"odd-{n}.txt").write_bytes(b"GIF89a" + rng.randbytes(500))
        (folder / f"broken-{n}.pdf").write_bytes(b"%PDF-1.7\n" + rng.randbytes(2000) + b"\n%%EOF")
        link = folder / f"link-{n}.md"
        if n < 50:
            link.symlink_to(outside)
        elif n % 2:
            bomb = io.BytesIO()
            with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("word/document.xml", b"0" * 250_000_000 if n == _BOMB else rng.randbytes(99))
            (folder / f"bomb-{n}.docx").write_bytes(bomb.getvalue())
        else:
            (folder / f"cut-{n}.xlsx").write_bytes(b"PK\x03\x04" + rng.randbytes(300))


def test_hostile_documents_neither_crash_nor_hang_a_build_and_each_is_reported(tmp_path: Path) -> None:
    embedder = shared_embedder()
    documents, outside = tmp_path / "documents", tmp_path / "secret.md"
    documents.mkdir()
    outside.write_text("# Secret\n\nnever to be read\n")
    _hostile(documents, outside)
    (documents / "good.md").write_text("# Good\n\nThe answer is 42 days.\n")
    began, embedding_began = time.monotonic(), list[float]()
    rules = BuildRules(load=LoadRules(seconds=_SECONDS_A_DOCUMENT))
    coverage = build(
        [documents], tmp_path / "data", embedder, rules, lambda *_: embedding_began.append(time.monotonic())
    )
    reading, embedding = embedding_began[0] - began, time.monotonic() - embedding_began[0]
    print(f"{coverage.seen} documents read in {reading:.0f} s, {coverage.chunks} chunks embedded in {embedding:.0f} s")
    assert coverage.seen == 5 * len(_HOSTILE) + 1
    reasons = {item.document_id: item.reason for item in coverage.skipped}
    # How long a line is too long depends on the machine, and nested boxes are read: the others are skipped on any.
    others = {path.name for path in documents.iterdir() if not path.name.startswith(("line-", "deep-"))}
    assert others - {"good.md"} <= set(reasons)
    bomb = reasons.pop(f"bomb-{_BOMB}.docx")
    assert "unpacks to 250,000,000 bytes" in bomb
    told = {name: any(words in reason for words in _REASONS[name.split("-")[0]]) for name, reason in reasons.items()}
    assert [reasons[name] for name, is_told in told.items() if not is_told] == []
    # A long line may take its limit, whether it is read in the end or not. What is read is embedded like any text.
    assert reading < 60 + _SECONDS_A_DOCUMENT * len(_HOSTILE)
    assert embedding < 60 + 0.05 * coverage.chunks
    retriever = LiveRetriever(tmp_path / "data", embedder)
    assert retriever.search("What is the answer?", (), 1).chunks[0].document_id == "good.md"
    assert all("never to be read" not in chunk.text for chunk in retriever.search("secret", (), 50).chunks)
