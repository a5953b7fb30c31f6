"""Lines of plain text inside Markdown."""

import re

_BLANK_LINES = re.compile(r"\n{3,}")


def escaped(line: str) -> str:
    """Return a line of plain text so that Markdown does not take it for a heading."""
    return f"\\{line}" if line.startswith("#") else line


def apart(text: str) -> str:
    """Return Markdown with one blank line at most between two blocks, and none around it."""
    return _BLANK_LINES.sub("\n\n", text).strip("\n")
