"""`citedesk requests`: which questions were asked in the chats, and how they ended."""

import asyncio
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from bot.app import build_embedder
from bot.cli.arguments import Commands, examples
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, settings_of
from bot.cli.printing import Line, Part, Table, one_line, say_json, show
from bot.cli.stored import opened_store
from bot.settings import Settings
from bot.store.port import Store
from bot.store.records import FinishedRequest, RequestFilter
from bot.surfaces.command_messages import OUTCOMES
from bot.surfaces.wording import counted, cut
from bot.telemetry.report import span
from bot.tenants import own_settings

_QUESTION_CHARS = 120
Questions = Mapping[str, str]


@click.group("requests", cls=Commands)
def command() -> None:
    """List the requests from chats."""


@command.command(
    "list",
    epilog=examples(
        "citedesk requests list",
        "citedesk requests list --outcome not_enough_info --since 24h",
        "citedesk requests list --json | jq -r '.[0].request_id'",
        "citedesk why r-0123456789abcdef",
    ),
)
@click.option("--outcome", "outcomes", multiple=True, type=click.Choice(OUTCOMES), help="Only with this outcome.")
@click.option("--since", default="7d", show_default=True, metavar="TIME", help="How far back: 30m, 12h, 7d.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
@click.option("--questions", is_flag=True, help="Also the questions, as far as they are stored.")
@DATA_DIR
@TENANT
@AS_JSON
def requests_list(  # noqa: PLR0913 - one for each option
    data_dir: Path | None,
    tenant: str,
    outcomes: tuple[str, ...],
    since: str,
    limit: int,
    *,
    questions: bool,
    as_json: bool,
) -> None:
    """List requests from chats, newest first, with the ids that `citedesk why` takes.

    Questions are stored only where somebody has to see them again: in reviews, among the gaps, and for a day in Teams.
    """
    wanted = RequestFilter(since=datetime.now(UTC) - span(since), outcomes=outcomes, limit=limit)
    found, asked = asyncio.run(_listed(settings_of(data_dir), tenant, wanted, questions=questions))
    if as_json:
        say_json([_as_json(request, asked) for request in found])
    elif found:
        show([_table(found, asked), Line(""), Line(counted(len(found), "request", "requests"), "faint")])
    else:
        show([Line(f"no request in the last {since}")])


async def _listed(
    settings: Settings, tenant: str, wanted: RequestFilter, *, questions: bool
) -> tuple[list[FinishedRequest], Questions | None]:
    """Return the requests and, if they are asked for, the questions that are stored, by request id."""
    async with opened_store(settings, tenant) as store:
        if store is None:
            return [], None
        found = await store.requests.listed(wanted)
        if not questions:
            return found, None
        embedder = build_embedder(own_settings(settings, tenant)).name
        days = max(math.ceil((datetime.now(UTC) - wanted.since) / timedelta(days=1)), 1)
        return found, await _questions(store, found, embedder, days)


async def _questions(store: Store, found: list[FinishedRequest], embedder: str, days: int) -> Questions:
    tenants = {request.trace.tenant_id for request in found}
    gaps = [gap for tenant in tenants for gap, _ in await store.gaps.since(tenant, embedder, days)]
    known = {gap.request_id: gap.question for gap in gaps}
    for request_id in (request.trace.request_id for request in found):
        if request_id not in known:
            review = await store.reviews.get(request_id)
            known[request_id] = review.question if review else await store.turns.question_of(request_id)
    return known


def _table(found: list[FinishedRequest], asked: Questions | None) -> Part:
    head = ["time (UTC)", "request", "outcome", "verdict", *(["question"] if asked is not None else [])]
    rows = [[_time(r), r.trace.request_id, r.trace.outcome, r.trace.verdict, *_question(r, asked)] for r in found]
    return Table(head, rows)


def _time(request: FinishedRequest) -> str:
    return request.at[:16].replace("T", " ")


def _question(request: FinishedRequest, asked: Questions | None) -> list[str]:
    if asked is None:
        return []
    return [cut(one_line(asked.get(request.trace.request_id, "")), _QUESTION_CHARS) or "(not stored)"]


def _as_json(request: FinishedRequest, asked: Questions | None) -> dict[str, Any]:
    trace = request.trace
    shown = {
        "request_id": trace.request_id,
        "at": request.at,
        "outcome": trace.outcome,
        "verdict": trace.verdict,
        "route": trace.route,
        "total_ms": trace.total_ms,
    }
    return shown if asked is None else {**shown, "question": asked.get(trace.request_id) or None}
