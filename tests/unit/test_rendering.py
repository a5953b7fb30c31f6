"""Every outcome renders to blocks that Slack takes, with nothing in them that was not meant."""

import json
import re
from typing import Any

import pytest
from support.builders import CHUNKS, QUOTA, chunk, draft, passages, quotes, written

from bot.desk.explaining import Explained
from bot.desk.gaps import GapCluster
from bot.desk.operations import Status, Usage
from bot.desk.questions import Reply
from bot.desk.review_views import ReviewView
from bot.sandbox.blockkit import block_errors, markdown_length, view_errors
from bot.slack.commands import gap_blocks, review_blocks, usage_blocks, why_blocks
from bot.slack.feedback import complaint_view, thanks_view
from bot.slack.home_blocks import FILTERS, AskersPart, Home, home_view
from bot.slack.render import (
    SlackMessage,
    asked_back_message,
    decided_message,
    escalated_message,
    reply_message,
)
from bot.slack.review_cards import answer_of_asker_message, decided_card, reminder_message, review_card
from bot.slack.review_modals import ask_back_view, draft_view, edit_view, refused_view, reject_many_view, reject_view
from bot.store.records import Asked, Conversation, Counts, Gap, Review, Turn
from bot.surfaces.wording import waiting_time
from bot.surfaces.words import ENGLISH, Words, words_in
from index.retrieval import Manifest, SkippedFile, VectorIndex
from pipeline.fallbacks import cited_sources
from pipeline.types import (
    Answered,
    Approval,
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
    Trace,
    Unavailable,
)

_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.0", private=False)
_HOSTILE = "<!channel> <@U1> <https://evil.example|click> & [x](https://evil.example) ```\n" + "ü" * 4000


def _blocks(message: SlackMessage) -> list[dict[str, Any]]:
    return [block.to_dict() for block in message.blocks]


def _text(message: SlackMessage) -> str:
    return json.dumps(_blocks(message), ensure_ascii=False)


def _answered(text: str = f"{QUOTA} [1]") -> Answered:
    return written(draft(text))


def _review(case_draft: Draft | None, **fields: Any) -> Review:  # noqa: ANN401 - fields of the record
    findings = tuple(Finding(code=code, span=_HOSTILE) for code in FindingCode)
    sources = cited_sources(case_draft, CHUNKS) if case_draft else ()
    case = NeedsReview(reason=Failure.UNVERIFIED, draft=case_draft, sources=sources, findings=findings)
    return Review(**{"review_id": "r-1", "question": "How many?", "conversation": _WHERE, "case": case, **fields})


def _replies(
    outcome: Outcome,
    question: str = "q",
    request_id: str = "r-1",
    *,
    files: bool = False,
    corrected: bool = False,
    **reply: Any,  # noqa: ANN401
) -> list[SlackMessage]:
    trace = Trace(
        request_id=request_id, tenant_id="T1", user_id="U1", channel_id="C1", route="slack", outcome=outcome.kind,
        verdict="OK", corrected=corrected,
    )  # fmt: skip
    asked = Asked(text=question, where=_WHERE, has_files=files)
    return reply_message(Reply(request_id, outcome, trace, **reply), asked)


def _reply(outcome: Outcome, question: str = "q", **reply: Any) -> SlackMessage:  # noqa: ANN401
    (message,) = _replies(outcome, question, **reply)
    return message


_OUTCOMES: list[Outcome] = [
    _answered(),
    _answered().model_copy(update={"degraded": True, "cached": True}),
    _answered(_HOSTILE),
    NotEnoughInfo(reason=Failure.RETRIEVAL_LOW),
    NotEnoughInfo(
        reason=Failure.RETRIEVAL_LOW,
        nearest=tuple(DocumentRef(document_id=f"d{n}", title=_HOSTILE, url="https://a.example/x|y") for n in range(10)),
    ),
    NotEnoughInfo(
        reason=Failure.RETRIEVAL_LOW,
        closest=passages(f"{_HOSTILE} [1]"),
        suggestions=(_HOSTILE,) * 5,
        documents_in="xx",
    ),
    NotEnoughInfo(reason=Failure.NO_QUESTION, suggestions=(_HOSTILE,)),
    NeedsReview(reason=Failure.UNVERIFIED, draft=draft(), sources=()),
    NeedsReview(reason=Failure.UNVERIFIED, draft=draft(), sources=(), meanwhile=passages(f"{_HOSTILE} [1]")),
    quotes(_HOSTILE),
    Blocked(reason=Failure.POLICY),
    *(Limited(reason=f, limit=1000, retry_after=5) for f in Failure if f.value.endswith(("_LIMIT", "_FULL"))),
    Limited(reason=Failure.INPUT_EMPTY, limit=1000),
    Limited(reason=Failure.INPUT_TOO_LONG, limit=1000),
    *(Unavailable(reason=f) for f in (Failure.MODEL_DOWN, Failure.INDEX_UNAVAILABLE, Failure.INTERNAL)),
]


