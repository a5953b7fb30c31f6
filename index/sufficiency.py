"""The sufficiency score: a calibrated probability (0..1) that the retrieved chunks hold the answer.

A logistic model computes it from the features of a search result (`index.retrieval.Features`). A model ships with the
package. `citedesk eval --calibrate` fits it to a team's own questions, with the shipped weights as prior, and the
snapshot keeps model, curve and thresholds.
"""

import json
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from index.retrieval import Features

CALIBRATION = "calibration.json"
_ROUNDS, _CONVERGED = 50, 1e-8
FEATURES = tuple(field.name for field in fields(Features))
# Standard deviations of the features, the mean over the question sets. The weights are per standard deviation.
_SCALE = np.array([0.5, 0.25, 0.3, 1.0, 1.0, 0.3])
# Precision of the prior around the shipped weights. Cross-fitted AUROC with 2, 10, 50, 200: on 623 questions 0.964,
# 0.964, 0.960, 0.956; on sets of 40 to 61, on average, 0.806, 0.821, 0.832, 0.839 (tests/bench/sufficiency.py).
_PRIOR = 50.0
# With fewer questions of a kind a rate cannot be estimated.
MIN_OF_A_KIND = 5
_log = structlog.get_logger(__name__)


class Point(BaseModel):
    """A threshold, and the shares of the answerable and of the unanswerable questions that reach it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float
    answerable_passed: float
    unanswerable_passed: float


class Calibration(BaseModel):
    """A fitted model: weights of the scaled `Features` in their order, two thresholds, and the curve they come from.

    Below `abstain_below` the answer is "not enough info" and no model is asked; at most `missed_rate` of the answerable
    questions score below it. From `answer_from` on the documents' own words may be shown as an answer although no
    model has judged them; at most `wrong_rate` of the unanswerable questions reach it. Between the two a model may
    answer. In JSON the two are called `floor` and `sure`. `features` names what the weights belong to, and `reranker`
    the reranker whose scores were among them; "" for none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)

    features: tuple[str, ...] = FEATURES
    weights: tuple[float, ...] = Field(min_length=len(FEATURES), max_length=len(FEATURES))
    bias: float
    abstain_below: float = Field(alias="floor")
    answer_from: float = Field(alias="sure")
    missed_rate: float
    wrong_rate: float
    questions: int
    reranker: str = ""
    curve: tuple[Point, ...] = ()

    def probability(self, features: Features) -> float:
        """Return the probability that the chunks hold the answer."""
        return float(_logistic(np.dot(self.weights, np.array(astuple(features)) / _SCALE) + self.bias))

    def beside(self, reranker: str) -> "Calibration":
        """Return this calibration; the shipped one if it was fitted to the scores of another reranker than this."""
        if self.reranker in ("", reranker):
            return self
        _log.warning("calibration_outdated", reason=f"fitted with the reranker {self.reranker}; calibrate again")
        return SHIPPED


# Fitted by tests/bench/sufficiency.py on 868 questions in six sets about four products, each set and class weighted
# alike. Fitted to three of the products, thresholds included, the same model has an AUROC of 0.83, 0.96, 0.84 and 0.84
# on the fourth; from `answer_from` on are 50, 90, 61 and 67% of its answerable and 6, 9, 13 and 10% of its other
# questions. Without stability that is 42, 81, 34 and 43% and 0, 5, 9 and 10%; without missing_name 52, 90, 37 and 39%
# and 6, 14, 9 and 10%. No question of these sets is a title, so the weight of titled is set by hand: people ask in the
# words of the page, too. Of 1,194 headings of Zulip and Plausible, each asked about the other product, 15 are titles
# there, about what both products have. `missed_rate` is low, because a model that is asked in vain can say so.
SHIPPED = Calibration(
    weights=(1.02, 0.79, -0.48, 2.0, -2.5, 0.0),
    bias=-3.17,
    abstain_below=0.11,
    answer_from=0.685,
    missed_rate=0.02,
    wrong_rate=0.1,
    questions=868,
)


