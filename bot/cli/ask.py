"""`citedesk ask`: answer one question on the command line."""

import asyncio
import json
import secrets
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import click

from bot.app import build_embedder, build_pipeline
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, names, settings_of
from bot.cli.stored import require_index
from bot.settings import Settings
from bot.surfaces.model_words import degraded_words, no_model_words, problem_lines
from bot.surfaces.showing import every_link, links_of, readable, small_print
from bot.surfaces.wording import (
    finding_words,
    introduction,
    not_enough_words,
    other_language,
    understood_words,
    updated_words,
)
from bot.surfaces.words import ENGLISH
from bot.tenants import own_settings
from pipeline.answering import answer
from pipeline.types import (
    Answered,
    Blocked,
    Citation,
    Deadline,
    Failure,
    Limited,
    NeedsReview,
    NotEnoughInfo,
    Outcome,
    Quoted,
    RequestContext,
    Response,
    Source,
    Unavailable,
)


@click.command("ask")
@click.argument("question")
@DATA_DIR
@TENANT
@AS_JSON
@click.option("--user", default="cli", help="Who asks.")
@click.option("--groups", default="", help="The asker's groups, separated by commas.")
@click.option("--audience", default=None, help="Groups that everybody who sees the answer is in.")
def command(  # noqa: PLR0913 - one for each option
    question: str, data_dir: Path | None, tenant: str, user: str, groups: str, audience: str | None, *, as_json: bool
) -> None:
    """Answer QUESTION from the index."""
    shared = None if audience is None else names(audience)
    settings = own_settings(settings_of(data_dir), tenant)
    require_index(settings)
    response = asyncio.run(ask_once(settings, question, user, names(groups), shared))
    if as_json:
        both = {part: getattr(response, part).model_dump(mode="json") for part in ("outcome", "trace")}
        click.echo(json.dumps(both, ensure_ascii=False, indent=1))
    else:
        if response.understood:
            click.echo(f"{understood_words(response.trace)}: “{response.understood}”")
        click.echo(outcome_text(response.outcome))
        problems = problem_lines(response.trace.model_problems)
        if problems and _is_without_the_model(response.outcome):
            click.echo("\n".join(["", *problems]))


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


def _is_without_the_model(outcome: Outcome) -> bool:
    """Tell whether a model should have written an answer and none did."""
    match outcome:
        case Answered() | NotEnoughInfo() | Unavailable():
            return bool(no_model_words(outcome.reason))
        case _:
            return False


def outcome_text(outcome: Outcome) -> str:
    """Return an outcome as text for a terminal."""
    match outcome:
        case Answered():
            return _answer_text(outcome)
        case NotEnoughInfo():
            return _not_enough_text(outcome)
        case NeedsReview():
            return _review_text(outcome)
        case Limited():
            return _limit_text(outcome)
        case Blocked() | Unavailable():
            return f"No answer ({outcome.reason})."


def _answer_text(outcome: Answered) -> str:
    is_quoted = outcome.form == "quoted"
    head = [degraded_words(outcome.reason)] if outcome.degraded else []
    head += [f"{ENGLISH('quoted')}:", ""] if is_quoted else []
    sources = _source_lines(outcome.sources, () if is_quoted else outcome.citations)
    approved = (
        [ENGLISH("approved-by-on", who=outcome.approved.by, day=ENGLISH.day(outcome.approved.at))]
        if outcome.approved
        else []
    )
    return "\n".join([*head, readable(outcome.text, links_of(outcome)), "", *sources, *approved])


def _not_enough_text(outcome: NotEnoughInfo) -> str:
    examples = [f"  {question}" for question in outcome.suggestions]
    if outcome.reason is Failure.NO_QUESTION:
        return "\n".join([introduction(has_examples=bool(examples)), *examples])
    lines = [f"{ENGLISH('not-enough-head')} {not_enough_words(outcome)}"]
    lines += [other_language(outcome.documents_in)] if outcome.documents_in else []
    if outcome.closest:
        lines += ["", f"{ENGLISH('closest')}:", "", *_quoted_lines(outcome.closest)]
    elif outcome.nearest:
        lines += [ENGLISH("nearest-documents"), *(f"  {d.title}  {d.url or d.document_id}" for d in outcome.nearest)]
    return "\n".join([*lines, *(["", f"{ENGLISH('did-you-mean')}:", *examples] if examples else [])])


def _review_text(outcome: NeedsReview) -> str:
    findings = [f"  “{f.span}” {finding_words(f.code)} ({f.code})" for f in outcome.findings]
    draft = outcome.draft.answer if outcome.draft else "(none)"
    meanwhile = ["", f"{ENGLISH('meanwhile')}:", "", *_quoted_lines(outcome.meanwhile)] if outcome.meanwhile else []
    return "\n".join([f"A person should check this ({outcome.reason}). Draft:", draft, *findings, *meanwhile])


def _quoted_lines(quotes: Quoted) -> list[str]:
    return [readable(quotes.text, every_link), "", *_source_lines(quotes.sources, ())]


def _source_lines(sources: Sequence[Source], citations: Sequence[Citation]) -> list[str]:
    """Return a line for each source, and below it the quotes behind its marker."""
    lines = []
    for source in sources:
        place = f"{source.title} > {source.heading}" if source.heading else source.title
        changed = f"  ({updated_words(source.updated)})" if source.updated else ""
        lines.append(f"[{source.marker}] {place}  {source.url or source.document_id}{changed}")
        lines += [f"    “{quote}”" for quote in small_print(citations, source.marker)]
    return lines


def _limit_text(outcome: Limited) -> str:
    match outcome.reason:
        case Failure.INPUT_EMPTY:
            return "There is no question. Ask one in words."
        case Failure.INPUT_TOO_LONG:
            return f"The question is longer than the limit of {outcome.limit:,} characters."
        case _:
            return f"The limit of {outcome.limit:,} is reached; ask again in {outcome.retry_after or 0:.0f} seconds."
