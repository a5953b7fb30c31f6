"""Values that a sentence must not change: months, dates and what it puts in quotation marks."""

import pytest

from pipeline.proof.comparing import comparable
from pipeline.proof.values import unsupported_values

_HELD = comparable(
    "You may cancel at any time. The plant closed in May 2013, the other in December of the same year. "
    'Click on the "Create New Page" button. The Webflow editor opens. It began on 24 June, 1998.'
)


@pytest.mark.parametrize(
    "told",
    [
        "The plant closed in May 2013.",
        "The plant closed in May.",
        "You may cancel. May 2013 was the end.",
        'Click on "Create New Page".',
        "It began in June 1998.",
        "It began on 24 June, 1998.",
        "May I cancel?",
    ],
)
def test_what_the_text_holds_is_supported(told: str) -> None:
    assert unsupported_values(told, _HELD) == []


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ("The plant closed in December 2013.", "december 2013"),
        ("It began in December 1998.", "december 1998"),
        ('Click on the "Create New Webflow" button.', "Create New Webflow"),
        ("Click on the “Open New Page” button.", "Open New Page"),
    ],
)
def test_what_only_its_parts_hold_is_not(told: str, missing: str) -> None:
    assert missing in unsupported_values(told, _HELD)


def test_a_verb_is_no_month() -> None:
    held = comparable("In November he wrote the book. Readers may find it hard.")
    assert unsupported_values("In May, he wrote the book.", held) == ["May"]
    assert unsupported_values("He wrote the book in May", held) == ["May"]
    assert unsupported_values("In November, he wrote the book.", held) == []
