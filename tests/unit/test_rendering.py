"""Every outcome renders to blocks that Slack takes, with nothing in them that was not meant."""

import json
from typing import Any

import pytest
from support.builders import CHUNKS, QUOTA, chunk, draft

from bot.desk import Reply
from bot.sandbox.blockkit import block_errors, markdown_length, view_errors
from bot.slack.render import SlackMessage, decided_message, escalated_message, reply_message, waiting_time
from bot.slack.review_blocks import decided_card, edit_view, reject_view, review_card
from bot.store.records import Conversation, Review
from pipeline.fallbacks import answered, cited_sources
from pipeline.types import (
    Answered,
    Blocked,
    DocumentRef,
    Draft,
    Failure,
    Finding,
    FindingCode,
    Limited,
    NeedsReview,
    NotEnoughInfo,
    Outcome,
    Unavailable,
)

_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)
_HOSTILE = "<!channel> <@U1> <https://evil.example|click> & [x](https://evil.example) ```\n" + "ü" * 4000


def _blocks(message: SlackMessage) -> list[dict[str, Any]]:
    return [block.to_dict() for block in message.blocks]


def _text(message: SlackMessage) -> str:
    return json.dumps(_blocks(message), ensure_ascii=False)


def _answered(text: str = f"{QUOTA} [1]") -> Answered:
    return answered(draft(text), "high", CHUNKS)


def _review(case_draft: Draft | None, **fields: Any) -> Review:  # noqa: ANN401 - fields of the record
    findings = tuple(Finding(code=code, span=_HOSTILE) for code in FindingCode)
    sources = cited_sources(case_draft, CHUNKS) if case_draft else ()
    case = NeedsReview(reason=Failure.UNVERIFIED, draft=case_draft, sources=sources, findings=findings)
    return Review(**{"review_id": "r-1", "question": "How many?", "conversation": _WHERE, "case": case, **fields})


_OUTCOMES: list[Outcome] = [
    _answered(),
    _answered().model_copy(update={"degraded": True, "cached": True}),
    _answered(_HOSTILE),
    NotEnoughInfo(reason=Failure.RETRIEVAL_LOW),
    NotEnoughInfo(
        reason=Failure.RETRIEVAL_LOW,
        nearest=tuple(DocumentRef(document_id=f"d{n}", title=_HOSTILE, url="https://a.example/x|y") for n in range(10)),
    ),
    NeedsReview(reason=Failure.UNVERIFIED, draft=draft(), sources=()),
    Blocked(reason=Failure.POLICY),
    *(Limited(reason=f, limit=1000, retry_after=5) for f in Failure if f.value.endswith(("_LIMIT", "_FULL"))),
    Limited(reason=Failure.INPUT_EMPTY, limit=1000),
    Limited(reason=Failure.INPUT_TOO_LONG, limit=1000),
    *(Unavailable(reason=f) for f in (Failure.MODEL_DOWN, Failure.INDEX_UNAVAILABLE, Failure.INTERNAL)),
]


@pytest.mark.parametrize("outcome", _OUTCOMES, ids=lambda o: f"{o.kind}-{getattr(o, 'reason', '')}")
@pytest.mark.parametrize("question", ["How many?", _HOSTILE])
def test_every_outcome_is_within_slacks_rules_and_carries_its_id(outcome: Outcome, question: str) -> None:
    message = reply_message(Reply("r-0123456789ab", outcome), question)
    assert block_errors(_blocks(message)) == []
    assert markdown_length(_blocks(message)) <= 12_000
    assert 0 < len(message.text) <= 12_000
    assert "r-0123456789ab" in _text(message)


@pytest.mark.parametrize("outcome", _OUTCOMES, ids=lambda o: f"{o.kind}-{getattr(o, 'reason', '')}")
def test_no_mention_or_foreign_link_survives(outcome: Outcome) -> None:
    message = reply_message(Reply("r-1", outcome), "q")
    assert "<!channel>" not in _text(message)
    assert "<@" not in _text(message)
    assert "<https://evil" not in _text(message)
    assert not any("](https://evil" in block["text"] for block in _blocks(message) if block["type"] == "markdown")


