"""`citedesk why`: the stored trace of one request."""

import asyncio
from pathlib import Path

import click

from bot.cli.options import DATA_DIR, settings_of
from bot.cli.stored import opened_store
from bot.desk.permissions import UnknownRequestError
from bot.settings import Settings
from bot.surfaces.command_messages import verdicts_words
from bot.surfaces.model_words import problem_lines
from pipeline.types import Trace


@click.command("why")
@click.argument("request_id")
@DATA_DIR
def command(request_id: str, data_dir: Path | None) -> None:
    """Show the path that a request took, and which stage decided."""
    trace = asyncio.run(stored_trace(settings_of(data_dir), request_id))
    click.echo(f"{trace.request_id}: {trace.outcome} ({trace.verdict})")
    facts = trace.model_dump(mode="json", exclude={"request_id", "outcome", "verdict"})
    for name, value in (facts | {"verdicts": verdicts_words(trace), "model_problems": ""}).items():
        if value not in (None, [], {}, False, ""):
            click.echo(f"  {name}: {value}")
    for line in problem_lines(trace.model_problems):
        click.echo(f"  request failed: {line}")


async def stored_trace(settings: Settings, request_id: str) -> Trace:
    """Return the trace of a request. Raises UnknownRequestError."""
    async with opened_store(settings) as store:
        if store is None:
            raise UnknownRequestError(f"no request was ever stored in {settings.data_dir}")
        trace = await store.requests.get(request_id)
    if trace is None:
        raise UnknownRequestError(f"request {request_id} is not in the store")
    return trace
