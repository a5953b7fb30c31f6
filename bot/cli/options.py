"""Options that several commands share."""

from pathlib import Path

import click

from bot.settings import Settings, load_settings

DATA_DIR = click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the index and the store.")
TENANT = click.option(
    "--tenant", default="", metavar="NAME", help="Tenant with a table [tenants.NAME], by its name or an id of it."
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def settings_of(data_dir: Path | None) -> Settings:
    """Return the settings; `data_dir`, if given, wins over the one that is set. Raises SettingsError."""
    return load_settings(**({"data_dir": data_dir} if data_dir else {}))


def names(text: str) -> frozenset[str]:
    """Return the names in a list separated by commas."""
    return frozenset(name.strip() for name in text.split(",") if name.strip())
