"""`citedesk`: unpack the command line, call, print. One line for every error, never a traceback."""

import asyncio
import json
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TextIO

import click

# One product of small matrices is done before a second thread has woken up: threads cost a search half its time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bot.cli.evaluate import evaluation
from bot.cli.index import build_progress, index
from bot.cli.options import AS_JSON, DATA_DIR, settings_of
from bot.cli.reviews import reviews
from index.errors import CitedeskError, SettingsError

_SETTINGS_ERROR = 2


class _Commands(click.Group):
    """Turns our errors into one line and an exit status: 2 for settings, 1 for the rest."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run the command."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            click.echo(f"citedesk: {error}", err=True)
            ctx.exit(_SETTINGS_ERROR)
        except CitedeskError as error:
            click.echo(f"citedesk: {error}", err=True)
            ctx.exit(1)


@click.group(cls=_Commands)
@click.version_option(package_name="citedesk")
def main() -> None:
    """Run Citedesk, a support assistant that says only what it can prove from your documents."""
    # The weights are on disk; no library may ask a hub for others.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from bot.telemetry.logs import configure_logging  # noqa: PLC0415

    configure_logging("ERROR")


main.add_command(index)
main.add_command(reviews)
main.add_command(evaluation)


@main.command()
@DATA_DIR
@click.option("--port", default=8321, show_default=True, help="Port of the page on loopback; 0 picks a free one.")
def demo(data_dir: Path | None, port: int) -> None:
    """Try Citedesk in a loopback Slack workspace: no account, no key."""
    from bot.cli.demo import run_demo  # noqa: PLC0415 - commands load what they need

    _run(run_demo(data_dir or Path(".citedesk/demo"), port, click.echo, build_progress))


@main.command()
@DATA_DIR
def serve(data_dir: Path | None) -> None:
    """Serve Slack (Socket Mode or HTTP) until stopped."""
    from bot.cli.signals import stop_event  # noqa: PLC0415
    from bot.server import running_bot  # noqa: PLC0415
    from bot.telemetry.logs import configure_logging  # noqa: PLC0415

    settings = settings_of(data_dir)
    configure_logging(settings.log_level)

    async def forever() -> None:
        stopped = stop_event()
        async with running_bot(settings):
            await stopped.wait()

    _run(forever())


@main.command()
@click.argument("question")
@DATA_DIR
@AS_JSON
@click.option("--groups", default="", help="Groups to search as, separated by commas.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 50))
def search(question: str, data_dir: Path | None, groups: str, limit: int, *, as_json: bool) -> None:
    """Retrieve chunks for QUESTION, without an answer, and say what their scores are made of."""
    from bot.app import build_embedder, build_retriever  # noqa: PLC0415
    from bot.cli.search import search_json, search_text  # noqa: PLC0415

    settings = settings_of(data_dir)
    found = build_retriever(settings, build_embedder(settings)).search(question, _names(groups), limit)
    shown = json.dumps(search_json(found), ensure_ascii=False, indent=1) if as_json else search_text(question, found)
    click.echo(shown)


@main.command()
@click.argument("question")
@DATA_DIR
@AS_JSON
@click.option("--user", default="cli", help="Who asks.")
@click.option("--groups", default="", help="The asker's groups, separated by commas.")
@click.option("--audience", default=None, help="Groups that everybody who sees the answer is in.")
def ask(question: str, data_dir: Path | None, user: str, groups: str, audience: str | None, *, as_json: bool) -> None:
    """Answer QUESTION from the index."""
    from bot.cli.ask import ask_once, outcome_text  # noqa: PLC0415

    settings = settings_of(data_dir)
    shared = None if audience is None else _names(audience)
    response = asyncio.run(ask_once(settings, question, user, _names(groups), shared))
    if as_json:
        outcome, trace = response.outcome.model_dump(mode="json"), response.trace.model_dump(mode="json")
        click.echo(json.dumps({"outcome": outcome, "trace": trace}, ensure_ascii=False, indent=1))
    else:
        click.echo(outcome_text(response.outcome))


@main.command()
@click.argument("request_id")
@DATA_DIR
def why(request_id: str, data_dir: Path | None) -> None:
    """Show the path that a request took, and which stage decided."""
    from bot.cli.ask import stored_trace  # noqa: PLC0415

    trace = asyncio.run(stored_trace(settings_of(data_dir), request_id))
    click.echo(f"{trace.request_id}: {trace.outcome} ({trace.verdict})")
    for name, value in trace.model_dump(mode="json", exclude={"request_id", "outcome", "verdict"}).items():
        if value not in (None, [], {}, False):
            click.echo(f"  {name}: {value}")


@main.command("report")
@DATA_DIR
@click.option("--since", default="7d", show_default=True, help="How far back: 30m, 12h, 7d.")
@click.option("--picture", type=click.File("w", encoding="utf-8"), help="Write a picture to this SVG file.")
def report_command(data_dir: Path | None, since: str, picture: TextIO | None) -> None:
    """Say how the last days went: retrieval, model, fallbacks, validation, volume, latency, cost."""
    from bot.cli.ask import stored_traces  # noqa: PLC0415
    from bot.telemetry import report as reporting  # noqa: PLC0415

    traces = asyncio.run(stored_traces(settings_of(data_dir), reporting.span(since)))
    click.echo(reporting.report_text(reporting.report(traces)))
    if picture:
        picture.write(reporting.picture(traces))


@main.command()
@DATA_DIR
def doctor(data_dir: Path | None) -> None:
    """Check settings, index, store, model and Slack, and say what to do."""
    from bot.cli.doctor import diagnose  # noqa: PLC0415

    findings = asyncio.run(diagnose(settings_of(data_dir)))
    for finding in findings:
        click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.what}: {finding.words}")
    if not all(finding.ok for finding in findings):
        raise click.exceptions.Exit(1)


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
