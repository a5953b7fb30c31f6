import pytest

from pipeline.proof.sentences import markers_in, sentences, with_markers


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("It costs 29 euro. [1] Then pay. [2]", ["It costs 29 euro. [1]", "Then pay. [2]"]),
        ("Use e.g. the app. Done.", ["Use e.g. the app.", "Done."]),
        ("See https://help.example/a.b?c=d. Next.", ["See https://help.example/a.b?c=d.", "Next."]),
        ("1. Open it. [1]\n2. Close it. [1]", ["1. Open it. [1]", "2. Close it. [1]"]),
        ("- first\n- second", ["- first", "- second"]),
        ("Version 2.5 is out. Get it.", ["Version 2.5 is out.", "Get it."]),
        ("これは文です。次の文です。", ["これは文です。", "次の文です。"]),
        ("Run this: [1]\n```\na. b. c.\n```", ["Run this: [1]\n```\na. b. c.\n```"]),
        ("Type `. .venv/x. Y` now. Done.", ["Type `. .venv/x. Y` now.", "Done."]),
        ("", []),
    ],
)
def test_sentences_survive_lists_code_abbreviations_and_links(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


def test_a_bracketed_number_in_code_is_no_marker() -> None:
    text = "Use `a[3]` here [2].\n```\nb[4]\n```"
    assert markers_in(text) == [2]
    assert with_markers(text, {2: 1}) == "Use `a[3]` here [1].\n```\nb[4]\n```"
