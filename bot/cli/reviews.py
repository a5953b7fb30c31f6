"""`citedesk reviews`: list, show and export reviews."""

import asyncio
from pathlib import Path
from typing import Any, TextIO

import click

from bot.cli import review_export
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, names, settings_of
from bot.desk.review_views import ReviewView

_STATE = click.option(
    "--state", "states", multiple=True, type=click.Choice(review_export.ALL), help="Only in this state."
)
_GROUPS = click.option(
    "--groups",
    default="",
    help="Groups of those who will read this, separated by commas; default: everyone's documents.",
)
_ALL = click.option("--all", "everything", is_flag=True, help="Also the texts that these groups may not read.")


@click.group("reviews")
def command() -> None:
    """See and export what reviewers decided."""


@command.command("list")
@DATA_DIR
@TENANT
@_STATE
@_GROUPS
@_ALL
@AS_JSON
def reviews_list(
    data_dir: Path | None, tenant: str, states: tuple[Any, ...], groups: str, *, everything: bool, as_json: bool
) -> None:
    """List reviews."""
    found = _stored(data_dir, tenant, states, groups, everything=everything)
    click.echo(review_export.as_jsonl(found) if as_json else review_export.as_lines(found) or "no reviews")


@command.command("show")
@click.argument("review_id")
@DATA_DIR
@TENANT
@_GROUPS
@_ALL
def reviews_show(review_id: str, data_dir: Path | None, tenant: str, groups: str, *, everything: bool) -> None:
    """Show one review and its history."""
    readers = None if everything else names(groups)
    click.echo(
        review_export.as_text(
            *asyncio.run(review_export.stored_review(settings_of(data_dir), review_id, readers, tenant))
        )
    )


@command.command("export")
@DATA_DIR
@TENANT
@_STATE
@_GROUPS
@_ALL
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--out", type=click.File("w", encoding="utf-8"), default="-", help="File to write; default: the screen.")
def reviews_export(  # noqa: PLR0913 - one for each option
    data_dir: Path | None,
    tenant: str,
    states: tuple[Any, ...],
    groups: str,
    kind: str,
    out: TextIO,
    *,
    everything: bool,
) -> None:
    """Export reviews with questions, drafts, answers and reasons, as JSON lines or CSV.

    Drafts and answers that cite what these groups may not read today are left out, and marked as withheld.
    """
    found = _stored(data_dir, tenant, states, groups, everything=everything)
    out.write(review_export.as_csv(found) if kind == "csv" else review_export.as_jsonl(found))


def _stored(
    data_dir: Path | None, tenant: str, states: tuple[Any, ...], groups: str, *, everything: bool
) -> list[ReviewView]:
    readers = None if everything else names(groups)
    return asyncio.run(
        review_export.stored_reviews(settings_of(data_dir), states or review_export.ALL, readers, tenant)
    )
