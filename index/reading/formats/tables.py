"""Tables as Markdown."""

from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as a Markdown table, whose first row is the header; "" without rows."""
    cells = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join(["", lines[0], "|" + " --- |" * len(cells[0]), *lines[1:], ""]) if lines else ""
