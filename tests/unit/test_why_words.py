"""Why a request ended so, in one paragraph: every code has its sentence, and the sentences say what was measured."""

from typing import Any

import pytest

from bot.desk.explaining import Explained, Thresholds
from bot.surfaces.why_words import why_words
from bot.surfaces.words import ENGLISH, Words, words_in
from pipeline.proof.judge import Verdict
from pipeline.types import Failure, FindingCode, ModelProblem, Trace

_LANGUAGES = pytest.mark.parametrize("words", [words_in("en"), words_in("de")], ids=["en", "de"])
_SEARCHED: dict[str, Any] = {"sufficiency": 0.34, "snapshot": "s-1", "retrieval_count": 3, "quote_from": 0.45}


def _trace(verdict: str, outcome: str = "not_enough_info", **fields: Any) -> Trace:  # noqa: ANN401 - fields
    base = {
        "request_id": "r-1", "tenant_id": "T1", "user_id": "U1", "channel_id": "C1", "route": "slack",
        "outcome": outcome, "verdict": verdict,
    }  # fmt: skip
    return Trace.model_validate({**base, **fields})


def _said(trace: Trace, words: Words = ENGLISH, **fields: Any) -> str:  # noqa: ANN401 - fields
    found: dict[str, Any] = {"best": "readable", "titles": ("Invoices", "Refunds"), "documents": 176} | fields
    held = Thresholds(trace.ask_from, trace.quote_from) if trace.quote_from is not None else None
    return why_words(Explained(trace, **({"thresholds": held} | found)), lambda _: "Sam", words=words)


@_LANGUAGES
@pytest.mark.parametrize("verdict", ["OK", *Failure])
def test_every_verdict_says_what_happened_and_what_to_do(verdict: str, words: Words) -> None:
    name = f"why-{verdict.lower().replace('_', '-')}"
    assert words.has(name)
    assert words.has(f"{name}-do")
    said = _said(_trace(verdict, **_SEARCHED), words)
    assert words(f"{name}-do") in said
    # A sentence, not a code: whoever reads it need not know the codes.
    assert verdict not in said


@_LANGUAGES
def test_every_finding_verdict_of_the_judge_and_failed_request_has_words(words: Words) -> None:
    kebab = [f"why-finding-{code.lower().replace('_', '-')}" for code in FindingCode]
    kebab += [f"why-verdict-{verdict.replace('_', '-')}" for verdict in [*Verdict, "verbatim"]]
    assert [name for name in kebab if not words.has(name)] == []


def test_a_tired_admin_reads_what_was_found_which_rule_decided_and_what_to_do() -> None:
    assert _said(_trace("RETRIEVAL_LOW", **_SEARCHED)) == (
        "176 documents were searched for Sam’s question. The best passage, from “Invoices”, has a fit of 34%. "  # noqa: RUF001
        "Next best: “Refunds”. Below 45% nothing is quoted. That is too little, so no answer was given. "
        "Nothing was sent to a model. To have it answered, write the missing article; if good questions "
        "keep ending like this, calibrate."
    )


def test_thresholds_of_today_are_said_to_be_those_of_today() -> None:
    said = _said(_trace("RETRIEVAL_LOW", sufficiency=0.34), thresholds=Thresholds(0.11, 0.5, of_today=True))
    assert "Today the model is not asked below 11%; what applied then was not stored." in said
    assert "Today" not in _said(_trace("RETRIEVAL_LOW", **_SEARCHED))


def test_a_value_next_to_the_threshold_is_not_rounded_onto_it() -> None:
    said = _said(_trace("RETRIEVAL_LOW", **(_SEARCHED | {"sufficiency": 0.4493})))
    assert "has a fit of 44.9%" in said


def test_documents_that_the_admin_may_not_read_are_not_named() -> None:
    said = _said(_trace("ACCESS_FILTERED", **_SEARCHED), best="hidden", titles=())
    assert "from a document that you may not read, has a fit of 34%" in said
    assert "Invoices" not in said
    gone = _said(_trace("RETRIEVAL_LOW", **_SEARCHED), best="gone", titles=(), documents=None)
    assert "an index that has been rebuilt since" in gone


def test_the_server_that_failed_is_named_with_its_status_and_what_was_shown_instead() -> None:
    problem = ModelProblem(server="openai", model="gpt", failure=Failure.MODEL_RATE_LIMITED, status=429, code="quota")
    trace = _trace(
        "MODEL_RATE_LIMITED", "answered", **_SEARCHED, form="quoted", fallback_used="extractive", attempts=2,
        model_problems=(problem, problem),
    )  # fmt: skip
    said = _said(trace)
    assert "openai (gpt): the server let no more requests pass (HTTP 429, quota) (2x)" in said
    assert "The documents’ own words were shown instead." in said  # noqa: RUF001
    assert "Get a larger quota" in said


def test_the_second_reader_and_the_checks_are_named() -> None:
    trace = _trace(
        "OK", "answered", sufficiency=0.8, quote_from=0.45, ask_from=0.11, form="quoted", attempts=2,
        llm_provider="openai", model_alias="gpt", judge="judge (m)", verdicts=("supported", "not_stated", "supported"),
        findings=(FindingCode.NOT_STATED,),
    )  # fmt: skip
    said = _said(trace)
    for part in (
        "Below 11% the model is not asked.", "2 requests went to openai (gpt).",
        "judge (m) compared the sentences with the passages that they cite: 2 supported, 1 not stated there.",
        "The checks objected: the passages do not state all of it.",
        "The model’s wording was not proved, so the quotes that were proved were shown.",  # noqa: RUF001
    ):  # fmt: skip
        assert part in said


def test_what_was_not_searched_for_names_no_passage() -> None:
    said = _said(_trace("USER_LIMIT", "limited"), best="none", titles=(), documents=None)
    assert said.startswith("Sam’s message led to no search. This person had asked as often")  # noqa: RUF001
    assert "model" not in said


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"curated_id": "r-0", "fallback_used": "curated_answer", "form": "written"}, "a reviewer had approved before"),
        ({"fallback_used": "fresh_answer_cache", "form": "written"}, "proved for the same question before"),
        ({"form": "written", "attempts": 1, "llm_provider": "x"}, "proved sentence by sentence"),
        ({"form": "quoted"}, "in the documents’ own words"),  # noqa: RUF001
    ],
)
def test_an_answer_says_where_it_came_from(fields: dict[str, Any], words: str) -> None:
    assert words in _said(_trace("OK", "answered", **_SEARCHED, **fields))


def test_a_code_of_another_version_is_said_to_be_unknown() -> None:
    assert "the code WEAK_SUPPORT, which this version does not know" in _said(_trace("WEAK_SUPPORT"))


def test_titles_are_made_harmless_by_the_product() -> None:
    said = why_words(
        Explained(_trace("RETRIEVAL_LOW", **_SEARCHED), best="readable", titles=("<!channel>",)),
        str,
        lambda text: text.replace("<", "&lt;"),
    )
    assert "<!channel>" not in said
