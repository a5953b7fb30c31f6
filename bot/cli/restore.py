"""`citedesk restore`: put a backup into the place of the settings."""

import asyncio
from pathlib import Path
from typing import Any

import click

from bot.backup.making import Made
from bot.backup.restoring import Restored, checked, restore
from bot.cli.arguments import examples
from bot.cli.backup import json_of, of_tenant, store_words, text_of
from bot.cli.options import AS_JSON, DATA_DIR, settings_of
from bot.cli.printing import say, say_json
from bot.store.copying import WaitingJobs

_WAITING = click.option(
    "--waiting",
    type=click.Choice(["check", "drop", "send"]),
    default="check",
    show_default=True,
    help="Jobs that waited when the backup was made, and may be done since. check: go on with those of Slack, where "
    "the bot looks for its reply first; drop: with none; send: with all.",
)


_EXAMPLES = examples(
    "citedesk restore /srv/backups --check",
    "citedesk restore /srv/backups",
)


@click.command("restore", epilog=_EXAMPLES)
@click.argument("source", type=click.Path(path_type=Path))
@DATA_DIR
@click.option("--check", "only_check", is_flag=True, help="Change nothing: say whether it could be restored.")
@click.option("--replace", is_flag=True, help="Set the store aside that is there.")
@_WAITING
@AS_JSON
def command(
    source: Path, data_dir: Path | None, waiting: WaitingJobs, *, only_check: bool, replace: bool, as_json: bool
) -> None:
    """Restore the backup SOURCE, or the newest in that folder, into the place of the settings. Stop the bot first.

    A damaged backup, and one of a newer release, is refused before anything changes. A live index is kept.
    """
    settings = settings_of(data_dir)
    if only_check:
        folder, manifest, _ = asyncio.run(checked(settings, source, replace=replace))
        if as_json:
            say_json(json_of(Made(folder, manifest)))
        else:
            say(f"{text_of(Made(folder, manifest))}\nIt can be restored.")
        return
    told = (lambda _: None) if as_json else say
    found = asyncio.run(restore(settings, source, waiting, replace=replace, told=told))
    if as_json:
        say_json(_restored_json(found))
    else:
        say(_restored_text(found))


def _restored_json(found: Restored) -> dict[str, Any]:
    jobs = {queue: {"kept": kept, "ended": ended} for queue, (kept, ended) in found.jobs.items()}
    aside = {"set_aside": found.aside, "tokens_set_aside": found.tokens_aside}
    return {"backup": str(found.folder), **aside, "index": dict(found.index), "jobs": jobs}


def _restored_text(found: Restored) -> str:
    kept, ended = (sum(counts[number] for counts in found.jobs.values()) for number in (0, 1))
    lines = [
        f"restored {found.folder}, made {found.manifest.made_at}",
        f"store: {store_words(found.manifest)}",
        *(f"index{of_tenant(tenant)}: {words}" for tenant, words in found.index.items()),
        *([f"set aside: {found.aside}"] if found.aside else []),
        *(
            [f"set aside: {found.tokens_aside}, with tokens that are not encrypted: delete it when you are content"]
            if found.tokens_aside
            else []
        ),
        *([f"jobs that waited: {kept} go on, {ended} ended without a reply"] if kept or ended else []),
        *(f"not in the backup: {words}" for words in found.manifest.left_out if not words.startswith("the index")),
        "What was asked and decided since then is not in it. Now: citedesk doctor && citedesk serve",
    ]
    return "\n".join(lines)
