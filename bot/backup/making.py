"""Make a backup while the bot runs. It gets its name once it is whole and every byte of it was read again."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bot.app import is_stored, store_file
from bot.backup.databases import copied_into_file
from bot.backup.files import BackupError, draft, private_file, refused, synced
from bot.backup.manifest import INSTALLATIONS, STORE, BackedUpFile, Manifest, verified, write_manifest
from bot.backup.places import backups, delete_old, draft_of, new_name, writing
from bot.backup.snapshots import copy_snapshots, folders
from bot.settings import Settings
from bot.store.sqlite import backup as sqlite
from index.digests import digest
from index.snapshot import sync

_ALWAYS_LEFT_OUT = ("the settings, also those of the environment", "exported models and pages that were fetched")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What goes into a backup: how many snapshots of each tenant, the live one first, and whether with tokens."""

    snapshots: int = 1
    tokens: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made, and the names of older ones that were deleted."""

    folder: Path
    manifest: Manifest
    deleted: tuple[str, ...] = ()


async def back_up(settings: Settings, destination: Path, wanted: Wanted, keep: int | None = None) -> Made:
    """Make a backup in a folder of backups, and delete all but the newest `keep`.

    Raises BackupError, StoreError, SettingsError.
    """
    if not is_stored(settings):
        where = settings.data_dir.absolute()
        raise BackupError(f"there is nothing to back up yet: `citedesk serve` makes the store, and none is in {where}")
    now = datetime.now(UTC)
    with writing(destination):
        older = next(iter(backups(destination)), None)
        target = destination / new_name(now)
        with draft(draft_of(destination, target.name)) as folder:
            await _fill(settings, folder, wanted, older, now)
            manifest = await asyncio.to_thread(verified, folder)
            synced(folder)
            folder.rename(target)
        with refused(f"{destination} cannot be written"):
            sync(destination)
        deleted = delete_old(destination, keep) if keep else []
    return Made(target, manifest, tuple(deleted))


async def _fill(settings: Settings, folder: Path, wanted: Wanted, older: Path | None, now: datetime) -> None:
    left_out = [*_ALWAYS_LEFT_OUT, *await _copy_store(settings, folder, tokens=wanted.tokens)]
    known: dict[str, str] = {}
    live: dict[str, str] = {}
    if settings.snapshots.url:
        left_out.append(f"the index: its snapshots are in {settings.snapshots.url}")
    else:
        for tenant, own in folders(settings).items():
            found = await asyncio.to_thread(copy_snapshots, tenant, own, wanted.snapshots, folder, older)
            known |= found.checksums or {}
            live |= {tenant: found.live} if found.checksums else {}
            left_out += [found.left_out] if found.left_out else []
    file = folder / STORE
    manifest = Manifest(
        citedesk=version("citedesk"),
        made_at=now.isoformat(timespec="seconds"),
        kind="database" if _url(settings) else "file",
        migrations=sqlite.applied(file),
        rows=sqlite.row_counts(file),
        waiting=sqlite.waiting_counts(file),
        live=live,
        files=dict(await asyncio.to_thread(_files, folder, known)),
        left_out=tuple(left_out),
    )
    write_manifest(folder, manifest)


async def _copy_store(settings: Settings, folder: Path, *, tokens: bool) -> tuple[str, ...]:
    """Copy the store, and return what of it was left out."""
    file = private_file(folder / STORE)
    if url := _url(settings):
        await copied_into_file(url, file)
    else:
        await asyncio.to_thread(sqlite.copy_file, store_file(settings), file)
    installations = settings.data_dir / INSTALLATIONS
    sqlite.forget_processes(file)
    sqlite.require_whole(file)
    has_tokens = installations.is_file() or sqlite.row_counts(file).get("installations", 0) > 0
    if tokens and installations.is_file():
        await asyncio.to_thread(sqlite.copy_file, installations, private_file(folder / INSTALLATIONS))
    if has_tokens and not tokens:
        await asyncio.to_thread(sqlite.without, file, ["installations"])
        return ("tokens of the workspaces in which the Slack app is installed",)
    return ()


def _files(folder: Path, known: Mapping[str, str]) -> Iterator[tuple[str, BackedUpFile]]:
    """Yield each file with its size and SHA-256. `known` are those that it must have."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        path = file.relative_to(folder).as_posix()
        yield path, BackedUpFile(size=file.stat().st_size, sha256=known.get(path) or digest(file))


def _url(settings: Settings) -> str:
    return settings.store.url.get_secret_value()
