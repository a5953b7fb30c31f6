"""`citedesk`: the group of all commands. An error of ours is printed as one line, without a traceback."""

import errno
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NoReturn

import click

# A search multiplies small matrices. Waking further threads for them doubles its time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bot.cli.arguments import examples
from bot.cli.config_option import CONFIG
from index.errors import CitedeskError, SettingsError

_FAILED, _SETTINGS_ERROR, _INTERRUPTED = 1, 2, 130
# What a disk refuses: it is full, read-only, broken, or belongs to somebody else.
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM})
# Module and help line of each command, in the order in which people need them. A module is loaded when its command
# runs, because some take a second.
SECTIONS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Try it": {
        "demo": ("bot.cli.demo", "Try Citedesk in a loopback Slack workspace: no account, no key."),
    },
    "Set up": {
        "init": ("bot.cli.init", "Ask what is needed, and write citedesk.toml."),
        "settings": ("bot.cli.settings", "Show the settings that hold, and where each comes from."),
        "doctor": ("bot.cli.doctor", "Check settings, index, store, model and chat products, and say what to do."),
        "completion": ("bot.cli.completion", "Print the script that completes commands in your SHELL."),
    },
    "Build and ask": {
        "index": ("bot.cli.index", "Build and inspect the index."),
        "ask": ("bot.cli.ask", "Answer QUESTION from the index."),
        "chat": ("bot.cli.chat", "Ask in a conversation, with follow-up questions."),
        "search": ("bot.cli.search", "Retrieve chunks for QUESTION, without an answer."),
        "eval": ("bot.cli.evaluate", "Measure retrieval and answers against QUESTIONS (JSON lines)."),
    },
    "Serve": {
        "serve": ("bot.cli.serve", "Serve Slack, Teams or both until stopped."),
    },
    "Look": {
        "requests": ("bot.cli.requests", "List the requests from chats."),
        "why": ("bot.cli.why", "Say why a request ended so."),
        "reviews": ("bot.cli.reviews", "See and export what reviewers decided."),
        "report": ("bot.cli.report", "Say how the last days went."),
    },
    "Administer": {
        "backup": (
            "bot.cli.backup",
            "Back up store and index into a new folder in DESTINATION, while the bot runs or not.",
        ),
        "restore": ("bot.cli.restore", "Restore the backup SOURCE, or the newest in that folder."),
        "forget": ("bot.cli.forget", "Delete or replace all texts and ids of USER in the store, for good."),
        "store": ("bot.cli.store", "Move the store into a database, upgrade it, and make keys for the tokens in it."),
    },
}
COMMANDS: Mapping[str, tuple[str, str]] = {
    name: command for section in SECTIONS.values() for name, command in section.items()
}


class _Commands(click.Group):
    """Loads commands when they run, and prints our errors, and what a disk refuses, as one line.

    Exit status: 2 for SettingsError, else 1.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command from its module; None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called. Raises NoSuchCommand, which names those that are meant perhaps."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without loading them."""
        width = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), words) for name, (_, words) in commands.items()])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run a command; exit with a status if it raises an error that is meant for people."""
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except CitedeskError as error:
            from bot.configuration.showing import without_password  # noqa: PLC0415 - `--help` is faster without it

            status = _SETTINGS_ERROR if isinstance(error, SettingsError) else _FAILED
            _refuse(ctx, error.code, without_password(str(error)), status, as_json=as_json)
        except OSError as error:
            if error.errno not in _DISK:
                raise
            _refuse(ctx, "DISK", f"{error.strerror}: {error.filename or 'the disk'}", _FAILED, as_json=as_json)
        except click.ClickException as error:
            if not as_json:
                raise
            _refuse(ctx, "USAGE", error.format_message(), error.exit_code, as_json=True)
        except KeyboardInterrupt:
            click.echo(err=True)
            ctx.exit(_INTERRUPTED)


def _refuse(ctx: click.Context, code: str, message: str, status: int, *, as_json: bool) -> NoReturn:
    """Say on standard error why a command failed, in one line or one JSON object, and exit."""
    from bot.cli.printing import say, say_json  # noqa: PLC0415 - `--help` is faster without it

    if as_json:
        say_json({"error": code, "message": message, "exit_status": status}, indent=None, err=True)
    else:
        say(f"citedesk: {message}", err=True)
    ctx.exit(status)


def _write_anything() -> None:
    """Let an output that cannot show a character, such as one in ASCII, show a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


@click.group(
    cls=_Commands,
    epilog=examples(
        "citedesk demo                     # nothing to set up",
        "citedesk index build ./docs       # read your documents",
        "citedesk ask 'How do I …?'        # and ask them",
        "citedesk COMMAND --help           # examples of each command",
    ),
)
@click.version_option(package_name="citedesk")
@CONFIG
def main() -> None:
    """Run Citedesk, a support assistant that says only what it can prove from your documents."""
    _write_anything()
    # The weights are on disk, so no library should ask the Hugging Face hub.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from bot.private_files import keep_private  # noqa: PLC0415 - `--help` is faster without them
    from bot.telemetry.logs import configure_logging  # noqa: PLC0415

    keep_private()
    configure_logging("ERROR")
