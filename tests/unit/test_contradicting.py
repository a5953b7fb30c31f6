"""Which two sections say the same with other numbers."""

import pytest

from pipeline.extractive.contradicting import contradict

_OLD = "The Team plan costs 12 dollars a person and month."


@pytest.mark.parametrize(
    ("question", "text", "other"),
    [
        ("How much is the Team plan?", _OLD, "The Team plan is 19 dollars for each person per month, billed yearly."),
        ("hotel limit", "The hotel limit is 120 EUR a night.", "The hotel limit is 145 EUR a night."),
        ("How long is the warranty?", "The warranty is 24 months.", "All devices: the warranty is 36 months."),
        ("Wie lange gilt die Garantie?", "Die Garantie gilt 24 Monate.", "Die Garantie gilt 36 Monate ab Kauf."),
    ],
)
def test_two_editions_contradict(question: str, text: str, other: str) -> None:
    assert contradict(question, text, other)
    assert contradict(question, other, text)


@pytest.mark.parametrize(
    ("question", "text", "other"),
    [
        ("How much is the Team plan?", _OLD, _OLD),
        ("How much is the Team plan?", _OLD, "A person may use 3 devices."),
        ("How much is the Team plan?", _OLD, "The Team plan costs 12 dollars a person and month, from 2 persons on."),
        ("What does Nimbus Pro cost?", "Nimbus Pro costs 9 EUR a month.", "Nimbus Go costs 5 EUR a month."),
        ("What is new in version 3.3?", "New in version 3.3: 4 themes.", "New in version 3.2: 2 themes."),
        ("How do I log in?", "Open the app and log in.", "Open the app and choose log in."),
    ],
)
def test_the_same_another_subject_and_an_addition_do_not(question: str, text: str, other: str) -> None:
    assert not contradict(question, text, other)
