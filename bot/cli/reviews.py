"""`citedesk reviews`: list, show and export reviews."""

import asyncio
from pathlib import Path
from typing import Any, TextIO

import click

from bot.cli import review_export
from bot.cli.arguments import Commands, examples
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, names, settings_of
from bot.cli.printing import Line, Table, one_line, say_json, show
from bot.desk.review_views import ReviewView
from bot.store.records import Review
from bot.surfaces.wording import cut

_QUESTION_CHARS = 80
_STATE = click.option(
    "--state", "states", multiple=True, type=click.Choice(review_export.ALL), help="Only in this state."
)
_GROUPS = click.option(
    "--groups",
    default="",
    metavar="A,B",
    help="Groups of those who will read this, separated by commas; default: everyone's documents.",
)
_ALL = click.option("--all", "everything", is_flag=True, help="Also the texts that these groups may not read.")


@click.group("reviews", cls=Commands)
def command() -> None:
    """See and export what reviewers decided."""


@command.command(
    "list",
    epilog=examples(
        "citedesk reviews list --state open",
        "citedesk reviews list --state approved --state edited --groups leads",
        "citedesk reviews list --json | jq -r .review_id",
    ),
)
@DATA_DIR
@TENANT
@_STATE
@_GROUPS
@_ALL
@AS_JSON
def reviews_list(
    data_dir: Path | None, tenant: str, states: tuple[Any, ...], groups: str, *, everything: bool, as_json: bool
) -> None:
    """List reviews, each with its id, state and question.

    --json prints a JSON object on a line of its own for each review.
    """
    found = _stored(data_dir, tenant, states, groups, everything=everything)
    if as_json:
        for review in review_export.flat(found):
            say_json(review, indent=None)
    elif found:
        show([_table(found)])
    else:
        show([Line("no reviews")])


@command.command(
    "show",
    epilog=examples(
        "citedesk reviews show r-0123456789abcdef",
        "citedesk reviews show r-0123456789abcdef --all --json",
    ),
)
@click.argument("review_id")
@DATA_DIR
@TENANT
@_GROUPS
@_ALL
@AS_JSON
def reviews_show(
    review_id: str, data_dir: Path | None, tenant: str, groups: str, *, everything: bool, as_json: bool
) -> None:
    """Show one review and its history."""
    readers = None if everything else names(groups)
    found = asyncio.run(review_export.stored_review(settings_of(data_dir), review_id, readers, tenant))
    if as_json:
        say_json(review_export.as_object(*found))
    else:
        show([Line(review_export.as_text(*found))])


@command.command(
    "export",
    epilog=examples(
        "citedesk reviews export --out reviews.jsonl",
        "citedesk reviews export --format csv --state rejected --out rejected.csv",
    ),
)
@DATA_DIR
@TENANT
@_STATE
@_GROUPS
@_ALL
@click.option(
    "--format",
    "kind",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="How to write them.",
)
@AS_JSON
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
    as_json: bool,
) -> None:
    """Export reviews with questions, drafts, answers and reasons, as JSON lines or CSV.

    Drafts and answers that cite what these groups may not read today are left out, and marked as withheld. --json
    stands for --format jsonl.
    """
    found = _stored(data_dir, tenant, states, groups, everything=everything)
    is_table = kind == "csv" and not as_json
    out.write(review_export.as_csv(found) if is_table else review_export.as_jsonl(found))


def _table(views: list[ReviewView]) -> Table:
    reviews = [view.review for view in views]
    rows = [[r.review_id, r.state, r.opened_at[:16].replace("T", " "), _question(r)] for r in reviews]
    return Table(["review", "state", "opened (UTC)", "question"], rows)


def _question(review: Review) -> str:
    return cut(one_line(review.question), _QUESTION_CHARS)


def _stored(
    data_dir: Path | None, tenant: str, states: tuple[Any, ...], groups: str, *, everything: bool
) -> list[ReviewView]:
    readers = None if everything else names(groups)
    return asyncio.run(
        review_export.stored_reviews(settings_of(data_dir), states or review_export.ALL, readers, tenant)
    )
