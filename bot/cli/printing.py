"""Print for a person or a script: plain text in a pipe, colours and tables on a terminal, JSON with `--json`.

Questions, documents and replies of models are hostile. Every text leaves through `clean`, so that none can move the
cursor, change the title of the window, or turn the order of characters round.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TextIO

import click

Tone = Literal["plain", "strong", "faint", "good", "bad", "warning"]
# Controls but tab and line feed, controls of the direction of writing, tags, line separators, halves of a character.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Line:
    """A text of one or more lines. On a terminal, lines that are too long go on below `indent` spaces."""

    text: str
    tone: Tone = "plain"
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Markdown:
    """Markdown, in a pipe as it stands. `is_quote` sets off what is no answer."""

    text: str
    is_quote: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells below a head. Only cells of the last column are broken: people copy the others."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


Part = Line | Markdown | Table


def clean(text: str) -> str:
    """Return `text` without characters that act on a terminal or hide others. Line feeds and tabs stay."""
    return _UNSAFE.sub("", _BREAKS.sub("\n", text))


def one_line(text: str) -> str:
    """Return `text` on one line."""
    return " ".join(clean(text).split())


def say(text: str, *, err: bool = False, end: str = "\n") -> None:
    """Print a text."""
    click.echo(clean(text) + end, err=err, nl=False)


def say_json(value: Any, *, indent: int | None = 1, err: bool = False) -> None:  # noqa: ANN401 - what JSON can hold
    """Print a value as JSON."""
    click.echo(json_text(value, indent=indent), err=err)


def json_text(value: Any, *, indent: int | None = 1) -> str:  # noqa: ANN401 - what JSON can hold
    r"""Return a value as JSON. Characters that act on a terminal are written as `\uXXXX`, so that none is lost."""
    import json  # noqa: PLC0415 - `--help` is faster without it

    return _UNSAFE.sub(_escaped, json.dumps(value, ensure_ascii=False, indent=indent))


def show(parts: Sequence[Part]) -> None:
    """Print parts, with colours if standard output is a terminal."""
    if parts and is_terminal(sys.stdout):
        from bot.cli.terminal import show_parts  # noqa: PLC0415 - a pipe does without the library

        show_parts(parts)
    elif parts:
        say(plain_text(parts))


@contextmanager
def waiting(words: str) -> Iterator[Callable[[str], None]]:
    """Show that something goes on while the body runs, if standard error is a terminal; yield what tells the step."""
    if is_terminal(sys.stderr):
        from bot.cli import terminal  # noqa: PLC0415 - a pipe does without the library

        with terminal.waiting(words) as tell:
            yield tell
    else:
        yield lambda _: None


def is_terminal(stream: TextIO) -> bool:
    """Tell whether a stream goes to a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM", "") not in {"", "dumb", "unknown"}


def plain_text(parts: Sequence[Part]) -> str:
    """Return parts as plain text."""
    return "\n".join(_plain(part) for part in parts)


def facts(values: Mapping[str, object]) -> list[Part]:
    """Return names with their values, one a line."""
    width = max(map(len, values), default=0)
    return [Line(f"{name:{width}}  {value}", indent=width + 2) for name, value in values.items()]


def _plain(part: Part) -> str:
    match part:
        case Table():
            return "\n".join(_aligned([part.head, *part.rows]))
        case Markdown(is_quote=True):
            return "\n".join(f"> {line}".rstrip() for line in clean(part.text).split("\n"))
        case Line() | Markdown():
            return part.text


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
