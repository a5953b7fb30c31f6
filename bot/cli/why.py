"""`citedesk why`: why one request ended so."""

import asyncio
from pathlib import Path

import click

from bot.app import build_embedder, build_retriever, pipeline_limits
from bot.cli.options import AS_JSON, DATA_DIR, settings_of
from bot.cli.stored import opened_store
from bot.desk.explaining import Explained, Explaining
from bot.desk.permissions import UnknownRequestError
from bot.settings import Settings
from bot.surfaces.command_messages import stages_words
from bot.surfaces.why_words import why_words


@click.command("why")
@click.argument("request_id")
@DATA_DIR
@AS_JSON
def command(request_id: str, data_dir: Path | None, *, as_json: bool) -> None:
    """Say why a request ended so.

    What was found, which stage decided, and what to do. It names every document: whoever can run it can read the
    index. --json prints the stored trace.
    """
    found = asyncio.run(explained(settings_of(data_dir), request_id))
    trace = found.trace
    if as_json:
        click.echo(trace.model_dump_json(indent=1))
        return
    click.echo(why_words(found, lambda user_id: found.names.get(user_id, user_id)))
    click.echo(f"\n{trace.request_id}  {trace.outcome}  {trace.verdict}\n{stages_words(trace)}")


async def explained(settings: Settings, request_id: str) -> Explained:
    """Return an explained request. Raises UnknownRequestError."""
    async with opened_store(settings) as store:
        if store is None:
            raise UnknownRequestError(f"no request was ever stored in {settings.data_dir}")
        retriever = build_retriever(settings, build_embedder(settings))
        has_writer = settings.llm.provider != "extractive"
        return await Explaining(store, retriever, pipeline_limits(settings), has_writer).explained(request_id, None)
