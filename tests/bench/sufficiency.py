"""How well sufficiency tells answerable questions from others on documents that had no say in the fit.

usage: python tests/bench/sufficiency.py [DATA_DIR [NAME=QUESTIONS.jsonl ...]]     (default ../shared/data)
Each further file holds more questions about the documents of the set NAME. Prints the model and thresholds that
index/sufficiency.py ships, and for each set, held out together with all questions about the same documents: AUROC, who
passes at a threshold that the other sets chose, how often the gold quote is at the top among those, what each feature
contributes, risk and coverage, and what a calibration to the set's own questions makes of it.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from support.corpora import Corpus, corpora, searching
from support.models import shared_embedder

from bot.evaluation.questions import EvalQuestion, read_questions
from index import sufficiency
from index.search import SnapshotSearch
from index.sufficiency import FEATURES, SHIPPED, Calibration, answer_threshold, cross_fitted, risk_curve, scaled

Rows = NDArray[np.float64]
Truth = NDArray[np.bool_]
_SEEDS = 20
_TOP = (1, 2, 3)
_WRONG_RATE, _MISSED_RATE = 0.10, 0.02
_COVERAGES = (0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)


@dataclass(frozen=True)
class QuestionSet:
    """The questions of one file about one product: scaled features, answerable, gold in the first 1, 2, 3 sections."""

    name: str
    product: str
    rows: Rows
    truth: Truth
    gold: Truth


@dataclass(frozen=True)
class Model:
    """Weights of some of the features and a bias, fitted to whole sets, and the two thresholds, as logits."""

    columns: Sequence[int]
    weights: Rows
    bias: float

    def scores(self, rows: Rows) -> Rows:
        """Return float64[n]: the logits."""
        found: Rows = rows[:, self.columns] @ self.weights + self.bias
        return found


def fitted_to(sets: Sequence[QuestionSet], columns: Sequence[int]) -> Model:
    """Return the logistic model of some features; each set and each class counts alike."""
    rows = np.vstack([each.rows for each in sets])[:, columns]
    truth = np.concatenate([each.truth for each in sets])
    shares = np.concatenate([np.where(s.truth, 0.5 / s.truth.sum(), 0.5 / (~s.truth).sum()) for s in sets]) * 100
    model = LogisticRegression(max_iter=5000).fit(rows, truth, sample_weight=shares)
    return Model(columns, model.coef_[0], float(model.intercept_[0]))


def thresholds(model: Model, sets: Sequence[QuestionSet]) -> tuple[float, float]:
    """Return below which logit a question is not answered, and from which on it is, for the two rates.

    Both are read off normal distributions with the mean and variance of the scores, each set alike: the tail of some
    60 questions is too coarse, a threshold would jump over a tenth of the answerable ones.
    """
    missed = _quantile([model.scores(each.rows[each.truth]) for each in sets], _MISSED_RATE)
    return missed, _quantile([model.scores(each.rows[~each.truth]) for each in sets], 1 - _WRONG_RATE)


def _quantile(scores: Sequence[Rows], share: float) -> float:
    mean = float(np.mean([each.mean() for each in scores]))
    variance = float(np.mean([np.mean((each - mean) ** 2) for each in scores]))
    return mean + NormalDist().inv_cdf(share) * float(variance**0.5)


def collected(data: Path, further: Sequence[str], folder: Path) -> Iterator[QuestionSet]:
    """Yield every set, and the further ones about the same documents."""
    plausible = data / "plausible-docs"
    found = [*corpora(data), Corpus("plausible-docs", plausible / "docs", plausible / "questions.jsonl")]
    for corpus in (each for each in found if each.questions.is_file()):
        search = searching(corpus, folder / corpus.name, shared_embedder())
        more = [Path(file) for name, file in (item.split("=", 1) for item in further) if name == corpus.name]
        for number, file in enumerate([corpus.questions, *more]):
            yield _asked(search, corpus.name, f"{corpus.name} {number + 1}", read_questions(file))


def _asked(search: SnapshotSearch, product: str, name: str, questions: Sequence[EvalQuestion]) -> QuestionSet:
    found = [search.search(question.question, (), 10) for question in questions]
    return QuestionSet(
        name,
        product,
        scaled([each.features for each in found]),
        np.array([question.answerable for question in questions]),
        np.array(
            [_gold_at(search, question, [(c.document_id, c.heading) for c in each.chunks])
             for question, each in zip(questions, found, strict=True)]
        ),
    )  # fmt: skip


def _gold_at(search: SnapshotSearch, question: EvalQuestion, places: Sequence[tuple[str, str]]) -> list[bool]:
    """Tell for each of _TOP whether a gold quote stands in the first sections. A section is a heading's whole text."""
    quotes = [_letters(quote) for quote in question.gold_quotes]
    holds = [any(quote in _section(search, *place) for quote in quotes) for place in dict.fromkeys(places)]
    return [any(holds[:count]) for count in _TOP]


def _section(search: SnapshotSearch, document_id: str, heading: str) -> str:
    return _letters(" ".join(chunk.text for chunk in search.chunks_of(document_id) if chunk.heading == heading))


