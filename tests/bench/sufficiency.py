"""How well sufficiency tells answerable questions from others: within a set, across sets, as shipped; and the curve.

usage: python tests/bench/sufficiency.py [DATA_DIR]     (default ../shared/data)
Prints the weights that index/sufficiency.py ships. Within a set the prior is fitted on the other sets, so that no
question has a say in its own judgement.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from support.corpora import Corpus, corpora, searching
from support.models import shared_embedder

from index import sufficiency
from index.sufficiency import SHIPPED, Calibration, answer_threshold, cross_fitted, fitted, risk_curve, scaled

Rows = NDArray[np.float64]
Truth = NDArray[np.bool_]
Sets = dict[str, tuple[Rows, Truth, NDArray[np.bool_]]]
_SEEDS = 20
_NAMES = ("standout", "evidence", "agreement", "specificity")


def collect(corpus: Corpus, folder: Path) -> tuple[Rows, Truth, NDArray[np.bool_]]:
    """Return (scaled features, answerable, near miss) of every question of one set."""
    search = searching(corpus, folder, shared_embedder())
    questions = corpus.read()
    features = [search.search(question.question, (), 10).features for question in questions]
    near = [not q.answerable and q.category == "near_miss" for q in questions]
    return scaled(features), np.array([q.answerable for q in questions]), np.array(near)


def main() -> None:
    """Print everything."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    with tempfile.TemporaryDirectory() as folder:
        sets: Sets = {corpus.name: collect(corpus, Path(folder) / corpus.name) for corpus in corpora(data)}
    weights, bias = _pooled(list(sets.values()))
    print(f"to ship: weights {weights} bias {bias:.2f}; shipped: {SHIPPED.weights} bias {SHIPPED.bias}")
    for name, (rows, truth, near) in sets.items():
        alone = ", ".join(f"{n} {roc_auc_score(truth, rows[:, at]):.3f}" for at, n in enumerate(_NAMES))
        print(f"\n{name}: {truth.sum()} of {len(truth)} answerable; AUROC of each feature: {alone}")
        print(f"  as shipped: {roc_auc_score(truth, _judged(rows, SHIPPED)):.3f}")
        _within(rows, truth, near, _prior([values for other, values in sets.items() if other != name]))
        for other, (rows_there, truth_there, _) in sets.items():
            if other != name:
                prior = _prior([(rows_there, truth_there, truth_there)])
                whole = fitted(rows_there, truth_there, prior)
                two, four = roc_auc_score(truth, _judged(rows, prior)), roc_auc_score(truth, rows @ whole[:4])
                print(f"  fitted on {other}: the two features that carry over {two:.3f}, all four {four:.3f}")


def _within(rows: Rows, truth: Truth, near: NDArray[np.bool_], prior: Calibration) -> None:
    for precision in (1.0, sufficiency._PRIOR, 50.0):
        kept, sufficiency._PRIOR = sufficiency._PRIOR, precision
        runs = [roc_auc_score(truth, cross_fitted(rows, truth, seed, prior)) for seed in range(_SEEDS)]
        print(
            f"  cross-fitted, prior of the other sets, precision {precision:g}: "
            f"{np.mean(runs):.3f} ± {np.std(runs):.3f}"
        )
        sufficiency._PRIOR = kept
    judged = cross_fitted(rows, truth, 0, prior)
    curve = risk_curve(judged, truth)
    only_near = risk_curve(judged[truth | near], truth[truth | near])
    cut = answer_threshold(only_near, 0.05)
    passed = (judged[truth] >= cut).mean()
    print(f"  at most 5% of the near misses pass from {cut:.3f} on; so do {passed:.1%} of the answerable questions")
    print("  risk and coverage (answerable that pass: others that pass): " + _curve(curve))


def _curve(curve: Sequence[Any]) -> str:
    told = []
    for wanted in (1.0, 0.98, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1):
        risk = min(point.unanswerable_passed for point in curve if point.answerable_passed >= wanted)
        told.append(f"{wanted:.0%}: {risk:.0%}")
    return ", ".join(told)


def _judged(rows: Rows, model: Calibration) -> Rows:
    judged: Rows = rows @ np.array(model.weights)
    return judged


def _pooled(sets: Sequence[tuple[Rows, Truth, Any]]) -> tuple[tuple[float, float, float, float], float]:
    """Fit standout and evidence on several sets; each set and each class counts alike."""
    rows = np.vstack([rows for rows, _, _ in sets])[:, :2]
    truth = np.concatenate([truth for _, truth, _ in sets])
    shares = np.concatenate([np.where(t, 0.5 / t.sum(), 0.5 / (~t).sum()) for _, t, _ in sets]) * 300
    model = LogisticRegression(C=5, max_iter=5000).fit(rows, truth, sample_weight=shares)
    first, second = model.coef_[0]
    return (round(float(first), 2), round(float(second), 2), 0.0, 0.0), float(model.intercept_[0])


def _prior(sets: Sequence[tuple[Rows, Truth, Any]]) -> Calibration:
    weights, bias = _pooled(sets)
    return SHIPPED.model_copy(update={"weights": weights, "bias": bias})


if __name__ == "__main__":
    main()
