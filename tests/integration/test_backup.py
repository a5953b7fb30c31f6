"""`citedesk backup` and `citedesk restore`: what is in a backup, what is refused, and what waiting jobs become."""

import asyncio
import json
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner, Result
from support.full_store import TOKEN, content, fill

from bot.backup.files import BackupError
from bot.backup.making import Wanted, back_up
from bot.backup.manifest import read_manifest, verified
from bot.backup.places import backups
from bot.backup.restoring import FINDABLE, restore
from bot.cli.main import main
from bot.settings import load_settings
from bot.slack.product import SlackProduct
from bot.store.sqlite.store import SqliteStore
from bot.teams.product import TeamsProduct
from index.digests import digest
from index.snapshot import SnapshotFolder, verified_manifest

_JOBS = frozenset({"inbox", "outbox", "builds"})


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """Return a data directory with a store that has rows in every table."""
    folder = tmp_path / "data"
    store = await SqliteStore(folder / "citedesk.sqlite").open()
    await fill(store)
    await store.close()
    return folder


def _run(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


def _backup(data: Path, *words: object) -> Path:
    made = json.loads(_run("backup", data.parent / "backups", "--data-dir", data, "--json", *words).stdout)
    return Path(made["backup"])


def _states(file: Path, queue: str) -> dict[str, str]:
    with closing(sqlite3.connect(file)) as connection:
        return dict(connection.execute(f"SELECT key, state FROM {queue}").fetchall())  # noqa: S608


def _citedesk(*words: object, limit_bytes: int = 0) -> "subprocess.Popen[str]":
    def limited() -> None:
        if limit_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    command = [sys.executable, "-c", "from bot.cli.main import main; main()", *map(str, words)]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=limited)  # noqa: PLW1509, S603 - ourselves


def test_every_row_comes_back_and_processes_and_tokens_do_not(data: Path, tmp_path: Path) -> None:
    before = content(data / "citedesk.sqlite", _JOBS | {"installations"})
    backup = _backup(data)
    told = _run("restore", backup.parent, "--data-dir", tmp_path / "new", "--waiting", "send").output
    new = tmp_path / "new" / "citedesk.sqlite"
    assert content(new, _JOBS | {"installations"}) == before
    assert content(new)["installations"].startswith("0 ")
    assert "not in the backup: tokens of the workspaces" in told
    assert TOKEN.encode() not in (backup / "citedesk.sqlite").read_bytes()
    assert stat.S_IMODE(new.stat().st_mode) == 0o600


def test_tokens_come_back_if_they_were_asked_for(data: Path, tmp_path: Path) -> None:
    _backup(data, "--with-tokens")
    _run("restore", tmp_path / "backups", "--data-dir", tmp_path / "new")
    assert content(tmp_path / "new" / "citedesk.sqlite")["installations"].startswith("1 ")


def test_a_file_of_tokens_comes_back_and_the_one_that_is_there_is_set_aside_and_told_of(data: Path) -> None:
    _tokens(data / "installations.sqlite", "saved")
    backup = _backup(data, "--with-tokens")
    _tokens(data / "installations.sqlite", "there")
    told = _run("restore", backup, "--data-dir", data, "--replace").output
    (aside,) = data.glob("installations-before_restore_*")
    assert f"set aside: {aside}, with tokens that are not encrypted: delete it" in told
    assert (b"there" in aside.read_bytes(), b"saved" in (data / "installations.sqlite").read_bytes()) == (True, True)
    told = _run("restore", backup, "--data-dir", data, "--replace", "--json").output
    assert json.loads(told)["tokens_set_aside"] in {str(file) for file in data.glob("installations-before_restore_*")}


def test_a_file_of_tokens_that_the_manifest_does_not_name_is_not_restored(data: Path, tmp_path: Path) -> None:
    backup = _backup(data)
    _tokens(backup / "installations.sqlite", "slipped in")
    told = _run("restore", backup, "--data-dir", tmp_path / "new").output
    assert "installations.sqlite" not in told
    assert not (tmp_path / "new" / "installations.sqlite").exists()


def _tokens(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE slack_installations (token TEXT)")
        connection.execute("INSERT INTO slack_installations VALUES (?)", (text,))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_root_restores_nothing_into_a_folder_of_somebody_else(data: Path, tmp_path: Path) -> None:
    backup = _backup(data)
    new = tmp_path / "new"
    new.mkdir()
    os.chown(new, 12345, 12345)
    for more in ([], ["--check"]):
        result = _run("restore", backup, "--data-dir", new, *more, code=1)
        assert f"{new} belongs to another user" in result.output
        assert result.output.count("\n") == 1
    assert list(new.iterdir()) == []
    os.chown(new, 0, 0)
    _run("restore", backup, "--data-dir", new)


def test_a_backup_is_private_from_the_first_byte(data: Path) -> None:
    backup = _backup(data)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in backup.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in (backup, backup.parent)}
    assert (modes, folders) == ({0o600}, {0o700})


