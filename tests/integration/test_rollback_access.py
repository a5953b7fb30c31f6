"""A rollback that opens documents to more people says which, and is done only after a confirmation."""

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.models import shared_embedder
from support.teams import REVIEWS as CONVERSATION
from support.teams import connector
from support.workspace import ADMIN, REVIEWER, shown, workspace

from index.builder import BuildRules, build
from index.errors import BuildRefusedError
from index.reopening import reopened
from index.retrieval import Reopened
from index.snapshot import SnapshotFolder

_CITEDESK = str(Path(sys.executable).with_name("citedesk"))
_RULES = BuildRules(max_drop=1.0)
# What each document's rule was, and what it is now; None is no document.
_EDITIONS: dict[str, tuple[str | None, str | None]] = {
    "broken.md": ("access: [leads]", "access: {"),
    "deleted.md": ("access: [everyone]", None),
    "fewer.md": ("access: [leads, finance]", "access: [leads]"),
    "hidden.md": ("access: [everyone]", "access: [nobody]"),
    "moved.md": ("access: [finance]", "access: [leads]"),
    "restricted.md": ("access: [everyone]", "access: [leads]"),
    # None of these opens.
    "gone.md": ("access: [nobody]", None),
    "more.md": ("access: [leads]", "access: [leads, finance]"),
    "new.md": (None, "access: [everyone]"),
    "opened.md": ("access: [leads]", "access: [everyone]"),
    "same.md": ("access: [leads]", "access: [leads]"),
}
_OPENS = ("broken.md", "deleted.md", "fewer.md", "hidden.md", "moved.md", "restricted.md")


