"""Characters that a model server may send and that no other program accepts: halves of a character, and NUL."""

import re

_BROKEN = re.compile("[\x00\ud800-\udfff]")


def whole(text: str) -> str:
    """Return `text` as valid Unicode: surrogates that form a character are joined, a lone one or a NUL is U+FFFD."""
    if not _BROKEN.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", "\ufffd")