async def test_a_store_in_use_is_backed_up_and_not_replaced(data: Path, tmp_path: Path) -> None:
    store = await SqliteStore(data / "citedesk.sqlite").open()
    await store.people.put("U2", "In the journal")
    try:
        backup = await asyncio.to_thread(_backup, data)
        words = "restore", backup, "--data-dir", data, "--replace"
        result = await asyncio.to_thread(_run, *words, code=1)
        assert "is in use: stop the bot first" in result.output
        assert await store.people.names(["U2"]) == {"U2": "In the journal"}
    finally:
        await store.close()
    await asyncio.to_thread(_run, "restore", backup, "--data-dir", tmp_path / "new")
    with closing(sqlite3.connect(tmp_path / "new" / "citedesk.sqlite")) as connection:
        assert connection.execute("SELECT name FROM people WHERE user_id = 'U2'").fetchone() == ("In the journal",)


def test_a_store_that_is_there_is_set_aside_only_if_asked(data: Path) -> None:
    backup = _backup(data)
    before = content(data / "citedesk.sqlite")
    assert "--replace sets it aside" in _run("restore", backup, "--data-dir", data, code=1).output
    (data / "citedesk.sqlite").write_bytes(b"no database any more")
    told = _run("restore", backup, "--data-dir", data, "--replace").output
    (aside,) = data.glob("citedesk-before_restore_*")
    assert f"set aside: {aside}" in told
    assert aside.read_bytes() == b"no database any more"
    assert content(data / "citedesk.sqlite", _JOBS | {"installations"}) == {
        table: rows for table, rows in before.items() if table not in _JOBS | {"installations"}
    }


def test_check_reads_and_changes_nothing(data: Path, tmp_path: Path) -> None:
    backup = _backup(data)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    _run("backup", backup.parent, "--verify")
    told = _run("restore", backup, "--check", "--data-dir", tmp_path / "new").output
    assert "It can be restored." in told
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == files


def test_a_journal_that_a_killed_bot_left_does_not_reach_the_restored_store(data: Path, tmp_path: Path) -> None:
    backup = _backup(data)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "citedesk.sqlite-wal").write_bytes(b"of another store")
    words = "restore", backup, "--data-dir", tmp_path / "new"
    assert "--replace sets it aside" in _run(*words, code=1).output
    _run(*words, "--replace")
    (aside,) = (tmp_path / "new").glob("citedesk-before_restore_*.sqlite-wal")
    assert aside.read_bytes() == b"of another store"


@pytest.mark.parametrize("part", ["citedesk.sqlite", "manifest.json", "manifest.sha256", "index"])
def test_one_changed_byte_anywhere_refuses_a_backup_and_leaves_the_place_empty(
    data: Path, tmp_path: Path, indexed: Path, part: str
) -> None:
    copytree(indexed / "index", data / "index")
    backup = _backup(data)
    file = backup / part if part != "index" else next(backup.glob("index/*/chunks.sqlite"))
    content_ = bytearray(file.read_bytes())
    content_[len(content_) // 2] ^= 1
    file.write_bytes(content_)
    assert "damaged" in _run("restore", backup, "--data-dir", tmp_path / "new", code=1).output
    assert "damaged" in _run("backup", backup.parent, "--verify", code=1).output
    assert not (tmp_path / "new").exists()


def test_a_missing_file_and_a_path_out_of_the_backup_are_refused(data: Path, tmp_path: Path) -> None:
    backup = _backup(data)
    store = (backup / "citedesk.sqlite").read_bytes()
    (backup / "citedesk.sqlite").unlink()
    with pytest.raises(BackupError, match="is missing"):
        verified(backup)
    (tmp_path / "elsewhere").write_bytes(store)
    (backup / "citedesk.sqlite").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BackupError, match="is missing"):
        verified(backup)
    text = (backup / "manifest.json").read_text().replace('"citedesk.sqlite"', '"../elsewhere"')
    (backup / "manifest.json").write_text(text)
    with pytest.raises(BackupError, match="checksum"):
        read_manifest(backup)
    (backup / "manifest.sha256").write_text(digest(backup / "manifest.json"))
    with pytest.raises(BackupError, match=r"names '\.\./elsewhere'"):
        read_manifest(backup)


def test_a_store_of_a_newer_release_is_refused(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / "citedesk.sqlite")) as connection, connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('citedesk', '999_later', 'x')"
        )
    backup = _backup(data)
    assert "made by a newer release" in _run("restore", backup, "--data-dir", tmp_path / "new", code=1).output
    assert not (tmp_path / "new").exists()


def test_the_index_comes_back_and_unchanged_files_are_shared_between_backups(
    data: Path, tmp_path: Path, indexed: Path
) -> None:
    copytree(indexed / "index", data / "index")
    first, second = _backup(data), _backup(data)
    _run("restore", second, "--data-dir", tmp_path / "new")
    (old, new) = (SnapshotFolder(folder) for folder in (data, tmp_path / "new"))
    assert new.current_name() == old.current_name()
    assert verified_manifest(new.path(str(new.current_name())), afresh=True)
    shared = {path.relative_to(first) for path in first.rglob("*") if path.is_file() and path.stat().st_nlink == 2}
    assert {path.parts[0] for path in shared} == {"index"}
    live = old.path(str(old.current_name()))
    assert {path.stat().st_nlink for path in live.iterdir()} == {1}


