"""Which questions one answer fits: short forms are whole words, and opposite directions are other questions (pure)."""

import pytest

from pipeline.question_matching import same_question


@pytest.mark.parametrize(
    ("asked", "again"),
    [
        ("What's the door code for the bike cellar?", "What is the door code for the bike cellar, please?"),
        ("Why doesn't the badge open gate B?", "Why does the badge not open gate B?"),
        ("Why can't I log in?", "Why can I not log in?"),
        ("Why cannot I log in?", "Why can't I log in?"),
        ("We've lost a key", "We have lost a key"),
        ("How do I import a list from a file?", "How do I import a list with a file?"),
        ("How to send a file to Peru", "How do I send a file to Peru?"),
    ],
)
def test_other_forms_of_the_same_words_ask_the_same(asked: str, again: str) -> None:
    assert same_question(asked, again)
    assert same_question(again, asked)


@pytest.mark.parametrize(
    ("asked", "other"),
    [
        ("Do we ship batteries to Switzerland by air?", "Do we ship batteries from Switzerland by air?"),
        ("Can we move a licence from Anna to Ben?", "Can we move a licence from Ben to Anna?"),
        ("How do I import contacts into the address book?", "How do I import contacts from the address book?"),
        ("Why doesn't the badge open gate B?", "Why does the badge open gate B?"),
    ],
)
def test_the_opposite_direction_or_its_denial_asks_something_else(asked: str, other: str) -> None:
    assert not same_question(asked, other)
    assert not same_question(other, asked)
