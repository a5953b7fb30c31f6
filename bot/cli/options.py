"""Options that several commands share, and the settings that they lead to."""

from pathlib import Path
from typing import Any

import click

DATA_DIR = click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the index and the store.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def settings_of(data_dir: Path | None) -> Any:  # noqa: ANN401 - bot.settings loads late
    """Return the settings, with the data directory of the command line."""
    from bot.settings import load_settings  # noqa: PLC0415 - commands load what they need

    return load_settings(**({"data_dir": data_dir} if data_dir else {}))
