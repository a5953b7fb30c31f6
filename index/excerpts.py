"""Excerpts of chunks: the part that matches the question best, so that more chunks fit into a prompt."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExcerptRules:
    """The first `whole_chunks` of a result keep their whole text, the others an excerpt of about `chars` characters."""

    whole_chunks: int = 2
    chars: int = 500


EXCERPTS = ExcerptRules()


def best_window(parts: Sequence[str], scores: Sequence[float], chars: int) -> str:
    """Return neighbouring `parts`, verbatim and joined: the one with the best score, and neighbours that fit."""
    first = last = scores.index(max(scores))
    size = len(parts[first])
    while beside := [n for n in (first - 1, last + 1) if 0 <= n < len(parts) and size + len(parts[n]) <= chars]:
        added = max(beside, key=scores.__getitem__)
        size += len(parts[added])
        first, last = min(first, added), max(last, added)
    return "".join(parts[first : last + 1]).strip("\n")
