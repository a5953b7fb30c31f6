"""`citedesk eval`: measure retrieval and answers, calibrate, write a report, compare with an earlier run."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bot.app import build_embedder, build_pipeline, build_retriever
from bot.cli.arguments import examples
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, settings_of
from bot.cli.printing import facts, is_terminal, say, say_json, show
from bot.evaluation import run as measuring
from bot.evaluation.page import report_page
from bot.evaluation.run import EvalQuestion
from bot.settings import Settings
from bot.tenants import own_settings
from index.calibrate import keep_calibration

_FILE = click.Path(path_type=Path)


@click.command(
    "eval",
    epilog=examples(
        "citedesk eval questions.jsonl",
        "citedesk eval questions.jsonl --rows now.jsonl --report now.html",
        "citedesk eval questions.jsonl --compare before.jsonl --report now.html",
        "head -20 questions.jsonl | citedesk eval - --json",
    ),
)
@click.argument("questions", type=click.Path(path_type=Path, allow_dash=True))
@DATA_DIR
@TENANT
@AS_JSON
@click.option("--rows", type=_FILE, help="Write one JSON line a question to this file.")
@click.option("--report", type=_FILE, help="Write a page to read to this HTML file.")
@click.option("--compare", type=_FILE, help="Rows of an earlier run, to compare with in the report.")
@click.option("--calibrate", is_flag=True, help="Fit the sufficiency score to QUESTIONS and keep it in the index.")
@click.option("--limit", type=click.IntRange(1), help="Ask only the first LIMIT questions.")
def command(
    questions: Path,
    data_dir: Path | None,
    tenant: str,
    limit: int | None,
    *,
    calibrate: bool,
    as_json: bool,
    **files: Path | None,
) -> None:
    """Measure retrieval and answers against QUESTIONS (JSON lines).

    With - the questions are read from standard input.
    """
    settings = own_settings(settings_of(data_dir), tenant)
    asked = measuring.read_questions(questions)[:limit]
    earlier = measuring.read_rows(files["compare"]) if files["compare"] else None
    calibration = _calibrated(settings, asked) if calibrate else None
    pipeline = measuring.unlimited(build_pipeline(settings, build_embedder(settings)))
    is_quiet = not is_terminal(sys.stderr)
    with click.progressbar(length=len(asked), label="Asking", file=sys.stderr, hidden=is_quiet) as bar:
        results = asyncio.run(
            measuring.evaluate(pipeline, asked, settings.limits.request_deadline_s, lambda: bar.update(1))
        )
    if files["rows"]:
        measuring.write_rows(results, files["rows"])
    figures = measuring.metrics(results)
    if files["report"]:
        _write_report(files["report"], questions.stem, [row.as_json() for row in results], earlier)
        say(f"report: {files['report']}", err=True)
    whole = figures | ({"calibration": calibration} if calibration else {})
    if as_json:
        say_json(whole)
    else:
        show(facts(figures))


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


def _write_report(file: Path, name: str, rows: list[dict[str, Any]], earlier: list[dict[str, Any]] | None) -> None:
    file.write_text(report_page(name, rows, earlier), encoding="utf-8")
