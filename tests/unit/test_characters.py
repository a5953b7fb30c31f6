import pytest

from pipeline.characters import whole

# The two halves of 😀 in UTF-16.
_HIGH, _LOW = chr(0xD83D), chr(0xDE00)


@pytest.mark.parametrize("text", ["", "plain", "Grüße, 日本語", "👍🏽", "a\ufeffb", "tab\tand\nline", "\ufffd"])
def test_valid_text_stays_as_it_is(text: str) -> None:
    assert whole(text) is text


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        (_HIGH, "\ufffd"),
        (_LOW, "\ufffd"),
        (f"a{_HIGH}b", "a\ufffdb"),
        (_HIGH + _HIGH, "\ufffd\ufffd"),
        (_LOW + _HIGH, "\ufffd\ufffd"),
        ("a\0b", "a\ufffdb"),
        (f"{_HIGH}\0", "\ufffd\ufffd"),
        (_HIGH + _LOW, "😀"),
        (f"{_HIGH}{_HIGH}{_LOW}!", "\ufffd😀!"),
        (f"\ufeff{_HIGH}", "\ufeff\ufffd"),
    ],
)
def test_halves_of_a_character_are_joined_or_replaced(broken: str, expected: str) -> None:
    assert whole(broken) == expected


def test_hidden_characters_are_left_out() -> None:
    assert whole("costs \u202e29\u202c euro\U000e0041") == "costs 29 euro"
