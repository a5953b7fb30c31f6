"""Questions that look up a code, and long tables and lists of which one row or piece is shown."""

import pytest
from support.builders import chunk

from pipeline.extractive.passages import Asked, passage_of
from pipeline.extractive.sections import section_of
from pipeline.lookup import looks_up

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


def test_of_a_page_without_headings_only_the_paragraphs_that_match_are_shown() -> None:
    text = "The pool is open from 6:40 to 21:15.\n\nThe sauna costs 11 EUR.\n\n> **Warning:** No diving."
    page, section = (chunk("c1", text, heading=heading) for heading in ("Page 1", "Pool"))
    asked = Asked.of("When is the pool open?")
    shown = [[unit.text for unit in passage_of(section_of([one]), 0, asked)] for one in (page, section)]
    assert [len(units) for units in shown] == [2, 3]
    assert not any("sauna" in unit for unit in shown[0])
