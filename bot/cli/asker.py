"""Who asks on the command line, and asking for that person. `citedesk ask` and `citedesk chat` share it."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import click

from bot.app import build_embedder, build_pipeline
from bot.cli.options import names
from bot.settings import Settings
from bot.surfaces.words import ENGLISH
from pipeline.answering import Pipeline, answer
from pipeline.recorder import Progress, Watch, unwatched
from pipeline.types import Deadline, RequestContext, Response, ThreadTurn

_OPTIONS = (
    click.option("--user", default="cli", show_default=True, metavar="ID", help="Who asks."),
    click.option("--groups", default="", metavar="A,B", help="The asker's groups, separated by commas."),
    click.option("--audience", metavar="A,B", help="Groups that everybody who sees the answer is in."),
)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. `audience` are the groups of all readers; None: only the user reads."""

    user: str = "cli"
    groups: frozenset[str] = frozenset()
    audience: frozenset[str] | None = None

    @classmethod
    def of(cls, user: str, groups: str, audience: str | None) -> "Asker":
        """Return the asker whom the options name."""
        return cls(user, names(groups), None if audience is None else names(audience))


def asker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options --user, --groups and --audience to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def pipeline_of(settings: Settings) -> Pipeline:
    """Return the pipeline of the settings; the caller closes it. Raises SettingsError, IndexUnavailableError."""
    return build_pipeline(settings, build_embedder(settings))


def steps(tell: Callable[[str], None]) -> Watch:
    """Return a watcher that tells the steps of the work in words."""

    def watch(progress: Progress) -> None:
        if words := ENGLISH.of("step", progress.stage):
            tell(words)

    return watch


async def asked(
    pipeline: Pipeline,
    settings: Settings,
    asker: Asker,
    question: str,
    earlier: Sequence[ThreadTurn] = (),
    watch: Watch = unwatched,
) -> Response:
    """Return outcome and trace of a question. `earlier` are the turns before it, oldest first. Nothing is stored."""
    context = RequestContext(
        request_id=f"r-{secrets.token_hex(6)}",
        tenant_id="cli",
        user_id=asker.user,
        channel_id="cli",
        route="cli",
        deadline=Deadline.after(settings.limits.request_deadline_s),
        groups=asker.groups,
        audience=asker.audience,
        earlier=tuple(earlier),
    )
    return await answer(pipeline, question, context, watch)
