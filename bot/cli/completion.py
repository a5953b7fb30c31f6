"""`citedesk completion`: a script that completes commands, options and choices, and runs nothing when it does.

click's own completion starts Citedesk at every press of the key and loads the command that is typed, which takes a
second or more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from shlex import quote
from typing import Literal, get_args

import click

from bot.cli.arguments import examples
from bot.cli.options import AS_JSON
from bot.cli.printing import say, say_json

Shell = Literal["bash", "zsh", "fish"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A command or an option, with what it is for. `choices` are the values that an option takes, if they are few."""

    name: str
    words: str
    takes_value: bool = False
    choices: tuple[str, ...] = ()

    @property
    def is_option(self) -> bool:
        """Whether it is an option."""
        return self.name.startswith("-")


@click.command(
    "completion",
    epilog=examples(
        "citedesk completion bash > ~/.citedesk.bash      # source it in ~/.bashrc",
        "citedesk completion zsh > ~/.zfunc/_citedesk    # a folder of fpath",
        "citedesk completion fish > ~/.config/fish/completions/citedesk.fish",
    ),
)
@click.argument("shell", type=click.Choice(get_args(Shell)))
@AS_JSON
@click.pass_context
def command(context: click.Context, shell: Shell, *, as_json: bool) -> None:
    """Print the script that completes commands in your SHELL: bash, zsh or fish.

    Write it to the file that your shell reads, and write it anew after an upgrade.
    """
    found = script(shell, context.find_root())
    if as_json:
        say_json({"shell": shell, "script": found})
    else:
        say(found)


def script(shell: Shell, root: click.Context) -> str:
    """Return the script for a shell; `root` is the context of `citedesk`."""
    # Imported late: the list of commands is shown without it.
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415

    environment = Environment(trim_blocks=True, undefined=StrictUndefined, autoescape=False)  # noqa: S701 - a script
    environment.filters["quoted"] = quote
    tree = dict(_tree(root.command, root, "citedesk"))
    options = [(route, entry) for route, entries in tree.items() for entry in entries if entry.is_option]
    text = (files("bot.cli") / "completions" / f"{shell}.j2").read_text(encoding="utf-8")
    return environment.from_string(text).render(
        version=version("citedesk"),
        tree=tree,
        routes=list(tree),
        with_choices=[(route, option) for route, option in options if option.choices],
    )


def _tree(command: click.Command, context: click.Context, route: str) -> Iterator[tuple[str, list[Entry]]]:
    """Yield each command by its words, such as "citedesk index build", with what can follow it."""
    if not isinstance(command, click.Group):
        yield route, list(_parameters(command, context))
        return
    inside = {name: command.get_command(context, name) for name in command.list_commands(context)}
    commands = [Entry(name, each.get_short_help_str(80)) for name, each in inside.items() if each]
    yield route, [*commands, *_parameters(command, context)]
    for name, each in inside.items():
        if each:
            yield from _tree(each, context, f"{route} {name}")


def _parameters(command: click.Command, context: click.Context) -> Iterator[Entry]:
    for parameter in command.get_params(context):
        choices = tuple(parameter.type.choices) if isinstance(parameter.type, click.Choice) else ()
        if isinstance(parameter, click.Option):
            takes_value = not parameter.is_flag
            yield Entry(max(parameter.opts, key=len), parameter.help or "", takes_value, choices)
        else:
            yield from (Entry(choice, "") for choice in choices)
