import pytest
from support.builders import CHUNKS, chunk, draft

from pipeline.fallbacks import FALLBACKS, Evidence, decide, nearest_documents, renumbered
from pipeline.types import Failure, Finding, FindingCode, Limited, NeedsReview, NotEnoughInfo

_ROWS = {
    Failure.INPUT_EMPTY: "limited",
    Failure.INPUT_TOO_LONG: "limited",
    Failure.NO_QUESTION: "not_enough_info",
    Failure.USER_LIMIT: "limited",
    Failure.TENANT_LIMIT: "limited",
    Failure.ROUTE_LIMIT: "limited",
    Failure.QUEUE_FULL: "limited",
    Failure.TOKEN_BUDGET: "limited",
    Failure.ACCESS_FILTERED: "not_enough_info",
    Failure.DELIVERY_FAILED: "unavailable",
    Failure.INDEX_UNAVAILABLE: "unavailable",
    Failure.RETRIEVAL_EMPTY: "not_enough_info",
    Failure.RETRIEVAL_LOW: "not_enough_info",
    Failure.INSUFFICIENT_CONTEXT: "not_enough_info",
    Failure.MODEL_TIMEOUT: "unavailable",
    Failure.MODEL_DOWN: "unavailable",
    Failure.CIRCUIT_OPEN: "unavailable",
    Failure.MODEL_RATE_LIMITED: "unavailable",
    Failure.MODEL_REFUSED: "unavailable",
    Failure.MODEL_EMPTY: "unavailable",
    Failure.MODEL_CUT_OFF: "unavailable",
    Failure.CONTENT_FILTER: "unavailable",
    Failure.SCHEMA_INVALID: "unavailable",
    Failure.NOT_THE_QUESTION: "not_enough_info",
    Failure.UNVERIFIED: "needs_review",
    Failure.LOW_CONFIDENCE: "needs_review",
    Failure.APPROVAL_REQUIRED: "needs_review",
    Failure.DISPUTED: "needs_review",
    Failure.SOURCE_CHANGED: "needs_review",
    Failure.POLICY: "blocked",
    Failure.DEADLINE: "unavailable",
    Failure.INTERNAL: "unavailable",
}


@pytest.mark.parametrize("failure", list(Failure))
def test_every_failure_has_its_row_and_ends_as_the_table_says(failure: Failure) -> None:
    assert failure in FALLBACKS
    assert decide(failure, Evidence(CHUNKS, draft())).kind == _ROWS[failure]


@pytest.mark.parametrize("failure", [Failure.UNVERIFIED, Failure.LOW_CONFIDENCE])
def test_without_evidence_there_is_nothing_for_a_person_to_check(failure: Failure) -> None:
    assert decide(failure, Evidence()).kind == "unavailable"


def test_not_enough_info_names_each_near_document_once() -> None:
    chunks = [chunk("a", document_id="d1"), chunk("b", document_id="d1"), chunk("c", document_id="d2")]
    assert [document.document_id for document in nearest_documents(chunks, 3)] == ["d1", "d2"]
    outcome = decide(Failure.RETRIEVAL_LOW, Evidence(tuple(chunks), nearest=1))
    assert isinstance(outcome, NotEnoughInfo)
    assert len(outcome.nearest) == 1


def test_a_review_carries_draft_findings_and_only_cited_sources() -> None:
    finding = Finding(code=FindingCode.UNCITED_CLAIM, span="x")
    outcome = decide(Failure.UNVERIFIED, Evidence(CHUNKS, draft(), (finding,)))
    assert isinstance(outcome, NeedsReview)
    assert outcome.findings == (finding,)
    assert [source.chunk_id for source in outcome.sources] == ["c1"]


def test_a_limit_says_its_size_and_when_to_come_back() -> None:
    outcome = decide(Failure.USER_LIMIT, Evidence(limit=20, retry_after=12.5))
    assert outcome == Limited(reason=Failure.USER_LIMIT, limit=20, retry_after=12.5)


def test_markers_are_renumbered_in_reading_order_with_their_citations() -> None:
    before = draft("B [4]. A [2]. B again [4].", [(2, "a", "quote a"), (4, "b", "quote b"), (9, "c", "unused")])
    after = renumbered(before)
    assert after.answer == "B [1]. A [2]. B again [1]."
    assert [(c.marker, c.chunk_id) for c in after.citations] == [(2, "a"), (1, "b")]
