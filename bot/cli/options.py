"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bot.cli.config_option import CONFIG, chosen_config
from bot.configuration.loading import Loaded
from bot.settings import Settings, load_with_origins

_Command = TypeVar("_Command", bound=Callable[..., Any])
_DATA_DIR = click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the index and the store.")
TENANT = click.option(
    "--tenant", default="", metavar="NAME", help="Tenant with a table [tenants.NAME], by its name or an id of it."
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def DATA_DIR(command: _Command) -> _Command:  # noqa: N802 - it stands among the options
    """Give a command the options that say which settings and which data it works with."""
    return CONFIG(_DATA_DIR(command))


def settings_of(data_dir: Path | None) -> Settings:
    """Return the settings; `data_dir`, if given, wins over the one that is set. Raises SettingsError."""
    return loaded_settings(data_dir).settings


def loaded_settings(data_dir: Path | None) -> Loaded[Settings]:
    """Return the same with where each value comes from. Raises SettingsError."""
    return load_with_origins(chosen_config(), {"data_dir": data_dir} if data_dir else {})


def settings_with(**overrides: Any) -> Settings:  # noqa: ANN401 - the settings check them
    """Return the settings; `overrides` win over every source. Raises SettingsError."""
    return load_with_origins(chosen_config(), overrides).settings


def names(text: str) -> frozenset[str]:
    """Return the names in a list separated by commas."""
    return frozenset(name.strip() for name in text.split(",") if name.strip())
