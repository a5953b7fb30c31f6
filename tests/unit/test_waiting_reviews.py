"""What askers and reviewers read of a waiting review, and how its sources are numbered (pure)."""

import pytest

from bot.desk.asker_changes import Waiting, without
from bot.desk.numbering import numbered, numbers_in, text_with_numbers, with_numbers
from bot.desk.outlook import Outlook
from bot.desk.review_views import ReviewView
from bot.sandbox.blockkit import block_errors
from bot.slack.proposals import plain_text, proposal_of
from bot.slack.review_cards import review_card
from bot.store.records import Conversation, JoinedAsker, Review
from bot.surfaces.showing import quote_as_lists
from bot.surfaces.waiting_words import duration, outlook_words, repeated_question, state_words
from bot.surfaces.words import words_in
from pipeline.types import Citation, Draft, Failure, Finding, FindingCode, NeedsReview, Source

_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.5", private=False)


def _source(marker: int) -> Source:
    return Source(
        marker=marker, chunk_id=f"c{marker}", document_id=f"d{marker}.md", title=f"Page {marker}", heading="",
        url=None, groups=frozenset(),
    )  # fmt: skip


def _case(answer: str = "Seven [7], three [3] and `[9]`.") -> NeedsReview:
    citations = (Citation(marker=3, chunk_id="c3", quote="three"), Citation(marker=7, chunk_id="c7", quote="seven"))
    return NeedsReview(
        reason=Failure.UNVERIFIED,
        draft=Draft(status="answered", answer=answer, confidence="high", citations=citations),
        sources=(_source(3), _source(5), _source(7)),
        findings=(Finding(code=FindingCode.NOT_STATED, span="Seven [7]"),),
    )


def _review(**fields: object) -> Review:
    return Review(review_id="r-1", question="How?", conversation=_WHERE, case=numbered(_case())).model_copy(
        update=fields
    )


def test_sources_are_numbered_in_the_order_of_the_draft_and_keep_their_chunks() -> None:
    case = numbered(_case())
    assert case.draft
    assert case.draft.answer == "Seven [1], three [2] and `[9]`."
    assert [(source.marker, source.chunk_id) for source in case.sources] == [(1, "c7"), (2, "c3"), (3, "c5")]
    assert {(c.marker, c.chunk_id) for c in case.draft.citations} == {(1, "c7"), (2, "c3")}
    assert case.findings[0].span == "Seven [1]"
    assert numbered(case) == case


def test_what_a_reviewer_left_standing_is_numbered_from_one_when_it_is_sent() -> None:
    case = numbered(_case())
    text = "Only three [2]."
    numbers = numbers_in(text, case)
    assert text_with_numbers(text, numbers) == "Only three [1]."
    sent = with_numbers(case, numbers)
    assert next(source.chunk_id for source in sent.sources if source.marker == 1) == "c3"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "one minute"), (59 * 60, "59 minutes"), (3600, "one hour"), (7300, "2 hours"), (23.7 * 3600, "one day"),
        (86_400 * 3, "3 days"),
    ],
)  # fmt: skip
def test_a_duration_is_told_in_whole_minutes_hours_or_days(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("outlook", "said"),
    [
        (None, ""),
        (Outlook(), ""),
        (Outlook((), 1), ""),
        (Outlook((), 3), "One of 3 reviewers will look at it."),
        (Outlook(("Robin",), 1), "Robin will look at it."),
        (Outlook(("Alex", "Robin"), 2), "Alex or Robin will look at it."),
        (Outlook(("Alex", "Robin", "Sam"), 3), "Alex, Robin or another reviewer will look at it."),
        (Outlook(("Robin",), 1, 7200), "Robin will look at it. That usually takes about 2 hours."),
    ],
)
def test_the_outlook_says_what_is_known_and_no_more(outlook: Outlook | None, said: str) -> None:
    assert outlook_words(outlook) == said


def test_the_state_of_a_review_is_told_in_german_too() -> None:
    waiting = Waiting(_review(), "Wie?", 7200, "R", "Robin", is_reminded=True, outlook=Outlook())
    said = state_words(waiting, _WHERE.model_copy(update={"private": True}), words_in("de-AT"))
    assert said.startswith("Deine Frage „Wie?“ liegt seit 2 Stunden beim Prüfteam. Robin arbeitet daran.")


@pytest.mark.parametrize(("user", "awaits"), [("U1", True), ("U2", False)])
def test_only_whom_a_reviewer_has_asked_is_told_that_reviewers_wait(user: str, awaits: bool) -> None:  # noqa: FBT001
    where = _WHERE.model_copy(update={"user_id": user})
    joined = JoinedAsker(request_id="r-2", conversation=where, question="How?")
    review = _review(joined=(joined,), awaits_asker=True, claimed_by="R")
    said = state_words(Waiting(review, "How?", 60, "R", "Robin", is_reminded=False, outlook=Outlook()), where)
    assert ("waiting for your reply" in said, "Robin is working on it" in said) == (awaits, not awaits)


