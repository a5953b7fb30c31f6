"""Asked again: which similarity serves an approved answer to those who ask the same, and to nobody else.

Prints the table from which `review.curated_similarity` was chosen. The pairs are our own; the foreign ones are any
two questions about the same article of the real documents whose answers differ.
"""

import json
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from bot.settings import ReviewSettings
from index.embedding.model import OnnxEmbedder
from pipeline.question_matching import same_question

_PAIRS = Path(__file__).parents[1] / "fixtures" / "asked_again.jsonl"
_THRESHOLDS = (0.70, 0.74, 0.78, 0.82, 0.86, 0.90, 0.94)
_LEAST_SERVED = 0.75


def _rows() -> list[dict[str, list[str]]]:
    return [json.loads(line) for line in _PAIRS.read_text(encoding="utf-8").splitlines()]


def _scored(embedder: OnnxEmbedder, kind: str) -> list[tuple[float, bool, str, str]]:
    """Return (cosine, whether the words allow it, asked, again) for each pair of a kind."""
    pairs = [(str(row["asked"]), again) for row in _rows() for again in row[kind]]
    before, after = (embedder.embed(list(side)) for side in zip(*pairs, strict=True))
    cosines = (before * after).sum(axis=1)
    return [(float(c), same_question(b, a), a, b) for c, (a, b) in zip(cosines, pairs, strict=True)]


def test_the_same_question_is_served_and_a_near_one_never(embedder: OnnxEmbedder) -> None:
    same, other = _scored(embedder, "same"), _scored(embedder, "other")
    print(f"\n{len(same)} asked again, {len(other)} near but different; served by the cosine alone, then by words too:")
    for threshold in _THRESHOLDS:
        counts = [
            (
                sum(c >= threshold for c, *_ in rows) / len(rows),
                sum(c >= threshold and ok for c, ok, *_ in rows) / len(rows),
            )
            for rows in (same, other)
        ]
        print(
            f"  {threshold:.2f}  same {counts[0][0]:.2f} -> {counts[0][1]:.2f}   "
            f"different {counts[1][0]:.2f} -> {counts[1][1]:.2f}"
        )
    chosen = ReviewSettings().curated_similarity
    wrong = [(round(c, 2), a, b) for c, ok, a, b in other if c >= chosen and ok]
    missed = [(round(c, 2), ok, a, b) for c, ok, a, b in same if c < chosen or not ok]
    print("\n".join(f"  missed {row}" for row in missed))
    assert wrong == []
    assert 1 - len(missed) / len(same) >= _LEAST_SERVED


@pytest.mark.data
@pytest.mark.parametrize("name", ["xquad-dev", "zulip"])
def test_of_all_pairs_of_real_questions_with_other_answers_hardly_any_is_taken_for_the_same(
    name: str, real_data: Path, embedder: OnnxEmbedder
) -> None:
    rows = [
        json.loads(line) for line in (real_data / name / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    by_document = defaultdict(list)
    for row in rows:
        if row.get("answerable") and row.get("gold_quotes"):
            by_document[tuple(row["gold_docs"])].append(row)
    chosen = ReviewSettings().curated_similarity
    pairs = wrong = 0
    for questions in by_document.values():
        vectors = embedder.embed([row["question"] for row in questions])
        scores = np.asarray(vectors @ vectors.T)
        for (i, one), (j, two) in combinations(enumerate(questions), 2):
            if set(one["gold_quotes"]) & set(two["gold_quotes"]):
                continue
            pairs += 1
            taken = scores[i, j] >= chosen and same_question(one["question"], two["question"])
            wrong += bool(taken)
            if taken:
                print(f"\n  taken for the same ({scores[i, j]:.2f}): {one['question']} / {two['question']}")
    print(f"\n{name}: {wrong} of {pairs} pairs")
    assert wrong <= pairs * 0.0005
