"""`citedesk backup`: back up store and index while the bot runs."""

import asyncio
from pathlib import Path
from typing import Any

import click

from bot.backup.making import Made, Wanted, back_up
from bot.backup.manifest import Manifest, verified
from bot.backup.places import named
from bot.cli.arguments import examples
from bot.cli.options import AS_JSON, DATA_DIR, settings_of
from bot.cli.printing import say, say_json

_EXAMPLES = examples(
    "citedesk backup /srv/backups --keep 14",
    "citedesk backup /srv/backups --verify",
)


@click.command("backup", epilog=_EXAMPLES)
@click.argument("destination", type=click.Path(path_type=Path))
@DATA_DIR
@click.option("--snapshots", default=1, show_default=True, type=click.IntRange(0), help="Snapshots of the index.")
@click.option("--keep", type=click.IntRange(1), help="Delete all but the newest backups in DESTINATION.")
@click.option("--with-tokens", is_flag=True, help="Also the tokens of the workspaces in which the app is installed.")
@click.option("--verify", is_flag=True, help="Make none: read every byte of DESTINATION, or of the newest in it.")
@AS_JSON
def command(  # noqa: PLR0913 - one for each option
    destination: Path,
    data_dir: Path | None,
    snapshots: int,
    keep: int | None,
    *,
    with_tokens: bool,
    verify: bool,
    as_json: bool,
) -> None:
    """Back up store and index into a new folder in DESTINATION, while the bot runs or not.

    The backup gets its name once every byte of it was read again; what a killed backup leaves is removed by the next.
    """
    if verify:
        folder = named(destination)
        made = Made(folder, verified(folder))
    else:
        wanted = Wanted(snapshots, tokens=with_tokens)
        made = asyncio.run(back_up(settings_of(data_dir), destination, wanted, keep))
    if as_json:
        say_json(json_of(made))
    else:
        say(text_of(made))


def json_of(made: Made) -> dict[str, Any]:
    """Return a backup as JSON."""
    fields: dict[str, Any] = made.manifest.model_dump(mode="json")
    return {"backup": str(made.folder), "deleted": made.deleted, **fields}


def text_of(made: Made) -> str:
    """Return what a backup holds, in lines."""
    manifest = made.manifest
    lines = [
        f"{made.folder}: whole, {manifest.size / 1e6:.1f} MB, made {manifest.made_at} by {manifest.citedesk}",
        f"store: {store_words(manifest)}",
        *(f"index{of_tenant(tenant)}: snapshot {live}" for tenant, live in manifest.live.items()),
        *(f"left out: {words}" for words in manifest.left_out),
        *(f"deleted: {name}" for name in made.deleted),
    ]
    return "\n".join(lines)


def store_words(manifest: Manifest) -> str:
    """Return what the store of a backup holds."""
    rows, reviews = sum(manifest.rows.values()), manifest.rows.get("reviews", 0)
    jobs = sum(manifest.waiting.values())
    return f"{rows} rows, of them {reviews} reviews; {jobs} jobs waited; last migration {manifest.migrations[-1]}"


def of_tenant(tenant: str) -> str:
    """Return whose index it is."""
    return f" of {tenant}" if tenant else ""
