"""Publish a copy of the live snapshot with another calibration; the two share every other file."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from index.builder import only_build
from index.snapshot import SnapshotFolder, sealed
from index.sufficiency import CALIBRATION, Calibration


def keep_calibration(data_dir: Path, calibration: Calibration, keep_snapshots: int) -> str:
    """Publish a snapshot with `calibration` and return its name; a rollback restores the former calibration.

    Raises IndexUnavailableError without an index, BuildRefusedError while a build is running.
    """
    folder = SnapshotFolder(data_dir)
    with only_build(folder):
        path, manifest = folder.newest_intact()
        now = datetime.now(UTC)
        name = f"{now:%Y%m%dT%H%M%S%f}-{manifest.name.rpartition('-')[2]}"
        with folder.draft(name) as draft:
            for file in manifest.checksums:
                if file != CALIBRATION:
                    _link_or_copy(path / file, draft / file)
            (draft / CALIBRATION).write_text(calibration.model_dump_json(), encoding="utf-8")
            sealed(folder, draft, manifest.model_copy(update={"name": name}))
            folder.publish(name)
        folder.prune(keep_snapshots)
    return name


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
