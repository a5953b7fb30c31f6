"""`citedesk serve`: run the bot until it is stopped."""

import asyncio
from pathlib import Path

import click

from bot.cli.options import DATA_DIR, settings_of
from bot.cli.signals import run_until_stopped, stop_event
from bot.server import running_bot
from bot.settings import Settings
from bot.telemetry.logs import configure_logging


@click.command("serve")
@DATA_DIR
def command(data_dir: Path | None) -> None:
    """Serve Slack, Teams or both until stopped."""
    settings = settings_of(data_dir)
    configure_logging(settings.log_level)
    run_until_stopped(_serve(settings), settings.delivery.drain_s)


async def _serve(settings: Settings) -> None:
    stopped: asyncio.Event = stop_event()
    async with running_bot(settings):
        await stopped.wait()
