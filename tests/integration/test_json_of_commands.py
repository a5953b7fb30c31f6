"""`--json` on every command: the keys that docs/command-line.md lists, and errors as one object on standard error."""

import asyncio
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.builders import draft

from bot.cli.main import main
from bot.store.records import Conversation, Gap, Review
from bot.store.sqlite.store import SqliteStore
from pipeline.types import Failure, NeedsReview, Trace

_PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
_HOSTILE = "May I \x1b[31mrefund\x07 \u202e5 000?"
_QUESTION = "When does the first payment reminder go out?"


def _keys(command: str) -> set[str]:
    """Return the keys that the page lists for a command."""
    row = re.search(rf"^\| `citedesk {command}` \| [^|]+ \| (.+) \|$", _PAGE.split("## JSON", 1)[1], re.MULTILINE)
    assert row is not None, command
    return set(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)|; with .*", "", row[1])))


def _run(*arguments: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


async def _store(file: Path) -> None:
    """Write a store with two requests, of which one is in review and one a gap."""
    store = await SqliteStore(file, lambda: datetime.now(UTC)).open()
    where = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)
    for request_id, outcome in (("r-1", "needs_review"), ("r-2", "not_enough_info")):
        await store.requests.save(
            Trace(
                request_id=request_id,
                tenant_id="T1",
                user_id="U1",
                channel_id="C1",
                route="slack",
                outcome=outcome,
                verdict="UNVERIFIED",
            )
        )
    case = NeedsReview(reason=Failure.UNVERIFIED, draft=draft(), sources=())
    async with store.transaction() as tx:
        await tx.reviews.open(Review(review_id="r-1", question=_HOSTILE, conversation=where, case=case))
        gap = Gap(request_id="r-2", tenant_id="T1", user_id="U1", question="What is the Wi-Fi password?", reason="x")
        await tx.gaps.put(gap, "another model", b"")
    await store.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, articles: Path) -> Path:
    """Return the folder of an index and a store; commands find them by --data-dir."""
    path = tmp_path_factory.mktemp("json")
    built = _run("index", "build", str(articles), "--data-dir", str(path), "--json")
    assert built.exit_code == 0, built.output
    assert set(json.loads(built.stdout)) == _keys("index build")
    asyncio.run(_store(path / "citedesk.sqlite"))
    return path


@pytest.mark.parametrize(
    ("command", "arguments", "status"),
    [
        ("doctor", [], 1),
        ("ask", [_QUESTION], 0),
        ("search", [_QUESTION], 0),
        ("index rollback", [], 1),
        ("report", [], 0),
        ("reviews show", ["r-1", "--all"], 0),
    ],
)
def test_an_object_has_the_keys_of_the_page(command: str, arguments: list[str], status: int, folder: Path) -> None:
    run = _run(*command.split(), *arguments, "--data-dir", str(folder), "--json")
    assert run.exit_code == status, run.output
    if command == "index rollback":  # There is no snapshot before the first.
        assert set(json.loads(run.stderr)) == {"error", "message", "exit_status"}
    else:
        listed = _keys(command) - {"citedesk"}
        wanted = listed | _keys("reviews list") if command == "reviews show" else listed
        assert set(json.loads(run.stdout)) == wanted


@pytest.mark.parametrize("command", ["index list", "index verify", "requests list"])
def test_each_object_of_a_list_has_the_keys_of_the_page(command: str, folder: Path) -> None:
    found = json.loads(_run(*command.split(), "--data-dir", str(folder), "--json").stdout)
    assert found
    assert all(set(each) == _keys(command) for each in found)


@pytest.mark.parametrize("command", ["reviews list", "reviews export"])
def test_each_review_is_a_line_with_the_keys_of_the_page(command: str, folder: Path) -> None:
    lines = _run(*command.split(), "--data-dir", str(folder), "--json", "--all").stdout.splitlines()
    assert [set(json.loads(line)) for line in lines] == [_keys("reviews list")]
    assert json.loads(lines[0])["question"] == _HOSTILE
    assert not {"\x1b", "\x07", "\u202e"} & set(lines[0])


