"""`citedesk serve`: run the bot until it is stopped."""

import asyncio
from pathlib import Path

import click

from bot.cli.arguments import examples
from bot.cli.options import AS_JSON, DATA_DIR, settings_of
from bot.cli.printing import say_json
from bot.cli.signals import run_until_stopped, stop_event
from bot.server import running_bot
from bot.settings import Settings
from bot.telemetry.logs import configure_logging


@click.command(
    "serve",
    epilog=examples("citedesk doctor && citedesk serve", "citedesk serve --data-dir /var/lib/citedesk"),
)
@DATA_DIR
@AS_JSON
def command(data_dir: Path | None, *, as_json: bool) -> None:
    """Serve Slack, Teams or both until stopped.

    Log events go to standard error. --json prints a line on standard output once it is ready.
    """
    settings = settings_of(data_dir)
    configure_logging(settings.log_level)
    run_until_stopped(_serve(settings, as_json=as_json), settings.delivery.drain_s)


async def _serve(settings: Settings, *, as_json: bool) -> None:
    stopped: asyncio.Event = stop_event()
    async with running_bot(settings) as bot:
        if as_json:
            say_json({"event": "ready", "url": bot.url}, indent=None)
        await stopped.wait()
