"""Tokens of workspaces lie in the store encrypted; old ones are encrypted at the start, and keys can be changed."""

import asyncio
import json
import logging
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlite3 import SQLite3InstallationStore

from bot.cli.demo import demo_settings
from bot.cli.main import main
from bot.cli.store import _migrated
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import BOT_ID, BOT_USER_ID, TEAM_ID
from bot.server import running_bot
from bot.settings import Settings, StoreSettings
from bot.slack.checks import checks
from bot.slack.clients import InstalledWorkspaces
from bot.slack.stored_installations import StoredInstallations, sealed_anew, taken_over
from bot.slack.token_keys import TokenKeys, new_key
from bot.store.port import Store
from bot.store.records import Installed
from bot.store.sqlite.store import SqliteStore
from index.errors import SettingsError

_APP = "1.2"


def _installation(team: str = "T1", user: str = "U1", token: str = "xoxb-1", **more: Any) -> Installation:  # noqa: ANN401, S107
    return Installation(
        app_id="A1", team_id=team, user_id=user, bot_token=token, bot_id=BOT_ID, bot_user_id=BOT_USER_ID,
        bot_scopes=["chat:write"], installed_at=time.time(), **more,
    )  # fmt: skip


async def _bot_token(store: Store, keys: TokenKeys, team: str = "T1") -> str | None:
    bot = await StoredInstallations(store, _APP, keys).async_find_bot(enterprise_id=None, team_id=team)
    return bot.bot_token if bot else None


async def test_no_token_can_be_read_in_the_store(store: Store) -> None:
    keys = TokenKeys.of(new_key())
    installations = StoredInstallations(store, _APP, keys)
    await installations.async_save(_installation(user_token="xoxp-1", bot_refresh_token="xoxe-1"))
    bot = await installations.async_find_bot(enterprise_id=None, team_id="T1")
    assert bot is not None
    await installations.async_save_bot(bot)
    (stored,) = await store.installations.listed(_APP)
    assert "xox" not in stored.payload
    assert await _bot_token(store, keys) == "xoxb-1"


async def test_the_newest_key_encrypts_and_older_ones_still_decrypt(store: Store) -> None:
    old, new = new_key(), new_key()
    await StoredInstallations(store, _APP, TokenKeys.of(old)).async_save(_installation())
    both = TokenKeys.of(f"{new}, {old}")
    assert await _bot_token(store, both) == "xoxb-1"
    assert await sealed_anew(_APP, store, both) == 1
    assert await sealed_anew(_APP, store, both) == 0
    assert await _bot_token(store, TokenKeys.of(new)) == "xoxb-1"


async def test_what_was_stored_in_plain_text_is_encrypted_and_stays_as_new_as_it_was(store: Store) -> None:
    for user, token in (("U1", "xoxb-old"), ("U2", "xoxb-new")):
        plain = json.dumps(vars(_installation(user=user, token=token)))
        await store.installations.save(Installed(_APP, "T1", user, plain))
    keys = TokenKeys.of(new_key())
    assert await _bot_token(store, keys) == "xoxb-new"
    assert await sealed_anew(_APP, store, keys) == 2
    assert all("xoxb-" not in stored.payload for stored in await store.installations.listed(_APP))
    assert await _bot_token(store, keys) == "xoxb-new"


async def test_a_token_that_was_renewed_meanwhile_is_not_overwritten(store: Store) -> None:
    before = Installed(_APP, "T1", "U1", "{}")
    await store.installations.save(before)
    await store.installations.save(Installed(_APP, "T1", "U1", "renewed"))
    await store.installations.replace(before, "encrypted")
    assert [stored.payload for stored in await store.installations.listed(_APP)] == ["renewed"]


async def test_another_key_is_refused_with_the_workspace_and_without_the_keys(store: Store) -> None:
    await StoredInstallations(store, _APP, TokenKeys.of(new_key())).async_save(_installation("T7"))
    wrong = new_key()
    with pytest.raises(
        SettingsError, match=r"slack\.token_keys: no key decrypts the tokens of workspace T7"
    ) as refused:
        await sealed_anew(_APP, store, TokenKeys.of(wrong))
    assert wrong not in str(refused.value)


@pytest.mark.parametrize("text", ["", " , ", "short", f"{'A' * 43}=,{'B' * 41}", "ключ" * 11])
def test_what_is_no_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(SettingsError, match="citedesk store key") as refused:
        TokenKeys.of(text)
    assert all(word not in str(refused.value) for word in text.replace(",", " ").split() if len(word) > 5)


