from pathlib import Path

import pytest

from bot.settings import environment_name, load_settings
from index.errors import SettingsError


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_defaults_work_without_any_setting() -> None:
    settings = load_settings()
    assert settings.llm.provider == "extractive"
    assert settings.slack.bot_token is None


def test_the_file_the_familiar_names_and_our_names_win_in_this_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "citedesk.toml").write_text('[llm]\nmodel = "file"\napi_key = "file-key"\nbase_url = "http://f/"\n')
    monkeypatch.setenv("OPENAI_API_KEY", "familiar-key")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://familiar/")
    monkeypatch.setenv("CITEDESK_LLM__BASE_URL", "http://ours/")
    llm = load_settings().llm
    assert llm.model == "file"
    assert llm.api_key is not None
    assert llm.api_key.get_secret_value() == "familiar-key"
    assert str(llm.base_url) == "http://ours/"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CITEDESK_LLM__PROVIDER", "magic", "setting llm.provider"),
        ("CITEDESK_LIMITS__QUESTION_CHARS", "0", "setting limits.question_chars"),
        ("CITEDESK_LIMITS__PER_USER", "often", "setting limits.per_user"),
        ("CITEDESK_LLM__MODLE", "x", "setting llm.modle"),
        ("SLACK_API_URL", "not a url", "setting slack.api_url"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_file_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "citedesk.toml").write_text("[llm\nmodel = ")
    with pytest.raises(SettingsError, match=r"citedesk.toml cannot be read"):
        load_settings()


def test_a_secret_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-very-secret")
    settings = load_settings()
    assert "very-secret" not in repr(settings)
    assert "very-secret" not in settings.model_dump_json()
    monkeypatch.setenv("SLACK_API_URL", "xoxb-very-secret")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "very-secret" not in str(caught.value)


def test_groups_of_an_unknown_user_are_none() -> None:
    access = load_settings(access={"groups": {"leads": ["U1"]}}).access
    assert access.groups_of("U1") == {"leads"}
    assert access.groups_of("U2") == frozenset()


@pytest.mark.parametrize(
    ("setting", "name"),
    [("slack.bot_token", "SLACK_BOT_TOKEN"), ("slack.reviewers_channel", "CITEDESK_SLACK__REVIEWERS_CHANNEL")],
)
def test_messages_name_the_variable_that_sets_it(setting: str, name: str) -> None:
    assert environment_name(setting) == name
