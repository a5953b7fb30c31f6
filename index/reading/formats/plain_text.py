"""Plain text files."""

from index.reading.formats import front_matter
from index.reading.formats.content import Content
from index.reading.formats.encoding import decoded

_TITLE_CHARS = 120


def plain(raw: bytes) -> Content:
    """Return plain text unchanged: characters that mean something in Markdown are not escaped."""
    said, body = front_matter.split(decoded(raw))
    first = body.strip().split("\n", 1)[0].strip()
    return Content(said.title or first[:_TITLE_CHARS] or None, body, said.url, said.access, updated=said.updated)
