"""Snapshots for several machines on the command line and in a running bot."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.waiting import until
from support.workspace import workspace

from index.builder import BuildRules, build
from index.embedding.model import OnnxEmbedder
from index.snapshot import SnapshotFolder

_CITEDESK = str(Path(sys.executable).with_name("citedesk"))
_OLD, _NEW = "# Parking\n\nPark in garage A.\n", "# Parking\n\nPark in garage B, on level 7.\n"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs a command on one of the machines, each of which has a data directory of its own."""

    def run(machine: str, *arguments: str, url: str = f"file://{tmp_path / 'stored'}") -> Any:  # noqa: ANN401
        return subprocess.run(  # noqa: S603 - our own command
            [_CITEDESK, *arguments, "--data-dir", str(tmp_path / machine)],
            cwd=tmp_path,
            env={**os.environ, "CITEDESK_SNAPSHOTS__URL": url} if url else os.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "parking.md").write_text(_OLD, encoding="utf-8")
    (folder / "badges.md").write_text("# Badges\n\nAsk the desk for a badge.\n", encoding="utf-8")
    return folder


def _found(run: Run, machine: str) -> str:
    printed = json.loads(run(machine, "search", "Where do I park?", "--json").stdout)
    return str(printed["chunks"][0]["text"])


def test_what_one_machine_builds_another_serves_and_a_rollback_is_for_both(run: Run, docs: Path) -> None:
    first = run("a", "index", "build", str(docs), "--publish", "--json")
    assert first.returncode == 0, first.stderr
    (docs / "parking.md").write_text(_NEW, encoding="utf-8")
    assert run("a", "index", "build", str(docs), "--publish").returncode == 0
    fetched = run("b", "index", "fetch", "--json")
    assert fetched.returncode == 0, fetched.stderr
    assert json.loads(fetched.stdout)["moved_bytes"] > 0
    assert "level 7" in _found(run, "b")
    back = run("b", "index", "rollback", "--json")
    assert back.returncode == 0, back.stderr
    assert json.loads(back.stdout)["snapshot"] == json.loads(first.stdout)["snapshot"]
    assert run("a", "index", "fetch").returncode == 0
    assert "garage A" in _found(run, "a")


def test_a_build_on_another_machine_reuses_what_is_live(run: Run, docs: Path) -> None:
    assert run("a", "index", "build", str(docs), "--publish").returncode == 0
    (docs / "parking.md").write_text(_NEW, encoding="utf-8")
    built = run("b", "index", "build", str(docs), "--publish", "--json")
    assert built.returncode == 0, built.stderr
    assert json.loads(built.stdout)["reused"] == 1


def test_a_snapshot_that_was_built_before_can_be_published(run: Run, docs: Path) -> None:
    assert run("a", "index", "build", str(docs), url="").returncode == 0
    assert "published" in run("a", "index", "publish").stdout
    assert run("b", "index", "fetch").returncode == 0
    assert "garage A" in _found(run, "b")


def test_a_named_snapshot_is_fetched_and_not_served(run: Run, docs: Path, tmp_path: Path) -> None:
    first = json.loads(run("a", "index", "build", str(docs), "--publish", "--json").stdout)["snapshot"]
    assert run("b", "index", "fetch", first).returncode == 0
    folder = SnapshotFolder(tmp_path / "b")
    assert (folder.names(), folder.current_name()) == ([first], None)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("index", "fetch"), 1, "no snapshot is published yet"),
        (("index", "fetch", "20260101-nothing"), 1, "no snapshot 20260101-nothing is published"),
        (("index", "publish"), 1, "on this machine: run `citedesk index build`"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(run: Run, arguments: tuple[str, ...], status: int, words: str) -> None:
    ended = run("a", *arguments)
    assert ended.returncode == status
    assert words in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [("fetch",), ("publish",), ("build", "docs", "--publish")])
def test_without_storage_the_setting_is_named(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run("a", "index", *arguments, url="")
    assert (ended.returncode, "setting snapshots.url is missing" in ended.stderr) == (2, True)


@pytest.mark.parametrize("url", ["ftp://somewhere/x", "s3://", "/srv/snapshots"])
def test_an_address_that_is_no_storage_is_refused(run: Run, url: str) -> None:
    ended = run("a", "index", "fetch", url=url)
    assert (ended.returncode, "setting snapshots.url" in ended.stderr) == (2, True)


def test_storage_that_cannot_be_reached_is_said_in_a_line(run: Run, docs: Path, tmp_path: Path) -> None:
    (tmp_path / "stored").write_text("a file, no folder", encoding="utf-8")
    ended = run("a", "index", "build", str(docs), "--publish")
    assert ended.returncode in {1, 2}
    assert len(ended.stderr.strip().splitlines()) == 1


def test_doctor_says_whether_the_live_snapshot_is_served_here(run: Run, docs: Path) -> None:
    run("a", "index", "build", str(docs), "--publish")
    assert "is live, here and for all" in run("a", "doctor").stdout
    (docs / "parking.md").write_text(_NEW, encoding="utf-8")
    run("b", "index", "build", str(docs), "--publish")
    said = next(line for line in run("a", "doctor").stdout.splitlines() if "snapshots:" in line)
    assert said.startswith("FAIL")
    assert "run `citedesk index fetch`" in said


async def test_a_running_bot_follows_publishes_its_reindex_and_tells_its_health(
    tmp_path: Path, docs: Path, embedder: OnnxEmbedder
) -> None:
    shared: dict[str, Any] = {"snapshots": {"url": f"file://{tmp_path / 'stored'}", "poll_s": 0.05}}
    build([docs], tmp_path / "one", embedder, BuildRules())
    async with workspace(tmp_path / "one", docs, **shared) as one, workspace(tmp_path / "two", docs, **shared) as two:
        (docs / "parking.md").write_text(_NEW, encoding="utf-8")
        built = await one.bot.use_cases.operations.builds.build(lambda _done, _total: None)
        following = two.bot.runtime.following
        assert following is not None
        await until(lambda: following.state.served == built.snapshot)
        found = two.bot.use_cases.operations.retriever.search("Where do I park?", (), 1)
        assert "level 7" in found.chunks[0].text
        async with aiohttp.ClientSession() as session, session.get(f"{two.bot.metrics_url}/healthz") as response:
            state = (await response.json())["snapshot"]
        assert (state["is_live"], state["served"], state["error"]) == (True, built.snapshot, "")
        assert 0 <= state["age_s"] < 600
