"""Folders and Git checkouts: what is read, what is left out and counted, and what two folders of equal names become."""

import os
import queue
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from index.builder import BuildRules, build
from index.embedding.model import OnnxEmbedder
from index.errors import BuildRefusedError
from index.live import LiveRetriever
from index.reading.documents import LoadRules
from index.reading.source import Found
from index.reading.sources import survey
from index.watching import watched

_PATIENCE_S = 60


def _write(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}\n\nText.\n", encoding="utf-8", errors="replace")
    return root


def _found(*roots: Path, rules: LoadRules | None = None) -> Found:
    return survey(roots, roots[0] / "data" / "index", rules or LoadRules())


def _ids(found: Found) -> list[str]:
    return [source.source_id for source in found.sources]


def _left(found: Found, root: Path) -> dict[str, str]:
    return {item.place.removeprefix(f"{root}/"): item.reason for item in found.left_out}


def _git(root: Path, *arguments: str, day: str = "2026-11-03") -> None:
    when = {"GIT_AUTHOR_DATE": f"{day}T10:00:00Z", "GIT_COMMITTER_DATE": f"{day}T10:00:00Z"}
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    command = ["git", "-C", str(root), *identity, *arguments]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | when)  # noqa: S603 - fixed words


def _checkout(root: Path, *names: str) -> Path:
    _write(root, *names)
    _git(root, "init", "-q")
    _git(root, "remote", "add", "origin", "git@github.com:team/docs.git")
    _git(root, "add", ".")
    _git(root, "commit", "-qm", "x")
    return root


def test_real_pages_in_folders_with_names_of_tools_are_read(tmp_path: Path) -> None:
    names = (
        "build.md docs/build/index.md docs/dist/a.md docs/target/audience.md site/a.md vendor/contracts.md "
        "public/a.md out/a.md env/a.md "
        "venv/setup.md bin/a.md lib/a.md cache/a.md packages/a.md _build/a.md"
    ).split()
    found = _found(_write(tmp_path, *names))
    assert sorted(_ids(found)) == sorted(names)
    assert found.left_out == ()


