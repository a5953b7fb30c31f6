"""`citedesk report`: figures of the last days from the store."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import click

from bot.app import build_embedder, build_reporting, build_retriever
from bot.cli.arguments import examples
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, settings_of
from bot.cli.printing import Line, Part, Table, say_json, show
from bot.cli.stored import opened_store
from bot.desk.reporting import Report
from bot.settings import Settings
from bot.store.port import Store
from bot.surfaces import report_words
from bot.telemetry import report
from bot.tenants import own_settings
from pipeline.types import Trace

_BAR = 20


@click.command(
    "report",
    epilog=examples(
        "citedesk report",
        "citedesk report --since 24h --picture report.svg",
        "citedesk report --json | jq .figures.ends",
    ),
)
@DATA_DIR
@TENANT
@AS_JSON
@click.option("--since", default="7d", show_default=True, metavar="TIME", help="How far back: 30m, 12h, 7d.")
@click.option("--picture", type=click.File("w", encoding="utf-8"), help="Write a picture to this SVG file.")
def command(data_dir: Path | None, tenant: str, since: str, picture: TextIO | None, *, as_json: bool) -> None:
    """Say how the last days went: answers, feedback, reviews, gaps, documents, then each stage, volume and cost.

    It names every document and quotes every gap: whoever can run it can read the store. The first part counts
    whole days.
    """
    traces, figures = asyncio.run(stored_figures(settings_of(data_dir), report.span(since), tenant))
    if as_json:
        say_json(_as_json(traces, figures))
    else:
        show(_parts(traces, figures))
    if picture:
        picture.write(report.picture(traces))


def _parts(traces: Sequence[Trace], figures: Report | None) -> list[Part]:
    answers = [part for line in report.report(traces) for part in _named(line.question, [line.answer])]
    return [*(_figures_parts(figures) if figures and traces else []), *answers]


def _figures_parts(figures: Report) -> list[Part]:
    ends = report_words.report_ends(figures)
    rows = [(f"{'█' * round(n / figures.questions * _BAR)}", f"{n}", name) for name, n in ends if figures.questions]
    named = [(name, [value]) for name, value in report_words.report_facts(figures)]
    named += [(name, list(lines)) for name, lines in report_words.sections(figures, quotes=True)]
    shares: list[Part] = [Line(""), Table(("share", "questions", "ended"), rows), Line("")] if rows else []
    lists = [part for name, lines in named for part in _named(name, lines)]
    return [Line(report_words.report_heading(figures), "strong"), *shares, *lists, Line("")]


def _named(name: str, lines: Sequence[str]) -> list[Part]:
    return [Line(name, "strong"), *(Line(f"  {line}", indent=2) for line in lines)]


def _as_json(traces: Sequence[Trace], figures: Report | None) -> dict[str, Any]:
    """Return the figures, None without a store, and the answers by their questions."""
    answers = {line.question: line.answer for line in report.report(traces)}
    return {"figures": _figures_json(figures) if figures else None, "answers": answers}


def _figures_json(figures: Report) -> dict[str, Any]:
    gaps = [{"question": gap.question, "askers": gap.askers, "nearest": list(gap.nearest)} for gap in figures.gaps]
    not_seen = [{"title": title, **document.model_dump(mode="json")} for title, document in figures.not_seen]
    return {
        "days": figures.days,
        "questions": figures.questions,
        "people": figures.people,
        "ends": dict(figures.ends),
        "helpful": figures.helpful,
        "unhelpful": figures.unhelpful,
        "reviews": asdict(figures.waits),
        "gaps": gaps,
        "gap_count": figures.gap_count,
        "not_seen": not_seen,
        "tokens": figures.tokens,
        "cost_usd": figures.cost_usd,
    }


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
