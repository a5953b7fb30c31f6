"""How likely the retrieved chunks hold what the question asks for, as a calibrated number from 0 to 1.

Four things are looked at: how far the best chunk stands out from the rest of the index, how much of the question's
rare words it answers to, how much of the question is met at all, and how much the question says. A logistic model
over them ships with the package; `citedesk eval --calibrate` fits it to a team's own questions, drawn to the shipped
weights the more the fewer there are, and the snapshot keeps model, curve and threshold.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

CALIBRATION = "calibration.json"
_ROUNDS, _CONVERGED = 50, 1e-8
# Standard deviations of the features over the question sets; weights are per standard deviation.
_SCALE = np.array([1.25, 0.5, 0.12, 0.5])
# Precision of the prior around the shipped weights. From 1 to 50, cross-fitted AUROC is within 0.02 of the best on
# both sets; 10 keeps most of what one set teaches and most of what carries over (tests/bench/sufficiency.py).
_PRIOR = 10.0
# Fewer of a kind than this say nothing about a rate.
MIN_OF_A_KIND = 5


@dataclass(frozen=True, slots=True)
class Features:
    """What one search says about its own result.

    standout: standard deviations by which the best cosine-and-words score lies above the mean of the readable chunks,
    less those by which the best of as many normal numbers does.
    evidence: log(1 + sum over the question's tokens of rarity * (best match in the top chunks - 0.35)+).
    agreement: the top chunk's weighted mean of the best matches.
    specificity: log(1 + sum of the rarities of the question's words). Rarities are relative to the largest one.
    """

    standout: float = 0.0
    evidence: float = 0.0
    agreement: float = 0.0
    specificity: float = 0.0


NOTHING = Features()


def chance_standout(count: int) -> float:
    """Return about how many standard deviations the best of `count` normal numbers lies above their mean."""
    return float(np.sqrt(2 * np.log(max(count, 2))))


class Point(BaseModel):
    """One threshold: the share of answerable and of unanswerable questions that pass it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float
    answerable_passed: float
    unanswerable_passed: float


class Calibration(BaseModel):
    """A fitted model: weights of the scaled `Features` in their order, two thresholds, the curve they were chosen on.

    Below `floor` it is said that there is not enough information; `missed_rate` of the answerable questions lie
    there. From `sure` on no person need look; at most `wrong_rate` of the unanswerable ones lie there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: tuple[float, float, float, float]
    bias: float
    floor: float
    sure: float
    missed_rate: float
    wrong_rate: float
    questions: int
    curve: tuple[Point, ...] = ()

    def probability(self, features: Features) -> float:
        """Return the chance that the chunks hold the answer."""
        return float(_logistic(np.dot(self.weights, np.array(astuple(features)) / _SCALE) + self.bias))


# Standout and evidence as tests/bench/sufficiency.py fits them on three question sets, each set and class weighted
# alike; they get much the same weights on each set alone. Agreement says in one set the contrary of what it says in
# another, so only a little of it ships, against questions about something else altogether. How questions are ranked
# carries over to other documents, at which probability they are answered does not: `floor` lets all but a few by,
# and `sure` waits for a fit.
SHIPPED = Calibration(
    weights=(0.75, 0.95, 0.3, 0.0),
    bias=-5.5,
    floor=0.2,
    sure=0.0,
    missed_rate=0.05,
    wrong_rate=1.0,
    questions=744,
)


def fit(features: Sequence[Features], answerable: Sequence[bool], missed_rate: float, wrong_rate: float) -> Calibration:
    """Return the model fitted to questions, with the thresholds for the two rates.

    Newton's method on the log-likelihood, both classes weighted alike, with a Gaussian prior around SHIPPED. The
    curve and the thresholds are cross-fitted: each half of the questions is judged by a model of the other half.
    Raises ValueError if there are too few questions of a kind.
    """
    truth = np.array(answerable, dtype=np.bool_)
    if min(truth.sum(), (~truth).sum()) < MIN_OF_A_KIND:
        raise ValueError(f"calibration needs at least {MIN_OF_A_KIND} answerable and {MIN_OF_A_KIND} other questions")
    rows = scaled(features)
    curve = risk_curve(cross_fitted(rows, truth), truth)
    weights = fitted(rows, truth)
    return Calibration(
        weights=(float(weights[0]), float(weights[1]), float(weights[2]), float(weights[3])),
        bias=float(weights[4]),
        floor=floor_for(curve, missed_rate),
        sure=threshold_for(curve, wrong_rate),
        missed_rate=missed_rate,
        wrong_rate=wrong_rate,
        questions=len(truth),
        curve=curve,
    )


def scaled(features: Sequence[Features]) -> NDArray[np.float64]:
    """Return float64[n, 4]: the features in standard deviations."""
    rows: NDArray[np.float64] = np.array([astuple(item) for item in features]) / _SCALE
    return rows


def cross_fitted(
    rows: NDArray[np.float64], truth: NDArray[np.bool_], seed: int = 0, prior: Calibration = SHIPPED
) -> NDArray[np.float64]:
    """Return each question's probability by a model that did not see it: float64[n]. `rows` is float64[n, 4]."""
    halves = np.zeros(len(truth), dtype=np.int64)
    rng = np.random.default_rng(seed)
    for kind in (truth, ~truth):
        places = rng.permutation(np.flatnonzero(kind))
        halves[places] = np.arange(len(places)) % 2
    found = np.zeros(len(truth))
    for half in (0, 1):
        weights = fitted(rows[halves != half], truth[halves != half], prior)
        found[halves == half] = _logistic(rows[halves == half] @ weights[:-1] + weights[-1])
    return found


def risk_curve(probabilities: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[Point, ...]:
    """Return a point for each hundredth and for each value that an unanswerable question reached."""
    cuts = np.unique([*np.arange(0, 1.01, 0.01), *(np.nextafter(p, 2) for p in probabilities[~truth])])
    return tuple(
        Point(
            threshold=float(cut),
            answerable_passed=float((probabilities[truth] >= cut).mean()),
            unanswerable_passed=float((probabilities[~truth] >= cut).mean()),
        )
        for cut in cuts
    )


def threshold_for(curve: Sequence[Point], wrong_rate: float) -> float:
    """Return the lowest threshold that lets at most `wrong_rate` of the unanswerable questions by."""
    return next((point.threshold for point in curve if point.unanswerable_passed <= wrong_rate), 1.0)


def floor_for(curve: Sequence[Point], missed_rate: float) -> float:
    """Return the highest threshold that at least 1 - `missed_rate` of the answerable questions pass."""
    return max((point.threshold for point in curve if point.answerable_passed >= 1 - missed_rate), default=0.0)


def load_calibration(folder: Path) -> Calibration:
    """Return the calibration that a snapshot keeps."""
    return Calibration.model_validate_json((folder / CALIBRATION).read_bytes())


def fitted(rows: NDArray[np.float64], truth: NDArray[np.bool_], around: Calibration = SHIPPED) -> NDArray[np.float64]:
    """Return the four weights and the bias that fit `rows` best, drawn to those of `around`."""
    design = np.hstack([rows, np.ones((len(rows), 1))])
    prior = np.array([*around.weights, around.bias])
    shares = np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum()) * len(truth)
    precision = _PRIOR * np.eye(len(prior))
    weights = prior.copy()
    for _ in range(_ROUNDS):
        probabilities = _logistic(design @ weights)
        gradient = design.T @ (shares * (truth - probabilities)) - precision @ (weights - prior)
        curvature = (design * (shares * probabilities * (1 - probabilities))[:, None]).T @ design + precision
        step = np.linalg.solve(curvature, gradient)
        weights += step
        if np.abs(step).max() < _CONVERGED:
            break
    return weights


def _logistic(value: NDArray[np.float64] | np.float64 | float) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -30, 30))))