@pytest.mark.parametrize("outcome", _OUTCOMES, ids=lambda o: f"{o.kind}-{getattr(o, 'reason', '')}")
@pytest.mark.parametrize("question", ["How many?", _HOSTILE])
def test_every_outcome_is_within_slacks_rules_and_carries_its_id(outcome: Outcome, question: str) -> None:
    messages = _replies(outcome, question, "r-0123456789ab")
    for message in messages:
        assert block_errors(_blocks(message)) == []
        assert markdown_length(_blocks(message)) <= 12_000
        assert 0 < len(message.text) <= 12_000
    assert "r-0123456789ab" in _text(messages[-1])


@pytest.mark.parametrize("outcome", _OUTCOMES, ids=lambda o: f"{o.kind}-{getattr(o, 'reason', '')}")
def test_no_mention_survives(outcome: Outcome) -> None:
    # The value of a button is not shown.
    shown = re.sub(r'"value": "(?:[^"\\]|\\.)*"', "", _text(_reply(outcome)))
    assert "<!channel>" not in shown
    assert "<@" not in shown
    assert "<https://evil" not in shown


def test_a_link_of_a_written_answer_is_shown_only_if_a_quote_or_a_source_holds_it() -> None:
    told = "See [x](https://evil.example), [a](https://help.example/c1) and [b](https://help.example/b) [1]."
    cited = [(1, "c1", "See [the page](https://help.example/b).")]
    shown = _blocks(_reply(written(draft(told, cited))))[0]["text"]
    assert shown == "See x, [a](https://help.example/c1) and [b](https://help.example/b) [1]."


def test_a_written_answer_shows_its_text_and_below_each_source_the_quote_that_it_stands_on() -> None:
    blocks = _blocks(_reply(_answered("Five hundred invoices [1].")))
    assert [block["type"] for block in blocks] == ["markdown", "section", "context", "context", "context_actions"]
    assert blocks[0]["text"] == "Five hundred invoices [1]."
    assert blocks[1]["text"]["text"] == "*Sources*\n[1] <https://help.example/c1|Title of c1>"
    assert blocks[2]["elements"][0]["text"] == f"“{QUOTA}”"


def test_of_the_quotes_of_one_marker_the_first_two_are_shown_cut_at_a_word() -> None:
    long = " ".join(["invoices"] * 60)
    three = [(1, "c1", "**First** quote."), (1, "c1", long), (1, "c1", "Third quote.")]
    below = _blocks(_reply(written(draft("So [1].", three))))[2]
    first, second = below["elements"][0]["text"].split("\n")
    assert first == "“First quote.”"
    assert second.startswith("“invoices invoices")
    assert second.endswith("invoices…”")
    assert len(second) <= 202


_PAGE = """To export:

1. Open [Billing](https://help.example/billing), see [below](#export), ![a cog](cog.png) there
2. Run `invoices[0]` or \\[3] of

```
export --all [x](y) \\[4]
```

| Plan | Price |
| --- | --- |
| Team | 29 euro |

[1]"""


def test_a_quoted_answer_is_headed_and_keeps_the_structure_of_its_document() -> None:
    blocks = _blocks(_reply(quotes(_PAGE)))
    assert [block["type"] for block in blocks] == ["section", "markdown", "section", "context", "context_actions"]
    assert blocks[0]["text"]["text"] == "*What the documents say*"
    assert (
        blocks[1]["text"]
        == """To export:

1. Open [Billing](https://help.example/billing), see below,  there
2. Run `invoices[0]` or [3] of

```
export --all [x](y) [4]
```

| Plan | Price |
| --- | --- |
| Team | 29 euro |

[1]"""
    )
    assert blocks[2]["text"]["text"] == "*Sources*\n[1] <https://help.example/c1|Title of c1>"