async def test_the_file_of_an_older_release_moves_into_the_store_and_is_deleted(store: Store, tmp_path: Path) -> None:
    file, keys = tmp_path / "installations.sqlite", TokenKeys.of(new_key())
    _kept_in(file, ("T1", "U1", "xoxb-1"), ("T2", "U1", "xoxb-3"))
    await StoredInstallations(store, _APP, keys, ("T1",)).async_save(_installation("T1", "U1", "xoxb-9"))
    assert await taken_over(file, _APP, store, keys) == 1
    assert not await asyncio.to_thread(file.exists)
    # A token that is newer than the file stays.
    assert (await _bot_token(store, keys), await _bot_token(store, keys, "T2")) == ("xoxb-9", "xoxb-3")
    assert await taken_over(file, _APP, store, keys) == 0


def _kept_in(file: Path, *installed: tuple[str, str, str]) -> None:
    kept = SQLite3InstallationStore(database=str(file), client_id=_APP, logger=logging.getLogger(__name__))
    with closing(kept.connect()):
        kept.init()  # type: ignore[no-untyped-call]
    for team, user, token in installed:
        kept.save(_installation(team, user, token))


def _settings(data: Path, articles: Path, sandbox: Sandbox, key: str | None) -> Settings:
    extra = {
        "bot_token": None, "client_id": _APP, "client_secret": "s3cret", "public_url": "https://desk.example/",
        "token_keys": key,
    }  # fmt: skip
    settings = demo_settings(data, articles, sandbox, slack_extra=extra)
    slack = settings.slack.model_copy(update={"signing_secret": SecretStr(sandbox.credentials.signing_secret)})
    return settings.model_copy(update={"slack": slack})


def _holding(folder: Path, token: bytes) -> list[Path]:
    return [file for file in folder.glob("*.sqlite*") if token in file.read_bytes()]


async def test_a_bot_encrypts_what_an_older_release_kept_and_serves_the_workspace(
    own_data: Path, articles: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with Sandbox() as sandbox:
        key = new_key()
        settings = _settings(own_data, articles, sandbox, key)
        _kept_in(own_data / "installations.sqlite", (TEAM_ID, "U1", sandbox.credentials.bot_token))
        async with running_bot(settings) as bot:
            installations = StoredInstallations(bot.use_cases.questions.store, _APP, TokenKeys.of(key))
            client = await InstalledWorkspaces(settings.slack, installations).client(TEAM_ID)
            assert client.token == sandbox.credentials.bot_token
        token = sandbox.credentials.bot_token.encode()
        assert _holding(own_data, token) == []
        with pytest.raises(SettingsError, match="no key decrypts the tokens"):
            async with running_bot(_settings(own_data, articles, sandbox, new_key())):
                pass
    assert key not in "".join(capfd.readouterr())


async def test_without_a_key_the_bot_does_not_start_and_doctor_says_how_to_make_one(
    own_data: Path, articles: Path
) -> None:
    async with Sandbox() as sandbox:
        settings = _settings(own_data, articles, sandbox, None)
        with pytest.raises(SettingsError, match=r"setting slack\.token_keys is missing"):
            async with running_bot(settings):
                pass
        assert "CITEDESK_SLACK__TOKEN_KEYS" in (await checks(settings))[0].words
        assert "store key" in (await checks(_settings(own_data, articles, sandbox, "wrong")))[0].words


def test_a_key_that_the_command_prints_is_one() -> None:
    printed = CliRunner().invoke(main, ["store", "key"]).output
    keys = TokenKeys.of(printed)
    assert keys.opened(keys.sealed("text")) == "text"


async def test_a_lost_key_costs_the_installations_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await SqliteStore(tmp_path / "citedesk.sqlite").open()
    await StoredInstallations(store, _APP, TokenKeys.of(new_key())).async_save(_installation())
    await store.own_tenants.put(["T5"])
    await store.close()
    monkeypatch.setenv("CITEDESK_SLACK__CLIENT_ID", _APP)
    arguments = ["store", "forget-installations", "--yes", "--data-dir", str(tmp_path)]
    done = await asyncio.to_thread(CliRunner().invoke, main, arguments)
    assert done.output == "installations deleted: 1\n"
    store = await SqliteStore(tmp_path / "citedesk.sqlite").open()
    assert (await store.installations.listed(_APP), await store.own_tenants.ids()) == ([], frozenset({"T5"}))
    await store.close()


async def test_a_store_that_moves_into_a_database_takes_its_encrypted_tokens_along(
    tmp_path: Path, postgres_url: str
) -> None:
    keys = TokenKeys.of(new_key())
    store = await SqliteStore(tmp_path / "citedesk.sqlite").open()
    await StoredInstallations(store, _APP, keys).async_save(_installation())
    await store.close()
    settings = Settings(data_dir=tmp_path, store=StoreSettings(url=SecretStr(postgres_url)))
    await _migrated(settings, lambda _: None)
    from bot.store.postgres.store import PostgresStore  # noqa: PLC0415 - its library is an extra

    moved = await PostgresStore(postgres_url).open()
    assert await _bot_token(moved, keys) == "xoxb-1"
    await moved.close()
