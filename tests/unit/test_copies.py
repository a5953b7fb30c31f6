"""Which of the bot's messages in a conversation are second copies, and which progress messages nobody completed."""

from typing import Any

from bot.slack.outgoing import SlackPayload
from bot.slack.posting import copies, left_behind, second_copies
from bot.store.records import Outgoing

_BOT = "U0BOT"
_REPLY = Outgoing(
    key="r-1", request_id="r-1", surface="slack", tenant_id="T1", channel_id="C1", thread_id="1.0", text="x",
    payload=SlackPayload(question_id="1.0").model_dump(),
)  # fmt: skip


def _own(ts: str, key: str = "") -> dict[str, Any]:
    metadata = {"metadata": {"event_type": "e", "event_payload": {"key": key}}} if key else {}
    return {"ts": ts, "user": _BOT, "text": "…", **metadata}


def test_the_copy_that_counts_and_the_first_of_each_part_stay() -> None:
    posted = [_own("1.1", "r-1#0"), _own("1.2", "r-1"), _own("1.3", "r-1#0"), _own("1.4", "r-1"), _own("1.5", "r-11")]
    assert copies(posted, "r-1") == {"r-1#0": {"1.1", "1.3"}, "r-1": {"1.2", "1.4"}}
    assert second_copies(posted, "r-1", "1.4") == ["1.2", "1.3"]


def test_nothing_is_a_second_copy_if_the_one_that_counts_is_not_there() -> None:
    assert second_copies([_own("1.2", "r-1")], "r-1", "1.9") == []
    assert second_copies([], "r-1", "1.9") == []


def test_a_progress_message_between_question_and_reply_was_left_behind() -> None:
    person = {"ts": "1.15", "user": "U1", "text": "hello"}
    posted = [_own("0.9"), {"ts": "1.0", "user": "U1"}, _own("1.1"), person, _own("1.2", "r-1"), _own("1.3")]
    assert left_behind(posted, _REPLY, "1.2", _BOT) == ["1.1"]


def test_where_the_question_is_no_message_nothing_was_left_behind() -> None:
    command = _REPLY.model_copy(update={"payload": SlackPayload().model_dump()})
    assert left_behind([_own("1.1")], command, "1.2", _BOT) == []
