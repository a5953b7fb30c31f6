"""`citedesk demo`: the sandbox workspace, documents and the bot in one process."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import click

from bot.app import build_embedder, build_rules
from bot.cli.arguments import examples
from bot.cli.demo_questions import KNOWLEDGE_BASE, demo_suggestions, own_suggestions
from bot.cli.index import build_progress, coverage_text
from bot.cli.options import AS_JSON, DATA_DIR, settings_with
from bot.cli.printing import say, say_json
from bot.cli.signals import run_until_stopped, stop_event
from bot.sandbox.server import Sandbox
from bot.sandbox.slow_model import MODEL, SECONDS
from bot.sandbox.workspace import REVIEWS
from bot.server import running_bot
from bot.settings import Settings, embedders_dir
from index.builder import Coverage, build
from index.reading.sources import is_address
from index.snapshot_writing import Progress

_FOLDER = Path(".citedesk")
_SKIPPED_SHOWN = 20
_SETTINGS, _SLOW = "settings", "slow"


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo runs over, the knowledge base without any `places`, and the port of its page.

    `as_json` tells a script when it is ready.
    """

    places: tuple[str, ...]
    data_dir: Path
    port: int
    as_json: bool = False


@click.command(
    "demo",
    epilog=examples(
        "citedesk demo                          # with a small knowledge base",
        "citedesk demo ./docs                   # with your own documents",
        "citedesk demo https://docs.example.com --port 0",
    ),
)
@click.argument("places", nargs=-1)
@DATA_DIR
@AS_JSON
@click.option("--port", default=8321, show_default=True, help="Port of the page on loopback; 0 picks a free one.")
def command(places: tuple[str, ...], data_dir: Path | None, port: int, *, as_json: bool) -> None:
    """Try Citedesk in a loopback Slack workspace: no account, no key.

    Without PLACES it answers from a small knowledge base, with PLACES from your own documents: folders, files, Git
    checkouts, or addresses of pages and site maps. --json prints a line once it is ready.
    """
    demo = Demo(places, data_dir or _data_dir(places), port, as_json)
    tell = partial(say, err=as_json)
    run_until_stopped(run_demo(demo, tell, partial(build_progress, show=not as_json)))


async def run_demo(
    demo: Demo, tell: Callable[[str], Any], progress: Callable[[], AbstractContextManager[Progress]]
) -> None:
    """Index the documents, start workspace and bot, print the URL, and run until stopped."""
    stopped = stop_event()
    with as_file(KNOWLEDGE_BASE / "articles") as articles:
        places = demo.places or (articles,)
        async with Sandbox(demo.port, demo_suggestions(), _answerers()) as sandbox:
            quoting = {"index": _index(demo, places), "llm": {"provider": "extractive"}}
            settings = demo_settings(demo.data_dir, articles, sandbox, **quoting)
            embedder = build_embedder(settings)
            tell(f"Indexing {'your documents' if demo.places else 'the demo knowledge base'}…")
            with progress() as report:
                coverage = await asyncio.to_thread(
                    build, list(places), demo.data_dir, embedder, build_rules(settings), report
                )
            tell(_shortened(coverage) if demo.places else f"{coverage.indexed} articles, {coverage.chunks} chunks.")
            if demo.places:
                sandbox.menu.suggestions = await own_suggestions(settings, embedder)
            await _serve(demo, places, sandbox, stopped, tell)