def _letters(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


def main() -> None:
    """Print everything."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    with tempfile.TemporaryDirectory() as folder:
        sets = list(collected(data, sys.argv[2:], Path(folder)))
    _print_shipped(sets)
    print("\nheld out: the model and its thresholds are fitted without any question about the product")
    for product in dict.fromkeys(each.product for each in sets):
        others = [each for each in sets if each.product != product]
        own = [each for each in sets if each.product == product]
        _print_held_out(product, own, others)
        _print_calibrated(own, others)
    print("\nfeatures left out: mean held-out AUROC of the products, then answered / unanswerable answered of each")
    for left in (None, *range(len(FEATURES))):
        columns = [n for n in range(len(FEATURES)) if n != left]
        print(f"  {'none' if left is None else FEATURES[left]:13s} {_across(sets, columns)}")


def _print_shipped(sets: Sequence[QuestionSet]) -> None:
    model = fitted_to(sets, range(len(FEATURES)))
    below, answered = thresholds(model, sets)
    deviations = np.mean([each.rows.std(axis=0) for each in sets], axis=0) * sufficiency._SCALE
    print(f"features: {', '.join(FEATURES)}; standard deviations {deviations.round(3)}")
    print(
        f"to ship: weights {model.weights.round(2)} bias {model.bias:.2f}, below {_chance(below):.3f} not enough info,"
    )
    print(f"  an answer from {_chance(answered):.3f} on; {sum(len(each.truth) for each in sets)} questions")
    print(f"shipped: {SHIPPED.weights} {SHIPPED.bias} {SHIPPED.abstain_below} {SHIPPED.answer_from}")
    for each in sets:
        likely = 1 / (1 + np.exp(-(each.rows @ np.array(SHIPPED.weights) + SHIPPED.bias)))
        print(f"  {each.name:17s} in the sample: {_passing(each, likely, SHIPPED.abstain_below, SHIPPED.answer_from)}")


def _print_held_out(product: str, own: Sequence[QuestionSet], others: Sequence[QuestionSet]) -> None:
    model = fitted_to(others, range(len(FEATURES)))
    below, answered = thresholds(model, others)
    print(f"\n{product}: weights {model.weights.round(2)} bias {model.bias:.2f}")
    for each in own:
        scores = model.scores(each.rows)
        alone = ", ".join(f"{n} {roc_auc_score(each.truth, each.rows[:, at]):.3f}" for at, n in enumerate(FEATURES))
        near = each.gold[:, 1] | ~each.truth
        print(f"  {each.name}: AUROC {roc_auc_score(each.truth, scores):.3f}; {alone};")
        print(
            f"    answerable with gold in the first two sections: {roc_auc_score(each.truth[near], scores[near]):.3f}"
        )
        print(f"    {_passing(each, scores, below, answered)}")
        print(f"    risk and coverage (answered: unanswerable answered): {_curve(scores, each.truth)}")


def _passing(each: QuestionSet, scores: Rows, below: float, answered: float) -> str:
    passed, truth = scores >= answered, each.truth
    gold = each.gold[passed & truth].mean(axis=0) if (passed & truth).any() else np.zeros(len(_TOP))
    return (
        f"answered {passed[truth].mean():.0%} of {truth.sum()}, of which gold in the first 1, 2, 3 sections "
        f"{' '.join(f'{share:.0%}' for share in gold)}; unanswerable answered {passed[~truth].mean():.0%} of "
        f"{(~truth).sum()}; not enough info {(scores < below)[truth].mean():.0%} and "
        f"{(scores < below)[~truth].mean():.0%}"
    )


def _print_calibrated(own: Sequence[QuestionSet], others: Sequence[QuestionSet]) -> None:
    model = fitted_to(others, range(len(FEATURES)))
    prior = SHIPPED.model_copy(update={"weights": tuple(model.weights.tolist()), "bias": model.bias})
    for each in own:
        runs = [f"{precision:g}: {_cross_fitted(each, precision, prior):.3f}" for precision in (2.0, 10.0, 50.0, 200.0)]
        judged = cross_fitted(each.rows, each.truth, 0, prior)
        cut = answer_threshold(risk_curve(judged, each.truth), _WRONG_RATE)
        print(f"  {each.name} calibrated, cross-fitted AUROC by precision of the prior {', '.join(runs)};")
        print(f"    with its own threshold answered {(judged[each.truth] >= cut).mean():.0%}")


def _cross_fitted(each: QuestionSet, precision: float, prior: Calibration) -> float:
    kept, sufficiency._PRIOR = sufficiency._PRIOR, precision
    runs = [roc_auc_score(each.truth, cross_fitted(each.rows, each.truth, seed, prior)) for seed in range(_SEEDS)]
    sufficiency._PRIOR = kept
    return float(np.mean(runs))


def _across(sets: Sequence[QuestionSet], columns: Sequence[int]) -> str:
    ranked, passed = [], []
    for product in dict.fromkeys(each.product for each in sets):
        others = [each for each in sets if each.product != product]
        model = fitted_to(others, columns)
        scores = np.concatenate([model.scores(each.rows) for each in sets if each.product == product])
        truth = np.concatenate([each.truth for each in sets if each.product == product])
        ranked.append(float(roc_auc_score(truth, scores)))
        through = scores >= thresholds(model, others)[1]
        passed.append(f"{product} {ranked[-1]:.3f} {through[truth].mean():.0%}/{through[~truth].mean():.0%}")
    return f"{np.mean(ranked):.3f}: {', '.join(passed)}"


def _curve(scores: Rows, truth: Truth) -> str:
    cuts = [float(np.quantile(scores[truth], 1 - wanted, method="lower")) for wanted in _COVERAGES]
    shares = zip(_COVERAGES, cuts, strict=True)
    return ", ".join(f"{wanted:.0%}: {(scores[~truth] >= cut).mean():.0%}" for wanted, cut in shares)


def _chance(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


if __name__ == "__main__":
    main()
