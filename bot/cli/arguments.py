"""What the help of each command has in common: its examples, and the order of commands. And `-` for standard input."""

import sys

import click

# Above every limit on a question: what is longer is refused there, in words.
_PIPED_CHARS = 1_000_000


class Commands(click.Group):
    """A group that lists its commands in the order in which they were added, the one that people need first."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands."""
        return list(self.commands)


def examples(*lines: str) -> str:
    """Return the examples of a command as click's epilog, each on a line of its own."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def piped(argument: str) -> str:
    """Return an argument; for `-` what standard input holds. Bytes that are no text become U+FFFD."""
    if argument != "-":
        return argument
    return sys.stdin.buffer.read(_PIPED_CHARS).decode("utf-8", "replace").strip()
