"""Characters that a model server may send and that may not be shown: halves of a character, NUL, and hidden ones."""

import re

_BROKEN = re.compile("[\x00\ud800-\udfff]")
# They turn the order of others round, so that 29 is read as 92, or are seen by no reader.
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def whole(text: str) -> str:
    """Return `text` as valid Unicode: surrogates that form a character are joined, a lone one or a NUL is U+FFFD.

    Characters that change the direction of writing, and tags, are left out.
    """
    text = _HIDDEN.sub("", text)
    if not _BROKEN.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", "\ufffd")
