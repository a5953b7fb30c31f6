from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from bot.telemetry.report import Line, picture, report, span
from index.errors import SettingsError
from pipeline.types import FindingCode, Trace


def _trace(at: int, **fields: object) -> Trace:
    base = {
        "request_id": f"r-{at}", "tenant_id": "T1", "user_id": f"U{at}", "channel_id": "C1", "route": "slack",
        "outcome": "answered", "verdict": "OK", "prompt_version": "support_rag/v1", "total_ms": 100.0,
        "stage_ms": {"retrieve": 10.0, "generate": 80.0},
    }  # fmt: skip
    return Trace.model_validate({**base, **fields})


def _said(traces: list[Trace]) -> dict[str, str]:
    return {line.question: line.answer for line in report(traces)}


def test_a_quiet_week_is_said_in_one_line() -> None:
    assert report([]) == (Line("How many questions were there?", "None in this time."),)


def test_each_question_has_its_answer() -> None:
    traces = [
        *(_trace(at) for at in range(40)),
        _trace(40, outcome="not_enough_info", verdict="RETRIEVAL_LOW"),
        _trace(
            41, verdict="MODEL_TIMEOUT", fallback_used="extractive", input_tokens=100, output_tokens=5, cost_usd=0.25
        ),
        _trace(42, outcome="needs_review", verdict="UNVERIFIED", findings=(FindingCode.NOT_STATED,), withheld=1),
        _trace(43, outcome="needs_review", verdict="SCHEMA_INVALID", repaired=True),
    ]
    said = _said(traces)
    assert said["How many questions were there?"].startswith("44: 41 answered, 2 needs_review")
    assert said["Did retrieval find relevant context?"].startswith(
        "Yes for 43 of 44 (98%). Not for the rest: 1 RETRIEVAL_LOW"
    )
    assert "withheld" in said["Did retrieval find relevant context?"]
    assert said["Did the model fail or time out?"] == "1 of 44 (2%): 1 MODEL_TIMEOUT."
    assert said["Which fallbacks were used?"] == "1 of 44 (2%): 1 extractive."
    assert "support_rag/v1: 41 answered" in said["Which prompt version produced what?"]
    assert "1 NOT_STATED" in said["Where did validation fail?"]
    assert "1 replies were repaired, 1 stayed unreadable" in said["Where did validation fail?"]
    assert said["Who used unusual volume?"] == "Nobody."
    assert said["What did the model cost?"] == "105 tokens, 0.2500 US dollars."


def test_the_report_says_in_whose_words_the_answers_were_and_what_the_judge_said() -> None:
    judged = {"judge": "model (m)", "judge_tokens": 30}
    traces = [
        _trace(1, form="written", verdicts=("verbatim", "supported", "supported"), **judged),
        _trace(2, form="quoted", verdicts=("not_stated",), **judged),
    ]
    said = _said(traces)
    assert said["In whose words were the answers?"] == "1 written and proved, 1 quoted from the documents."
    told = said["What did the judge say of the drafts' sentences?"]
    assert told == "2 supported, 1 verbatim, 1 not stated; by model (m), 60 tokens."
    assert _said([_trace(3)])["What did the judge say of the drafts' sentences?"] == "No draft was judged."


def test_a_loud_user_is_named() -> None:
    traces = [*(_trace(at) for at in range(10)), *(_trace(at, user_id="ULOUD") for at in range(60))]
    assert "user ULOUD asked 60, 60 times the median" in _said(traces)["Who used unusual volume?"]


@pytest.mark.parametrize("stage", ["retrieve", "generate"])
def test_growth_is_found_where_it_is(stage: str) -> None:
    slow = {"retrieve": 10.0, "generate": 80.0} | {stage: 400.0}
    traces = [*(_trace(at) for at in range(20)), *(_trace(at, stage_ms=slow) for at in range(20))]
    told = _said(traces)["Did latency grow, and where?"]
    assert told.startswith(f"It grew: {stage} from")
    assert ("retrieve" in told) == (stage == "retrieve")


def test_the_picture_is_well_formed_and_names_outcomes_and_stages() -> None:
    drawn = picture([_trace(1), _trace(2, outcome="blocked", verdict="POLICY")])
    ET.fromstring(drawn)  # noqa: S314 - our own
    assert "blocked" in drawn
    assert "generate, later half" in drawn
    ET.fromstring(picture([]))  # noqa: S314


def test_how_far_back_is_read() -> None:
    assert span("12h") == timedelta(hours=12)
    with pytest.raises(SettingsError, match="30m, 12h or 7d"):
        span("yesterday")