def fit(features: Sequence[Features], answerable: Sequence[bool], missed_rate: float, wrong_rate: float) -> Calibration:
    """Return the model fitted to questions, with the thresholds for the two rates.

    Newton's method maximizes the log-likelihood, both classes weighted alike, with a Gaussian prior around SHIPPED. The
    curve and the thresholds are cross-fitted: each half of the questions is scored by a model fitted to the other half.
    Raises ValueError if there are too few questions of a kind.
    """
    truth = np.array(answerable, dtype=np.bool_)
    if min(truth.sum(), (~truth).sum()) < MIN_OF_A_KIND:
        raise ValueError(f"calibration needs at least {MIN_OF_A_KIND} answerable and {MIN_OF_A_KIND} other questions")
    rows = scaled(features)
    curve = risk_curve(cross_fitted(rows, truth), truth)
    weights = fitted(rows, truth)
    return Calibration(
        weights=tuple(weights[:-1].tolist()),
        bias=float(weights[-1]),
        abstain_below=abstain_threshold(curve, missed_rate),
        answer_from=answer_threshold(curve, wrong_rate),
        missed_rate=missed_rate,
        wrong_rate=wrong_rate,
        questions=len(truth),
        curve=curve,
    )


def scaled(features: Sequence[Features]) -> NDArray[np.float64]:
    """Return float64[n, features]: the features in standard deviations."""
    rows: NDArray[np.float64] = np.array([astuple(item) for item in features]) / _SCALE
    return rows


def cross_fitted(
    rows: NDArray[np.float64], truth: NDArray[np.bool_], seed: int = 0, prior: Calibration = SHIPPED
) -> NDArray[np.float64]:
    """Return float64[n]: each question's probability from a model fitted without it. `rows` is float64[n, features]."""
    halves = np.zeros(len(truth), dtype=np.int64)
    rng = np.random.default_rng(seed)
    for kind in (truth, ~truth):
        shuffled = rng.permutation(np.flatnonzero(kind))
        halves[shuffled] = np.arange(len(shuffled)) % 2
    found = np.zeros(len(truth))
    for half in (0, 1):
        weights = fitted(rows[halves != half], truth[halves != half], prior)
        found[halves == half] = _logistic(rows[halves == half] @ weights[:-1] + weights[-1])
    return found


def risk_curve(probabilities: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[Point, ...]:
    """Return a point for each hundredth, and one just above the probability of each unanswerable question."""
    cuts = np.unique([*np.arange(0, 1.01, 0.01), *(np.nextafter(p, 2) for p in probabilities[~truth])])
    return tuple(
        Point(
            threshold=float(cut),
            answerable_passed=float((probabilities[truth] >= cut).mean()),
            unanswerable_passed=float((probabilities[~truth] >= cut).mean()),
        )
        for cut in cuts
    )


def answer_threshold(curve: Sequence[Point], wrong_rate: float) -> float:
    """Return the lowest threshold that at most `wrong_rate` of the unanswerable questions reach."""
    return next((point.threshold for point in curve if point.unanswerable_passed <= wrong_rate), 1.0)


def abstain_threshold(curve: Sequence[Point], missed_rate: float) -> float:
    """Return the highest threshold that at least 1 - `missed_rate` of the answerable questions reach."""
    return max((point.threshold for point in curve if point.answerable_passed >= 1 - missed_rate), default=0.0)


def load_calibration(folder: Path) -> Calibration:
    """Return the calibration of a snapshot; the shipped one if it was fitted to other features, by an older program.

    Features that were added since it was fitted have their shipped weights.
    """
    stored = json.loads((folder / CALIBRATION).read_bytes())
    known = tuple(stored.get("features", ()))
    if not known or FEATURES[: len(known)] != known:
        _log.warning("calibration_outdated", snapshot=folder.name, reason="fitted to other features; calibrate again")
        return SHIPPED
    weights = [*stored["weights"], *SHIPPED.weights[len(known) :]]
    return Calibration.model_validate(stored | {"features": FEATURES, "weights": weights})


def fitted(rows: NDArray[np.float64], truth: NDArray[np.bool_], around: Calibration = SHIPPED) -> NDArray[np.float64]:
    """Return float64[features + 1]: the weights and the bias that fit `rows` best, with those of `around` as prior."""
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
