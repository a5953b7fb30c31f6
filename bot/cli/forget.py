"""`citedesk forget`: take a person out of the store."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click
import structlog

from bot.cli.arguments import examples
from bot.cli.options import AS_JSON, DATA_DIR, settings_of
from bot.cli.printing import say, say_json
from bot.cli.stored import opened_store
from bot.settings import Settings
from bot.store.records import Forgotten
from bot.telemetry.logs import configure_logging

_log = structlog.get_logger(__name__)
_EXAMPLES = examples(
    "citedesk forget U024BE7LH --dry-run",
    "citedesk forget 5a2b3c4d-0000-4000-8000-1234567890ab --yes",
)


@click.command("forget", epilog=_EXAMPLES)
@click.argument("user")
@DATA_DIR
@click.option("--dry-run", is_flag=True, help="Change nothing: show how many rows would be changed.")
@click.option("--with-approved", is_flag=True, help="Also delete approved answers to what the person alone has asked.")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@AS_JSON
def command(user: str, data_dir: Path | None, *, dry_run: bool, with_approved: bool, yes: bool, as_json: bool) -> None:
    """Delete or replace all texts and ids of USER in the store, for good.

    USER is the id of a person: Slack's member id, or the object id of the account in Entra. The bot may be running.
    What USER decided as a reviewer stays, without the id, and so does what others asked and got.
    """
    settings = settings_of(data_dir)
    configure_logging(settings.log_level)
    if dry_run or not yes:
        would_be = asyncio.run(_forgotten(settings, user, approved=with_approved, dry_run=True))
        if dry_run:
            _tell(would_be, _as_text(would_be), as_json=as_json)
            return
        say(_as_text(would_be), err=True)
        click.confirm("Forget this person for good?", abort=True, err=True)
    found = asyncio.run(_forgotten(settings, user, approved=with_approved, dry_run=False))
    # Without the id: the event must not keep what was to be forgotten.
    _log.info("person_forgotten", **found.rows)
    _tell(found, _told(found, sorted(settings.data_dir.glob("*before_restore_*.sqlite"))), as_json=as_json)


async def _forgotten(settings: Settings, user_id: str, *, approved: bool, dry_run: bool) -> Forgotten:
    async with opened_store(settings) as store:
        if store is None:
            return Forgotten({}, {})
        return await store.forget(user_id, approved=approved, dry_run=dry_run)


def _told(found: Forgotten, set_aside: Sequence[Path]) -> str:
    lines = [_as_text(found)]
    if any(found.rows.values()):
        lines += ["Forgotten. Older backups still hold it all."]
        lines += [f"So does what a restore has set aside: delete {file}" for file in set_aside]
    return "\n".join(lines)


def _tell(found: Forgotten, words: str, *, as_json: bool) -> None:
    if as_json:
        say_json(asdict(found))
    else:
        say(words)


def _as_text(found: Forgotten) -> str:
    lines = [f"{table}: {count}" for table, count in found.rows.items() if count] or [
        "nothing in the store names this person: is the id right?"
    ]
    kept = {
        "curated_answers": "approved answers to questions of this person are kept: --with-approved deletes them",
        "installations": "installations of the Slack app by this person are kept, because nobody else has installed it "
        "since: let somebody else do that, and run this again",
    }
    return "\n".join([*lines, *(f"{count} {kept[table]}" for table, count in found.kept.items() if count)])