def test_a_live_index_is_kept_because_it_may_be_newer(data: Path, indexed: Path) -> None:
    copytree(indexed / "index", data / "index")
    backup = _backup(data)
    live = SnapshotFolder(data).current_name()
    told = _run("restore", backup, "--data-dir", data, "--replace").output
    assert "index: kept as it was" in told
    assert SnapshotFolder(data).current_name() == live


def test_only_the_newest_backups_are_kept(data: Path) -> None:
    made = [_backup(data, "--keep", 2) for _ in range(4)]
    assert {path.name for path in backups(data.parent / "backups")} <= {path.name for path in made}
    assert len(backups(data.parent / "backups")) == 2


def test_on_a_full_disk_no_half_backup_looks_whole(data: Path) -> None:
    process = _citedesk("backup", data.parent / "backups", "--data-dir", data, limit_bytes=8192)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out.startswith("citedesk: ")
    assert len(out.splitlines()) == 1
    assert backups(data.parent / "backups") == []
    assert list((data.parent / "backups").iterdir()) == []


def test_a_killed_backup_leaves_nothing_that_looks_whole_and_the_next_removes_it(data: Path) -> None:
    folder = data.parent / "backups"
    process = _citedesk("backup", folder, "--data-dir", data)
    while not list(folder.glob(".making-*")) and process.poll() is None:
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    whole = backups(folder)
    assert all(verified(path) for path in whole)
    _backup(data)
    assert list(folder.glob(".making-*")) == []
    assert len(backups(folder)) == len(whole) + 1


def test_what_waited_goes_on_only_where_the_bot_can_look_for_its_message(data: Path, tmp_path: Path) -> None:
    backup = _backup(data)
    told = _run("restore", backup, "--data-dir", tmp_path / "new").output
    new = tmp_path / "new" / "citedesk.sqlite"
    assert "jobs that waited: 2 go on, 5 ended" in told
    assert {key for key, state in _states(new, "inbox").items() if state == "waiting"} == {"asked:slack"}
    assert {key for key, state in _states(new, "outbox").items() if state == "waiting"} == {"m:slack"}
    with closing(sqlite3.connect(new)) as connection:
        rows = connection.execute("SELECT attempts, lease_until, owner FROM outbox WHERE key = 'm:slack'").fetchall()
        ended = connection.execute("SELECT count(payload) FROM inbox WHERE state = 'done'").fetchone()
    assert rows == [(1, None, None)]
    assert ended == (0,)


def test_a_job_that_cannot_be_read_is_ended(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / "citedesk.sqlite")) as connection, connection:
        connection.execute("UPDATE inbox SET payload = 'no JSON' WHERE key = 'asked:slack'")
        connection.execute("UPDATE outbox SET payload = '{}' WHERE key = 'm:slack'")
    backup = _backup(data)
    assert "0 go on, 7 ended" in _run("restore", backup, "--data-dir", tmp_path / "new").output


@pytest.mark.parametrize(("choice", "kept"), [("drop", 0), ("send", 7)])
def test_the_admin_may_drop_or_send_all_that_waited(data: Path, tmp_path: Path, choice: str, kept: int) -> None:
    backup = _backup(data)
    _run("restore", backup, "--data-dir", tmp_path / "new", "--waiting", choice)
    new = tmp_path / "new" / "citedesk.sqlite"
    waiting = [state for queue in _JOBS for state in _states(new, queue).values() if state == "waiting"]
    assert len(waiting) == kept


def test_restore_knows_the_products_in_which_a_message_is_found() -> None:
    found = {name for name, product in (("slack", SlackProduct), ("teams", TeamsProduct)) if _finds(product)}
    assert found == FINDABLE


def _finds(product: type[SlackProduct | TeamsProduct]) -> bool:
    return bool(product.__dataclass_fields__["finds_copies"].default)


async def test_a_tenant_with_documents_of_its_own_gets_its_index_back(
    data: Path, tmp_path: Path, indexed: Path
) -> None:
    acme = {"ids": ["T0ACME"], "slack": {"reviewers_channel": "C0"}}
    settings = load_settings(data_dir=data, tenants={"acme": acme}, slack={"workspaces": ["T1"]})
    copytree(indexed / "index", data / "tenants" / "acme" / "index")
    made = await back_up(settings, tmp_path / "backups", Wanted())
    assert set(made.manifest.live) == {"acme"}
    new = settings.model_copy(update={"data_dir": tmp_path / "new"})
    restored = await restore(new, made.folder, "check", replace=False, told=print)
    own = SnapshotFolder(tmp_path / "new" / "tenants" / "acme")
    assert own.current_name() == made.manifest.live["acme"]
    assert verified_manifest(own.path(str(own.current_name())), afresh=True)
    assert restored.index[""].startswith("to be built again")
