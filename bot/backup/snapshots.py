"""The snapshots of a backup: copied with their own checksums, shared with older backups, put back."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.backup.files import copied, linked_or_copied, private_folder
from bot.settings import Settings
from bot.tenants import tenants_of
from index.errors import SnapshotCorruptError
from index.retrieval import IN_DATABASE, Manifest
from index.snapshot import MANIFEST, MANIFEST_CHECKSUM, SnapshotFolder, checksum, sync, verified_manifest

# A build may delete a snapshot while it is copied; then the one that is live by then is copied.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Copied:
    """The live snapshot of a tenant in a backup, the checksums of its files by their paths there, and what is not."""

    live: str = ""
    checksums: Mapping[str, str] | None = None
    left_out: str = ""


def folders(settings: Settings) -> Mapping[str, SnapshotFolder]:
    """Return the snapshots of each tenant with documents of its own, by its name; "" is the top level."""
    own = {tenant.name: SnapshotFolder(tenant.settings.data_dir) for tenant in tenants_of(settings)}
    return {"": SnapshotFolder(settings.data_dir), **own}


def copy_snapshots(tenant: str, folder: SnapshotFolder, count: int, draft: Path, older: Path | None) -> Copied:
    """Copy the live snapshot and the newest before it, `count` in all, into a backup. Raises OSError.

    `older` is a backup from which unchanged files are shared.
    """
    for _ in range(_TRIES):
        live = folder.current_name()
        names = [live, *(name for name in folder.names() if live and name < live)][:count] if live else []
        try:
            if names and verified_manifest(folder.path(names[0])).search.kind == IN_DATABASE:
                return Copied(left_out=f"{_of(tenant)}, which is in a database: build it again")
            found = dict(_copied(tenant, folder, names, draft, older))
        except (SnapshotCorruptError, FileNotFoundError):
            shutil.rmtree(draft / path_of(tenant), ignore_errors=True)
            continue
        return Copied(live or "", found, "" if names else f"{_of(tenant)}: there is none")
    return Copied(left_out=f"{_of(tenant)}, which is damaged or changes all the time: build it again")


def put_back(source: Path, folder: SnapshotFolder, names: Sequence[str]) -> Iterator[str]:
    """Copy snapshots of a backup to where they are used, those that are not there. Yield what cannot be used.

    Raises OSError.
    """
    folder.snapshots.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name in folder.names():
            continue
        draft = folder.snapshots / f".building-restored-{name}"
        shutil.rmtree(draft, ignore_errors=True)
        private_folder(draft / name)
        for file in (source / name).iterdir():
            copied(file, draft / name / file.name)
        try:
            verified_manifest(draft / name)
        except SnapshotCorruptError as error:
            yield str(error)
        else:
            (draft / name).rename(folder.path(name))
            sync(folder.snapshots)
        shutil.rmtree(draft, ignore_errors=True)
        for marker in folder.snapshots.glob(".building-restored-*"):
            marker.unlink(missing_ok=True)


def path_of(tenant: str) -> str:
    """Return where the snapshots of a tenant are in a backup."""
    return f"tenants/{tenant}/index" if tenant else "index"


def _copied(
    tenant: str, folder: SnapshotFolder, names: Sequence[str], draft: Path, older: Path | None
) -> Iterator[tuple[str, str]]:
    for name in names:
        source: Path = folder.path(name)
        for file, sha256 in _files(source, verified_manifest(source)).items():
            path = f"{path_of(tenant)}/{name}/{file}"
            linked_or_copied(source / file, draft / path, older / path if older else None, sha256)
            yield path, sha256


def _files(source: Path, manifest: Manifest) -> Mapping[str, str]:
    own = {file: checksum(source / file) for file in (MANIFEST, MANIFEST_CHECKSUM)}
    return {**manifest.checksums, **own}


def _of(tenant: str) -> str:
    return f"the index of {tenant}" if tenant else "the index"
