"""`citedesk why`: why one request ended so."""

import asyncio
from pathlib import Path

import click

from bot.app import build_embedder, build_retriever, pipeline_limits
from bot.cli.arguments import examples
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, settings_of
from bot.cli.printing import Line, facts, say_json, show
from bot.cli.stored import opened_store, require_index
from bot.desk.explaining import Explained, Explaining
from bot.desk.permissions import UnknownRequestError
from bot.settings import Settings
from bot.surfaces.command_messages import stages_words
from bot.surfaces.why_words import why_words
from bot.tenants import own_settings


@click.command(
    "why",
    epilog=examples(
        "citedesk requests list                       # which ids there are",
        "citedesk why r-0123456789abcdef",
        "citedesk why r-0123456789abcdef --json | jq .stage_ms",
    ),
)
@click.argument("request_id")
@DATA_DIR
@TENANT
@AS_JSON
def command(request_id: str, data_dir: Path | None, tenant: str, *, as_json: bool) -> None:
    """Say why a request ended so.

    What was found, which stage decided, and what to do. REQUEST_ID stands in small print under a reply, and in
    `citedesk requests list`. It names every document: whoever can run it can read the index. --json prints the stored
    trace.
    """
    found = asyncio.run(explained(settings_of(data_dir), request_id, tenant))
    trace = found.trace
    if as_json:
        say_json(trace.model_dump(mode="json"))
        return
    said = why_words(found, lambda user_id: found.names.get(user_id, user_id))
    named = {
        "request": trace.request_id,
        "outcome": trace.outcome,
        "verdict": trace.verdict,
        "stages": stages_words(trace),
    }
    show([Line(said), Line(""), *facts(named)])


async def explained(settings: Settings, request_id: str, tenant: str = "") -> Explained:
    """Return an explained request. Raises UnknownRequestError, also for that of another tenant."""
    async with opened_store(settings, tenant) as store:
        if store is None:
            raise UnknownRequestError(f"no request was ever stored in {settings.data_dir}")
        own = own_settings(settings, tenant)
        require_index(own)
        retriever = build_retriever(own, build_embedder(own))
        has_writer = own.llm.provider != "extractive"
        return await Explaining(store, retriever, pipeline_limits(own), has_writer).explained(request_id, None)
