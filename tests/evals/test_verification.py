"""How much of what is false verification stops, and how much of what is true it lets through, on real documents."""

import json
import random
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import roc_auc_score
from support.corruptions import CORRUPTIONS, Case, prose, real_chunks, true_cases
from support.paraphrases import PARAPHRASES
from support.size import sized, spread

from index.retrieval import RetrievedChunk
from pipeline.proof.comparing import comparable
from pipeline.proof.sentences import passages, sentences
from pipeline.proof.support import Passage, support
from pipeline.proof.verify import VerificationLimits, verify
from pipeline.proof.words import content_words, keys, keys_of, tokens
from pipeline.types import Citation, Draft

pytestmark = pytest.mark.data
_LIMITS = VerificationLimits()
_TRUE_CASES = sized(3000, 400)
_JUDGED = sized(1000, 80)  # answers of each set, at most
_SEED = 20261124


@pytest.fixture(scope="module")
def chunks(real_data: Path) -> list[RetrievedChunk]:
    return [
        chunk
        for folder in ("zulip/docs", "xquad-dev/docs", "plausible-docs/docs")
        for chunk in real_chunks(real_data / folder)
    ]


def _pairs(real_data: Path, name: str) -> list[dict[str, Any]]:
    text = (real_data / "groundedness" / f"{name}.jsonl").read_text(encoding="utf-8")
    return [row for row in map(json.loads, text.splitlines()) if row["supported"] is not None]


def _accepted(case: Case) -> bool:
    return not verify(case.draft, case.chunks, _LIMITS)


def test_no_corrupted_draft_is_proved(chunks: list[RetrievedChunk], capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(_SEED)
    cases = list(islice(true_cases(chunks, rng), _TRUE_CASES))
    table = {}
    for name, corrupted in CORRUPTIONS.items():
        made = [false for case in cases if (false := corrupted(case, rng)) and false != case]
        passed = [case.answer for case in made if _accepted(case)]
        table[name] = (len(made), len(passed))
        assert not passed, (name, passed[:3])
    total = sum(count for count, _ in table.values())
    with capsys.disabled():
        print("\ncorruption           drafts  proved")
        for name, (count, proved) in table.items():
            print(f"{name:20} {count:6} {proved:7}")
        print(f"{'all':20} {total:6} {sum(proved for _, proved in table.values()):7}")
    assert total >= sized(10_000, 2_000)
    assert min(count for count, _ in table.values()) >= sized(50, 5)


def test_faithful_answers_are_not_thrown_away(
    chunks: list[RetrievedChunk], real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(_SEED)
    kinds: dict[str, list[Case]] = {"verbatim": list(islice(true_cases(chunks, rng), 200))}
    for name, paraphrased in PARAPHRASES.items():
        told = (paraphrased(case, rng) for case in true_cases(chunks, rng))
        kinds[name] = list(islice((case for case in told if case), 40))
    kinds["zulip_minimal_pairs, the true ones"] = [
        _pair_case(row, row["answer"]) for row in _pairs(real_data, "zulip_minimal_pairs") if row["supported"]
    ]
    accepted = {name: sum(_accepted(case) for case in cases) for name, cases in kinds.items()}
    total = sum(len(cases) for cases in kinds.values())
    share = sum(accepted.values()) / total
    with capsys.disabled():
        print("\nfaithful answers                         drafts  proved")
        for name, cases in kinds.items():
            print(f"{name:40} {len(cases):6} {accepted[name]:7}")
        print(f"{'all':40} {total:6} {sum(accepted.values()):7}  {share:.3f}")
    assert total >= 300
    assert share >= 0.95


def test_a_near_copy_with_one_fact_changed_is_told_from_the_right_sentence(
    real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = _pairs(real_data, "zulip_minimal_pairs")
    right = {row["id"].rsplit("-", 1)[0]: row["answer"] for row in rows if row["supported"]}
    passed = Counter(row["supported"] for row in rows if _accepted(_pair_case(row, right[row["id"].rsplit("-", 1)[0]])))
    with capsys.disabled():
        print(f"\nminimal pairs: {passed[False]} of 40 false ones pass, {40 - passed[True]} of 40 true ones fail")
    assert passed[False] <= 4
    assert 40 - passed[True] <= 6


@pytest.mark.parametrize(
    ("name", "least"),
    [("zulip_minimal_pairs", 0.90), ("begin_wow", 0.87), ("halueval_qa", 0.88), ("mtrag_human_eval", 0.95)],
)
def test_the_verifier_tells_false_from_true_and_is_reported_beside_word_overlap(
    real_data: Path, name: str, least: float, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = spread(_pairs(real_data, name), _JUDGED)
    truth = [row["supported"] for row in rows]
    overlap = roc_auc_score(truth, [_overlap(row) for row in rows])
    judged = roc_auc_score(truth, [_score(row) for row in rows])
    with capsys.disabled():
        print(f"\n{name}: AUC of the verifier {judged:.3f}, of word overlap {overlap:.3f}, over {len(rows)} answers")
    assert judged >= least


def _pair_case(row: dict[str, Any], right: str) -> Case:
    """Return a draft that cites, for each clause of the right answer, the two passages nearest to it.

    Both members of a pair cite the same: a liar quotes the true words.
    """
    parts = {part: Passage(comparable(part)) for part in passages(row["context"]) if len(comparable(part)) >= 12}
    quotes: list[str] = []
    for sentence in sentences(right):
        for clause in Passage(comparable(sentence)).clauses:
            quotes += sorted(parts, key=lambda part: (-_covered(clause, parts[part]), len(parts[part].words)))[:2]
    source = RetrievedChunk("c1", "d", row["context"].splitlines()[0], "", row["context"], None, 0.9, frozenset())
    draft = Draft(
        status="answered",
        answer=" ".join(f"{sentence} [1]" for sentence in sentences(row["answer"])),
        confidence="high",
        citations=tuple(Citation(marker=1, chunk_id="c1", quote=quote) for quote in dict.fromkeys(quotes)),
    )
    return Case(draft, (source,))


def _covered(clause: Passage, passage: Passage) -> float:
    wanted = content_words(clause.words)
    return sum(bool(keys(word) & passage.keys) for word in wanted) / len(wanted) if wanted else 1.0


def _overlap(row: dict[str, Any]) -> float:
    words = tokens(row["answer"])
    return sum(word in set(tokens(row["context"])) for word in words) / max(1, len(words))


def _score(row: dict[str, Any]) -> float:
    """Return the share of the answer's words that single passages hold, less a half if anything is objected to."""
    case = _pair_case(row, row["answer"])
    parts = [Passage(comparable(part), keys_of(())) for part in passages(row["context"]) if comparable(part)]
    held = [support(comparable(sentence), parts) for sentence in sentences(row["answer"])] if parts else [0.0]
    return sum(held) / max(1, len(held)) - 0.5 * (not _accepted(case))


def test_prose_is_found_in_every_corpus(chunks: list[RetrievedChunk]) -> None:
    assert sum(bool(prose(chunk)) for chunk in chunks) > 500
