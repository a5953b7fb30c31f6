"""`citedesk reviews`: list, show and export reviews."""

import asyncio
from pathlib import Path
from typing import Any, TextIO

import click

from bot.cli import review_export
from bot.cli.options import AS_JSON, DATA_DIR, settings_of

_STATES = ("open", "approved", "edited", "rejected", "expired")
_STATE = click.option("--state", "states", multiple=True, type=click.Choice(_STATES), help="Only in this state.")


@click.group("reviews")
def command() -> None:
    """See and export what reviewers decided."""


@command.command("list")
@DATA_DIR
@_STATE
@AS_JSON
def reviews_list(data_dir: Path | None, states: tuple[Any, ...], *, as_json: bool) -> None:
    """List reviews."""
    found = asyncio.run(review_export.stored_reviews(settings_of(data_dir), states or review_export.ALL))
    click.echo(review_export.as_jsonl(found) if as_json else review_export.as_lines(found) or "no reviews")


@command.command("show")
@click.argument("review_id")
@DATA_DIR
def reviews_show(review_id: str, data_dir: Path | None) -> None:
    """Show one review and its history."""
    click.echo(review_export.as_text(*asyncio.run(review_export.stored_review(settings_of(data_dir), review_id))))


@command.command("export")
@DATA_DIR
@_STATE
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--out", type=click.File("w", encoding="utf-8"), default="-", help="File to write; default: the screen.")
def reviews_export(data_dir: Path | None, states: tuple[Any, ...], kind: str, out: TextIO) -> None:
    """Export reviews with questions, drafts, answers and reasons, as JSON lines or CSV."""
    found = asyncio.run(review_export.stored_reviews(settings_of(data_dir), states or review_export.ALL))
    out.write(review_export.as_csv(found) if kind == "csv" else review_export.as_jsonl(found))
