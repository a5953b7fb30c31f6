"""`citedesk ask`: answer one question on the command line."""

import asyncio
import json
import secrets
from contextlib import aclosing
from pathlib import Path

import click

from bot.app import build_embedder, build_pipeline
from bot.cli.options import AS_JSON, DATA_DIR, names, settings_of
from bot.settings import Settings
from pipeline.answering import answer
from pipeline.types import (
    Answered,
    Blocked,
    Deadline,
    Failure,
    Limited,
    NeedsReview,
    NotEnoughInfo,
    Outcome,
    RequestContext,
    Response,
    Unavailable,
)


@click.command("ask")
@click.argument("question")
@DATA_DIR
@AS_JSON
@click.option("--user", default="cli", help="Who asks.")
@click.option("--groups", default="", help="The asker's groups, separated by commas.")
@click.option("--audience", default=None, help="Groups that everybody who sees the answer is in.")
def command(
    question: str, data_dir: Path | None, user: str, groups: str, audience: str | None, *, as_json: bool
) -> None:
    """Answer QUESTION from the index."""
    shared = None if audience is None else names(audience)
    response = asyncio.run(ask_once(settings_of(data_dir), question, user, names(groups), shared))
    if as_json:
        both = {part: getattr(response, part).model_dump(mode="json") for part in ("outcome", "trace")}
        click.echo(json.dumps(both, ensure_ascii=False, indent=1))
    else:
        click.echo(outcome_text(response.outcome))


async def ask_once(
    settings: Settings, question: str, user: str, groups: frozenset[str], audience: frozenset[str] | None
) -> Response:
    """Return outcome and trace of a question. `audience` are the groups of all readers; None: only the user reads."""
    pipeline = build_pipeline(settings, build_embedder(settings))
    context = RequestContext(
        request_id=f"r-{secrets.token_hex(6)}",
        tenant_id="cli",
        user_id=user,
        channel_id="cli",
        route="cli",
        deadline=Deadline.after(settings.limits.request_deadline_s),
        groups=groups,
        audience=audience,
    )
    async with aclosing(pipeline):
        return await answer(pipeline, question, context)


def outcome_text(outcome: Outcome) -> str:
    """Return an outcome as text for a terminal."""
    match outcome:
        case Answered():
            sources = [
                f"[{s.marker}] {s.title}{f' > {s.heading}' if s.heading else ''}  {s.url or s.document_id}"
                for s in outcome.sources
            ]
            degraded = (
                ["The model could not be reached: these are the documents' own words."] if outcome.degraded else []
            )
            return "\n".join([*degraded, outcome.text, "", *sources])
        case NotEnoughInfo():
            nearest = [f"  {d.title}  {d.url or d.document_id}" for d in outcome.nearest]
            return "\n".join(["Not enough info in the documents.", *(["Nearest:"] if nearest else []), *nearest])
        case NeedsReview():
            findings = [f"  {f.code}: {f.span}" for f in outcome.findings]
            draft = outcome.draft.answer if outcome.draft else "(none)"
            return "\n".join([f"A person should check this ({outcome.reason}). Draft:", draft, *findings])
        case Limited():
            return _limit_text(outcome)
        case Blocked() | Unavailable():
            return f"No answer ({outcome.reason})."


def _limit_text(outcome: Limited) -> str:
    match outcome.reason:
        case Failure.INPUT_EMPTY:
            return f"There is no question. Ask one in words, up to {outcome.limit:,} characters."
        case Failure.INPUT_TOO_LONG:
            return f"The question is longer than the limit of {outcome.limit:,} characters."
        case _:
            return f"The limit of {outcome.limit:,} is reached; ask again in {outcome.retry_after or 0:.0f} seconds."