def test_a_question_of_which_nothing_is_proved_gets_the_closest_passages_and_questions_to_ask_instead() -> None:
    outcome = NotEnoughInfo(
        reason=Failure.RETRIEVAL_LOW,
        closest=passages(f"{QUOTA} [1]"),
        suggestions=("Plans and prices", "How to pay", "Invoices"),
        documents_in="en",
    )
    blocks = _blocks(_reply(outcome))
    assert block_errors(blocks) == []
    shown = json.dumps(blocks)
    for words in (
        "No answer that I can prove",
        "documents are in English",
        "*Closest passages*",
        QUOTA,
        "Did you mean",
    ):
        assert words in shown
    buttons = [e for b in blocks if b["type"] == "actions" for e in b["elements"]]
    assert [(b["text"]["text"], b["value"]) for b in buttons] == [
        ("Plans and prices", "r-1\nPlans and prices"), ("How to pay", "r-1\nHow to pay"),
        ("Invoices", "r-1\nInvoices"), ("Ask a person", "r-1\nq"),
    ]  # fmt: skip


def test_a_greeting_gets_example_questions_and_no_person() -> None:
    blocks = _blocks(_reply(NotEnoughInfo(reason=Failure.NO_QUESTION, suggestions=("How to pay",)), may_see_more=True))
    shown = json.dumps(blocks)
    assert [block["type"] for block in blocks] == ["section", "actions"]
    assert "How to pay" in shown
    assert not any(words in shown for words in ("Ask a person", "Ask in private", "Not enough info"))


def test_who_waits_for_a_person_sees_meanwhile_what_the_documents_say() -> None:
    review = NeedsReview(reason=Failure.LOW_CONFIDENCE, draft=draft(), sources=(), meanwhile=passages(f"{QUOTA} [1]"))
    blocks = _blocks(_reply(review))
    assert [block["type"] for block in blocks] == ["section", "section", "markdown", "section", "context"]
    assert "A person will check this" in blocks[0]["text"]["text"]
    assert blocks[1]["text"]["text"] == "*Meanwhile, what the documents say*"
    assert blocks[2]["text"] == f"{QUOTA} [1]"


def test_a_long_source_list_is_split_and_never_cut() -> None:
    chunks = [chunk(f"c{n}", QUOTA, title="T" * 110) for n in range(60)]
    cited = [(n + 1, c.chunk_id, QUOTA) for n, c in enumerate(chunks)]
    long = written(draft(" ".join(f"[{n}]" for n in range(1, 61)), cited), chunks)
    answer, sources = (_blocks(message) for message in _replies(long))
    assert [block["type"] for block in answer] == ["markdown"]
    assert block_errors(sources) == []
    shown = json.dumps(sources)
    assert all(f"[{n}] <https" in shown for n in range(1, 61))


def test_not_enough_info_offers_a_person_and_keeps_the_question_in_the_button() -> None:
    blocks = _blocks(_reply(NotEnoughInfo(reason=Failure.RETRIEVAL_LOW), "Where is it?"))
    (button,) = [e for b in blocks if b["type"] == "actions" for e in b["elements"]]
    assert button["value"] == "r-1\nWhere is it?"


@pytest.mark.parametrize("case_draft", [None, draft(), draft(_HOSTILE, [(1, "c1", _HOSTILE)] * 30)])
@pytest.mark.parametrize("show", [True, False])
@pytest.mark.parametrize("question", ["How many?", _HOSTILE, "<" * 1000])
@pytest.mark.parametrize("words", [ENGLISH, words_in("de")], ids=["en", "de"])
def test_cards_and_modals_are_within_slacks_rules(
    case_draft: Draft | None,
    show: bool,  # noqa: FBT001
    question: str,
    words: Words,
) -> None:
    review = _review(case_draft, question=question)
    decided = review.model_copy(
        update={"state": "rejected", "decided_by": "U2", "note": _HOSTILE[:3000], "answer": "x" * 3000}
    )
    for message in (review_card(ReviewView(review, show), words), decided_card(ReviewView(decided, show), words)):
        assert block_errors(_blocks(message)) == []
        assert "<!channel>" not in _text(message)
    findings = review.case.findings
    for view in (
        draft_view(ReviewView(review, show), words), edit_view(review, words=words),
        edit_view(review, "x" * 3000, findings, words=words), reject_view(review, words), ask_back_view(review, words),
        reject_many_view(["r-1"] * 25, words), refused_view("x" * 4000, words), complaint_view("r-1", words),
        thanks_view(words),
    ):  # fmt: skip
        assert view_errors(view.to_dict()) == []


