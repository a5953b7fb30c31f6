"""`citedesk eval`: measure retrieval and answers, calibrate, write a report, compare with an earlier run."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from bot.app import build_embedder, build_pipeline, build_retriever
from bot.cli.arguments import examples
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, names, settings_of
from bot.cli.printing import facts, is_terminal, say, say_json, show
from bot.cli.review_questions import questions_from_reviews
from bot.cli.run_facts import run_facts
from bot.cli.stored import require_index
from bot.evaluation import run as measuring
from bot.evaluation.page import Facts, report_page
from bot.evaluation.questions import EvalQuestion, QuestionsError, read_questions, write_questions
from bot.settings import Settings
from bot.telemetry import report
from bot.tenants import own_settings
from index.calibrate import keep_calibration

_FILE = click.Path(path_type=Path)


@click.command(
    "eval",
    epilog=examples(
        "citedesk eval questions.jsonl",
        "citedesk eval questions.jsonl --rows now.jsonl --report now.html",
        "citedesk eval questions.jsonl --compare before.jsonl --report now.html",
        "citedesk eval --from-reviews --save asked.jsonl --report now.html",
        "head -20 questions.jsonl | citedesk eval - --json",
    ),
)
@click.argument("questions", type=click.Path(path_type=Path, allow_dash=True), required=False)
@click.option("--from-reviews", is_flag=True, help="Ask what people asked: decided reviews, and gaps.")
@click.option("--since", default="90d", show_default=True, help="With --from-reviews: how far back.")
@click.option("--save", type=_FILE, help="Write the questions that are asked to this file, to edit them.")
@click.option("--groups", default="", metavar="A,B", help="Groups of the reader; default: everyone's documents.")
@DATA_DIR
@TENANT
@AS_JSON
@click.option("--rows", type=_FILE, help="Write one JSON line a question to this file.")
@click.option("--report", type=_FILE, help="Write a page to read to this HTML file.")
@click.option("--compare", type=_FILE, help="Rows of an earlier run, to compare with in the report.")
@click.option("--calibrate", is_flag=True, help="Fit the sufficiency score to QUESTIONS and keep it in the index.")
@click.option("--limit", type=click.IntRange(1), help="Ask only the first LIMIT questions.")
def command(  # noqa: PLR0913 - one for each option
    questions: Path | None,
    data_dir: Path | None,
    tenant: str,
    limit: int | None,
    since: str,
    groups: str,
    *,
    from_reviews: bool,
    calibrate: bool,
    as_json: bool,
    **files: Path | None,
) -> None:
    """Measure retrieval and answers against QUESTIONS (JSON lines), or against what people asked and got.

    With - the questions are read from standard input.
    """
    whole, readers = settings_of(data_dir), names(groups)
    _refuse_what_does_not_fit(questions, files, from_reviews=from_reviews)
    asked = (read_questions(questions) if questions else _from_reviews(whole, tenant, readers, since))[:limit]
    if files["save"]:
        write_questions(asked, files["save"])
    settings = own_settings(whole, tenant)
    require_index(settings)
    earlier = measuring.read_rows(files["compare"]) if files["compare"] else None
    calibration = _calibrated(settings, asked) if calibrate else None
    retriever = build_retriever(settings, embedder := build_embedder(settings))
    pipeline = measuring.unlimited(build_pipeline(settings, embedder, retriever))
    is_quiet = not is_terminal(sys.stderr)
    with click.progressbar(length=len(asked), label="Asking", file=sys.stderr, hidden=is_quiet) as bar:
        deadline_s = settings.limits.request_deadline_s
        results = asyncio.run(measuring.evaluate(pipeline, asked, deadline_s, lambda: bar.update(1), readers))
    if files["rows"]:
        measuring.write_rows(results, files["rows"])
    figures = measuring.metrics(results)
    if files["report"]:
        source = questions.name if questions else f"what people asked in the last {since}"
        about = run_facts(settings, retriever, readers, source)
        _write_report(files["report"], about, [row.as_json() for row in results], earlier)
        say(f"report: {files['report']}", err=True)
    if as_json:
        say_json(figures | ({"calibration": calibration} if calibration else {}))
    else:
        show(facts(figures))


def _refuse_what_does_not_fit(questions: Path | None, files: Mapping[str, Path | None], *, from_reviews: bool) -> None:
    if files["compare"] and not files["report"]:
        raise click.UsageError("--compare needs --report, which shows both runs.")
    if (questions is None) != from_reviews:
        raise click.UsageError("Give either QUESTIONS or --from-reviews.")


def _from_reviews(settings: Settings, tenant: str, groups: frozenset[str], since: str) -> list[EvalQuestion]:
    if found := asyncio.run(questions_from_reviews(settings, tenant, groups, report.span(since))):
        return found
    raise QuestionsError(f"nothing was asked in the last {since} that a reviewer decided or that found no answer")


def _calibrated(settings: Settings, asked: Sequence[EvalQuestion]) -> dict[str, Any]:
    retriever = build_retriever(settings, build_embedder(settings))
    fitted = measuring.fitted_calibration(retriever, asked, settings.index.missed_rate, settings.index.wrong_rate)
    calibration = fitted.model_copy(update={"reranker": retriever.reranker})
    name = keep_calibration(settings.data_dir, calibration, settings.index.keep_snapshots)
    say(
        f"calibrated on {calibration.questions} questions: not enough info below {calibration.abstain_below:.2f}, "
        f"quoted without a model from {calibration.answer_from:.2f} on; live snapshot: {name}",
        err=True,
    )
    return calibration.model_dump(mode="json")


def _write_report(file: Path, about: Facts, rows: list[dict[str, Any]], earlier: list[dict[str, Any]] | None) -> None:
    file.write_text(report_page(about, rows, earlier), encoding="utf-8")
