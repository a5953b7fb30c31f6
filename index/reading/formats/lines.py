"""Lines of plain text inside Markdown."""


def escaped(line: str) -> str:
    """Return a line of plain text so that Markdown does not take it for a heading."""
    return f"\\{line}" if line.startswith("#") else line
