import pytest

from pipeline.characters import whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain 日本 😀", "plain 日本 😀"),
        ("a\ud83d", "a\ufffd"),
        ("\ude00b", "\ufffdb"),
        ("\ud83d\ude00", "😀"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("a\x00b", "a\ufffdb"),
        ("", ""),
    ],
)
def test_halves_of_characters_and_nul_are_replaced(text: str, expected: str) -> None:
    assert whole(text) == expected
    whole(text).encode()
