"""Backup and restore of a store in a PostgreSQL database."""

import asyncio
import json
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr
from support.engines.postgres import PostgresServer
from support.full_store import content, fill

psycopg = pytest.importorskip("psycopg", reason="the extra `cluster` is not installed")

from bot.backup.databases import copied_into_file  # noqa: E402
from bot.backup.restoring import restore  # noqa: E402
from bot.cli.main import main  # noqa: E402
from bot.settings import Settings, StoreSettings  # noqa: E402
from bot.store.port import StoreError  # noqa: E402
from bot.store.postgres.store import PostgresStore  # noqa: E402
from bot.store.sqlite.store import SqliteStore  # noqa: E402

_APART = frozenset({"inbox", "outbox", "builds", "installations"})


@pytest.fixture
async def filled_url(postgres_url: str) -> str:
    """Return a database with a store that has rows in every table."""
    store = await PostgresStore(postgres_url).open()
    await fill(store)
    await store.replicas.put("bot-1", "0.1.0", "")
    await store.replicas.remove("bot-1")
    await store.close()
    return postgres_url


@pytest.fixture
async def other_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """Return the URL of another empty database."""
    url = postgres_server.database()
    yield url
    await asyncio.to_thread(postgres_server.drop, url)


def _run(url: str, *words: object, code: int = 0) -> Result:
    result = CliRunner(env={"CITEDESK_STORE__URL": url}).invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


def _backup(url: str, tmp_path: Path) -> Path:
    words = "backup", tmp_path / "backups", "--data-dir", tmp_path / "data", "--json"
    return Path(json.loads(_run(url, *words).stdout)["backup"])


async def _rows(url: str, tmp_path: Path) -> dict[str, str]:
    file = tmp_path / f"rows-{os.urandom(4).hex()}.sqlite"
    file.touch()
    await copied_into_file(url, file)
    return content(file, _APART)


async def test_a_database_comes_back_in_another_one_row_for_row(
    filled_url: str, other_url: str, tmp_path: Path
) -> None:
    backup = await asyncio.to_thread(_backup, filled_url, tmp_path)
    assert content(backup / "citedesk.sqlite", _APART) == await _rows(filled_url, tmp_path)
    told = (await asyncio.to_thread(_run, other_url, "restore", backup, "--data-dir", tmp_path / "new")).output
    assert "jobs that waited: 2 go on, 5 ended" in told
    assert await _rows(other_url, tmp_path) == await _rows(filled_url, tmp_path)
    store = await PostgresStore(other_url).open()
    assert [job.key for job in await store.inbox.claim("w", 60.0, 9)] == ["asked:slack"]
    assert (await store.outbox.claim("w", 60.0, 9))[0].attempts == 2
    # What comes now comes after what was restored.
    assert await store.inbox.add(["late"], "{}")
    await store.close()


async def test_a_database_becomes_a_file_and_a_file_a_database(filled_url: str, other_url: str, tmp_path: Path) -> None:
    backup = await asyncio.to_thread(_backup, filled_url, tmp_path)
    await asyncio.to_thread(_run, "", "restore", backup, "--data-dir", tmp_path / "file")
    assert content(tmp_path / "file" / "citedesk.sqlite", _APART) == await _rows(filled_url, tmp_path)
    words = "backup", tmp_path / "of-file", "--data-dir", tmp_path / "file"
    await asyncio.to_thread(_run, "", *words)
    await asyncio.to_thread(_run, other_url, "restore", tmp_path / "of-file", "--data-dir", tmp_path / "new")
    assert await _rows(other_url, tmp_path) == await _rows(filled_url, tmp_path)