def test_what_tools_make_is_left_out_and_counted(tmp_path: Path) -> None:
    made = ("node_modules/x/README.md", "node_modules/y.md", "build/index.html", ".docusaurus/a.md", "e/.venv/a.txt")
    caches = ("env/lib/a.txt", "target2/a.md", "h/site/index.html", "rust/target/doc/a.html", "py/__pycache__/a.txt")
    pages = ("docs/a.md", "docs/build/b.md", "h/docs/c.md", "h/site.md")
    _write(tmp_path, *made, *caches, *pages, "package.json", "h/mkdocs.yml", "rust/Cargo.toml", "env/pyvenv.cfg")
    (tmp_path / "target2" / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55")
    found = _found(tmp_path)
    assert {name for name in _ids(found) if name.endswith((".md", ".html", ".txt"))} == set(pages)
    assert _left(found, tmp_path) == {
        "node_modules/": "2 files left out (installed by a package manager)",
        "build/": "1 file left out (made by the tool that package.json is for)",
        str(tmp_path): "2 files left out (hidden)",
        "env/": "2 files left out (a virtual environment or cache)",
        "target2/": "2 files left out (a virtual environment or cache)",
        "h/site/": "1 file left out (made by the tool that mkdocs.yml is for)",
        "rust/target/": "1 file left out (made by the tool that Cargo.toml is for)",
        "py/__pycache__/": "1 file left out (installed by a package manager)",
    }


def test_an_ignore_file_leaves_out_and_takes_back_in(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "a.md",
        "drafts/b.md",
        "notes/drafts/c.md",
        "keep/d.tmp.md",
        "x.tmp.md",
        "node_modules/e.md",
        ".f/g.md",
    )
    lines = ("# not ready", "", "drafts/", "*.tmp.md", "!keep/*.tmp.md", "!node_modules/", "!.f/")
    (tmp_path / ".citedeskignore").write_text("\n".join(lines))
    found = _found(tmp_path)
    assert sorted(_ids(found)) == [".f/g.md", "a.md", "keep/d.tmp.md", "node_modules/e.md"]
    assert _left(found, tmp_path) == {str(tmp_path): "3 files left out (.citedeskignore)"}


@pytest.mark.parametrize("line", ["*a*a*a*a*a*b", "**/a/**/a/**/b", "a" * 501])
def test_an_ignore_file_that_would_take_too_long_is_refused(tmp_path: Path, line: str) -> None:
    (_write(tmp_path, "a.md") / ".citedeskignore").write_text(line)
    with pytest.raises(BuildRefusedError, match="line 1"):
        _found(tmp_path)
    (tmp_path / ".citedeskignore").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(BuildRefusedError, match="UTF-8"):
        _found(tmp_path)


def test_a_folder_on_a_share_with_odd_names_is_read_as_it_is(tmp_path: Path) -> None:
    names = (
        "Über uns/Preise & Rabatte (neu).md",
        "How to reset #2 (50%).md",
        "a b/c  d.md",
        "Q&A?.md",
        "日本/規則.md",
        "100%25.md",
    )
    found = _found(_write(tmp_path, *names), rules=LoadRules(links=(("*", "https://h.example/{path}"),)))
    assert sorted(_ids(found)) == sorted(names)
    assert all(source.problem is None and source.updated for source in found.sources)


def test_names_that_are_not_utf_8_are_read_and_reported(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    _write(tmp_path / os.fsdecode(b"caf\xe9"), os.fsdecode(b"men\xfc.md"), "node_modules/x.md")
    rules = BuildRules(load=LoadRules(links=(("*", "https://h.example/{path}"),)))
    coverage = build([tmp_path], tmp_path / "data", embedder, rules)
    assert coverage.indexed == 1
    assert coverage.remarks == (
        f"{tmp_path}/caf\ufffd/node_modules/: 1 file left out (installed by a package manager)",
    )


def test_the_index_inside_the_folder_is_no_part_of_it(tmp_path: Path) -> None:
    _write(
        tmp_path, "a.md", "data/index/embedders/x/vocab.txt", "data/index/fetched/b.html", "data/notes.md", "index/c.md"
    )
    assert _ids(_found(tmp_path)) == ["a.md", "data/notes.md", "index/c.md"]


def test_links_out_of_the_folder_are_named(tmp_path: Path) -> None:
    inside, outside = _write(tmp_path / "in", "a.md"), _write(tmp_path / "out", "b.md")
    (inside / "b.md").symlink_to(outside / "b.md")
    (inside / "more").symlink_to(outside)
    found = _found(inside)
    problems = {source.source_id: source.problem for source in found.sources}
    assert problems == {"a.md": None, "b.md": "symbolic link that leads out of the folder"}
    assert "symbolic link to a folder" in _left(found, inside)["more"]


def test_documents_of_equal_names_in_two_folders_are_both_read(tmp_path: Path) -> None:
    sales, support = _write(tmp_path / "sales", "a.md", "b.md"), _write(tmp_path / "support", "a.md", "c.md")
    assert _ids(_found(sales, support)) == ["a.md", "b.md", "support/a.md", "c.md"]
    assert _ids(_found(sales)) == ["a.md", "b.md"]
    first, second = _write(tmp_path / "x" / "docs", "a.md"), _write(tmp_path / "y" / "docs", "a.md")
    third = _write(tmp_path / "z" / "docs", "a.md")
    assert _ids(_found(first, second, third)) == ["a.md", "docs/a.md", "z/docs/a.md"]
    assert _ids(_found(first, first)) == ["a.md"]
    assert _ids(_found(first / "a.md", second / "a.md")) == ["a.md", "docs/a.md"]


def test_a_second_folder_makes_no_document_readable(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    one, two = _write(tmp_path / "one", "internal/pay.md"), _write(tmp_path / "two", "internal/pay.md")
    rules = BuildRules(load=LoadRules(access=(("internal/*", ("leads",)),)))
    coverage = build([one, two], tmp_path / "data", embedder, rules)
    assert coverage.indexed == 2
    retriever = LiveRetriever(tmp_path / "data", embedder)
    assert retriever.search("pay", (), 5).chunks == ()
    assert retriever.chunks_of("two/internal/pay.md")[0].groups == {"leads"}


def test_a_build_says_what_it_left_out(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    _write(tmp_path, "a.md", "node_modules/b.md")
    coverage = build([tmp_path], tmp_path / "data", embedder, BuildRules())
    remark = f"{tmp_path}/node_modules/: 1 file left out (installed by a package manager)"
    assert (coverage.seen, coverage.remarks) == (1, (remark,))
    assert LiveRetriever(tmp_path / "data", embedder).manifest().remarks == (remark,)


def test_of_a_checkout_the_tracked_files_are_read_with_page_and_day(tmp_path: Path) -> None:
    root = _checkout(tmp_path, "docs/How to reset #2 (50%).md", "über.md", "build/a.md", ".github/b.md", "drafts/c.md")
    (root / ".citedeskignore").write_text("drafts/\n")
    _write(root, "untracked.md", "über.md")
    (root / "über.md").write_text("New.")
    _git(root, "commit", "-qam", "y", day="2026-11-20")
    found = _found(root)
    urls = {source.source_id: (source.url or "").split("/", 7)[-1] for source in found.sources}
    assert urls == {
        "docs/How to reset #2 (50%).md": "docs/How%20to%20reset%20%232%20%2850%25%29.md",
        "über.md": "%C3%BCber.md",
        "build/a.md": "build/a.md",
        ".github/b.md": ".github/b.md",
    }
    days = {source.source_id: source.updated for source in found.sources}
    assert (days["über.md"], days["build/a.md"]) == ("2026-11-20", "2026-11-03")
    assert _left(found, root) == {str(root): "1 file left out (.citedeskignore)"}


def test_a_folder_or_file_of_a_checkout_has_the_days_of_its_commits(tmp_path: Path) -> None:
    root = _checkout(tmp_path, "docs/a.md", "docs/b c.md", "other/a.md")
    (root / "other" / "a.md").write_text("New.")
    _git(root, "commit", "-qam", "y", day="2026-11-20")
    _write(root, "docs/untracked.md")
    days = {source.source_id: source.updated for source in _found(root / "docs").sources}
    assert days == {"a.md": "2026-11-03", "b c.md": "2026-11-03", "untracked.md": None}
    assert [source.updated for source in _found(root / "other" / "a.md").sources] == ["2026-11-20"]


def test_a_shallow_clone_knows_no_days(tmp_path: Path) -> None:
    _checkout(tmp_path / "all", "a.md")
    _git(tmp_path, "clone", "-q", "--depth=1", f"file://{tmp_path}/all", "clone")
    assert [source.updated for source in _found(tmp_path / "clone").sources] == [None]


def test_a_checkout_without_a_commit_is_read(tmp_path: Path) -> None:
    _git(_write(tmp_path, "a.md"), "init", "-q")
    _git(tmp_path, "add", "a.md")
    (source,) = _found(tmp_path).sources
    assert (source.source_id, source.url, source.updated) == ("a.md", None, None)


def test_a_checkout_that_git_refuses_or_cannot_read_is_no_plain_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = _checkout(tmp_path / "docs", "a.md")
    _write(root, "untracked.md")
    with monkeypatch.context() as patched:
        # Git's own switch for testing what it does with a checkout of another user.
        patched.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        with pytest.raises(BuildRefusedError, match=r"safe\.directory"):
            _found(root)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", str(tmp_path))
        with pytest.raises(BuildRefusedError, match="git is not installed"):
            _found(root)
    shutil.rmtree(root / ".git" / "objects")
    with pytest.raises(BuildRefusedError, match="mend it, or index a copy"):
        _found(root)


def test_git_runs_no_program_that_a_checkout_names(tmp_path: Path) -> None:
    root, mark = _checkout(tmp_path / "docs", "a.md"), tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\n")
    program.chmod(0o755)
    for name in ("core.fsmonitor", "gpg.program", "core.pager", "core.sshCommand", "diff.external", "core.editor"):
        _git(root, "config", name, str(program))
    _git(root, "config", "log.showSignature", "true")
    assert _ids(_found(root)) == ["a.md"]
    assert not mark.exists()


def test_a_watch_without_folders_builds_from_time_to_time_and_one_with_the_index_inside_does_not_see_itself(
    tmp_path: Path,
) -> None:
    built, stop = queue.SimpleQueue[int](), threading.Event()
    watching = threading.Thread(
        target=watched, args=([], lambda: built.put(1), lambda _: None, stop), kwargs={"again_s": 0.1}, daemon=True
    )
    watching.start()
    for _ in range(3):
        assert built.get(timeout=_PATIENCE_S) == 1
    stop.set()
    watching.join(_PATIENCE_S)
    assert not watching.is_alive()
    root, stop, changes = _write(tmp_path, "a.md", "data/x"), threading.Event(), queue.SimpleQueue[int]()
    count = iter(range(10_000))

    def writes_below_its_own_folder() -> None:
        _write(root, f"data/index/{next(count)}.md")
        changes.put(1)

    arguments = ([root], writes_below_its_own_folder, lambda _: None, stop)
    watching = threading.Thread(target=watched, args=arguments, kwargs={"data_dir": root / "data"}, daemon=True)
    watching.start()
    assert changes.get(timeout=_PATIENCE_S) == 1
    with pytest.raises(queue.Empty):
        changes.get(timeout=3)
    _write(root, "b.md")
    assert changes.get(timeout=_PATIENCE_S) == 1
    stop.set()
    watching.join(_PATIENCE_S)
