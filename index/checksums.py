"""Checksums of a snapshot's files, remembered for as long as a file is the same one.

`<name>.verified` beside a snapshot's folder holds, for each file that was read, its checksum with its size, the time of
its last change and its inode. A file for which all three are still the same is not read again. What has another inode
or time was replaced, restored from a backup or copied, and is read again. Bits that a disk loses by itself change none
of the three: `verified_manifest(folder, afresh=True)` reads everything.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from index.digests import digest

# A file that changes twice within the granularity of its time would look unchanged (as in Git's index).
_SETTLED_NS = 2_000_000_000


class _Known(BaseModel):
    model_config = ConfigDict(frozen=True)

    checksum: str
    stamp: tuple[int, int, int]


_MARKER = TypeAdapter(dict[str, _Known])


def marker_of(folder: Path) -> Path:
    """Return the file in which the checksums of a snapshot are remembered."""
    return folder.with_name(f"{folder.name}.verified")


@dataclass
class Checksums:
    """The checksums of the files in one folder; of `folder` alone, nothing is read or known."""

    folder: Path
    _known: dict[str, _Known] = field(default_factory=dict)

    @classmethod
    def remembered(cls, folder: Path) -> "Checksums":
        """Return the checksums with those that an earlier process has read."""
        try:
            return cls(folder, _MARKER.validate_json(marker_of(folder).read_bytes()))
        except (OSError, ValidationError):
            return cls(folder)

    def known(self, file: str) -> str | None:
        """Return a file's checksum if it is known and the file unchanged."""
        known = self._known.get(file)
        return known.checksum if known is not None and known.stamp == _stamp(self.folder / file) else None

    def read(self, file: str) -> str:
        """Return a file's checksum, "missing" if it cannot be read, and remember it."""
        stamp = _stamp(self.folder / file)
        try:
            found = digest(self.folder / file)
        except OSError:
            return "missing"
        if time.time_ns() - stamp[1] > _SETTLED_NS:
            self._known[file] = _Known(checksum=found, stamp=stamp)
        return found

    def keep(self) -> None:
        """Write down what is known, if the folder can be written to."""
        marker = marker_of(self.folder)
        draft = marker.with_name(f"{marker.name}-{time.monotonic_ns()}")
        try:
            draft.write_bytes(_MARKER.dump_json(self._known))
            draft.replace(marker)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def _stamp(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_size, found.st_mtime_ns, found.st_ino)