def test_what_was_asked_is_listed_by_outcome_and_question_only_if_it_is_wanted(folder: Path) -> None:
    at = ("--data-dir", str(folder))
    plain = _run("requests", "list", *at).stdout
    assert re.findall(r"r-\d", plain) == ["r-2", "r-1"]
    assert "refund" not in plain
    asked = json.loads(_run("requests", "list", "--questions", "--outcome", "needs_review", "--json", *at).stdout)
    assert [(request["request_id"], request["question"]) for request in asked] == [("r-1", _HOSTILE)]
    shown = _run("requests", "list", "--questions", *at).stdout
    assert "May I [31mrefund 5 000?" in shown


@pytest.mark.parametrize(
    "command", ["reviews list", "reviews show r-1", "reviews export --format csv", "requests list"]
)
def test_a_question_does_not_act_on_the_terminal(command: str, folder: Path) -> None:
    more = ["--questions"] if command.startswith("requests") else ["--all"]
    run = _run(*command.split(), *more, "--data-dir", str(folder))
    assert run.exit_code == 0
    assert "refund" in run.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(run.stdout)


def test_a_conversation_in_a_pipe_gives_a_line_a_question_and_remembers_it(folder: Path) -> None:
    asked = f"{_QUESTION}\n\nand the second one?\n"
    run = _run("chat", "--data-dir", str(folder), "--json", stdin=asked)
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.exit_code == 0
    assert [set(each) for each in found] == [_keys("chat")] * 2
    assert _QUESTION in found[1]["understood"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["-"], 0),
        (["Who won the football match in Lima?"], 3),
        ([""], 6),
        (["x" * 12_001], 6),
    ],
)
def test_the_exit_status_says_how_a_question_ended(arguments: list[str], status: int, folder: Path) -> None:
    run = _run("ask", *arguments, "--data-dir", str(folder), stdin=f"{_QUESTION}\n")
    assert run.exit_code == status, run.output


def test_without_an_index_no_answer_is_possible(tmp_path: Path) -> None:
    assert _run("ask", _QUESTION, "--data-dir", str(tmp_path)).exit_code == 1


def test_standard_input_that_is_no_text_is_still_a_question(folder: Path) -> None:
    assert _run("ask", "-", "--data-dir", str(folder), stdin=b"\xff\xfe\x00").exit_code in {3, 6}


def test_a_question_file_is_read_from_standard_input(folder: Path) -> None:
    line = json.dumps({"id": "q", "question": _QUESTION, "answerable": True})
    run = _run("eval", "-", "--json", "--data-dir", str(folder), stdin=line)
    assert json.loads(run.stdout)["questions"] == 1
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        (["search", "x"], "INDEX_UNAVAILABLE", 1),
        (["report", "--since", "never"], "SETTINGS_INVALID", 2),
        (["search", "x", "--limit", "99"], "USAGE", 2),
        (["search", "x", "--limmit", "9"], "USAGE", 2),
        (["why", "r-404"], "REQUEST_UNKNOWN", 1),
    ],
)
def test_an_error_is_one_object_on_standard_error(arguments: list[str], code: str, status: int, tmp_path: Path) -> None:
    run = _run(*arguments, "--json", "--data-dir", str(tmp_path))
    assert run.exit_code == status
    assert run.stdout == ""
    error: dict[str, Any] = json.loads(run.stderr)
    assert (error["error"], error["exit_status"]) == (code, status)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(["serch", "x"], "search"), (["index", "biuld"], "build"), (["ask", "x", "--gruops"], "--groups")],
)
def test_a_typing_error_is_answered_with_what_is_meant(typed: list[str], meant: str) -> None:
    run = _run(*typed)
    assert run.exit_code == 2
    assert f"'{meant}'" in run.stderr.split("Did you mean", 1)[1]


def test_what_a_command_asks_does_not_stand_before_its_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEDESK_SLACK__CLIENT_ID", "1.2")
    arguments = ("store", "forget-installations", "--json", "--data-dir", str(tmp_path))
    done = _run(*arguments, stdin="y\n")
    assert json.loads(done.stdout) == {"deleted": 0}
    assert "Each has to install the app again" in done.stderr
    refused = _run(*arguments, stdin="n\n")
    assert (refused.stdout.strip(), refused.exit_code) == ("", 1)
