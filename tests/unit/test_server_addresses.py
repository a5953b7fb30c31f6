"""Addresses that hold a password: those that clients can read are taken, and of the others nothing is repeated."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from bot.cli.init_questions import question_of
from bot.cli.main import main
from bot.settings import IndexSettings, load_settings
from index.errors import SettingsError
from index.pgvector.database import Database

_POSTGRES = (
    "postgresql://citedesk:hun ter2@localhost:1/x",
    "postgresql://citedesk:hun%ter2@localhost:1/x",
    "postgresql://citedesk:hun%00ter2@localhost:1/x",
    "postgresql://citedesk:hun\tter2@localhost:1/x",
    "postgresql://citedesk:hun/ter2@localhost:1/x",
    "postgresql://citedesk:12/ter2@localhost:1/x",
    "postgresql://citedesk:hun@ter2@localhost:1/x",
    "postgresql://citedesk:hun/ter2?@localhost:1/x",
    "postgresql://citedesk:ter2@[::1/x",
    "postgresql://citedesk:ter2@localhost:port/x",
    "postgresql://citedesk:ter2@localhost:70000/x",
    "postgresql://citedesk:ter2@localhost:0/x",
    "postgresql://localhost/x?password=hun ter2",
    "postgresql://localhost/x?password=hun=ter2",
    "postgres://localhost/x?ter2",
)
_SHARED = (
    "valkey://:hun/ter2@localhost:1/0",
    "valkey://:hun#ter2@localhost:1/0",
    "valkey://:hun?ter2@localhost:1/0",
    "valkey://:12/ter2@localhost:1/0",
    "valkey://:12#ter2@localhost:1/0",
    "valkey://:12?ter2@localhost:1/0",
    "valkey://:12?ter2=1@localhost:1/0",
    "valkey://:hun@ter2/3@localhost:1/0",
    "redis://:ter2@localhost:port/0",
    "redis://:ter2@localhost:70000/0",
    "redis://:ter2@[::1/0",
    "unix://:hun/ter2@/run/valkey.sock",
)
_SETTINGS = [
    *(("store", "url", url) for url in _POSTGRES),
    *(("index", "database_url", url) for url in _POSTGRES),
    *(("shared", "url", url) for url in _SHARED),
]


@pytest.mark.parametrize(("section", "key", "url"), _SETTINGS)
def test_an_address_that_no_client_can_read_is_refused_and_nothing_of_it_is_repeated(
    section: str, key: str, url: str
) -> None:
    with pytest.raises(SettingsError, match=rf"^setting {section}\.{key}: it cannot be read") as refused:
        load_settings(**{section: {key: url}})
    assert not [part for part in ("hun", "ter2", "localhost", "12") if part in str(refused.value)]


@pytest.mark.parametrize("url", [*_POSTGRES, "mysql://host/x"])
def test_init_asks_again_for_an_address_that_the_settings_would_refuse(url: str) -> None:
    question = question_of("store.url")
    assert question is not None
    assert question.problem(url)
    assert not question.problem("postgresql://citedesk:hun%20ter2@localhost/x")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://",
        "postgres://citedesk@db.internal/citedesk",
        "postgresql://citedesk:hun%20t%25r%2F2@db:5432/citedesk?sslmode=verify-full&connect_timeout=3",
        "postgresql://citedesk:h#n?t[e:r2@db/citedesk",
        "postgresql://a:b@one:5432,two,[::1]:5433/x?target_session_attrs=read-write",
        "postgresql://a@%2Fvar%2Frun%2Fpostgresql/x",
        "postgresql:///x?host=/var/run/postgresql&user=me@server",
        "postgresql://[fe80::1%25eth0]/x",
        "postgresql://db:/x?",
    ],
)
def test_an_address_that_libpq_reads_is_taken(url: str) -> None:
    assert load_settings(store={"url": f" {url}\n"}).store.url.get_secret_value() == url
    Database(url).close()


@pytest.mark.parametrize(
    "url",
    [
        "valkey://cache",
        "rediss://user:h%2Fn t%r2@cache.example.com:6379/0?ssl_ca_certs=/a/b.pem",
        "redis://:a@b@[::1]:6379/1",
        "unix:///run/valkey.sock?db=1",
        "unix://:secret@/run/valkey.sock",
    ],
)
def test_an_address_that_the_client_of_the_shared_server_reads_is_taken(url: str) -> None:
    assert load_settings(shared={"url": url}).shared.url.get_secret_value() == url


def test_a_parameter_that_libpq_does_not_know_is_not_repeated() -> None:
    with pytest.raises(SettingsError, match=r"index\.database_url") as refused:
        Database("postgresql://app@host/x?hunter=2")
    assert "hunter" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_an_address_of_another_kind_is_no_address_of_postgresql() -> None:
    with pytest.raises(ValueError, match=r"begins with postgresql://") as refused:
        IndexSettings(database_url=SecretStr("mysql://user:hunter2@host"))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("arguments", [["requests", "list", "--json"], ["doctor"], ["search", "a question"]])
@pytest.mark.parametrize("variable", ["STORE__URL", "INDEX__DATABASE_URL"])
def test_a_command_with_a_wrong_address_ends_with_status_2_and_prints_no_password(
    arguments: list[str], variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = {f"CITEDESK_{variable}": "postgresql://citedesk:hun ter2@localhost:1/x"}
    result = CliRunner().invoke(main, arguments, env=environment)
    assert result.exit_code == 2
    assert "ter2" not in result.output
