"""`citedesk index worker`: build the index in a process of its own until it is stopped."""

import asyncio
from pathlib import Path

import click

from bot.cli.options import DATA_DIR, settings_of
from bot.cli.signals import run_until_stopped, stop_event
from bot.settings import Settings
from bot.telemetry.logs import configure_logging


@click.command("worker")
@DATA_DIR
def command(data_dir: Path | None) -> None:
    """Build the index when somebody orders it in a chat, and when it is to be fetched again, until stopped."""
    settings = settings_of(data_dir)
    configure_logging(settings.log_level)
    run_until_stopped(_work(settings), settings.delivery.drain_s)


async def _work(settings: Settings) -> None:
    # The web server takes time to load, and the other commands of the index do without it.
    from bot.index_worker import running_index_worker  # noqa: PLC0415

    stopped: asyncio.Event = stop_event()
    async with running_index_worker(settings):
        await stopped.wait()
