"""Numbers and curves computed from evaluation rows (shape: EvalRow.as_json). A mean over nothing is None."""

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from bot.evaluation.charts import Point

Row = dict[str, Any]
DEPTH = 20
_BINS = 5


def with_gold(rows: Iterable[Row]) -> list[Row]:
    """Return the answerable rows whose supporting passage is known. Only these count for retrieval."""
    return [row for row in rows if row["answerable"] and row.get("has_gold", True)]


def within(row: Row, depth: int) -> bool:
    """Return whether the supporting passage is among the first `depth` retrieved chunks."""
    return row["rank"] is not None and row["rank"] <= depth


def ended_as(row: Row, kind: str) -> bool:
    """Return whether the outcome is of this kind."""
    return bool(row["outcome"] == kind)


def sufficiencies(rows: Sequence[Row]) -> tuple[list[float], list[float]]:
    """Return the sufficiency of the answerable and of the other questions. A missing one counts as 0."""
    good = [row["sufficiency"] or 0.0 for row in rows if row["answerable"]]
    other = [row["sufficiency"] or 0.0 for row in rows if row["answerable"] is False]
    return good, other


def auroc(good: Sequence[float], other: Sequence[float]) -> float | None:
    """Return the chance that one of `good` is higher than one of `other`; ties count half."""
    return mean([(a > b) + 0.5 * (a == b) for a in good for b in other])


def share(values: Iterable[bool]) -> float | None:
    """Return the share of true values."""
    return mean([float(value) for value in values])


def mean(values: Sequence[float]) -> float | None:
    """Return the mean of the values."""
    return statistics.fmean(values) if values else None


def quantile(ordered: Sequence[float], level: float) -> float:
    """Return the quantile of sorted values at `level` (0..1). `ordered` has at least one value."""
    return ordered[min(len(ordered) - 1, int(level * len(ordered)))]


def hit_curve(rows: Sequence[Row]) -> list[Point]:
    """Return one point per k: (k / DEPTH, share of questions whose passage is among the first k, tooltip)."""
    gold = with_gold(rows)
    found = [(k, share(within(row, k) for row in gold) or 0.0) for k in range(1, DEPTH + 1)]
    return [(k / DEPTH, hits, f"first {k}: {hits:.1%}") for k, hits in found]


def reliability(rows: Sequence[Row]) -> list[Point]:
    """Return one point per bin of sufficiency: (mean sufficiency, share answerable, tooltip). Bins are equally full."""
    scored = sorted(
        (row["sufficiency"] or 0.0, bool(row["answerable"])) for row in rows if row["answerable"] is not None
    )
    size = max(1, -(-len(scored) // _BINS))
    bins = [scored[start : start + size] for start in range(0, len(scored), size)]
    points = [(statistics.fmean(s for s, _ in b), statistics.fmean(a for _, a in b), len(b)) for b in bins]
    return [(x, y, f"sufficiency {x:.2f}: {y:.0%} of {count} answerable") for x, y, count in points]


def risk(rows: Sequence[Row]) -> list[Point]:
    """Return one point per threshold: (share of answerable, share of other questions that pass it, tooltip)."""
    good, other = sufficiencies(rows)
    points = []
    for cut in (step / 50 for step in range(51)):
        x, y = share(s >= cut for s in good) or 0.0, share(s >= cut for s in other) or 0.0
        points.append((x, y, f"threshold {cut:.2f}: {x:.0%} of answerable, {y:.0%} of other questions pass"))
    return points
