"""Restore a backup: everything is checked and prepared beside its place before anything there changes."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import store_file
from bot.backup import databases
from bot.backup.files import BackupError, copied, refused
from bot.backup.manifest import INSTALLATIONS, MANIFEST, STORE, Manifest, verified
from bot.backup.places import named
from bot.backup.snapshots import folders, path_of, put_back
from bot.desk.operations import PRESENT_S
from bot.settings import Settings
from bot.store.copying import WaitingJobs
from bot.store.sqlite import backup as sqlite
from bot.store.sqlite.store import SqliteStore
from index.digests import digest
from index.snapshot import sync

# The chat products in which the bot finds a message that it has posted: `ChatProduct.finds_copies`.
FINDABLE = frozenset({"slack"})


@dataclass(frozen=True, slots=True)
class Target:
    """What is where a backup is to go: whether a store is there, and where a live index is, by tenant."""

    has_store: bool
    indexed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored. `jobs` are the waiting jobs that were kept and ended, by queue.

    `aside` is where the store is that was there, `tokens_aside` the file of tokens, "" if there was none.
    """

    folder: Path
    manifest: Manifest
    jobs: Mapping[str, tuple[int, int]]
    aside: str = ""
    index: Mapping[str, str] = field(default_factory=dict)
    tokens_aside: str = ""


async def checked(settings: Settings, source: Path, *, replace: bool) -> tuple[Path, Manifest, Target]:
    """Return the backup, and what is where it would go; nothing is changed.

    Raises BackupError, StoreError, SettingsError: a damaged backup or one of a newer release, a bot that runs, root
    where another user owns the data folder, and without `replace` a store that is there.
    """
    _require_owner(settings.data_dir)
    folder = named(source)
    manifest = await asyncio.to_thread(verified, folder)
    _require_known(folder, manifest)
    await asyncio.to_thread(sqlite.require_whole, folder / STORE)
    target = Target(
        has_store=await _has_store(settings),
        indexed=frozenset(tenant for tenant, own in folders(settings).items() if own.current_name()),
    )
    if target.has_store and not replace:
        raise BackupError(f"there is a store in {_place(settings)} already: --replace sets it aside")
    return folder, manifest, target


async def restore(
    settings: Settings, source: Path, waiting: WaitingJobs, *, replace: bool, told: Callable[[str], None]
) -> Restored:
    """Restore a backup into the place of the settings. `told` gets a line for each table of a database.

    An index that is live is kept: it may be newer, and so may be who reads what. Raises what `checked` raises.
    """
    folder, manifest, target = await checked(settings, source, replace=replace)
    now = datetime.now(UTC)
    with refused(f"{settings.data_dir} cannot be written"):
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryDirectory(prefix=".restoring-", dir=settings.data_dir) as drafts:
            draft = Path(drafts) / STORE
            copied(folder / STORE, draft)
            jobs = await _prepared(draft, waiting)
            index = await asyncio.to_thread(_put_index, settings, folder, manifest, target)
            aside = await _set_aside(settings, now) if target.has_store else ""
            # The draft is made anew at each try. What is the same at each is the manifest of the backup.
            await _put_store(settings, draft, told, f"{digest(folder / MANIFEST)} {waiting}")
        tokens_aside = _put_installations(settings, folder, manifest, now)
    return Restored(folder, manifest, jobs, aside, index, tokens_aside)


async def _prepared(draft: Path, waiting: WaitingJobs) -> Mapping[str, tuple[int, int]]:
    """Bring a copy of the store up to date, and decide on the jobs that wait in it."""
    await (await SqliteStore(draft).open()).close()
    sqlite.forget_processes(draft)
    jobs = sqlite.settled(draft, waiting, FINDABLE)
    sqlite.require_unused(draft)
    sync(draft)
    return jobs


