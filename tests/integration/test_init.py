"""`citedesk init`: from an empty folder to a first answer, and what is written."""

import stat
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support.terminal import typed

from bot.cli.init_file import Answers, settings_file
from bot.cli.init_questions import STEPS, question_of
from bot.cli.main import main
from bot.settings import load_settings, load_with_origins

_QUESTION = "When does the first payment reminder go out?"
_ID, _OTHER_ID = "5f0c1a2b-0000-4000-8000-000000000001", "5f0c1a2b-0000-4000-8000-000000000002"


@pytest.fixture
def folder(tmp_path: Path, articles: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder with documents in `docs`; work in it."""
    (tmp_path / "docs").symlink_to(articles)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments])


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_user_gets_from_nothing_to_a_first_answer(folder: Path) -> None:
    dialogue = [
        ("Where are the documents", "nowhere"),
        ("no such file or folder: nowhere", ""),
        ("One more place", ""),
        ("Where do people ask", ""),
        ("Shall a language model", ""),
        ("several machines", ""),
        ("Build the index now", ""),
        ("What do you want to know", _QUESTION),
        ("Check everything", ""),
    ]
    status, seen = typed(["init"], dialogue, folder)
    assert (status, "7 days after the due date" in seen) == (0, True), seen
    assert tomllib.loads((folder / "citedesk.toml").read_text())["index"] == {"paths": ["docs"]}


def test_slack_is_explained_step_by_step_and_answers_are_checked_at_once(folder: Path) -> None:
    dialogue = [
        ("Where are the documents", ""),
        ("One more place", ""),
        ("Where do people ask", "slack"),
        ("Shall a language model", ""),
        ("several machines", ""),
        ("Bot token", "xapp-1"),
        ("Bot token", '"xoxb-1"'),
        ("Bot token", "xoxb-1-hush"),
        ("App-level token", ""),
        ("Id of that channel", "general"),
        ("the name of the channel does not do", "C0123456789"),
        ("Ids of the reviewers", "U0123456, bob"),
        ("bob is no id", "U0123456, U0123457"),
        ("Ids of the admins", ""),
        ("Build the index now", "n"),
    ]
    status, seen = typed(["init"], dialogue, folder)
    assert status == 0, seen
    assert "it begins with xoxb-" in seen
    assert "no spaces, quotes" in seen
    assert "deploy/slack/manifest.json" in seen
    assert "hush" not in seen
    settings = load_settings()
    assert settings.slack.bot_token is not None
    assert settings.slack.bot_token.get_secret_value() == "xoxb-1-hush"
    assert settings.slack.reviewers_channel == "C0123456789"
    assert settings.access.reviewers == {"U0123456", "U0123457"}
    written = (folder / "citedesk.toml").read_text()
    assert "hush" not in written
    assert '# admins = ["…"]' in written
    assert _mode(folder / "citedesk.toml") == _mode(folder / "secrets" / "slack.bot_token") == 0o600
    assert _mode(folder / "secrets") == 0o700


def test_without_a_terminal_it_says_what_is_missing_and_writes_nothing(folder: Path) -> None:
    run = _run()
    assert (run.exit_code, "give --yes" in run.output) == (2, True)
    (folder / "docs").unlink()
    run = _run("--yes")
    assert (run.exit_code, "--docs PLACE is missing" in run.output) == (2, True)
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("folder")
def test_options_answer_in_advance() -> None:
    given = {
        "slack.reviewers_channel": "C0123456789",
        "teams.app_id": _ID,
        "teams.tenant_id": _OTHER_ID,
        "teams.reviewers_conversation": "19:abc@thread.tacv2",
        "access.reviewers": f"U0123456,{_ID}",
        "llm.base_url": "http://127.0.0.1:8000/v1",
        "llm.model": "own",
        "snapshots.url": "s3://bucket/prefix",
    }
    options = [option for item in given.items() for option in ("--set", "=".join(item))]
    run = _run(
        "--yes", "--docs", "docs", "--docs", "https://x.example/", "--chat", "both", "--model", "--several", *options
    )
    assert run.exit_code == 0, run.output
    settings = load_settings()
    assert [str(path) for path in settings.index.paths] == ["docs", "https://x.example/"]
    assert (settings.teams.app_id, settings.teams.tenant_id) == (_ID, _OTHER_ID)
    assert settings.access.reviewers == {"U0123456", _ID}
    assert (settings.llm.provider, settings.llm.model) == ("openai", "own")
    assert settings.snapshots.url == "s3://bucket/prefix"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--set", "slack.bot_token=xoxb-1"], "others can read a command line; set SLACK_BOT_TOKEN instead"),
        (["--set", "slack.reviewers_channel=#general"], "an id looks like C0123456789"),
        (["--set", "llm.attempts=5"], "write SETTING=VALUE with one of slack.reviewers_channel"),
        (["--set", "llm.model"], "write SETTING=VALUE"),
        (["--docs", "nowhere"], "no such file or folder: nowhere"),
        (["--docs", "https://u:hush@x.example/"], "an address of documents holds no user and password"),
        (["--docs", "empty"], "empty has no documents that can be read"),
        (["--config", "gone/citedesk.toml"], "there is no folder gone"),
    ],
)
def test_a_wrong_answer_is_refused_and_nothing_is_written(options: list[str], says: str, folder: Path) -> None:
    (folder / "empty").mkdir()
    run = _run("--yes", *options)
    assert (run.exit_code, says in run.output) == (2, True), run.output
    assert {file.name for file in folder.iterdir()} == {"docs", "empty"}


def test_a_file_that_is_there_is_never_replaced_without_being_asked(folder: Path) -> None:
    (folder / "citedesk.toml").write_text("# mine\n")
    run = _run("--yes")
    assert (run.exit_code, "is there already, and nothing was changed; --force" in run.output) == (2, True)
    status, seen = typed(["init"], [("Replace it?", "n")], folder)
    assert (status, "nothing was changed" in seen) == (2, True)
    assert (folder / "citedesk.toml").read_text() == "# mine\n"
    assert _run("--yes", "--force").exit_code == 0
    assert (folder / "citedesk.toml.old").read_text() == "# mine\n"
    assert "paths" in (folder / "citedesk.toml").read_text()


def test_a_file_elsewhere_names_documents_by_their_whole_path(folder: Path) -> None:
    (folder / "etc").mkdir()
    assert CliRunner().invoke(main, ["--config", "etc/own.toml", "init", "--yes"]).exit_code == 0
    settings = load_with_origins(Path("etc/own.toml"), {}).settings
    assert [str(path) for path in settings.index.paths] == [str(folder / "docs")]
    assert settings.data_dir == Path("etc/.citedesk")


def test_tokens_that_are_in_the_environment_are_not_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-hush")
    run = _run("--yes", "--chat", "slack")
    assert "Bot token, xoxb-…: taken from the environment" in run.output
    assert [file.name for file in (folder / "secrets").iterdir()] == [".gitignore"]


def test_names_with_quotes_backslashes_and_other_letters_are_written_so_that_they_are_read_again() -> None:
    for name in ('a "b"', "a\\b", "grüße", "a'b", "tab\there", "line\nbreak", "\x7f", "# no comment"):
        text = settings_file(Answers([name], ["openai"], {"llm.model": name}), "secrets")
        read = tomllib.loads(text)
        assert (read["index"]["paths"], read["llm"]["model"]) == ([name], name)


def test_every_question_is_about_a_setting_and_its_answer_is_accepted() -> None:
    good = {
        "slack.bot_token": "xoxb-1",
        "slack.app_token": "xapp-1",
        "slack.reviewers_channel": "C0123456789",
        "access.reviewers": "U0123456",
        "access.admins": _ID,
        "teams.app_id": _ID,
        "teams.tenant_id": _ID,
        "teams.app_secret": "a~b.c",
        "teams.reviewers_conversation": "19:abc@thread.tacv2",
        "llm.base_url": "https://host/v1",
        "llm.model": "a model",
        "llm.api_key": "sk-1",
        "store.url": "postgresql://u:p@host/db",
        "snapshots.url": "s3://bucket/prefix",
    }
    asked = {q.setting for steps in STEPS.values() for step in steps for q in step.questions}
    assert asked == set(good)
    for setting, value in good.items():
        question = question_of(setting)
        assert question is not None
        assert question.problem(value) == ""
        assert question.problem("\x00") != ""