async def _serve(
    demo: Demo, places: tuple[Any, ...], sandbox: Sandbox, stopped: asyncio.Event, tell: Callable[[str], Any]
) -> None:
    """Run the bot until stopped; start it anew with other settings when the visitor chooses who answers."""
    tell("Starting the bot…")
    stop, is_told = asyncio.create_task(stopped.wait()), False
    while not stop.done():
        answerer = sandbox.menu.chosen
        async with running_bot(_settings_for(answerer, demo, places, sandbox)):
            if not is_told:
                tell(f"\nCitedesk is ready. Open {sandbox.url} in a browser. Ctrl-C stops it.")
            if demo.as_json and not is_told:
                say_json({"event": "ready", "url": sandbox.url}, indent=None)
            is_told = True
            await sandbox.menu.serving(answerer)
            change = asyncio.create_task(sandbox.menu.another_than(answerer))
            await asyncio.wait([stop, change], return_when=asyncio.FIRST_COMPLETED)
            change.cancel()


def _settings_for(answerer: str, demo: Demo, places: tuple[Any, ...], sandbox: Sandbox) -> Settings:
    asked = [s.question for s in sandbox.menu.suggestions if s.role is None]
    return demo_settings(
        demo.data_dir,
        places[0],
        sandbox,
        index=_index(demo, places),
        slack_extra={"prompts": tuple(asked[:4])},
        **(_slow_model(sandbox) if answerer == _SLOW else {}),
    )


def _index(demo: Demo, places: tuple[Any, ...]) -> dict[str, Any]:
    """Return the table `[index]`. The embedding model, whose export takes a while, is shared by all demos."""
    shared = {"embedders_dir": embedders_dir(settings_with(data_dir=_data_dir(())))} if demo.places else {}
    return {"paths": places, **shared}


def _slow_model(sandbox: Sandbox) -> dict[str, Any]:
    server = {"base_url": sandbox.model_url, "api_key": sandbox.model_key, "model": MODEL, "failover": ()}
    return {"llm": {"provider": "openai", **server}, "judge": {"kind": "model", "base_url": None, "model": None}}


def _answerers() -> Mapping[str, str]:
    quotes = settings_with().llm.provider == "extractive"
    own = "the documents alone" if quotes else "the model of your settings"
    return {_SETTINGS: own, _SLOW: f"a slow model ({SECONDS:.0f} s)"}


def demo_settings(data_dir: Path, articles: Path, sandbox: Sandbox, **overrides: Any) -> Settings:  # noqa: ANN401
    """Return settings for a sandbox. They win over environment and citedesk.toml, which set everything else."""
    return settings_with(
        **{
            "data_dir": data_dir,
            "index": {"paths": [articles]},
            "slack": {
                "bot_token": sandbox.credentials.bot_token,
                "app_token": sandbox.credentials.app_token,
                "signing_secret": None,
                "api_url": sandbox.api_url,
                "reviewers_channel": REVIEWS.id,
                "prompts": tuple(suggestion.question for suggestion in demo_suggestions()[:4]),
                **overrides.pop("slack_extra", {}),
            },
            "access": {
                "groups": {"leads": ["U0REVIEWER"]},
                "reviewers": ["U0REVIEWER"],
                "admins": ["U0ADMIN"],
            },
            "server": {"host": "127.0.0.1", "port": 0},
            **overrides,
        }
    )


def _data_dir(places: tuple[str, ...]) -> Path:
    """Return the folder of the index: one for each set of places, so that a second start finds what it has read."""
    if not places:
        return _FOLDER / "demo"
    named = "\n".join(place if is_address(place) else str(Path(place).resolve()) for place in places)
    return _FOLDER / f"demo-{sha256(named.encode(errors='surrogateescape')).hexdigest()[:12]}"


def _shortened(coverage: Coverage) -> str:
    """Return the coverage report with the first of what was skipped."""
    more = len(coverage.skipped) - _SKIPPED_SHOWN
    lines = coverage_text(coverage).splitlines()
    if more <= 0:
        return "\n".join(lines)
    skipped = [line for line in lines if line.startswith("  skipped ")]
    kept = [line for line in lines if line not in skipped[_SKIPPED_SHOWN:]]
    return "\n".join([*kept[: _SKIPPED_SHOWN + 1], f"  … and {more} more skipped", *kept[_SKIPPED_SHOWN + 1 :]])
