"""`citedesk settings`: the settings that hold, and where each comes from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from bot.cli.arguments import examples
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, loaded_settings
from bot.cli.printing import say, say_json
from bot.configuration.fields import KeyPath, dotted
from bot.configuration.loading import Loaded
from bot.configuration.origins import DEFAULT, Origin
from bot.configuration.showing import Shown, shown_settings
from bot.settings import Settings
from bot.tenants import named

_WIDEST = 60
_EXAMPLES = examples(
    "citedesk settings --changed",
    "citedesk settings --config /etc/citedesk/citedesk.toml --json",
    "citedesk settings --tenant acme",
)


@click.command("settings", epilog=_EXAMPLES)
@DATA_DIR
@TENANT
@AS_JSON
@click.option("--changed", is_flag=True, help="Only those that are set somewhere or differ from their defaults.")
def command(data_dir: Path | None, tenant: str, *, as_json: bool, changed: bool) -> None:
    """Show the settings that hold, and where each comes from.

    Secrets are shown as whether they are set. With --tenant, those that hold for a tenant.
    """
    loaded = loaded_settings(data_dir)
    rows = [row for row in _rows(loaded, tenant) if not changed or row[1] != DEFAULT]
    if as_json:
        say_json(_as_json(loaded, rows))
        return
    say(f"file: {loaded.file.absolute() if loaded.file else 'none'}")
    say("\n".join(_lines(rows)))
    for name in loaded.unknown:
        say(f"citedesk: the variable {name} sets nothing", err=True)


_Row = tuple[Shown, Origin]


def _rows(loaded: Loaded[Settings], tenant: str) -> Iterator[_Row]:
    """Yield what holds, with its origin. A tenant's own table comes before the table of all."""
    if not tenant:
        for shown in shown_settings(loaded.settings):
            yield shown, loaded.origin_of(shown.path)
        return
    own = named(loaded.settings, tenant)
    top = {shown.path: shown for shown in shown_settings(loaded.settings)}
    for shown in shown_settings(own.settings):
        yield shown, _origin_for(loaded, own.name, shown, top.get(shown.path))


def _origin_for(loaded: Loaded[Settings], tenant: str, shown: Shown, top: Shown | None) -> Origin:
    table: KeyPath = ("tenants", tenant)
    found = loaded.origin_of(table + shown.path)
    if found != DEFAULT:
        return found
    if shown == top:
        return loaded.origin_of(shown.path)
    return Origin("tenant", f"of the tenant {tenant}")


def _lines(rows: list[_Row]) -> Iterator[str]:
    names = max((len(dotted(shown.path)) for shown, _ in rows), default=0)
    values = min(max((len(shown.text) for shown, _ in rows), default=0), _WIDEST)
    for shown, origin in rows:
        yield f"{dotted(shown.path):{names}}  {shown.text:{values}}  {origin.words}"


def _as_json(loaded: Loaded[Settings], rows: list[_Row]) -> dict[str, Any]:
    return {
        "file": str(loaded.file.absolute()) if loaded.file else None,
        "unknown_variables": list(loaded.unknown),
        "settings": [_row_json(shown, origin) for shown, origin in rows],
    }


def _row_json(shown: Shown, origin: Origin) -> dict[str, Any]:
    """Return a row. A secret has no value, only whether it is set."""
    value = {"is_set": shown.value} if shown.is_secret else {"value": shown.value}
    return {
        "setting": dotted(shown.path),
        **value,
        "from": {"kind": origin.kind, "name": origin.name or None, "line": origin.line},
    }
