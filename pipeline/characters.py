"""Characters that no text may hold: half of a character in UTF-16, and NUL. Both raise where text is stored or sent."""

import re

_BROKEN = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


def whole(text: str) -> str:
    """Return text with the halves of one character joined, and each lone half and NUL replaced by U+FFFD."""
    if not _BROKEN.search(text):
        return text
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _BROKEN.sub(_REPLACEMENT, joined)