async def test_a_database_with_a_store_is_set_aside_only_if_asked(filled_url: str, tmp_path: Path) -> None:
    backup = await asyncio.to_thread(_backup, filled_url, tmp_path)
    words = "restore", backup, "--data-dir", tmp_path / "new"
    assert "--replace sets it aside" in (await asyncio.to_thread(_run, filled_url, *words, code=1)).output
    told = (await asyncio.to_thread(_run, filled_url, *words, "--replace", "--json")).output
    aside = json.loads(told)["set_aside"].removeprefix("schema ").removesuffix(" of the database")
    with psycopg.connect(filled_url) as connection:
        row = connection.execute(f"SELECT count(*) FROM {aside}.reviews").fetchone()  # noqa: S608 - its own output
    assert row == (2,)


async def test_a_database_from_which_a_process_serves_is_left_alone(filled_url: str, tmp_path: Path) -> None:
    backup = await asyncio.to_thread(_backup, filled_url, tmp_path)
    store = await PostgresStore(filled_url).open()
    await store.replicas.put("bot-1", "0.1.0", "")
    await store.close()
    words = "restore", backup, "--data-dir", tmp_path / "new", "--replace"
    assert "a process serves from the database" in (await asyncio.to_thread(_run, filled_url, *words, code=1)).output


async def test_a_backup_is_of_one_moment_while_others_write(filled_url: str, tmp_path: Path) -> None:
    store = await PostgresStore(filled_url).open()
    done = asyncio.Event()

    async def write() -> int:
        number = 0
        while not done.is_set():
            async with store.transaction() as tx:
                await tx.people.put(f"A{number}", "x")
                await tx.people.put(f"B{number}", "x")
            number += 1
        return number

    writing = asyncio.create_task(write())
    try:
        backup = await asyncio.to_thread(_backup, filled_url, tmp_path)
    finally:
        done.set()
        assert await writing > 0
        await store.close()
    copy = await SqliteStore(backup / "citedesk.sqlite").open()
    numbers = [f"{letter}{n}" for n in range(10_000) for letter in "AB"]
    names = [key for part in range(0, len(numbers), 500) for key in await copy.people.names(numbers[part : part + 500])]
    await copy.close()
    assert len(names) % 2 == 0
    assert {key[1:] for key in names if key[0] == "A"} == {key[1:] for key in names if key[0] == "B"}


async def test_tables_of_another_release_are_not_backed_up_by_this_one(filled_url: str, tmp_path: Path) -> None:
    with psycopg.connect(filled_url) as connection:
        connection.execute("INSERT INTO citedesk.migrations (name) VALUES ('999_later')")
    words = "backup", tmp_path / "backups", "--data-dir", tmp_path / "data"
    told = (await asyncio.to_thread(_run, filled_url, *words, code=1)).output
    assert "those of another release" in told
    assert list((tmp_path / "backups").iterdir()) == []


class _KilledError(Exception):
    """Breaks a restore off."""


def _break_off(_: str) -> None:
    raise _KilledError


async def _older_backup(tmp_path: Path) -> Path:
    """Return the backup of a store that lacks the last migration."""
    file = tmp_path / "older" / "citedesk.sqlite"
    store = await SqliteStore(file).open()
    await fill(store)
    await store.close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = '016_forgotten_people'")
    words = "backup", tmp_path / "backups", "--data-dir", file.parent, "--json"
    return Path(json.loads((await asyncio.to_thread(_run, "", *words)).stdout)["backup"])


async def test_a_restore_of_an_older_release_that_was_broken_off_goes_on(postgres_url: str, tmp_path: Path) -> None:
    backup = await _older_backup(tmp_path)
    settings = Settings(data_dir=tmp_path / "new", store=StoreSettings(url=SecretStr(postgres_url)))
    with pytest.raises(_KilledError):
        await restore(settings, backup, "check", replace=False, told=_break_off)
    with pytest.raises(StoreError, match="copy of another store"):
        await restore(settings, backup, "send", replace=False, told=lambda _: None)
    await restore(settings, backup, "check", replace=False, told=lambda _: None)
    assert await _rows(postgres_url, tmp_path) == content(backup / "citedesk.sqlite", _APART)
