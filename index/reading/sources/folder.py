"""The files of a folder, without those that are left out, which are counted."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from index.reading.documents import LoadRules
from index.reading.source import Found, LeftOut, Source, file_source
from index.reading.sources.ignoring import HIDDEN, IGNORE_FILE, Ignored

# Counting goes no further, so that a large folder that is left out costs little.
_COUNTED = 10_000


def folder_files(root: Path, data_dir: Path, rules: LoadRules) -> Found:
    """Return the files of a folder in a stable order. The index's own files below it are no part of it."""
    walk = _Walk(root, data_dir.resolve(), Ignored.of(root))
    sources = tuple(dated(file_source(path, root, path.relative_to(root).as_posix(), rules)) for path in walk.files())
    return Found(sources, walk.left_out)


def dated(source: Source) -> Source:
    """Return the source with the day its file was last changed."""
    try:
        changed = source.path.stat().st_mtime
        day = datetime.fromtimestamp(changed, UTC).date().isoformat()
    except (OSError, OverflowError, ValueError):
        return source
    return replace(source, updated=day)


@dataclass
class _Walk:
    root: Path
    data_dir: Path
    ignored: Ignored
    counts: Counter[tuple[Path, str]] = field(default_factory=Counter)
    links: list[LeftOut] = field(default_factory=list)

    def files(self) -> Iterator[Path]:
        for folder, names, files in os.walk(self.root):
            names[:] = [name for name in sorted(names) if self._enters(Path(folder, name))]
            yield from (Path(folder, name) for name in sorted(files) if self._takes(Path(folder, name)))

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What was left out: a line for each folder that a tool made, one for hidden files, one for the ignore file."""
        return *self.links, *(
            LeftOut(str(place) + "/" * (reason not in {HIDDEN, IGNORE_FILE}), f"{_number(count)} left out ({reason})")
            for (place, reason), count in self.counts.items()
            if count
        )

    def _enters(self, folder: Path) -> bool:
        if folder.name == ".git" or folder.resolve() == self.data_dir:
            return False
        reason = self.ignored.reason(folder, self.root, is_folder=True)
        if reason is None and folder.is_symlink():
            self.links.append(
                LeftOut(str(folder), "left out (a symbolic link to a folder; name that folder as a place)")
            )
            return False
        if reason:
            self.counts[self._place(folder, reason), reason] += count_files(folder)
        return reason is None

    def _takes(self, file: Path) -> bool:
        if file.name in {IGNORE_FILE, ".git"}:
            return False
        reason = self.ignored.reason(file, self.root, is_folder=False)
        if reason:
            self.counts[self._place(file, reason), reason] += 1
        return reason is None

    def _place(self, path: Path, reason: str) -> Path:
        return self.root if reason in {HIDDEN, IGNORE_FILE} else path


def count_files(folder: Path) -> int:
    """Return the number of files below a folder, as far as they are counted."""
    count = 0
    for _folder, _names, files in os.walk(folder):
        count += len(files)
        if count > _COUNTED:
            break
    return min(count, _COUNTED)


def _number(count: int) -> str:
    if count >= _COUNTED:
        return f"{_COUNTED:,} files or more"
    return f"{count:,} file{'s' * (count != 1)}"
