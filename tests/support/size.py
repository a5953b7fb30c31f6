"""How much the long suites do: a little of each kind, or all of it with `FULL=1` on the command line of make."""

import os
from collections.abc import Sequence
from typing import TypeVar

SIZE = "full" if os.environ.get("CITEDESK_TEST_FULL") == "1" else "small"
_T = TypeVar("_T")


def sized(full: _T, small: _T) -> _T:
    """Return what belongs to the size that runs."""
    return full if SIZE == "full" else small


def spread(items: Sequence[_T], count: int) -> list[_T]:
    """Return `count` of the items, evenly spread and the same each time; all of them if there are fewer."""
    count = min(count, len(items))
    return [items[number * len(items) // count] for number in range(count)]