def test_a_card_that_must_hide_the_draft_shows_neither_draft_nor_quote_nor_approve() -> None:
    shown = _text(review_card(ReviewView(_review(draft()), show_draft=False)))
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


def test_a_long_answer_is_split_between_paragraphs_and_keeps_sources_and_buttons_at_its_end() -> None:
    paragraphs = [f"{n} & {QUOTA} [1]" + " x" * 600 for n in range(12)]
    *early, last = _replies(_answered("\n\n".join(paragraphs)))
    assert early
    for message in (*early, last):
        assert block_errors(_blocks(message)) == []
        assert markdown_length(_blocks(message)) <= 12_000
    assert all([b["type"] for b in _blocks(message)] == ["markdown"] for message in early)
    assert [b["type"] for b in _blocks(last)] == ["markdown", "section", "context", "context", "context_actions"]
    shown = "\n\n".join(b["text"] for m in (*early, last) for b in _blocks(m) if b["type"] == "markdown")
    assert all(f"{n} &amp; {QUOTA} [1]" in shown for n in range(12))


def test_an_approved_answer_says_who_stands_for_it_and_since_when() -> None:
    approval = Approval(curated_id="r-1", by="U7", at="2026-11-24T10:00:00+00:00")
    shown = _text(_reply(_answered().model_copy(update={"approved": approval})))
    assert "Approved by <@U7> on 24 Nov 2026" in shown


def test_a_follow_up_is_told_as_it_was_understood_and_files_are_named() -> None:
    shown = _text(_reply(_answered(), read_as="When is the <!channel> reminder sent?", files=True))
    assert "Understood as: “When is the &lt;!channel&gt; reminder sent?”" in shown
    assert "the files were left out" in shown
    corrected = _text(_reply(_answered(), read_as="When is it sent?", corrected=True))
    assert "I read this as: “When is it sent?”" in corrected


def test_whoever_may_read_more_is_offered_to_ask_in_private_and_nobody_else() -> None:
    for outcome in (
        NotEnoughInfo(reason=Failure.RETRIEVAL_LOW),
        NeedsReview(reason=Failure.UNVERIFIED, draft=None, sources=()),
    ):
        assert "ask_privately" in _text(_reply(outcome, may_see_more=True))
        assert block_errors(_blocks(_reply(outcome, may_see_more=True))) == []
        assert "ask_privately" not in _text(_reply(outcome))


def _status() -> Status:
    manifest = Manifest(
        format=1, name="s", created_at="2026-11-24T10:00:00", embedder="e", max_tokens=1, dimensions=1, chunk_count=2,
        search=VectorIndex(),
        documents={"a": "b"}, skipped=tuple(SkippedFile(document_id=_HOSTILE, reason=_HOSTILE) for _ in range(30)),
        checksums={},
    )  # fmt: skip
    days = tuple(
        (f"2026-11-{n:02}", kind, n * 1000) for n in range(1, 8) for kind in ("answered", "blocked", "limited")
    )
    return Status(manifest, Counts({"answered": 3}, 2, 1, 1, 1), "openai (m)", {"live": 2}, days, 3, 1)


