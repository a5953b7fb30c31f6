"""Snapshots on disk: a folder for each, with checksums in its manifest, and `CURRENT`, replaced in one step.

<data dir>/index/CURRENT                      name of the live snapshot
<data dir>/index/last_build.json              how the last build ended
<data dir>/index/snapshots/<name>/            the files of FILES, manifest.json; vectors.faiss above `exact_chunks`
<data dir>/index/snapshots/<name>.verified    checksums of its files that were read (`index.checksums`)
<data dir>/index/build.lock                   held while a build runs
<data dir>/index/embedders/<name>/            an exported model: that of the vectors, a reranker, a judge
<data dir>/index/fetched/, services/          pages and articles as they were fetched last
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
from pydantic import ValidationError

from index import snapshot_tables
from index.ann import CLUSTERS, SCALES, VECTORS
from index.bm25 import ROWS, WEIGHTS
from index.checksums import Checksums
from index.digests import digest
from index.errors import BuildRefusedError, IndexUnavailableError, SnapshotCorruptError
from index.late_interaction import CODES, PIECES, STARTS
from index.reopening import reopened
from index.retrieval import IN_DATABASE, LastBuild, Manifest, Rollback
from index.snapshot_tables import DOCUMENT_STARTS
from index.sufficiency import CALIBRATION

FORMAT = 5
CHUNKS = "chunks.sqlite"
FILES = frozenset({CHUNKS, VECTORS, SCALES, ROWS, WEIGHTS, CODES, STARTS, PIECES, DOCUMENT_STARTS, CALIBRATION})
# Of a snapshot whose vectors, tokens and texts are in a database (`index.pgvector.local_files`).
DATABASE, DATABASE_IDS, DATABASE_ORDER = "database.json", "database_ids.npy", "database_order.npy"
BESIDE_A_DATABASE = frozenset(
    {CHUNKS, ROWS, WEIGHTS, DOCUMENT_STARTS, CALIBRATION, DATABASE, DATABASE_IDS, DATABASE_ORDER}
)
_DRAFT = ".building-"
# Bytes that are read before a snapshot is opened: a tenth of a second.
_AT_ONCE = 64_000_000
MANIFEST = "manifest.json"
MANIFEST_CHECKSUM = "manifest.sha256"
_log = structlog.get_logger(__name__)


class SnapshotFolder:
    """The port `Snapshots` over one data directory, and where a build writes."""

    def __init__(self, data_dir: Path) -> None:
        self.root = data_dir / "index"
        self.snapshots = self.root / "snapshots"
        self._current = self.root / "CURRENT"
        self._last_build = self.root / "last_build.json"

    def current_name(self) -> str | None:
        """Return the name of the live snapshot; None before the first build."""
        try:
            return self._current.read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None

    def path(self, name: str) -> Path:
        """Return the folder of the snapshot `name`."""
        return self.snapshots / name

    def names(self) -> list[str]:
        """Return the names of all complete snapshots, newest first."""
        if not self.snapshots.is_dir():
            return []
        return sorted((p.parent.name for p in self.snapshots.glob(f"[!.]*/{MANIFEST}")), reverse=True)

    def newest_intact(self) -> tuple[Path, Manifest]:
        """Return the live snapshot, or the newest older one when the live one is damaged; every byte is verified.

        Raises IndexUnavailableError before the first build and SnapshotCorruptError if none is whole.
        """
        return self._newest(verified_manifest, {})

    def newest_to_open(self, without: Mapping[str, str]) -> tuple[Path, Manifest]:
        """Return the same by a quick check (`opened_manifest`); `without` maps damaged snapshots to what is wrong."""
        return self._newest(opened_manifest, without)

    def _newest(self, checked: Callable[[Path], Manifest], without: Mapping[str, str]) -> tuple[Path, Manifest]:
        live = self.current_name()
        if live is None:
            raise IndexUnavailableError("no index yet: run `citedesk index build PATH`")
        reason = without.get(live, "")
        for name in [live, *(name for name in self.names() if name < live)]:
            if name not in without:
                try:
                    return self.path(name), checked(self.path(name))
                except SnapshotCorruptError as error:
                    _log.error("snapshot_refused", snapshot=name, reason=str(error))
                    reason = str(error) if name == live else reason
        raise SnapshotCorruptError(f"snapshot {live} cannot be served and no earlier one is whole: {reason}")

    def passed_over(self, served: str) -> str:
        """Return a warning if `served` is not the live snapshot, because that one cannot be used; "" if it is."""
        live = self.current_name()
        if live in (None, served):
            return ""
        return f"the live snapshot {live} cannot be used, so {served} is served: build the index again"

    @contextmanager
    def draft(self, name: str) -> Iterator[Path]:
        """Yield a new folder, in which a build writes the snapshot `name`; the body renames it and makes it live.

        If the body raises, nothing of the snapshot stays.
        """
        draft = self.snapshots / f"{_DRAFT}{name}"
        try:
            draft.mkdir()
            yield draft
        except BaseException:
            for remains in (draft, self.path(name)):
                if self.current_name() != name:
                    shutil.rmtree(remains, ignore_errors=True)
            raise

    def last_build(self) -> LastBuild | None:
        """Return how the last build ended; None before the first, and if that cannot be read."""
        try:
            return LastBuild.model_validate_json(self._last_build.read_bytes())
        except (OSError, ValidationError):
            return None

    def note(self, build: LastBuild) -> None:
        """Keep how the last build ended, if the disk takes it: a full one must not hide why a build failed."""
        draft = self._last_build.with_suffix(".next")
        try:
            draft.write_text(build.model_dump_json(), encoding="utf-8")
            draft.replace(self._last_build)
        except OSError as error:
            _log.warning("build_not_noted", reason=error.strerror)
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def publish(self, name: str) -> None:
        """Make `name` the live snapshot, in one step: readers see the old one or the new one.

        Raises BuildRefusedError if the disk refuses it.
        """
        draft = self._current.with_suffix(".next")
        try:
            with draft.open("w", encoding="utf-8") as stream:
                stream.write(name + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(self._current)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise BuildRefusedError(f"{self._current} cannot be written: {error.strerror}") from error
        sync(self.root)

    def planned_rollback(self, to: str = "") -> Rollback:
        """Return what `roll_back` would change; `to` names the older snapshot, "" is the newest before the live one.

        Raises IndexUnavailableError without an earlier whole snapshot.
        """
        live = self.current_name() or ""
        older = verified_manifest(self.path(to)) if to else self._newest_before(live)
        _, served = self.newest_intact()
        now, then = (snapshot_tables.groups_by_document(self.path(m.name) / CHUNKS) for m in (served, older))
        left_out = {skipped.document_id: skipped.reason for skipped in served.skipped if not skipped.part}
        return Rollback(live, older, tuple(reopened(now, then, left_out)), tuple(sorted(now.keys() - then.keys())))

    def roll_back(self, plan: Rollback | None = None) -> Manifest:
        """Make the newest whole snapshot before the live one live.

        Raises IndexUnavailableError if there is none, and BuildRefusedError if another one is live than in `plan`.
        """
        plan = plan or self.planned_rollback()
        if plan.live != self.current_name():
            raise BuildRefusedError("another snapshot is live by now, so the rollback has to be looked at again")
        self.publish(plan.manifest.name)
        return plan.manifest

    def _newest_before(self, live: str) -> Manifest:
        for name in self.names():
            if name < live:
                try:
                    return verified_manifest(self.path(name))
                except SnapshotCorruptError as error:
                    _log.error("snapshot_refused", snapshot=name, reason=str(error))
        raise IndexUnavailableError("there is no earlier snapshot to go back to")

    def is_rolled_back(self) -> bool:
        """Tell whether an older snapshot than the newest is the live one."""
        newest = next(iter(self.names()), None)
        return self.current_name() not in {newest, None}

    def prune(self, keep: int) -> None:
        """Delete all but the live and the newest `keep` snapshots, and what killed builds left behind."""
        live = self.current_name()
        for name in self.names()[keep:]:
            if name != live:
                shutil.rmtree(self.path(name), ignore_errors=True)
        kept = self.names()
        for marker in self.snapshots.glob("*.verified*"):
            if marker.name.partition(".")[0] not in kept:
                marker.unlink(missing_ok=True)
        for remains in self.snapshots.glob(f"{_DRAFT}*"):
            shutil.rmtree(remains, ignore_errors=True)


def sealed(folder: SnapshotFolder, draft: Path, manifest: Manifest) -> Manifest:
    """Add manifest and checksums to a draft, flush it to disk, rename it and verify it. Raises BuildRefusedError."""
    files = sorted(path.name for path in draft.iterdir())
    checksums = {file: checksum(draft / file) for file in files}
    sizes = {file: _size(draft / file) for file in files}
    manifest = manifest.model_copy(update={"checksums": checksums, "sizes": sizes})
    (draft / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    (draft / MANIFEST_CHECKSUM).write_text(checksum(draft / MANIFEST) + "\n", encoding="ascii")
    for path in (*draft.iterdir(), draft):
        sync(path)
    draft.rename(folder.path(manifest.name))
    sync(folder.snapshots)
    try:
        return verified_manifest(folder.path(manifest.name))
    except SnapshotCorruptError as error:
        raise BuildRefusedError(f"the new snapshot {manifest.name} failed its own check: {error}") from error


def verified_manifest(folder: Path, *, afresh: bool = False) -> Manifest:
    """Return the manifest after checking every file against it. Raises SnapshotCorruptError.

    Files whose checksum is remembered and that have not changed since are not read again, unless `afresh`.
    """
    return _checked(folder, Checksums(folder) if afresh else Checksums.remembered(folder), None)


def opened_manifest(folder: Path) -> Manifest:
    """Return the manifest after a check that takes as long for a large snapshot as for a small one.

    The sizes of all files are compared, so none is mapped that is cut off, and the checksums of the smallest files, up
    to 64 MB of them. `verified_manifest` has to follow. Raises SnapshotCorruptError.
    """
    return _checked(folder, Checksums.remembered(folder), _AT_ONCE)


def _checked(folder: Path, checksums: Checksums, bytes_to_read: int | None) -> Manifest:
    manifest = _manifest(folder)
    for file, size in manifest.sizes.items():
        if _size(folder / file) != size:
            raise SnapshotCorruptError(f"{folder.name}: {file} is missing or does not have its {size} bytes")
    read, reason = 0, ""
    for file in sorted(manifest.sizes, key=manifest.sizes.__getitem__):
        found = checksums.known(file)
        if found is None and (bytes_to_read is None or read + manifest.sizes[file] <= bytes_to_read):
            read += manifest.sizes[file]
            found = checksums.read(file)
        if found not in (None, manifest.checksums[file]):
            reason = f"{folder.name}: {file} is damaged: it does not match its checksum"
            break
    if read:
        checksums.keep()
    if reason:
        raise SnapshotCorruptError(reason)
    return manifest


def _manifest(folder: Path) -> Manifest:
    try:
        if checksum(folder / MANIFEST) != (folder / MANIFEST_CHECKSUM).read_text(encoding="ascii").strip():
            raise SnapshotCorruptError(f"{folder.name}: {MANIFEST} is damaged: it does not match its checksum")
        fields = json.loads((folder / MANIFEST).read_bytes())
        made_by = fields.get("format")
        if made_by != FORMAT:
            raise SnapshotCorruptError(
                f"{folder.name} was made by another version of Citedesk (format {made_by}, this one reads {FORMAT}): "
                "run `citedesk index build`, which embeds all documents anew"
            )
        manifest = Manifest.model_validate(fields)
    except (OSError, ValueError, AttributeError) as error:
        raise SnapshotCorruptError(f"{folder.name}: manifest missing, damaged or unreadable") from error
    wanted = BESIDE_A_DATABASE if manifest.search.kind == IN_DATABASE else FILES
    if set(manifest.checksums) - {CLUSTERS} != wanted or set(manifest.sizes) != set(manifest.checksums):
        raise SnapshotCorruptError(f"{folder.name}: manifest does not name its files")
    return manifest


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return -1


def checksum(file: Path) -> str:
    """Return the hex SHA-256 of `file`, or "missing"."""
    try:
        return digest(file)
    except OSError:
        return "missing"


def sync(path: Path) -> None:
    """Flush a file, or the entries of a folder, to disk, so that they survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
