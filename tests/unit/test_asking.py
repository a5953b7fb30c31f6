"""Which messages without a mention read as questions to the bot, and what of a thread is no turn."""

import json
from pathlib import Path

import pytest

from pipeline.types import ThreadTurn
from pipeline.understanding.asking import names_a_person, reads_as_question
from pipeline.understanding.followups import without_small_talk

_SAID = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "fixtures" / "in_threads.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(("name", "kept_at_least", "wrong_at_most"), [("seen", 20, 0), ("unseen", 20, 1)])
def test_most_follow_ups_read_as_questions_and_most_talk_does_not(
    name: str, kept_at_least: int, wrong_at_most: int
) -> None:
    said = [row for row in _SAID if row["set"] == name]
    kept = sum(reads_as_question(row["text"]) for row in said if row["for_bot"])
    wrong = sum(reads_as_question(row["text"]) for row in said if not row["for_bot"])
    assert kept >= kept_at_least
    assert wrong <= wrong_at_most


@pytest.mark.parametrize(
    "text",
    ["Robin, could you look?", "hey Priya can you look", "Robin: see above", "@Alex what now?", "Thanks! Robin, ok?"],
)
def test_a_message_that_begins_with_a_name_is_for_that_person(text: str) -> None:
    assert names_a_person(text)
    assert not reads_as_question(text)


@pytest.mark.parametrize("text", ["Also, how do I pay?", "Yes, how?", "Ok, and where?", "So: is it free?"])
def test_an_opening_word_is_no_name(text: str) -> None:
    assert not names_a_person(text)
    assert reads_as_question(text)


@pytest.mark.parametrize(
    "text",
    ["> how do I pay?", "see https://a.example/?q=1 there", "`is it?`", "", "how " * 1_000],
)
def test_quotes_links_and_code_ask_nothing(text: str) -> None:
    assert not reads_as_question(text)


@pytest.mark.parametrize("text", ["何日ですか。", "多少钱\uff1f", "كم السعر؟", "¿y los anuales?"])
def test_questions_in_other_scripts_are_read_by_their_mark(text: str) -> None:
    assert reads_as_question(text)


def test_small_talk_and_the_reply_to_a_greeting_are_no_turns() -> None:
    hello, intro = ThreadTurn("asker", "hi there"), ThreadTurn("assistant", "I answer questions. For example:")
    question, answer = ThreadTurn("asker", "How do I pay?"), ThreadTurn("assistant", "By card [1].")
    thanks, approved = ThreadTurn("asker", "thanks!"), ThreadTurn("assistant", "Approved: by card [1].")
    turns = (hello, intro, question, answer, thanks, approved)
    assert without_small_talk(turns) == (question, answer, approved)
