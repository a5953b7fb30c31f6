"""`citedesk index worker`: build the index in a process of its own until it is stopped."""

import asyncio
from pathlib import Path

import click

from bot.cli.arguments import examples
from bot.cli.options import AS_JSON, DATA_DIR, settings_of
from bot.cli.printing import say_json
from bot.cli.signals import run_until_stopped, stop_event
from bot.settings import Settings
from bot.telemetry.logs import configure_logging


@click.command("worker", epilog=examples("citedesk index worker", "citedesk index worker --data-dir /srv/citedesk"))
@DATA_DIR
@AS_JSON
def command(data_dir: Path | None, *, as_json: bool) -> None:
    """Build the index when somebody orders it in a chat, and when it is to be fetched again, until stopped.

    --json prints a line once it is ready.
    """
    settings = settings_of(data_dir)
    configure_logging(settings.log_level)
    run_until_stopped(_work(settings, as_json=as_json), settings.delivery.drain_s)


async def _work(settings: Settings, *, as_json: bool) -> None:
    # The web server takes time to load, and the other commands of the index do without it.
    from bot.index_worker import running_index_worker  # noqa: PLC0415

    stopped: asyncio.Event = stop_event()
    async with running_index_worker(settings) as url:
        if as_json:
            say_json({"event": "ready", "url": url}, indent=None)
        await stopped.wait()
