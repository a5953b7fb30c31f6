"""How much of what is false the checks by code stop, with no judge and with one that believes everything."""

import json
import random
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from support.corruptions import CORRUPTIONS, Case, real_chunks, true_cases
from support.paraphrases import PARAPHRASES
from support.size import sized, spread

from index.retrieval import RetrievedChunk
from pipeline.proof.comparing import comparable
from pipeline.proof.units import units
from pipeline.proof.verify import Checked, VerificationLimits, checked
from pipeline.types import Citation, Draft

pytestmark = pytest.mark.data
_LIMITS = VerificationLimits()
_TRUE_CASES = sized(3000, 400)
_JUDGED = sized(1000, 80)  # answers of each set, at most
_SEED = 20261124
# What the checks by code must stop whatever a judge says: values, links, and quotes that are not there.
_HARD = ("url", "invented_chunk", "trimmed_quote", "paraphrased_quote")
# Of these a few stay true, such as 0 minutes for 0 seconds, or stand elsewhere in the passage.
_VALUES, _MOST_MISSED = ("number", "unit", "date"), 0.03


@pytest.fixture(scope="module")
def chunks(real_data: Path) -> list[RetrievedChunk]:
    return [
        chunk
        for folder in ("zulip/docs", "xquad-dev/docs", "plausible-docs/docs")
        for chunk in real_chunks(real_data / folder)
    ]


def _checked(case: Case) -> Checked:
    return checked(case.draft, case.chunks, _LIMITS)


def _is_written_without_a_judge(case: Case) -> bool:
    return not _checked(case).without_judge().findings


def _is_written_if_the_judge_believes_everything(case: Case) -> bool:
    return not _checked(case).findings


def test_no_corrupted_draft_is_shown_in_its_own_words(
    chunks: list[RetrievedChunk], capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(_SEED)
    cases = list(islice(true_cases(chunks, rng), _TRUE_CASES))
    table: dict[str, tuple[int, int, int]] = {}
    examples: dict[str, list[str]] = {}
    written_at_all: list[Draft] = []
    for name, corrupted in CORRUPTIONS.items():
        made = [false for case in cases if (false := corrupted(case, rng)) and false != case]
        written = [case.draft for case in made if _is_written_without_a_judge(case)]
        believed = [case.answer for case in made if _is_written_if_the_judge_believes_everything(case)]
        table[name] = (len(made), len(written), len(believed))
        examples[name] = believed[:1]
        written_at_all += written
    with capsys.disabled():
        print("\ncorruption           drafts  written: no judge  a judge that believes everything")
        for name, counts in table.items():
            print(f"{name:20} {counts[0]:6} {counts[1]:18} {counts[2]:33}  {examples[name]}")
        sums = [sum(row[at] for row in table.values()) for at in range(3)]
        print(f"{'all':20} {sums[0]:6} {sums[1]:18} {sums[2]:33}")
    assert {name: row[1] for name, row in table.items() if row[1]} == {}, written_at_all
    assert {name: table[name][2] for name in _HARD if table[name][2]} == {}
    assert sum(table[name][2] for name in _VALUES) <= _MOST_MISSED * sum(table[name][0] for name in _VALUES)
    assert sums[0] >= sized(10_000, 2_000)
    assert min(count for count, *_ in table.values()) >= sized(50, 5)


def test_the_checks_by_code_throw_no_faithful_answer_away(
    chunks: list[RetrievedChunk], capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(_SEED)
    kinds: dict[str, list[Case]] = {"verbatim": list(islice(true_cases(chunks, rng), 200))}
    for name, paraphrased in PARAPHRASES.items():
        told = (paraphrased(case, rng) for case in true_cases(chunks, rng))
        kinds[name] = list(islice((case for case in told if case), 40))
    passed = {
        name: sum(_is_written_if_the_judge_believes_everything(case) for case in cases) for name, cases in kinds.items()
    }
    verbatim = sum(map(_is_written_without_a_judge, kinds["verbatim"]))
    with capsys.disabled():
        print("\nfaithful answers                         drafts  pass the checks by code")
        for name, cases in kinds.items():
            print(f"{name:40} {len(cases):6} {passed[name]:7}")
        print(f"of the verbatim ones {verbatim} need no judge")
    assert sum(passed.values()) >= 0.99 * sum(map(len, kinds.values()))


@pytest.mark.parametrize("name", ["zulip_minimal_pairs", "begin_wow", "halueval_qa", "mtrag_human_eval"])
def test_no_false_answer_of_others_is_shown_in_its_own_words(
    real_data: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (real_data / "groundedness" / f"{name}.jsonl").read_text(encoding="utf-8")
    rows = spread([row for row in map(json.loads, text.splitlines()) if row["supported"] is not None], _JUDGED)
    false = [_citing_everything(row) for row in rows if not row["supported"]]
    true = [_citing_everything(row) for row in rows if row["supported"]]
    written = [case.answer for case in false if _is_written_without_a_judge(case)]
    with capsys.disabled():
        believed = sum(map(_is_written_if_the_judge_believes_everything, false))
        kept = sum(map(_is_written_if_the_judge_believes_everything, true))
        print(
            f"\n{name}: of {len(false)} false answers {len(written)} are written without a judge, {believed} with one"
        )
        print(f"that believes everything; of {len(true)} true ones the checks by code let {kept} pass")
    assert written == []


def _citing_everything(row: dict[str, Any]) -> Case:
    """Return the answer as a draft that cites every sentence of its context."""
    source = RetrievedChunk("c1", "d", "", "", row["context"], None, 0.9, frozenset())
    quotes = [unit.of(source.text) for unit in units(source.text)]
    draft = Draft(
        status="answered",
        answer=f"{row['answer']} [1]",
        confidence="high",
        citations=tuple(
            Citation(marker=1, chunk_id="c1", quote=q) for q in quotes if len(comparable(q)) >= _LIMITS.quote_chars_min
        ),
    )
    return Case(draft, (source,))
