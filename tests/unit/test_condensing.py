"""Which questions can be understood only with the turns before them."""

import pytest

from pipeline.condensing import is_follow_up


@pytest.mark.parametrize(
    "question",
    [
        "and the second one?",
        "How do I get there?",
        "What if it is in there already?",
        "Why not?",
        "What about customers in France?",
        "Can they pay in two parts then?",
        "How long does that take to arrive?",
        "Is there one for Windows?",
    ],
)
def test_a_question_that_refers_back_is_a_follow_up(question: str) -> None:
    assert is_follow_up(question)


@pytest.mark.parametrize(
    "question",
    [
        "Is there a Linux app?",
        "Are there discounts for schools?",
        "There are no invoices in my list, where do I look?",
        "Why is there no VAT on my invoice?",
        "When does the first payment reminder go out?",
    ],
)
def test_a_question_of_its_own_does_not(question: str) -> None:
    assert not is_follow_up(question)
