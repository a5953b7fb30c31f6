"""`citedesk report`: figures of the last days from the store."""

import asyncio
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import click

from bot.app import build_embedder, build_reporting, build_retriever
from bot.cli.options import DATA_DIR, TENANT, settings_of
from bot.cli.stored import opened_store
from bot.desk.reporting import Report
from bot.settings import Settings
from bot.store.port import Store
from bot.surfaces import report_words
from bot.telemetry import report
from bot.tenants import own_settings
from pipeline.types import Trace


@click.command("report")
@DATA_DIR
@TENANT
@click.option("--since", default="7d", show_default=True, help="How far back: 30m, 12h, 7d.")
@click.option("--picture", type=click.File("w", encoding="utf-8"), help="Write a picture to this SVG file.")
def command(data_dir: Path | None, tenant: str, since: str, picture: TextIO | None) -> None:
    """Say how the last days went: answers, feedback, reviews, gaps, documents, then each stage, volume and cost.

    It names every document and quotes every gap: whoever can run it can read the store. The first part counts
    whole days.
    """
    traces, figures = asyncio.run(stored_figures(settings_of(data_dir), report.span(since), tenant))
    if figures and traces:
        click.echo(report_words.report_text(figures, quotes=True))
        click.echo()
    click.echo(report.report_text(report.report(traces)))
    if picture:
        picture.write(report.picture(traces))


async def stored_figures(settings: Settings, span: timedelta, tenant: str = "") -> tuple[list[Trace], Report | None]:
    """Return the traces of the last `span`, oldest first, and the figures of as many whole days; none without a store.

    Raises IndexUnavailableError if the embedding model, whose vectors tell gaps apart, cannot be found.
    """
    async with opened_store(settings, tenant) as store:
        if store is None:
            return [], None
        traces = await store.requests.since(datetime.now(UTC) - span)
        return traces, await _figures(own_settings(settings, tenant), store, math.ceil(span / timedelta(days=1)))


async def _figures(settings: Settings, store: Store, days: int) -> Report:
    embedder = build_embedder(settings)
    reporting = build_reporting(settings, store, embedder, build_retriever(settings, embedder))
    return await reporting.report(None, None, max(days, 1))
