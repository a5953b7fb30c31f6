"""Write files that only their owner can read, in one step."""

import os
from pathlib import Path

from index.errors import SettingsError


def write_private(file: Path, text: str, *, keeps_old: bool = False) -> None:
    """Write a file with mode 600, in a folder of mode 700 if that has to be made.

    It is never readable by others, and never half written. `keeps_old` keeps what was there as FILE.old. Raises
    SettingsError.
    """
    draft = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)
        if keeps_old and file.exists():
            file.replace(file.with_name(f"{file.name}.old"))
        draft.replace(file)
    except OSError as error:
        raise SettingsError(f"{file} cannot be written: {error.strerror}") from None