@pytest.mark.parametrize("state", ["open", "rejected", "expired"])
@pytest.mark.parametrize("chosen", list(FILTERS))
@pytest.mark.parametrize("page", [0, 1, 12])
@pytest.mark.parametrize("words", [ENGLISH, words_in("de")], ids=["en", "de"])
def test_app_home_is_within_slacks_rules_however_much_there_is_to_show(
    state: str, chosen: str, page: int, words: Words
) -> None:
    reviews = [
        ReviewView(
            _review(
                draft(_HOSTILE), review_id=f"r-{n}", question=_HOSTILE, state=state,
                opened_at="2026-11-24T10:00:00+00:00", decided_by="U2",
            ),
            show_draft=True,
            is_outdated=True,
        )
        for n in range(100)
    ]  # fmt: skip
    view = home_view(Home(reviews, 100, chosen, page, _status(), "x" * 4000), words).to_dict()
    assert view_errors(view) == []
    assert "<!channel>" not in json.dumps(view)
    assert view_errors(home_view(Home(), words).to_dict()) == []


def test_command_answers_are_within_slacks_rules() -> None:
    trace = Trace(
        request_id="r-1", tenant_id="T1", user_id="U1", channel_id="C1", route="slack", outcome="answered",
        verdict="OK", retrieved_chunk_ids=tuple("a" * 12 for _ in range(400)), stage_ms={"generate": 1.0},
    )  # fmt: skip
    gaps = [
        GapCluster(
            tuple(
                Gap(
                    request_id="r", tenant_id="T", user_id=f"U{n}", question=_HOSTILE[:900], reason="x",
                    at="2026-11-24T10:00:00+00:00",
                )
                for n in range(9)
            ),
            (_HOSTILE,),
        )
    ] * 40  # fmt: skip
    reviews = [_review(None, question=_HOSTILE, opened_at="2026-11-24T10:00:00+00:00")] * 40
    usage = Usage(7, 10, 3, {"answered": 10}, 5, None, 12.0)
    for blocks in (
        why_blocks(Explained(trace)),
        gap_blocks(gaps),
        gap_blocks([]),
        review_blocks(reviews),
        review_blocks([]),
    ):
        assert block_errors([block.to_dict() for block in blocks]) == []
    assert block_errors([block.to_dict() for block in usage_blocks(usage, _status().days)]) == []


def test_a_review_shows_what_was_said_and_who_is_at_work() -> None:
    turns = tuple(Turn(user_id=f"U{n}", text=_HOSTILE) for n in range(9))
    review = _review(
        draft(), exchange=turns, awaits_asker=True, claimed_by="U2", claimed_at="2026-11-24T10:00:00+00:00"
    )
    card = review_card(ReviewView(review, show_draft=True))
    assert block_errors(_blocks(card)) == []
    assert "Waiting for the asker" in _text(card)
    assert "Take over" in _text(card)
    assert "Ask back" in _text(card)
    for message in (asked_back_message(review), answer_of_asker_message(review), reminder_message(review)):
        assert block_errors(_blocks(message)) == []
        assert "<!channel>" not in _text(message)


def test_an_edit_that_cannot_be_proved_shows_why_and_asks_whether_to_send_it_anyway() -> None:
    view = edit_view(_review(draft()), "It is 600 [1].", [Finding(code=FindingCode.UNSUPPORTED_VALUE, span="600")])
    told = json.dumps(view.to_dict())
    assert view_errors(view.to_dict()) == []
    assert "is not in the passages that the sentence cites." in told
    assert "UNSUPPORTED_VALUE" not in told
    assert "Send anyway" in told
    assert "Send anyway" not in json.dumps(edit_view(_review(draft())).to_dict())


def test_small_messages_are_within_the_rules() -> None:
    assert block_errors(_blocks(escalated_message(_review(None)))) == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "a moment"), (0.2, "1 second"), (45, "45 seconds"), (600, "10 minutes")]
)
def test_waits_are_said_in_words(seconds: float | None, words: str) -> None:
    assert waiting_time(seconds) == words


def test_an_askers_home_is_within_slacks_rules_however_much_they_asked() -> None:
    reviews = [
        _review(draft(), review_id=f"r-{n}", question=_HOSTILE, opened_at="2026-05-03T10:00:00+00:00") for n in range(9)
    ]
    view = home_view(Home(asker=AskersPart(_WHERE.user_id, [_HOSTILE] * 6, reviews))).to_dict()
    assert view_errors(view) == []
    shown = json.dumps(view)
    assert "<!channel>" not in "".join(json.dumps(b) for b in view["blocks"] if b["type"] != "actions")
    assert shown.count("in review since 3 May 2026") == 5
    assert "and 4 more" in shown
