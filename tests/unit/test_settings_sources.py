"""Where settings come from: file, secret files, variables; what is said of unknown and unreadable ones."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pydantic import SecretStr

from bot.configuration.fields import annotation_of, is_secret, names_of
from bot.configuration.toml_file import lines_of
from bot.configuration.variables import variable_of
from bot.settings import Settings, load_settings, load_with_origins
from index.errors import SettingsError

_SECRETS = [path for path in names_of(Settings) if is_secret(annotation_of(Settings, path))]
_VALUES = {
    ("store", "url"): "postgresql://u:secret-value@host/db",
    ("index", "database_url"): "postgresql://u:secret-value@host/db",
    ("shared", "url"): "rediss://:secret-value@host/0",
}


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write(name: str, text: str | bytes, mode: int = 0o600) -> Path:
    file = Path(name)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    file.chmod(mode)
    return file


def _refusal(config: Path | None = None, **overrides: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load_with_origins(config, overrides)
    assert "\n" not in str(refused.value)
    assert "secret-value" not in str(refused.value)
    return str(refused.value)


def _value(settings: Settings, path: tuple[str | int, ...]) -> str:
    section, key = path
    found = getattr(getattr(settings, str(section)), str(key))
    assert isinstance(found, SecretStr)
    return found.get_secret_value()


@pytest.mark.parametrize("path", _SECRETS, ids=".".join)
def test_every_secret_can_come_from_a_file_that_a_variable_names(
    path: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    value = _VALUES.get(path, "secret-value")
    monkeypatch.setenv(f"CITEDESK_{'__'.join(path).upper()}_FILE", str(_write("held", f"{value}\r\n")))
    assert _value(load_settings(), path) == value


@pytest.mark.parametrize("path", _SECRETS, ids=".".join)
def test_every_secret_can_be_a_credential_named_as_its_setting(
    path: tuple[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    value = _VALUES.get(path, "secret-value")
    _write(f"held/{'.'.join(path)}", f"{value}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "held"))
    loaded = load_with_origins(None, {})
    assert _value(loaded.settings, path) == value
    assert loaded.origin_of(path).kind == "credential"


def test_there_are_secrets_to_test() -> None:
    assert len(_SECRETS) >= 10


@pytest.mark.parametrize(
    ("content", "mode", "says"),
    [
        (None, 0o600, "cannot be read: No such file or directory"),
        ("", 0o600, "is empty"),
        ("\n", 0o600, "is empty"),
        ("secret-value\nsecond\n", 0o600, "holds more than one line"),
        (b"\xff\xfe\x00", 0o600, "is not text in UTF-8"),
        ("x" * 70_000, 0o600, "is longer than 65,536 bytes"),
    ],
)
def test_a_secret_that_cannot_be_read_is_said_in_one_line(
    content: str | bytes | None, mode: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        _write("held", content, mode)
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", "held")
    assert _refusal() == f"SLACK_BOT_TOKEN_FILE: held {says}{', so it is hardly a secret' * ('longer' in says)}"


def test_a_folder_in_place_of_a_secret_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("held").mkdir()
    monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", "held")
    assert _refusal() == "SLACK_BOT_TOKEN_FILE: held cannot be read: Is a directory"


def test_a_secret_that_every_user_can_read_is_refused_unless_its_folder_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with TemporaryDirectory() as folder:
        held = _write(f"{folder}/held", "secret-value", 0o644)
        monkeypatch.setenv("SLACK_BOT_TOKEN_FILE", str(held))
        held.parent.chmod(0o755)
        assert "can be read by every user of this machine" in _refusal()
        held.parent.chmod(0o750)
        assert _value(load_settings(), ("slack", "bot_token")) == "secret-value"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN_FILE"),
        ("SLACK_BOT_TOKEN", "CITEDESK_SLACK__BOT_TOKEN_FILE"),
        ("CITEDESK_SLACK__BOT_TOKEN", "CITEDESK_SLACK__BOT_TOKEN_FILE"),
    ],
)
def test_a_secret_and_a_file_for_it_are_refused_together(one: str, other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(one, "secret-value")
    monkeypatch.setenv(other, str(_write("held", "x")))
    assert _refusal() == f"setting slack.bot_token: {one} and {other} are both set, so remove one"


def test_an_empty_variable_sets_no_secret_and_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CITEDESK_SLACK__BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET_FILE", "CITEDESK_LLM__BASE_URL"):
        monkeypatch.setenv(name, "")
    settings = load_settings()
    assert (settings.slack.bot_token, settings.slack.app_token, settings.llm.base_url) == (None, None, None)
    assert not settings.slack.is_served


def test_secrets_of_tenants_failovers_and_headers_come_from_files_too(monkeypatch: pytest.MonkeyPatch) -> None:
    _write(
        "citedesk.toml",
        'secrets_dir = "secrets"\n[[llm.failover]]\nname = "second-one"\nmodel = "m"\n'
        "[llm.headers]\nX-Key = 'old'\n[tenants.Acme-1]\nids = ['T1']\n",
    )
    for name in ("llm.failover.second-one.api_key", "llm.headers.X-Key", "tenants.Acme-1.llm.api_key"):
        _write(f"secrets/{name}", name)
    settings = load_settings()
    assert settings.llm.headers["X-Key"].get_secret_value() == "llm.headers.X-Key"
    failover_key = settings.llm.failover[0].api_key
    assert failover_key is not None
    assert failover_key.get_secret_value() == "llm.failover.second-one.api_key"
    monkeypatch.setenv("CITEDESK_TENANTS__ACME_1__LLM__API_KEY_FILE", str(_write("held", "by-variable")))
    llm = load_settings().tenants["Acme-1"].llm
    assert llm is not None
    assert llm.api_key is not None
    assert llm.api_key.get_secret_value() == "by-variable"


def test_other_files_beside_the_secrets_are_left_alone_but_a_misspelt_one_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _write("held/tls.pem", "x")
    _write("held/..data", "x")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "held"))
    assert load_settings().slack.bot_token is None
    _write("held/citedesk_.gitignore", "*")
    _write("held/citedesk_slack.bot_token", "xoxb-of-a-folder")
    token = load_settings().slack.bot_token
    assert token is not None
    assert token.get_secret_value() == "xoxb-of-a-folder"
    _write("held/slack.bottoken", "x")
    assert "did you mean slack.bot_token?" in _refusal()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "of-another-unit"))
    assert load_settings().slack.bot_token is None
    assert "setting secrets_dir: nowhere cannot be read" in _refusal(secrets_dir="nowhere")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[llm]\nmodle = 'x'", "there is no such setting; did you mean llm.model? (from citedesk.toml, line 2)"),
        ("[slak]\nbot_token = 'x'", "did you mean slack? (from citedesk.toml, line 1)"),
        ("[slack]\nreviewers = []", "did you mean slack.reviewers_channel?"),
        ("bot_token = 'x'", "did you mean slack.bot_token?"),
        ("[[llm.failover]]\nname = 'a'\nmodel = 'm'\n\n[[llm.failover]]\nname = 'b'\nmodel = 'm'\napi_kye = 'x'",
         "did you mean llm.failover.1.api_key? (from citedesk.toml, line 8)"),
        ("[tenants.acme]\n[tenants.acme.index]\npath = ['x']", "acme.index.paths? (from citedesk.toml, line 3)"),
        ("[channels.C1]\nsource = ['x']", "did you mean channels.C1.sources? (from citedesk.toml, line 2)"),
        ("[llm]\nprovider = 'magic'", "should be 'extractive' or 'openai' (from citedesk.toml, line 2)"),
        ("[index]\npaths = 'docs'", 'index.paths: give a list, such as ["a", "b"] (from citedesk.toml, line 2)'),
        ("[index]\npaths = ['a', 5]", "setting index.paths.1: give a text in quotes (from citedesk.toml, line 2)"),
        ("[tenants.'a b']", "setting tenants.a b: String should match pattern"),
        ("\n\nindex = 5", "setting index: give a table (from citedesk.toml, line 3)"),
        ("[server]\nport = 'eighty'", "(from citedesk.toml, line 2)"),
        ("[llm]\nmodel = 5", "setting llm.model: give a text in quotes"),
        ("[llm]\nmodel = ", "citedesk.toml cannot be read: Invalid value (at line 2, column 9)"),
        ("[index]\npaths = [\n'a',\n\n[llm]\nmodel = 'x'\n", "look from line 2 on"),
        ("a = 1\na = 2", "cannot be read: Cannot overwrite a value (at line 2, column 6)"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_told_with_its_line_and_what_is_probably_meant(text: str, says: str) -> None:
    _write("citedesk.toml", text)
    assert says in _refusal()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf[llm]\r\nmodel = 'x'\r\n",
        b'[llm]\nmodel = """\\\n  x"""',
        b"llm = {model = 'x'}",
        b"llm.model = 'x'",
    ],
)
def test_a_file_from_any_editor_is_read(content: bytes) -> None:
    _write("citedesk.toml", content)
    assert load_settings().llm.model == "x"


def test_an_empty_file_changes_nothing_and_a_number_in_quotes_is_a_number() -> None:
    _write("citedesk.toml", "")
    assert not [path for path in names_of(Settings) if load_with_origins(None, {}).origin_of(path).kind == "file"]
    _write("citedesk.toml", "[server]\nport = '8081'")
    assert load_settings().server.port == 8081


def test_a_file_that_cannot_be_read_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    _write("citedesk.toml", "[llm]\nmodel = 'é'".encode("latin-1"))
    assert _refusal() == "citedesk.toml cannot be read: line 2 is not in UTF-8; save the file as UTF-8"
    _write("citedesk.toml", "x = 1".encode("utf-16"))
    assert "line 1 is not in UTF-8" in _refusal()
    Path("folder").mkdir()
    assert "folder cannot be read: Is a directory; name the file in it" in _refusal(config=Path("folder"))
    monkeypatch.setenv("CITEDESK_CONFIG", "gone.toml")
    assert "gone.toml cannot be read: No such file or directory; `citedesk init` writes one" in _refusal()


def test_paths_in_a_file_elsewhere_begin_at_its_folder(tmp_path: Path) -> None:
    file = _write(
        "etc/other.toml",
        "data_dir = 'data'\nsecrets_dir = 'secrets'\n[index]\npaths = ['docs', '/srv', 'https://x.example/']\n"
        "[tenants.acme.index]\npaths = ['acme']\n",
    )
    _write("etc/secrets/slack.bot_token", "xoxb-1")
    settings = load_with_origins(file.absolute(), {}).settings
    etc = tmp_path / "etc"
    assert settings.data_dir == etc / "data"
    assert [str(path) for path in settings.index.paths] == [str(etc / "docs"), "/srv", "https://x.example/"]
    assert settings.slack.bot_token is not None
    own = settings.tenants["acme"].index
    assert own is not None
    assert [str(path) for path in own.paths] == [str(etc / "acme")]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("CITEDESK_LLM__MODLE", "CITEDESK_LLM__MODEL"),
        ("CITEDESK_SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN"),
        ("CITEDESK_SLACK__BOT_TOKN_FILE", "SLACK_BOT_TOKEN_FILE"),
        ("CITEDESK_DATADIR", "CITEDESK_DATA_DIR"),
        ("CITEDESK_PORT", "CITEDESK_SERVER__PORT"),
        ("CITEDESK_LOG_LEVL", "CITEDESK_LOG_LEVEL"),
    ],
)
def test_a_misspelt_variable_is_an_error_that_names_the_right_one(
    name: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "8080")
    said = _refusal()
    assert f"did you mean {meant}?" in said
    assert said.endswith(f"(from {name})")


def test_variables_of_others_stop_nothing_and_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    links = {
        "CITEDESK_PORT": "tcp://10.0.0.1:8080",
        "CITEDESK_SERVICE_HOST": "10.0.0.1",
        "CITEDESK_SERVICE_PORT": "8080",
        "CITEDESK_SERVICE_PORT_HTTP": "8080",
        "CITEDESK_PORT_8080_TCP": "tcp://10.0.0.1:8080",
        "CITEDESK_PORT_8080_TCP_ADDR": "10.0.0.1",
        "CITEDESK_METRICS_SERVICE_HOST": "10.0.0.1",
        "CITEDESK_METRICS_PORT": "tcp://10.0.0.1:8080",
    }
    for name, value in links.items():
        monkeypatch.setenv(name, value)
    others = ("CITEDESK_HOME", "CITEDESK_IMAGE", "CITEDESK_MODE", "CITEDESK_TOKEN", "CITEDESK_USER", "CITEDESK_VERSION")
    for name in others:
        monkeypatch.setenv(name, "1.2")
    monkeypatch.setenv("CITEDESK_SPECIAL", "")
    assert load_with_origins(None, {}).unknown == others


def test_a_list_in_a_variable_that_is_no_json_is_told_with_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEDESK_INDEX__PATHS", "/srv/docs")
    assert "setting index.paths: a list or table in a variable is JSON" in _refusal()
    assert "(from CITEDESK_INDEX__PATHS)" in _refusal()


def test_each_value_knows_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    _write("citedesk.toml", "# settings\nlog_level = 'ERROR'\n[llm]\nmodel = 'm'\n[access]\ngroups = {a = ['U1']}\n")
    monkeypatch.setenv("CITEDESK_LLM__PROMPT_VERSION", "support_rag/v2")
    monkeypatch.setenv("OPENAI_API_KEY_FILE", str(_write("held", "k")))
    monkeypatch.setenv("CITEDESK_ACCESS__GROUPS", '{"b": ["U2"]}')
    loaded = load_with_origins(None, {"data_dir": "elsewhere"})
    words = {
        ("log_level",): "citedesk.toml, line 2",
        ("llm", "model"): "citedesk.toml, line 4",
        ("llm", "prompt_version"): "CITEDESK_LLM__PROMPT_VERSION",
        ("llm", "api_key"): "OPENAI_API_KEY_FILE",
        ("data_dir",): "command line",
        ("llm", "attempts"): "default",
        ("access", "groups", "a"): "citedesk.toml, line 6",
        ("access", "groups", "b"): "CITEDESK_ACCESS__GROUPS",
    }
    assert {path: loaded.origin_of(path).words for path in words} == words


def test_the_lines_of_all_kinds_of_tables_are_found() -> None:
    lines = lines_of(
        'a = """\n[no]\n"""\nb.c = 1\n[d.e]\nf = [\n  1,\n  2,\n]\n'
        "[[g]]\nh = 1\n[g.i]\nj = 1\n[[g]]\nh = 2\n[g.i]\nj = 2\n"
    )
    wanted = {("a",): 1, ("b", "c"): 4, ("d", "e", "f"): 6, ("g", 0, "h"): 11, ("g", 0, "i", "j"): 13}
    wanted |= {("g", 1, "h"): 15, ("g", 1, "i", "j"): 17}
    assert {path: lines[path] for path in wanted} == wanted


def test_the_variable_of_each_setting_sets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable_of(("channels",)), '{"C1": {"auto_answer": false}}')
    monkeypatch.setenv(f"{variable_of(('channels',))}__C0123__LANGUAGE", "de")
    channels = load_settings().channels
    assert channels["C1"].auto_answer is False
    assert channels["C0123"].language == "de"
