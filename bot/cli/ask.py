"""One question from the command line, and what is stored about an earlier one."""

import asyncio
import secrets
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from bot.app import build_embedder, build_pipeline, store_file
from bot.settings import Settings
from bot.store.sqlite.store import SqliteStore
from index.errors import CitedeskError
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
    Trace,
    Unavailable,
)


class UnknownRequestError(CitedeskError):
    """There is no such request in the store."""

    code = "REQUEST_UNKNOWN"


async def ask_once(
    settings: Settings, question: str, user: str, groups: frozenset[str], audience: frozenset[str] | None
) -> Response:
    """Return what one question comes to, asked outside any chat."""
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
    async with aclosing(pipeline.provider):
        return await answer(pipeline, question, context)


async def stored_trace(settings: Settings, request_id: str) -> Trace:
    """Return a request's trace. Raises UnknownRequestError."""
    file = store_file(settings)
    if not await asyncio.to_thread(file.is_file):
        raise UnknownRequestError(f"no request was ever stored in {file}")
    store = await SqliteStore(file).open()
    trace = await store.request(request_id)
    await store.close()
    if trace is None:
        raise UnknownRequestError(f"request {request_id} is not in the store")
    return trace


async def stored_traces(settings: Settings, span: timedelta) -> list[Trace]:
    """Return the traces of the last `span`, oldest first; none without a store."""
    file = store_file(settings)
    if not await asyncio.to_thread(file.is_file):
        return []
    store = await SqliteStore(file).open()
    traces = await store.requests_since(datetime.now(UTC) - span)
    await store.close()
    return traces


def outcome_text(outcome: Outcome) -> str:
    """Return an outcome as a person reads it in a terminal."""
    match outcome:
        case Answered():
            sources = [
                f"[{s.marker}] {s.title}{f' > {s.heading}' if s.heading else ''}  {s.url or s.document_id}"
                for s in outcome.sources
            ]
            degraded = (
                ["The model could not be reached: these are the documents' own words."] if outcome.degraded else []
            )
            return "\n".join([*degraded, outcome.text, "", *sources, f"confidence: {outcome.confidence}"])
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
