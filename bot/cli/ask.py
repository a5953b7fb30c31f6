"""`citedesk ask`: answer one question on the command line."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import click

from bot.cli.arguments import examples, piped
from bot.cli.asker import Asker, asked, asker_options, pipeline_of, steps
from bot.cli.options import AS_JSON, DATA_DIR, TENANT, settings_of
from bot.cli.outcomes import EXIT_STATUS, response_json, response_parts
from bot.cli.printing import say_json, show, waiting
from bot.cli.stored import require_index
from bot.settings import Settings
from bot.tenants import own_settings
from pipeline.recorder import Watch, unwatched
from pipeline.types import Response


@click.command(
    "ask",
    epilog=examples(
        "citedesk ask 'How long may I pay by invoice?'",
        "citedesk ask 'Who may refund?' --groups leads     # asks as a member",
        "cat ticket.txt | citedesk ask -                   # standard input",
        "citedesk ask 'Who may refund?' --json | jq .outcome.kind",
    ),
)
@click.argument("question")
@asker_options
@DATA_DIR
@TENANT
@AS_JSON
def command(  # noqa: PLR0913 - one for each option
    question: str, data_dir: Path | None, tenant: str, user: str, groups: str, audience: str | None, *, as_json: bool
) -> None:
    """Answer QUESTION from the index.

    With - the question is read from standard input. Exit status: 0 answered, 3 not enough info, 4 a person should
    check, 5 no answer is possible now, 6 a limit refused the question, 7 withheld for safety; 1 and 2 are errors.
    """
    settings = own_settings(settings_of(data_dir), tenant)
    require_index(settings)
    with waiting("Search the documents") as tell:
        response = asyncio.run(ask_once(settings, piped(question), Asker.of(user, groups, audience), steps(tell)))
    if as_json:
        say_json(response_json(response))
    else:
        show(response_parts(response))
    raise click.exceptions.Exit(EXIT_STATUS[response.outcome.kind])


async def ask_once(settings: Settings, question: str, asker: Asker, watch: Watch = unwatched) -> Response:
    """Return outcome and trace of a question."""
    async with aclosing(pipeline_of(settings)) as pipeline:
        return await asked(pipeline, settings, asker, question, watch=watch)
