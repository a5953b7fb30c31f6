"""The part of `citedesk doctor` that says where the settings come from, and who may read the secrets in their file."""

import stat
from collections.abc import Iterator
from pathlib import Path

from bot.configuration.loading import Loaded
from bot.configuration.showing import Shown, shown_settings
from bot.settings import Settings
from bot.surfaces.product import Diagnosis

_FILE_HINT = "none: there is no citedesk.toml in {}; `citedesk init` writes one, --config names another"


def source_checks(loaded: Loaded[Settings]) -> Iterator[Diagnosis]:
    """Yield which file was read, whether others may read secrets in it, and which variables set nothing."""
    file = loaded.file
    yield Diagnosis("file", ok=True, words=str(file.absolute()) if file else _FILE_HINT.format(Path.cwd()))
    if file and file.exists() and stat.S_IMODE(file.stat().st_mode) & (stat.S_IRGRP | stat.S_IROTH):
        secrets = [shown for shown in shown_settings(loaded.settings) if _stands_in_file(loaded, shown)]
        if secrets:
            words = f"it holds secrets, and others may read it: run `chmod 600 {file}`"
            yield Diagnosis("file", ok=False, words=words)
    for name in loaded.unknown:
        yield Diagnosis("variables", ok=True, words=f"warning: {name} sets nothing")


def _stands_in_file(loaded: Loaded[Settings], shown: Shown) -> bool:
    return shown.is_secret and bool(shown.value) and loaded.origin_of(shown.path).kind == "file"
