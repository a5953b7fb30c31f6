"""Commands that only read write nothing where there is nothing yet, and say what to do."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.main import main


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, in which also the exported models would be written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CITEDESK_INDEX__EMBEDDERS_DIR", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["ask", "x"], 1, "no index yet: run `citedesk index build PATH`; looked in"),
        (["ask", "x", "--json"], 1, "no index yet"),
        (["search", "x"], 1, "no index yet"),
        (["eval", "questions.jsonl"], 1, "no index yet"),
        (["why", "r-1"], 1, "no store yet: `citedesk serve` makes it"),
        (["reviews", "list"], 0, "no store yet: `citedesk serve` makes it"),
        (["reviews", "export"], 0, "no store yet"),
        (["report"], 0, "no store yet"),
        (["doctor"], 1, "no index yet"),
        (["settings"], 0, "file: none"),
        (["index", "status"], 1, "no index yet"),
        (["index", "list"], 0, "no index yet"),
        (["index", "verify"], 1, "no index yet"),
    ],
)
def test_nothing_is_written_and_the_next_step_is_said(
    arguments: Sequence[str], status: int, says: str, empty: Path
) -> None:
    (empty / "questions.jsonl").write_text('{"id": "q", "question": "x?", "answerable": true}\n')
    run = CliRunner().invoke(main, [*arguments])
    assert (run.exit_code, says in run.output) == (status, True), run.output
    assert [file.name for file in empty.iterdir()] == ["questions.jsonl"]


def test_the_folder_that_was_looked_in_is_named(empty: Path) -> None:
    (empty / "there").mkdir()
    run = CliRunner().invoke(main, ["ask", "x", "--data-dir", "there"])
    assert f"looked in {empty / 'there'}, --data-dir names another folder" in run.output
    assert list((empty / "there").iterdir()) == []


def test_a_file_in_place_of_the_data_folder_is_told_in_one_line(empty: Path) -> None:
    (empty / "data").write_text("x")
    run = CliRunner().invoke(main, ["ask", "x", "--data-dir", "data"])
    assert (run.exit_code, run.output) == (
        2,
        f"citedesk: setting data_dir: {empty / 'data'} cannot be read: Not a directory\n",
    )


def test_doctor_names_what_is_missing_once_and_no_product_that_nobody_wants(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = CliRunner().invoke(main, ["doctor"]).output
    assert f"ok    settings: data in {empty / '.citedesk'}\n" in said
    assert "FAIL  chat products: none is set" in said
    assert "slack:" not in said
    assert "people:" not in said
    monkeypatch.setenv("CITEDESK_SLACK__REVIEWERS_CHANNEL", "C0123456")
    said = CliRunner().invoke(main, ["doctor"]).output
    assert "FAIL  slack: no bot token: set SLACK_BOT_TOKEN" in said
    assert "teams" not in said


def test_doctor_says_which_file_holds_secrets_that_others_can_read(empty: Path) -> None:
    file = empty / "citedesk.toml"
    file.write_text("[llm]\napi_key = 'k'\n")
    file.chmod(0o644)
    assert "FAIL  file: it holds secrets, and others may read it: run `chmod 600 citedesk.toml`" in _doctor()
    file.chmod(0o600)
    assert "chmod" not in _doctor()
    file.chmod(0o644)
    file.write_text("[llm]\nmodel = 'k'\n")
    assert "chmod" not in _doctor()


def _doctor() -> str:
    return CliRunner().invoke(main, ["doctor"]).output


def test_config_is_taken_before_and_behind_each_command(empty: Path) -> None:
    file = empty / "elsewhere" / "own.toml"
    file.parent.mkdir()
    file.write_text('data_dir = "data"\n')
    for arguments in (["--config", str(file), "settings"], ["settings", "--config", str(file)]):
        run = CliRunner().invoke(main, [*arguments, "--json", "--changed"])
        told = json.loads(run.stdout)
        assert told["file"] == str(file)
        (row,) = (row for row in told["settings"] if row["setting"] == "data_dir")
        assert row["value"] == str(file.parent / "data")
        assert row["from"] == {"kind": "file", "name": str(file), "line": 1}
    run = CliRunner().invoke(main, ["--config", "gone.toml", "ask", "x"])
    assert (run.exit_code, "gone.toml cannot be read" in run.output) == (2, True)


def test_settings_show_no_secret_and_no_password(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "SLACK_BOT_TOKEN": "xoxb-hush",
        "CITEDESK_STORE__URL": "postgresql://user:hush@host/db",
        "CITEDESK_SHARED__URL": "rediss://:hush@host/0",
        "OPENAI_BASE_URL": "https://user:hush@host/v1?key=hush",
        "CITEDESK_LLM__HEADERS": '{"X-Key": "hush"}',
        "CITEDESK_LLM__EXTRA_BODY": '{"key": "hush"}',
        "CITEDESK_INDEX__PATHS": '["https://user:hush/x@host/"]',
        "CITEDESK_TENANTS": '{"acme": {"ids": ["T1"], "llm": {"api_key": "hush", "base_url": "http://u:hush@h/v1"}}}',
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    for arguments in (
        ["settings"],
        ["settings", "--json"],
        ["settings", "--tenant", "acme"],
        ["settings", "--changed"],
    ):
        run = CliRunner().invoke(main, arguments)
        assert run.exit_code == 0, run.output
        assert "hush" not in run.output
    monkeypatch.setenv("SLACK_API_URL", "https://user:hush@host/")
    run = CliRunner().invoke(main, ["settings"])
    assert run.output == (
        "citedesk: setting slack.api_url: holds a user or a password, but requests to it have a token: remove them "
        "(from SLACK_API_URL)\n"
    )
    monkeypatch.delenv("SLACK_API_URL")
    (row,) = (line for line in _lines("--changed") if line.startswith("tenants.acme.llm.api_key"))
    assert row.split() == ["tenants.acme.llm.api_key", "(set)", "CITEDESK_TENANTS"]
    assert "hush" not in _doctor()
    assert empty.exists()


def _lines(*arguments: str) -> list[str]:
    return CliRunner().invoke(main, ["settings", *arguments]).output.splitlines()


def test_settings_of_a_tenant_say_which_table_they_come_from(empty: Path) -> None:
    (empty / "citedesk.toml").write_text(
        "[limits]\nquestion_chars = 300\nanswer_chars = 400\n[access]\nreviewers = ['U1']\n"
        "[tenants.acme]\nids = ['T1']\n[tenants.acme.limits]\nquestion_chars = 200\n"
    )
    rows = {line.split()[0]: line.split(maxsplit=2)[1:] for line in _lines("--tenant", "acme")[1:]}
    assert rows["limits.question_chars"] == ["200", "citedesk.toml, line 9"]
    assert rows["limits.answer_chars"] == ["400", "citedesk.toml, line 3"]
    assert rows["access.reviewers"] == ["[]", "of the tenant acme"]
    assert rows["limits.in_flight"] == ["200", "default"]
