from typing import Any

import pytest

from bot.slack.conversation import conversation_of
from bot.slack.events import question_in


def _body(**event: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the event
    base = {"type": "message", "user": "U1", "ts": "1.1", "text": "hi", "channel": "D1", "channel_type": "im"}
    return {"team_id": "T1", "event_id": "Ev1", "type": "event_callback", "event": {**base, **event}}


def test_a_direct_message_is_a_private_question() -> None:
    question = question_in(_body())
    assert question is not None
    assert question.where.private
    assert question.where.thread_id == "1.1"


def test_a_mention_is_a_question_for_the_channel_and_stays_in_its_thread() -> None:
    question = question_in(_body(type="app_mention", channel="C1", channel_type=None, thread_ts="0.9"))
    assert question is not None
    assert not question.where.private
    assert question.where.thread_id == "0.9"


def test_the_mention_and_the_message_of_one_post_share_a_key() -> None:
    mention, message = question_in(_body(type="app_mention")), question_in(_body())
    assert mention is not None
    assert message is not None
    assert mention.keys[1] == message.keys[1]


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "B1"},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "bot_message"},
        {"channel_type": "channel"},
        {"user": None},
        {"ts": None},
        {"type": "reaction_added"},
    ],
)
def test_what_does_not_address_the_bot_is_left_alone(event: dict[str, Any]) -> None:
    assert question_in(_body(**event)) is None


def test_a_body_without_an_event_is_left_alone() -> None:
    assert question_in({}) is None


def test_what_one_person_saw_is_continued_in_a_direct_message() -> None:
    body = {"user": {"id": "U1"}, "channel": {"id": "C1"}, "team": {"id": "T1"}, "container": {"is_ephemeral": True}}
    where = conversation_of(body)
    assert (where.channel_id, where.private, where.thread_id) == ("U1", True, "")
