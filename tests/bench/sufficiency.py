"""Refit the weights in index/sufficiency.py and print how well they separate, per set and across sets.

usage: python tests/bench/sufficiency.py [DATA_DIR]     (default ../shared/data)
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from bot.evaluation import read_questions
from index import sufficiency
from index.builder import BuildRules, build
from index.embedding import SentenceTransformerEmbedder
from index.search import SnapshotSearch
from index.snapshot import SnapshotFolder

Matrix = NDArray[np.float64]
_SETS = ("zulip", "xquad-dev")


class Recording(SnapshotSearch):
    """Keeps the features of the search made last."""

    features: sufficiency.Features = (0.0, 0.0, 0.0)

    def _sufficiency(self, features: sufficiency.Features) -> float:
        self.features = features
        return super()._sufficiency(features)


def collect(data: Path, corpus: str, embedder: SentenceTransformerEmbedder) -> tuple[Matrix, Matrix]:
    """Return (features, answerable) of every question of one set."""
    with tempfile.TemporaryDirectory() as folder:
        build([data / corpus / "docs"], Path(folder), embedder, BuildRules())
        search = Recording(*SnapshotFolder(Path(folder)).newest_intact(), embedder)
        rows, labels = [], []
        for question in read_questions(data / corpus / "questions.jsonl"):
            search.search(question.question, (), 10)
            rows.append(search.features)
            labels.append(float(question.answerable))
        search.close()
    return np.array(rows), np.array(labels)


def main() -> None:
    """Print AUROC within, across and pooled, and the pooled weights."""
    data = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    if not data.is_dir():
        print(f"skipped: no documents in {data}")
        return
    embedder = SentenceTransformerEmbedder()
    sets = {corpus: collect(data, corpus, embedder) for corpus in _SETS}
    for name, (x, y) in sets.items():
        model = LogisticRegression(C=10, class_weight="balanced", max_iter=5000)
        within = cross_val_predict(model, x, y, cv=5, method="predict_proba")[:, 1]
        print(f"{name:10} cross-validated AUROC {roc_auc_score(y, within):.3f}")
        fitted = model.fit(x, y)
        for other in sets.keys() - {name}:
            across = roc_auc_score(sets[other][1], fitted.predict_proba(sets[other][0])[:, 1])
            print(f"{name:10} fitted here, AUROC on {other}: {across:.3f}")
    x = np.vstack([features for features, _ in sets.values()])
    labels = np.concatenate([y for _, y in sets.values()])
    # Each set and each class counts alike, however many questions it has.
    weights = np.concatenate([np.where(y > 0, 500 / y.sum(), 500 / (1 - y).sum()) for _, y in sets.values()])
    pooled = LogisticRegression(C=10, max_iter=5000).fit(x, labels, sample_weight=weights)
    print(f"pooled weights {np.round(pooled.coef_[0], 2).tolist()} bias {pooled.intercept_[0]:.2f}")
    for name, (features, answerable) in sets.items():
        print(f"{name:10} pooled AUROC {roc_auc_score(answerable, pooled.predict_proba(features)[:, 1]):.3f}")


if __name__ == "__main__":
    main()
