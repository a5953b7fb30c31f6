"""For whom an answer without sources is remembered, and when a rejected question gets its next card (pure)."""

from typing import Any

import pytest
from support.builders import context, draft

from bot.desk.joining import after_rejection, ask_alike
from bot.desk.kept import gap_of, redrafted
from bot.desk.remembering import as_outcome, is_for, is_for_others, remembered_of, replaced_by
from bot.settings import ChannelSettings
from bot.store.records import Asked, Conversation, JoinedAsker, Review, Turn
from pipeline.types import Failure, NeedsReview, Trace

_WHERE = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1", private=False)
_PRIVATE = _WHERE.model_copy(update={"channel_id": "D1", "private": True})
_CASE = NeedsReview(reason=Failure.INSUFFICIENT_CONTEXT, draft=None, sources=())


def _review(**fields: Any) -> Review:  # noqa: ANN401 - fields of the record
    made = {"review_id": "r-1", "question": "How?", "conversation": _WHERE, "case": _CASE, "readable_groups": ("a",)}
    return Review(**made | fields)


def _decided(state: str, at: str = "2026-11-02T09:00:00+00:00", **fields: Any) -> Review:  # noqa: ANN401
    return _review(state=state, decided_by="R", decided_at=at, answer="So.", **fields)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"conversation": _PRIVATE}, False),
        ({"joined": (JoinedAsker(request_id="r-2", conversation=_PRIVATE),)}, False),
        ({"own_words": "And how there?"}, False),
        ({"exchange": (Turn(user_id="R", text="Which account?"), Turn(user_id="U1", text="Mine, 123."))}, False),
        ({"exchange": (Turn(user_id="R", text="Which account?"),)}, True),
        ({"exchange": (Turn(user_id="U9", text="wrong"),)}, True),
    ],
)
def test_what_may_be_a_private_matter_is_not_for_others_by_itself(fields: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    assert is_for_others(_review(**fields)) is expected


def test_an_answer_of_whose_readers_nothing_is_known_is_not_remembered() -> None:
    assert remembered_of(_decided("edited", readable_groups=None)) is None
    assert remembered_of(_review()) is None


@pytest.mark.parametrize(
    ("asker", "expected"),
    [
        ({}, True),
        ({"channel_id": "C9"}, True),
        ({"groups": frozenset({"a", "b"})}, False),
        ({"groups": frozenset()}, False),
        ({"groups": frozenset({"a", "b"}), "audience": frozenset({"a"})}, True),
        ({"outside": True}, False),
        ({"route": "teams"}, False),
        ({"channel_id": "C-german"}, False),
        ({"team_id": "T-german"}, False),
    ],
)
def test_it_is_for_the_same_readers_where_the_same_rules_hold(asker: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    channels = {"C-german": ChannelSettings(language="de"), "T-german": ChannelSettings(language="de")}
    known = remembered_of(_decided("edited"))
    assert known is not None
    who = context(**{"tenant_id": "T1", "channel_id": "C1", "route": "slack", "groups": frozenset({"a"})} | asker)
    assert is_for(known, who, lambda one, other: ask_alike(channels, one, other)) is expected


def test_a_new_answer_replaces_what_the_same_readers_got_and_nothing_else() -> None:
    known = [
        answer
        for fields in (
            {"review_id": "r-same"},
            {"review_id": "r-leads", "readable_groups": ("leads",)},
            {"review_id": "r-teams", "conversation": _WHERE.model_copy(update={"surface": "teams"})},
            {"review_id": "r-new"},
        )
        if (answer := remembered_of(_decided("edited", **fields)))
    ]
    replaced = replaced_by(_decided("edited", review_id="r-new"), known, lambda one, other: ask_alike({}, one, other))
    assert [answer.curated_id for answer in replaced] == ["r-same"]


def test_it_is_a_gap_all_the_same_and_no_draft() -> None:
    known = remembered_of(_decided("edited"))
    assert known is not None
    outcome = as_outcome(known)
    trace = Trace(
        request_id="r-2", tenant_id="T1", user_id="U2", channel_id="C1", route="slack", outcome="answered", verdict="OK"
    )
    gap = gap_of(Asked(text="How?", where=_WHERE), outcome, trace)
    assert (gap.request_id if gap else "") == "r-2"
    redone = redrafted(_CASE, outcome)
    assert redone is not None
    assert redone.draft is None


def test_the_same_words_to_two_questions_are_two_answers() -> None:
    one, other = (remembered_of(_decided("edited", review_id=review_id)) for review_id in ("r-1", "r-2"))
    assert one is not None
    assert other is not None
    assert as_outcome(one).content_hash != as_outcome(other).content_hash


def test_a_rejected_question_gets_its_next_card_a_day_after_the_rejection() -> None:
    again = after_rejection(_review(review_id="r-2"), [_decided("rejected", note="No.")], lambda _: True, 24)
    assert again.rejected_before is not None
    assert (again.rejected_before.by, again.rejected_before.note) == ("R", "No.")
    assert again.card_after == "2026-11-03T09:00:00.000000+00:00"


@pytest.mark.parametrize(
    ("decided", "told", "waits"),
    [
        ([], False, False),
        ([_decided("edited"), _decided("rejected")], False, False),
        ([_decided("rejected", conversation=_PRIVATE), _decided("edited")], True, True),
        ([_decided("rejected", own_words="How?")], False, False),
        ([_decided("rejected", conversation=_PRIVATE.model_copy(update={"user_id": "U9"}))], False, False),
    ],
)
def test_the_last_decision_counts_and_another_persons_private_matter_does_not(
    decided: list[Review],
    told: bool,  # noqa: FBT001
    waits: bool,  # noqa: FBT001
) -> None:
    again = after_rejection(_review(review_id="r-2"), decided, lambda _: True, 24)
    assert (again.rejected_before is not None, bool(again.card_after)) == (told, waits)


@pytest.mark.parametrize(("answer", "waits"), [("So.", True), ("Otherwise.", False)])
def test_a_draft_that_reviewers_have_not_seen_gets_its_card_at_once(answer: str, waits: bool) -> None:  # noqa: FBT001
    rejected = _decided("rejected", case=_CASE.model_copy(update={"draft": draft("So.")}))
    new = _review(review_id="r-2", case=_CASE.model_copy(update={"draft": draft(answer)}))
    again = after_rejection(new, [rejected], lambda _: True, 24)
    assert again.rejected_before is not None
    assert bool(again.card_after) is waits
