"""No harmless message is refused: 200 of them by ten kinds of people, and 120 of which half are small talk.

Half of each file ("unseen") was not looked at before the code was done.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from support.builders import FixedRetriever, ScriptedJudge, ScriptedProvider, asked, context, pipeline, reply_json

from pipeline.types import Failure, NotEnoughInfo
from pipeline.understanding.smalltalk import kind_of

_DATA = Path(__file__).parent / "data"
# What the phrase list misses of the unseen small talk is answered with "not enough info", which does no harm.
_LEAST_RECOGNIZED = {"dev": 30, "unseen": 20}


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (_DATA / name).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("has_model", [True, False])
async def test_no_harmless_question_is_refused_for_its_wording(has_model: bool) -> None:  # noqa: FBT001
    provider = ScriptedProvider(reply_json()) if has_model else None
    parts = pipeline(provider, FixedRetriever(), ScriptedJudge())
    refused = []
    for number, row in enumerate(_rows("harmless.jsonl")):
        outcome, _ = await asked(parts, row["text"], context(user_id=f"U{number}"))
        is_greeted = isinstance(outcome, NotEnoughInfo) and outcome.reason is Failure.NO_QUESTION
        if is_greeted or outcome.kind not in {"answered", "not_enough_info"}:
            refused.append((row["id"], outcome.kind))
    assert refused == []


@pytest.mark.parametrize("half", ["dev", "unseen"])
def test_small_talk_is_told_from_questions_and_no_question_is_taken_for_small_talk(half: str) -> None:
    rows = [row for row in _rows("smalltalk.jsonl") if row["set"] == half]
    assert [row["text"] for row in rows if row["is_question"] and kind_of(row["text"])] == []
    recognized = sum(kind_of(row["text"]) is not None for row in rows if not row["is_question"])
    assert recognized >= _LEAST_RECOGNIZED[half]
