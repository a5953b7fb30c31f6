"""Parts on a terminal: colours, and tables that fit the window. Loaded only where there is a terminal.

The library measures wide characters, and leaves colours out if NO_COLOR is set. Texts are never read as its own markup.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text
from rich.theme import Theme

from bot.cli.markdown import Quoted, RenderedMarkdown
from bot.cli.printing import Line, Markdown, Part, Table, Tone, clean, one_line

# Longer lines are hard to read.
_PROSE_COLUMNS = 100
# Between two columns, and what the last column of a table needs.
_GAP, _LAST_COLUMN = 2, 20
_TONES: dict[Tone, str] = {
    "plain": "",
    "strong": "bold",
    "faint": "dim",
    "good": "green",
    "bad": "bold red",
    "warning": "yellow",
}
# The colours that the terminal's owner has chosen, on their background.
_THEME = Theme(
    {
        "markdown.code": "cyan",
        "markdown.code_block": "cyan",
        "markdown.h1": "bold underline",
        "markdown.h2": "bold",
        "markdown.item.bullet": "bold",
        "markdown.item.number": "bold",
        "markdown.link": "underline",
        "markdown.link_url": "cyan",
        "markdown.table.header": "bold",
        "markdown.table.border": "dim",
        "markdown.block_quote": "none",
    }
)


def console(*, stderr: bool = False) -> Console:
    """Return the terminal, without guesses at what numbers and addresses mean."""
    return Console(highlight=False, markup=False, emoji=False, theme=_THEME, stderr=stderr)


def show_parts(parts: Sequence[Part], to: Console | None = None) -> None:
    """Print parts on a terminal."""
    to = to or console()
    for part in parts:
        if isinstance(part, Table):
            to.print(_table(part) if _fits(part, to.width) else _stacked(part))
        else:
            to.print(_rendered(part), width=min(to.width, _PROSE_COLUMNS))


@contextmanager
def waiting(words: str) -> Iterator[Callable[[str], None]]:
    """Show on standard error that something goes on while the body runs; yield what tells how far it is."""
    with console(stderr=True).status(Text(words, "dim")) as status:
        yield lambda step: status.update(Text(step, "dim"))


def _rendered(part: Line | Markdown) -> RenderableType:
    match part:
        case Line():
            return Group(*(_line(line, part) for line in clean(part.text).split("\n")))
        case Markdown():
            body = RenderedMarkdown(part.text)
            return Quoted(body) if part.is_quote else body


def _line(text: str, part: Line) -> RenderableType:
    style = _TONES[part.tone]
    if not part.indent or len(text) <= part.indent:
        return Text(text, style)
    # A grid, because a hanging indent is no style of a text.
    grid = RichTable.grid()
    grid.add_column(no_wrap=True, width=part.indent)
    grid.add_column(overflow="fold")
    grid.add_row(Text(text[: part.indent], style), Text(text[part.indent :], style))
    return grid


def _table(part: Table) -> RichTable:
    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", border_style="dim")
    table.padding = (0, 1, 0, 0)
    for number, name in enumerate(part.head, 1):
        table.add_column(name, no_wrap=number < len(part.head), overflow="fold")
    for row in part.rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    return table


def _stacked(part: Table) -> RichTable:
    """Return a table with the cells of a row one below the other, for a narrow window."""
    grid = RichTable.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for row in part.rows:
        for name, cell in zip(part.head, row, strict=True):
            if cell:
                grid.add_row(Text(name, "dim"), Text(one_line(cell)))
        grid.add_row()
    return grid


def _fits(part: Table, columns: int) -> bool:
    """Tell whether there is room for the columns that are never broken, and for some of the last one."""
    widths = [max(cell_len(one_line(cell)) for cell in column) for column in zip(part.head, *part.rows, strict=True)]
    return sum(width + _GAP for width in widths[:-1]) + min(widths[-1], _LAST_COLUMN) <= columns
