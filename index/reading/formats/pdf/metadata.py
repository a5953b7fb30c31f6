"""What a PDF says about itself: title and day of the last change."""

import re
from contextlib import suppress
from datetime import date
from typing import Any

_FILE = re.compile(r"\.(?!com$|org$|net$)[A-Za-z]{2,4}x?$|^[A-Za-z]:\\|^(?:file:|/)\S*$|^about:|^https?://")
_PROGRAM = re.compile(
    r"^(?:microsoft (?:word|excel|powerpoint)\b.*|powerpoint[ -]pr\w+|no title|unknown|anonymous|title|titel|\W*|"
    r"(?:untitled|unbenannt|sans (?:titre|nom)|document|dokument|layout|slide|folie)[ -]?\d*|\d+)$",
    re.IGNORECASE,
)
_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)")


def named_title(document: Any) -> str | None:  # noqa: ANN401 - pypdfium2 has no types
    """Return the title, unless it is a file's name or one that a program has put there."""
    title = " ".join(document.get_metadata_value("Title").replace("\0", "").split())
    return None if not title or _FILE.search(title) or _PROGRAM.match(title) else title


def updated(document: Any) -> str | None:  # noqa: ANN401
    """Return the day of the last change, or of the making, as YYYY-MM-DD."""
    for key in ("ModDate", "CreationDate"):
        found = _DATE.match(document.get_metadata_value(key))
        if found:
            with suppress(ValueError):
                return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    return None
