"""How likely the retrieved chunks hold what the question asks for, as a number from 0 to 1."""

import math
from collections.abc import Sequence

Features = tuple[float, float, float]
# Logistic regression over both question files of shared/data, each set and class weighted alike;
# `python tests/bench/sufficiency.py DATA_DIR` refits it and prints AUROC per set and across sets.
_WEIGHTS = (2.32, 4.41, 1.31)
_BIAS = -2.40


def features(cosines: Sequence[float], coverages: Sequence[float]) -> Features:
    """Return (best cosine, its lead over the mean of the rest, best word coverage)."""
    if not cosines:
        return (0.0, 0.0, 0.0)
    best = max(cosines)
    rest = [score for score in cosines if score != best]
    return (best, best - (sum(rest) / len(rest) if rest else 0.0), max(coverages, default=0.0))


def probability(values: Features) -> float:
    """Return the logistic of the weighted features."""
    total = _BIAS + sum(w * v for w, v in zip(_WEIGHTS, values, strict=True))
    return 1 / (1 + math.exp(-total))
