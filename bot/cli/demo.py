"""`citedesk demo`: the sandbox workspace, the demo knowledge base and the bot in one process."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import click

from bot.app import build_embedder, build_rules
from bot.cli.index import build_progress
from bot.cli.options import DATA_DIR
from bot.cli.signals import run_until_stopped, stop_event
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import REVIEWS
from bot.server import running_bot
from bot.settings import Settings, load_settings
from index.builder import build
from index.snapshot_writing import Progress

_KNOWLEDGE_BASE = files("deploy.demo")


@click.command("demo")
@DATA_DIR
@click.option("--port", default=8321, show_default=True, help="Port of the page on loopback; 0 picks a free one.")
def command(data_dir: Path | None, port: int) -> None:
    """Try Citedesk in a loopback Slack workspace: no account, no key."""
    run_until_stopped(run_demo(data_dir or Path(".citedesk/demo"), port, click.echo, build_progress))


async def run_demo(
    data_dir: Path,
    port: int,
    say: Callable[[str], Any],
    progress: Callable[[], AbstractContextManager[Progress]],
) -> None:
    """Index the demo knowledge base, start workspace and bot, print the URL, and run until stopped."""
    stopped = stop_event()
    with as_file(_KNOWLEDGE_BASE / "articles") as articles:
        async with Sandbox(port, suggestions()) as sandbox:
            settings = demo_settings(data_dir, articles, sandbox)
            say("Indexing the demo knowledge base…")
            with progress() as report:
                coverage = await asyncio.to_thread(
                    build, [articles], data_dir, build_embedder(settings), build_rules(settings), report
                )
            say(f"{coverage.indexed} articles, {coverage.chunks} chunks. Starting the bot…")
            async with running_bot(settings):
                say(f"\nCitedesk is ready. Open {sandbox.url} in a browser. Ctrl-C stops it.")
                await stopped.wait()


def demo_settings(data_dir: Path, articles: Path, sandbox: Sandbox, **overrides: Any) -> Settings:  # noqa: ANN401
    """Return settings for a sandbox. They win over environment and citedesk.toml, which set everything else."""
    return load_settings(
        **{
            "data_dir": data_dir,
            "index": {"paths": [articles]},
            "slack": {
                "bot_token": sandbox.credentials.bot_token,
                "app_token": sandbox.credentials.app_token,
                "signing_secret": None,
                "api_url": sandbox.api_url,
                "reviewers_channel": REVIEWS.id,
                "prompts": tuple(question["question"] for question in suggestions()[:4]),
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


def suggestions() -> list[dict[str, str]]:
    """Return the questions to try, each with its expected outcome."""
    loaded: list[dict[str, str]] = json.loads((_KNOWLEDGE_BASE / "questions.json").read_text(encoding="utf-8"))
    return loaded
