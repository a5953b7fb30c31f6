"""`citedesk`: the group of all commands. An error of ours is printed as one line, without a traceback."""

import errno
import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

# A search multiplies small matrices. Waking further threads for them doubles its time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bot.cli.config_option import CONFIG
from index.errors import CitedeskError, SettingsError

_SETTINGS_ERROR = 2
# What a disk refuses: it is full, read-only, broken, or belongs to somebody else.
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM})
# Module and help line of each command. A module is loaded when its command runs, because some take a second.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "ask": ("bot.cli.ask", "Answer QUESTION from the index."),
    "backup": (
        "bot.cli.backup",
        "Back up store and index into a new folder in DESTINATION, while the bot runs or not.",
    ),
    "demo": ("bot.cli.demo", "Try Citedesk in a loopback Slack workspace: no account, no key."),
    "doctor": ("bot.cli.doctor", "Check settings, index, store, model and chat products, and say what to do."),
    "eval": ("bot.cli.evaluate", "Measure retrieval and answers against QUESTIONS (JSON lines)."),
    "forget": ("bot.cli.forget", "Delete or replace all texts and ids of USER in the store, for good."),
    "init": ("bot.cli.init", "Ask what is needed, and write citedesk.toml."),
    "index": ("bot.cli.index", "Build and inspect the index."),
    "report": ("bot.cli.report", "Say how the last days went."),
    "restore": (
        "bot.cli.restore",
        "Restore the backup SOURCE, or the newest in that folder, into the place of the settings.",
    ),
    "reviews": ("bot.cli.reviews", "See and export what reviewers decided."),
    "search": ("bot.cli.search", "Retrieve chunks for QUESTION, without an answer."),
    "settings": ("bot.cli.settings", "Show the settings that hold, and where each comes from."),
    "serve": ("bot.cli.serve", "Serve Slack, Teams or both until stopped."),
    "store": ("bot.cli.store", "Move the store into a database, and make keys for the tokens in it."),
    "why": ("bot.cli.why", "Say why a request ended so."),
}


class _Commands(click.Group):
    """Loads commands when they run, and prints our errors, and what a disk refuses, as one line.

    Exit status: 2 for SettingsError, else 1.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load a command from its module; None if there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in sorted(COMMANDS.items())])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run a command; exit with a status if it raises CitedeskError."""
        try:
            return super().invoke(ctx)
        except CitedeskError as error:
            from bot.configuration.showing import without_password  # noqa: PLC0415 - `--help` is faster without it

            click.echo(f"citedesk: {without_password(str(error))}", err=True)
            ctx.exit(_SETTINGS_ERROR if isinstance(error, SettingsError) else 1)
        except OSError as error:
            if error.errno not in _DISK:
                raise
            click.echo(f"citedesk: {error.strerror}: {error.filename or 'the disk'}", err=True)
            ctx.exit(1)


@click.group(cls=_Commands)
@click.version_option(package_name="citedesk")
@CONFIG
def main() -> None:
    """Run Citedesk, a support assistant that says only what it can prove from your documents."""
    # The weights are on disk, so no library should ask the Hugging Face hub.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from bot.private_files import keep_private  # noqa: PLC0415 - `--help` is faster without them
    from bot.telemetry.logs import configure_logging  # noqa: PLC0415

    keep_private()
    configure_logging("ERROR")