def test_an_answer_shows_text_sources_confidence_and_feedback() -> None:
    blocks = _blocks(reply_message(Reply("r-1", _answered()), "q"))
    assert [block["type"] for block in blocks] == ["markdown", "section", "context", "context_actions"]
    assert blocks[0]["text"] == f"{QUOTA} [1]"
    assert "[1] <https://help.example/c1|Title of c1>" in blocks[1]["text"]["text"]
    assert "Confidence: high" in blocks[2]["elements"][0]["text"]


def test_a_long_source_list_is_split_and_never_cut() -> None:
    chunks = [chunk(f"c{n}", QUOTA, title="T" * 110) for n in range(60)]
    long = answered(
        draft(" ".join(f"[{n}]" for n in range(1, 61)), [(n + 1, c.chunk_id, QUOTA) for n, c in enumerate(chunks)]),
        "high",
        chunks,
    )
    blocks = _blocks(reply_message(Reply("r-1", long), "q"))
    assert block_errors(blocks) == []
    shown = json.dumps(blocks)
    assert all(f"[{n}] <https" in shown for n in range(1, 61))


def test_not_enough_info_offers_a_person_and_keeps_the_question_in_the_button() -> None:
    blocks = _blocks(reply_message(Reply("r-1", NotEnoughInfo(reason=Failure.RETRIEVAL_LOW)), "Where is it?"))
    (button,) = [e for b in blocks if b["type"] == "actions" for e in b["elements"]]
    assert button["value"] == "r-1\nWhere is it?"


@pytest.mark.parametrize("case_draft", [None, draft(), draft(_HOSTILE, [(1, "c1", _HOSTILE)] * 30)])
@pytest.mark.parametrize("show", [True, False])
@pytest.mark.parametrize("question", ["How many?", _HOSTILE, "<" * 1000])
def test_cards_and_modals_are_within_slacks_rules(case_draft: Draft | None, show: bool, question: str) -> None:  # noqa: FBT001
    review = _review(case_draft, question=question)
    decided = review.model_copy(
        update={"state": "rejected", "decided_by": "U2", "note": _HOSTILE[:3000], "answer": "x" * 3000}
    )
    for message in (review_card(review, show_draft=show), decided_card(decided, show_draft=show)):
        assert block_errors(_blocks(message)) == []
        assert "<!channel>" not in _text(message)
    for view in (edit_view(review), reject_view(review)):
        assert view_errors(view.to_dict()) == []


def test_a_card_that_must_hide_the_draft_shows_neither_draft_nor_quote_nor_approve() -> None:
    shown = _text(review_card(_review(draft()), show_draft=False))
    assert QUOTA not in shown
    assert "review_approve" not in shown
    assert "review_edit" in shown


@pytest.mark.parametrize("state", ["approved", "edited"])
def test_the_asker_gets_the_decided_answer_with_the_sources_it_still_names(state: str) -> None:
    review = _review(draft(), state=state, answer="It is 500 [1].", decided_by="U2")
    shown = _text(decided_message(review))
    assert "It is 500 [1]." in shown
    assert "Title of c1" in shown
    assert "<@U2>" in shown
    without = _text(decided_message(_review(draft(), state=state, answer="Ask sales.", decided_by="U2")))
    assert "Title of c1" not in without


def test_a_rejection_is_said_with_its_reason_and_no_source() -> None:
    shown = _text(decided_message(_review(draft(), state="rejected", note="Wrong page", decided_by="U2")))
    assert "Wrong page" in shown
    assert "Title of c1" not in shown


def test_small_messages_are_within_the_rules() -> None:
    assert block_errors(_blocks(escalated_message("r-1"))) == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "a moment"), (0.2, "1 second"), (45, "45 seconds"), (600, "10 minutes")]
)
def test_waits_are_said_in_words(seconds: float | None, words: str) -> None:
    assert waiting_time(seconds) == words
