"""`citedesk report`: figures of the last days from the stored traces."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import click

from bot.cli.options import DATA_DIR, settings_of
from bot.cli.stored import opened_store
from bot.settings import Settings
from bot.telemetry import report
from pipeline.types import Trace


@click.command("report")
@DATA_DIR
@click.option("--since", default="7d", show_default=True, help="How far back: 30m, 12h, 7d.")
@click.option("--picture", type=click.File("w", encoding="utf-8"), help="Write a picture to this SVG file.")
def command(data_dir: Path | None, since: str, picture: TextIO | None) -> None:
    """Say how the last days went: retrieval, model, fallbacks, validation, volume, latency, cost."""
    traces = asyncio.run(stored_traces(settings_of(data_dir), report.span(since)))
    click.echo(report.report_text(report.report(traces)))
    if picture:
        picture.write(report.picture(traces))


async def stored_traces(settings: Settings, span: timedelta) -> list[Trace]:
    """Return the traces of the last `span`, oldest first; none if there is no store."""
    async with opened_store(settings) as store:
        return await store.requests.since(datetime.now(UTC) - span) if store else []
