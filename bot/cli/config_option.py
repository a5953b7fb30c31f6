"""`--config`: the option of all commands that names the file of the settings. It loads nothing but click."""

from pathlib import Path

import click

_KEY = "citedesk.config"


def _keep(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.meta[_KEY] = value


CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path),
    expose_value=False,
    callback=_keep,
    metavar="FILE",
    help="File of the settings; none: $CITEDESK_CONFIG, else citedesk.toml in this folder.",
)


def chosen_config() -> Path | None:
    """Return the file that the command line names, before or behind the command; None if it names none."""
    context = click.get_current_context(silent=True)
    return context.meta.get(_KEY) if context else None