async def _has_store(settings: Settings) -> bool:
    if url := settings.store.url.get_secret_value():
        if await databases.seen_lately(url, PRESENT_S):
            raise BackupError(
                f"a process serves from the database, or did in the last {PRESENT_S:.0f} s: stop all of them first"
            )
        return await databases.holds_data(url)
    if store_file(settings).is_file():
        await asyncio.to_thread(sqlite.require_unused, store_file(settings))
    return bool(_files_of(store_file(settings)))


async def _set_aside(settings: Settings, now: datetime) -> str:
    """Move the store that is there out of the way; return where it is."""
    name = f"before_restore_{now:%Y%m%dt%H%M%S}"
    if url := settings.store.url.get_secret_value():
        await databases.set_aside(url, f"citedesk_{name}")
        return f"schema citedesk_{name} of the database"
    return _renamed(store_file(settings), name)


async def _put_store(settings: Settings, draft: Path, told: Callable[[str], None], source_id: str) -> None:
    if url := settings.store.url.get_secret_value():
        await databases.copied_into_database(draft, url, told, source_id)
        return
    if _files_of(store_file(settings)):
        raise BackupError("a store has appeared meanwhile: was the bot started?")
    await asyncio.to_thread(draft.rename, store_file(settings))
    sync(settings.data_dir)


def _renamed(store: Path, name: str) -> str:
    aside = store.with_name(f"{store.stem}-{name}{store.suffix}")
    for file in _files_of(store):
        file.rename(aside.with_name(f"{aside.name}{file.name.removeprefix(store.name)}"))
    return str(aside)


def _files_of(store: Path) -> list[Path]:
    """Return the store's file, and the journals that SQLite would take for those of any file with this name."""
    every = (store, *(store.with_name(f"{store.name}{end}") for end in ("-wal", "-shm", "-journal")))
    return [file for file in every if file.exists()]


def _put_installations(settings: Settings, folder: Path, manifest: Manifest, now: datetime) -> str:
    """Put back the file in which an older release kept tokens. Return where the one is that was there."""
    if INSTALLATIONS not in manifest.files:
        return ""
    file, aside = settings.data_dir / INSTALLATIONS, ""
    if file.exists():
        aside = str(file.rename(file.with_name(f"installations-before_restore_{now:%Y%m%dt%H%M%S}.sqlite")))
    copied(folder / INSTALLATIONS, file)
    sync(settings.data_dir)
    return aside


def _put_index(settings: Settings, folder: Path, manifest: Manifest, target: Target) -> Mapping[str, str]:
    """Put back the snapshots of tenants that have no live one. Return by tenant what has become of the index."""
    found = {}
    for tenant, own in folders(settings).items():
        live = manifest.live.get(tenant, "")
        if tenant in target.indexed:
            found[tenant] = "kept as it was"
        elif live:
            source = folder / path_of(tenant)
            problems = list(put_back(source, own, sorted(path.name for path in source.iterdir())))
            if live in own.names():
                own.publish(live)
            found[tenant] = f"snapshot {live}" if live in own.names() else f"to be built again: {problems[0]}"
        else:
            found[tenant] = "to be built again: the backup has none"
    return found


def _require_owner(data_dir: Path) -> None:
    """Refuse root in a data folder of somebody else, who could not read what root writes there."""
    if os.geteuid() == 0 and data_dir.exists() and data_dir.stat().st_uid != 0:
        raise BackupError(
            f"{data_dir} belongs to another user, who could not read what root restores: run this as them"
        )


def _require_known(folder: Path, manifest: Manifest) -> None:
    if STORE not in manifest.files:
        raise BackupError(f"{folder} holds no store")
    stored = sqlite.applied(folder / STORE)
    if unknown := [name for name in stored if name not in sqlite.known()]:
        raise BackupError(
            f"{folder} was made by a newer release, {manifest.citedesk}: this one does not know"
            f" the migration {unknown[0]} of its store"
        )


def _place(settings: Settings) -> str:
    return "the database of store.url" if settings.store.url.get_secret_value() else str(settings.data_dir)
