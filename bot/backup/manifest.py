"""What a backup holds, and reading it back: every byte is compared with the manifest.

<backup>/manifest.json         this
<backup>/manifest.sha256       its SHA-256
<backup>/citedesk.sqlite       the store, also that of a database; tokens of workspaces only if they were asked for
<backup>/installations.sqlite  only with tokens, and only if an older release kept them in this file
<backup>/index/<name>/         files of a snapshot
<backup>/tenants/<tenant>/index/<name>/
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from bot.backup.files import BackupError, written
from index.digests import digest
from index.snapshot import checksum
from pipeline.types import FrozenModel

FORMAT = 1
MANIFEST, MANIFEST_CHECKSUM = "manifest.json", "manifest.sha256"
STORE, INSTALLATIONS = "citedesk.sqlite", "installations.sqlite"
# No path of a manifest leaves the backup.
_PATH = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")


class BackedUpFile(FrozenModel):
    """A file of a backup. `size` is in bytes."""

    size: int
    sha256: str


class Manifest(FrozenModel):
    """What a backup holds. `files` are all but the manifest, by their paths in it.

    `migrations` are those that the store has gone through, `rows` its rows by table, `waiting` its waiting jobs by
    queue. `live` is the live snapshot of each tenant, "" for the top level. `left_out` says what the backup lacks.
    """

    format: int = FORMAT
    citedesk: str
    made_at: str
    kind: Literal["file", "database"]
    migrations: tuple[str, ...]
    rows: Mapping[str, int]
    waiting: Mapping[str, int]
    live: Mapping[str, str] = Field(default_factory=dict)
    files: Mapping[str, BackedUpFile] = Field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a backup, and its checksum. Raises OSError."""
    written(folder / MANIFEST, manifest.model_dump_json(indent=1))
    written(folder / MANIFEST_CHECKSUM, f"{checksum(folder / MANIFEST)}\n")


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a backup. Raises BackupError if it is damaged or made by a newer release."""
    try:
        text = (folder / MANIFEST).read_bytes()
        is_whole = digest(folder / MANIFEST) == (folder / MANIFEST_CHECKSUM).read_text(encoding="ascii").strip()
        if not is_whole:
            raise BackupError(f"{folder} is damaged: {MANIFEST} does not match its checksum")
        made_by = json.loads(text).get("format")
        if made_by != FORMAT:
            raise BackupError(
                f"{folder} has format {made_by}, and this release reads {FORMAT}: use the one that made it"
            )
        manifest = Manifest.model_validate_json(text)
    except (OSError, ValueError, AttributeError, ValidationError) as error:
        raise BackupError(f"{folder} is no backup, or its manifest is missing or damaged") from error
    if wrong := next((path for path in manifest.files if not _PATH.fullmatch(path)), None):
        raise BackupError(f"{folder} is damaged: its manifest names {wrong[:80]!r}")
    return manifest


def verified(folder: Path) -> Manifest:
    """Return the manifest of a backup after reading every byte of it. Raises BackupError if one is not as it was."""
    manifest = read_manifest(folder)
    for path, file in manifest.files.items():
        found = folder / path
        if found.is_symlink() or checksum(found) != file.sha256 or found.stat().st_size != file.size:
            raise BackupError(f"{folder} is damaged: {path} is missing or does not match its checksum")
    return manifest