def test_the_question_is_repeated_only_where_no_thread_shows_it() -> None:
    assert repeated_question(_review()) == ""
    alone = _WHERE.model_copy(update={"thread_id": ""})
    assert repeated_question(_review(conversation=alone)) == "You asked: “How?”"
    # A question that was rewritten from a thread may repeat an earlier answer.
    assert repeated_question(_review(conversation=alone, own_words="And this?")) == "You asked: “And this?”"


def test_taking_back_one_of_several_asks_leaves_the_others() -> None:
    other = JoinedAsker(request_id="r-2", conversation=_WHERE.model_copy(update={"user_id": "U2"}))
    review = _review(joined=(other,), awaits_asker=True)
    assert without(review, ["r-2"]).askers == ("U1",)
    moved = without(review, ["r-1"])
    assert (moved.askers, moved.joined, moved.state, moved.awaits_asker) == (("U2",), (), "open", False)
    assert without(review, ["r-1", "r-2"]).state == "withdrawn"


def test_who_is_left_keeps_their_own_request_and_reads_their_own_words() -> None:
    alone = _WHERE.model_copy(update={"thread_id": "", "user_id": "U2"})
    others = tuple(JoinedAsker(request_id=f"r-{n}", conversation=alone, question=f"How, says {n}?") for n in (2, 3))
    moved = without(_review(joined=others, own_words="From a private chat?"), ["r-1"])
    assert [ask.request_id for ask in moved.asks] == ["r-2", "r-3"]
    assert repeated_question(moved) == "You asked: “How, says 2?”"
    assert without(moved, ["r-1"]) == moved
    assert [ask.request_id for ask in without(moved, ["r-2"]).asks] == ["r-3"]


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("| Plan | Price |\n| --- | --- |\n| S | 5 |", "- **Plan:** S; **Price:** 5"),
        ("| S | 5 |", "- S; 5"),
        ("One line.", "One line."),
        ("```\n| a | b |\n```", "```\n| a | b |\n```"),
    ],
)
def test_a_quote_shows_the_rows_of_a_table_as_a_list_and_loses_none(quote: str, shown: str) -> None:
    assert quote_as_lists(quote).strip() == shown


def test_a_card_with_a_long_draft_and_many_quotes_is_one_that_slack_takes() -> None:
    citations = tuple(Citation(marker=1, chunk_id="c", quote=f"{n} {'<q>' * 400}") for n in range(9))
    draft = Draft(status="answered", answer="Long & true. " * 1200 + "[1]", confidence="low", citations=citations)
    case = NeedsReview(reason=Failure.UNVERIFIED, draft=draft, sources=(_source(1),))
    card = review_card(ReviewView(_review(case=case), show_draft=True))
    blocks = [block.to_dict() for block in card.blocks]
    assert block_errors(blocks) == []
    assert sum(len(block["text"]) for block in blocks if block["type"] == "markdown") <= 12_000


def _event(**fields: object) -> dict[str, object]:
    event = {"type": "message", "channel": "C9", "thread_ts": "1.0", "ts": "2.0", "user": "U1", "text": "No."}
    return {"event": event | fields}


def test_a_reply_in_a_thread_may_propose_an_answer() -> None:
    assert proposal_of(_event(text="Only in Spain."))


@pytest.mark.parametrize(
    "fields",
    [
        {"thread_ts": ""}, {"thread_ts": "2.0"}, {"subtype": "message_changed"}, {"bot_id": "B1"}, {"user": ""},
        {"text": " "}, {"text": "ok"}, {"text": "<@U2> can you look"}, {"text": "Who knows this?"},
        {"type": "app_mention"},
    ],
)  # fmt: skip
def test_any_other_message_proposes_nothing(fields: dict[str, object]) -> None:
    assert proposal_of(_event(**({"text": "Only in Spain."} | fields))) is None


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("a &lt; b &amp; c", "a < b & c"),
        ("see <https://a.example/x>", "see https://a.example/x"),
        ("see <http://a.example|a.example>", "see http://a.example"),
        ("see <https://a.example/x|the page>", "see [the page](https://a.example/x)"),
        ("in <#C1|help>", "in #help"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("    indented\n  code", "    indented\n  code"),
    ],
)
def test_a_reply_is_read_as_it_was_typed(sent: str, typed: str) -> None:
    assert plain_text(sent) == typed
