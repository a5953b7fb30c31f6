"""Plain text and tables as Markdown."""

import re
from collections.abc import Sequence

_BLANK_LINES = re.compile(r"\n{3,}")


def escaped(line: str) -> str:
    """Return a line of plain text so that Markdown does not take it for a heading."""
    return f"\\{line}" if line.startswith("#") else line


def apart(text: str) -> str:
    """Return Markdown with one blank line at most between two blocks, and none around it."""
    return _BLANK_LINES.sub("\n\n", text).strip("\n")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as a Markdown table, whose first row is the header; "" without rows."""
    cells = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join(["", lines[0], "|" + " --- |" * len(cells[0]), *lines[1:], ""]) if lines else ""
