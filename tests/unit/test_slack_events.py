from typing import Any

import pytest

from bot.slack import commands
from bot.slack.payloads import (
    TAKES,
    Intake,
    conversation_of,
    intake_of,
    is_of_another,
    question_in_command,
    speaker_of,
    withdrawal_of,
)
from bot.store.records import Asked
from bot.surfaces.wording import is_reaction


def _body(**event: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the event
    base = {"type": "message", "user": "U1", "ts": "1.1", "text": "hi", "channel": "D1", "channel_type": "im"}
    return {"team_id": "T1", "event_id": "Ev1", "type": "event_callback", "event": {**base, **event}}


def _asked(body: dict[str, Any]) -> Asked | None:
    intake = intake_of(body)
    return intake.asked if intake else None


def _intake(body: dict[str, Any]) -> Intake:
    intake = intake_of(body)
    assert intake is not None
    return intake


def test_a_direct_message_is_a_private_question() -> None:
    question = _asked(_body())
    assert question is not None
    assert question.where.private
    assert question.where.thread_id == "1.1"


def test_a_mention_is_a_question_for_the_channel_and_stays_in_its_thread() -> None:
    question = _asked(_body(type="app_mention", channel="C1", channel_type=None, thread_ts="0.9"))
    assert question is not None
    assert not question.where.private
    assert question.where.thread_id == "0.9"


def test_the_mention_and_the_message_of_one_post_share_a_key() -> None:
    assert _intake(_body(type="app_mention")).keys[0] == _intake(_body()).keys[0]


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
    assert _asked(_body(**event)) is None


def test_a_body_without_an_event_is_left_alone() -> None:
    assert _asked({}) is None


def test_what_one_person_saw_is_continued_in_a_direct_message() -> None:
    body = {"user": {"id": "U1"}, "channel": {"id": "C1"}, "team": {"id": "T1"}, "container": {"is_ephemeral": True}}
    where = conversation_of(body)
    assert (where.channel_id, where.private, where.thread_id) == ("U1", True, "")


def test_an_untagged_message_counts_only_in_a_thread_and_not_if_it_addresses_somebody_else() -> None:
    follow = {"channel": "C1", "channel_type": "channel", "thread_ts": "1.0"}
    assert _intake(_body(**follow)).asked.untagged
    assert _intake(_body(**follow)).asked.is_reply
    for mention in ("<@U2>", "<!here>", "<!subteam^S1|@leads>"):
        assert intake_of(_body(**follow, text=f"{mention} what do you think?")) is None
    assert intake_of(_body(channel="C1", channel_type="channel")) is None


def test_who_speaks_in_a_thread_of_a_channel_is_known_whatever_it_is_about() -> None:
    follow = {"channel": "C1", "channel_type": "channel", "thread_ts": "1.0", "text": "<@U2> lunch?"}
    where = speaker_of(_body(**follow))
    assert where is not None
    assert (where.user_id, where.channel_id, where.thread_id) == ("U1", "C1", "1.0")
    others: list[dict[str, Any]] = [
        {"bot_id": "B1"}, {"subtype": "message_changed"}, {"thread_ts": None}, {"channel_type": "im"},
    ]  # fmt: skip
    assert [speaker_of(_body(**{**follow, **other})) for other in others] == [None] * 4
    assert speaker_of({"command": "/citedesk"}) is None


def test_an_app_is_nobody_in_a_thread() -> None:
    assert is_of_another({"user": "U2"}, "U1")
    assert not any(is_of_another(m, "U1") for m in ({"user": "U1"}, {"user": "U3", "bot_id": "B1"}, {}))


def test_a_command_a_shortcut_and_a_button_are_questions_for_one_person() -> None:
    command = {"command": "/citedesk", "text": "ask  How many?", "team_id": "T1", "user_id": "U1", "trigger_id": "t1"}
    who = {"team": {"id": "T1"}, "user": {"id": "U1"}, "trigger_id": "t2"}
    shortcut = {"type": "message_action", "callback_id": "ask_about_this", **who, "message": {"text": "How many?"}}
    button = {
        "type": "block_actions", **who, "channel": {"id": "C1"}, "message": {"ts": "1.1"},
        "actions": [{"action_id": "ask_privately", "value": "r-1\nHow many?", "action_ts": "2.2"}],
    }  # fmt: skip
    for body in (command, shortcut, button):
        intake = _intake(body)
        assert intake.asked.text == "How many?"
        assert (intake.asked.where.private, intake.asked.where.channel_id) == (True, "U1")
    assert intake_of({**command, "text": "status"}) is None
    assert intake_of({**shortcut, "callback_id": "other"}) is None


def test_an_edit_says_what_the_message_says_now_and_a_deletion_that_it_is_gone() -> None:
    key = _intake(_body()).keys[0]
    changed = {
        "subtype": "message_changed", "message": {"ts": "1.1", "text": "how?"}, "previous_message": {"text": "hi"},
    }  # fmt: skip
    edit = withdrawal_of(_body(**changed))
    assert edit is not None
    assert (edit.key, edit.text) == (key, "how?")
    gone = withdrawal_of(_body(subtype="message_deleted", deleted_ts="1.1"))
    assert gone is not None
    assert (gone.key, gone.text) == (key, None)
    unfurled = {**changed, "message": {"ts": "1.1", "text": "hi"}}
    assert withdrawal_of(_body(**unfurled)) is None
    assert withdrawal_of(_body()) is None


@pytest.mark.parametrize("text", ["thanks!", "Ok, great", ":+1:", "got it", "Thank you"])
def test_thanks_need_no_answer(text: str) -> None:
    assert is_reaction(text)


@pytest.mark.parametrize("text", ["and in France?", "ok but how?", "why", "no it does not work"])
def test_a_follow_up_is_no_pleasantry(text: str) -> None:
    assert not is_reaction(text)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("ask How long?", "How long?"),
        ("ASK How long?", "How long?"),
        ("ask", ""),
        ("How do I reset my password?", "How do I reset my password?"),
        ("refund policy", "refund policy"),
        ("status of my order?", "status of my order?"),
        ("help me with the VPN", "help me with the VPN"),
        ("why was I charged twice?", "why was I charged twice?"),
        ("How\ndo I pay?", "How\ndo I pay?"),
        ("", None),
        ("help", None),
        ("remind", None),
        ("Status ", None),
        ("why r-12345678", None),
        ("why", None),
        ("rollback 20261101T000000-abc", None),
    ],
)
def test_what_follows_the_command_and_is_no_command_is_a_question(text: str, question: str | None) -> None:
    assert question_in_command(text) == question


def test_the_commands_that_are_told_from_questions_are_those_that_run() -> None:
    assert TAKES.keys() == commands.COMMANDS.keys()