def _built(data: Path, documents: Path, edition: Mapping[str, str | None]) -> str:
    shutil.rmtree(documents, ignore_errors=True)
    documents.mkdir()
    for name, rule in edition.items():
        if rule is not None:
            (documents / name).write_text(f"---\n{rule}\n---\n# {name}\n\nThe rule of {name} is 12 days.\n")
    return build([documents], data, shared_embedder(), _RULES).snapshot


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data directory with two snapshots, the second of which restricts documents."""
    data = tmp_path_factory.mktemp("editions")
    for edition in (0, 1):
        _built(data, data / "documents", {name: rules[edition] for name, rules in _EDITIONS.items()})
    return data


@pytest.fixture
def data(editions: Path, tmp_path: Path) -> Path:
    """Return a data directory that the test may change."""
    return Path(shutil.copytree(editions, tmp_path / "data"))


def _run(data: Path, *arguments: str, typed: str | None = None) -> tuple[int, str]:
    """Run the command; with `typed`, in a terminal into which that is typed. Return exit status and output."""
    command = [_CITEDESK, "index", "rollback", "--data-dir", str(data), *arguments]
    terminal, stdin = pty.openpty() if typed is not None else (None, subprocess.DEVNULL)
    if terminal is not None:
        os.write(terminal, f"{typed}\n".encode())
    ran = subprocess.run(  # noqa: S603 - our own command
        command, stdin=stdin, capture_output=True, text=True, timeout=120, check=False
    )
    return ran.returncode, ran.stdout + ran.stderr


def _names(text: str) -> list[str]:
    return [name for name in _EDITIONS if name in text]


def test_without_a_terminal_it_lists_what_would_open_changes_nothing_and_fails(data: Path) -> None:
    live = SnapshotFolder(data).current_name()
    status, told = _run(data)
    assert status == 1
    assert tuple(_names(told)) == _OPENS
    assert "restricted.md: for everyone, now for leads" in told
    assert "hidden.md: for everyone, now for nobody" in told
    assert "deleted.md: for everyone, now deleted" in told
    assert "broken.md: for leads, now left out (" in told
    assert "nothing was changed" in told
    assert "--yes" in told
    assert SnapshotFolder(data).current_name() == live


@pytest.mark.parametrize(("typed", "status"), [("y", 0), ("n", 1), ("", 1)])
def test_in_a_terminal_it_asks(typed: str, status: int, data: Path) -> None:
    live = SnapshotFolder(data).current_name()
    got, told = _run(data, typed=typed)
    assert got == status
    assert "restricted.md: for everyone, now for leads" in told
    assert (SnapshotFolder(data).current_name() == live) is (status != 0)


def test_with_yes_it_goes_back(data: Path) -> None:
    live = SnapshotFolder(data).current_name() or ""
    assert _run(data, "--yes")[0] == 0
    assert (SnapshotFolder(data).current_name() or "") < live


@pytest.mark.parametrize(("arguments", "status"), [((), 1), (("--yes",), 0)])
def test_a_script_gets_the_whole_list(arguments: tuple[str, ...], status: int, data: Path) -> None:
    got, told = _run(data, "--json", *arguments)
    assert got == status
    report = json.JSONDecoder().raw_decode(told)[0]
    assert report["rolled_back"] is (status == 0)
    assert tuple(found["document_id"] for found in report["opens"]) == _OPENS
    by_id = {found["document_id"]: found for found in report["opens"]}
    assert by_id["moved.md"] == {
        "document_id": "moved.md", "groups": ["finance"], "groups_now": ["leads"], "left_out": "",
    }  # fmt: skip
    assert by_id["deleted.md"]["groups_now"] is None
    assert by_id["broken.md"]["left_out"]
    assert report["vanishes"] == ["new.md"]


def test_a_long_list_is_cut_and_says_how_many_more(tmp_path: Path) -> None:
    names = [f"{number:02}.md" for number in range(25)]
    for rule in ("access: [everyone]", "access: [leads]"):
        _built(tmp_path / "data", tmp_path / "documents", dict.fromkeys(names, rule))
    _, told = _run(tmp_path / "data")
    assert "opens 25 documents to more people" in told
    assert [name for name in names if name in told] == names[:20]
    assert "and 5 more" in told


def test_where_nothing_opens_nobody_is_asked(tmp_path: Path) -> None:
    for rule in ("access: [leads]", "access: [everyone]"):
        _built(tmp_path / "data", tmp_path / "documents", {"a.md": rule})
    assert _run(tmp_path / "data")[0] == 0


def test_what_was_confirmed_is_not_done_once_another_snapshot_is_live(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path / "data")
    for rule in ("access: [everyone]", "access: [leads]"):
        _built(tmp_path / "data", tmp_path / "documents", {"a.md": rule})
    plan = folder.planned_rollback()
    newest = _built(tmp_path / "data", tmp_path / "documents", {"a.md": "access: [finance]"})
    with pytest.raises(BuildRefusedError):
        folder.roll_back(plan)
    assert folder.current_name() == newest


@pytest.mark.parametrize(
    ("now", "then", "is_opened"),
    [
        ({"everyone"}, {"everyone"}, False),
        ({"leads"}, {"everyone"}, True),
        ({"leads"}, {"leads", "everyone"}, True),
        ({"everyone", "leads"}, {"finance"}, False),
        ({"leads"}, {"nobody"}, False),
        ({"nobody"}, {"leads"}, True),
        ({"nobody"}, {"nobody"}, False),
        (set(), {"leads"}, True),
        (None, {"leads"}, True),
        (None, {"nobody"}, False),
        (None, set(), False),
        ({"leads", "finance"}, {"leads"}, False),
    ],
)
def test_a_document_opens_when_a_group_gains_it(now: set[str] | None, then: set[str], *, is_opened: bool) -> None:
    before = {} if now is None else {"d": frozenset(now)}
    found = list(reopened(before, {"d": frozenset(then)}, {}))
    assert found == ([Reopened("d", frozenset(then), None if now is None else frozenset(now))] if is_opened else [])


async def test_in_slack_the_admin_reads_which_and_names_the_snapshot(data: Path, articles: Path) -> None:
    folder = SnapshotFolder(data)
    newest, older = folder.names()
    async with workspace(data, articles) as desk:
        (asked,) = await desk.command(ADMIN, "/citedesk rollback")
        assert tuple(_names(shown(asked))) == _OPENS
        assert folder.current_name() == newest
        for confirmed in ("yes", newest, "20260101T000000000000-aaaaaa"):
            (again,) = await desk.command(ADMIN, f"/citedesk rollback {confirmed}")
            assert "Nothing was changed" in shown(again)
        (refused,) = await desk.command(REVIEWER, f"/citedesk rollback {older}")
        assert "Only admins may do this" in refused.text
        assert folder.current_name() == newest
        (done,) = await desk.command(ADMIN, f"/citedesk rollback {older}")
        assert older in shown(done)
        assert folder.current_name() == older


async def test_in_teams_the_admin_reads_which_and_names_the_snapshot(data: Path, articles: Path) -> None:
    folder = SnapshotFolder(data)
    newest, older = folder.names()
    settings = {"anonymous": True, "reviewers_conversation": CONVERSATION}
    async with (
        connector() as teams,
        workspace(data, articles, teams=settings, access={"reviewers": ["r"], "admins": ["admin"]}) as desk,
    ):
        teams.talk_to(desk.bot)
        asked = json.dumps(await teams.reply(teams.question("rollback", "admin", "a:admin")))
        assert tuple(_names(asked)) == _OPENS
        assert f"rollback {older}" in asked
        assert folder.current_name() == newest
        done = json.dumps(await teams.reply(teams.question(f"rollback {older}", "admin", "a:admin"), 2))
        assert "again" in done
        assert folder.current_name() == older
