"""Notice that a mapped file was changed in place, before its pages are touched.

Reading a page of a mapped file that is not there any more ends the process with SIGBUS, and no exception tells of it.
What replaces a file by another one (`mv`, `rsync` without --inplace) leaves the mapped one as it is. What writes into
it (`cp` over it, `rsync --inplace`, `truncate`) changes its size or its time. Looking at ten files takes 15 µs. What is
cut off in the milliseconds between this look and the end of a search still ends the process.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from index.errors import SnapshotCorruptError


class MappedFiles:
    """The files of one snapshot as they were when it was opened. Make it before the files are mapped."""

    def __init__(self, folder: Path, sizes: Mapping[str, int]) -> None:
        """Raise SnapshotCorruptError if a file has not its size any more."""
        self._folder = folder
        self._stamps = {str(folder / name): _stamp(str(folder / name)) for name in sizes}
        for name, size in sizes.items():
            stamp = self._stamps[str(folder / name)]
            if stamp is None or stamp[1] != size:
                raise SnapshotCorruptError(f"{folder.name}: {name} is missing or does not have its {size} bytes")

    def require_unchanged(self) -> None:
        """Raise SnapshotCorruptError if a file was written into. One that was deleted or replaced stays mapped."""
        for path, opened in self._stamps.items():
            now = _stamp(path)
            if now is not None and opened is not None and now[0] == opened[0] and now != opened:
                raise SnapshotCorruptError(f"{self._folder.name}: {Path(path).name} was changed while it was open")


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path takes three times as long
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns)
