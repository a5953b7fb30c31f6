"""The figures that the README promises, on real documents. Prints them; fails under the targets."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from support.size import sized, spread

from bot.app import build_pipeline
from bot.evaluation.questions import EvalQuestion, read_questions
from bot.evaluation.run import evaluate, metrics, unlimited
from bot.settings import load_settings
from index.builder import BuildRules, build
from index.embedding.model import OnnxEmbedder

pytestmark = pytest.mark.data
_DEADLINE_S = 60.0
_QUESTIONS = sized(1000, 120)  # of each set, at most


def _figures(folder: Path, questions: list[EvalQuestion], data_dir: Path, embedder: OnnxEmbedder) -> dict[str, Any]:
    build([folder / "docs"], data_dir, embedder, BuildRules())
    settings = load_settings(data_dir=data_dir, limits={"per_tenant": "1000000/minute"})
    pipeline = unlimited(build_pipeline(settings, embedder))
    return metrics(asyncio.run(evaluate(pipeline, questions, _DEADLINE_S, lambda: None)))


@pytest.mark.parametrize(("corpus", "context"), [("zulip", 0.75), ("xquad-dev", 0.97)])
def test_the_gold_text_is_retrieved_and_every_answer_is_quoted(
    corpus: str,
    context: float,
    real_data: Path,
    tmp_path: Path,
    embedder: OnnxEmbedder,
    capsys: pytest.CaptureFixture[str],
) -> None:
    questions = spread(read_questions(real_data / corpus / "questions.jsonl"), _QUESTIONS)
    figures = _figures(real_data / corpus, questions, tmp_path, embedder)
    with capsys.disabled():
        print(f"\n{corpus}: {json.dumps(figures)}")
    assert figures["hit@4000chars"] >= context
    assert figures["answers_fully_quoted"] == 1.0
    assert figures["unanswerable_answered"] <= 0.3


def test_what_is_answered_and_what_is_not_on_a_third_set_of_documents(
    real_data: Path, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    asked = {
        "How do I enable two-factor authentication?": "answered",
        "Which countries do most of your customers come from?": "not_enough_info",
        "How can I bake sourdough bread at home?": "not_enough_info",
    }
    questions = [EvalQuestion(id=q, question=q, answerable=True) for q in asked]
    build([real_data / "plausible-docs" / "docs"], tmp_path, embedder, BuildRules())
    pipeline = unlimited(build_pipeline(load_settings(data_dir=tmp_path), embedder))
    rows = asyncio.run(evaluate(pipeline, questions, _DEADLINE_S, lambda: None))
    for row in rows:
        assert row.outcome.kind == asked[row.question.question], row.question.question
