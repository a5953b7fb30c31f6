"""Questions that look up a code, and long tables and lists of which one row or piece is shown."""

import pytest
from support.builders import chunk

from pipeline.lookup import codes, looks_up

_ROWS = chunk("c1", "| Code | What to do |\n| --- | --- |\n| E-77 | Clean the filter |", title="Errors", heading="Fans")


@pytest.mark.parametrize(
    "question", ["E-77", "e-77?", "What does E-77 mean?", "What must be done for E-77?", "fans: error E-77, filter"]
)
def test_a_code_that_a_chunk_holds_is_looked_up(question: str) -> None:
    assert looks_up(question, [_ROWS])


@pytest.mark.parametrize(
    "question", ["E-78", "E-7", "What does E-77 cost in Brazil?", "How do I clean the filter?", "77", "", "fan"]
)
def test_another_code_or_another_question_is_not(question: str) -> None:
    assert not looks_up(question, [_ROWS])


def test_a_code_may_stand_in_the_heading() -> None:
    assert looks_up("what to do about al-333", [chunk("c1", "Refill the tank.", heading="AL-333")])


@pytest.mark.parametrize(
    ("text", "found"),
    [("VX-1413 and v2.1", {"vx-1413", "v2.1"}), ("2026-12-24", set()), ("hello-world", set()), ("(E77).", {"e77"})],
)
def test_a_code_has_a_letter_and_a_digit(text: str, found: set[str]) -> None:
    assert codes(text) == found
