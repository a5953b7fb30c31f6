"""Normalize texts so that a quote can be compared with its source word for word."""

import re
import unicodedata

from index.markdown import without_line_marks, without_links

_TYPOGRAPHY = str.maketrans(
    {"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "‑": "-", "−": "-", "…": "..."}  # noqa: RUF001
)
INLINE_TAG = re.compile(
    r"</?(?:a|b|br|code|div|em|i|img|kbd|p|small|span|strong|sub|sup|u)(?:\s[^<>\n]*)?/?>", re.IGNORECASE
)
_INLINE_MARKS = re.compile(r"[*`]|(?<!\w)_|_(?!\w)")


def comparable(text: str) -> str:
    """Return `text` without what may differ in a verbatim quote.

    That is: Unicode form, case, runs of space, typographic quotes and dashes, Markdown marks (link
    targets, emphasis, code ticks, heading, list and quote marks) and bare inline HTML tags.
    """
    text = unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY)
    text = without_line_marks(without_links(INLINE_TAG.sub("", text)))
    text = _INLINE_MARKS.sub("", text)
    return " ".join(text.casefold().split())


def contains(text: str, quote: str) -> bool:
    """Tell whether comparable `text` holds `quote` as whole words."""
    # A quote that ends inside a word ("25 GB" out of "125 GB") is not a quote.
    start = text.find(quote)
    while start >= 0:
        end = start + len(quote)
        inside_left = start > 0 and text[start - 1].isalnum() and quote[0].isalnum()
        inside_right = end < len(text) and text[end].isalnum() and quote[-1].isalnum()
        if not inside_left and not inside_right:
            return True
        start = text.find(quote, start + 1)
    return False
