import pytest

from pipeline.proof.markers import markers_in, statements, with_markers
from pipeline.proof.units import shown_with, units


def _parts(text: str) -> list[str]:
    return [unit.of(text) for unit in units(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Use e.g. the form. Then wait.", ["Use e.g. the form.", "Then wait."]),
        ("See https://help.example/a.b?c=d. Next.", ["See https://help.example/a.b?c=d.", "Next."]),
        ("It costs approx. $5.00 a month. Pay.", ["It costs approx. $5.00 a month.", "Pay."]),
        ("Version 2.5 is out. Get it.", ["Version 2.5 is out.", "Get it."]),
        ("これは文です。次の文です。", ["これは文です。", "次の文です。"]),
        ("Am 3. Mai und im 2. Jahr. Danach nicht.", ["Am 3. Mai und im 2. Jahr.", "Danach nicht."]),
        ("Nach Art. 15 Abs. 1 gilt es, z. B. hier. Gut.", ["Nach Art. 15 Abs. 1 gilt es, z. B. hier.", "Gut."]),
        ("Type `. .venv/x. Y` now. Done.", ["Type `. .venv/x. Y` now.", "Done."]),
        (
            "# Title\nText follows:\n1. Open it. Wait.\n2. Close",
            ["# Title", "Text follows:", "1. Open it. Wait.", "2. Close"],
        ),
        ("- first\n  - inner\n- second", ["- first", "- inner", "- second"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ["| a | b |", "| 1 | 2 |"]),
        ("Run:\n\n```\na. b. c.\n```\n\nThen.", ["Run:", "```\na. b. c.\n```", "Then."]),
        ("", []),
    ],
)
def test_a_sentence_an_item_a_row_and_a_code_block_are_units_of_their_own(text: str, parts: list[str]) -> None:
    assert _parts(text) == parts


_PAGE = "You cannot:\n\n- delete it\n- move it\n\nElse it works. Ask us.\n\n| plan | price |\n|---|---|\n" + "".join(
    f"| p{n} | {n} |\n" for n in range(20)
)


def _shown(*wanted: str) -> list[str]:
    found = [unit for unit in units(_PAGE) if unit.of(_PAGE) in wanted]
    return [unit.of(_PAGE) for unit in shown_with(_PAGE, found)]


def test_an_item_is_shown_with_its_list_and_the_lead_in_that_may_turn_it_round() -> None:
    assert _shown("- move it") == ["You cannot:", "- delete it", "- move it"]


def test_a_row_of_a_long_table_is_shown_with_its_header() -> None:
    assert _shown("| p7 | 7 |") == ["Ask us.", "| plan | price |", "| p7 | 7 |"]


def test_a_sentence_is_shown_alone() -> None:
    assert _shown("Ask us.") == ["Ask us."]


def test_a_bracketed_number_in_code_or_behind_a_backslash_is_no_marker() -> None:
    text = "Use `a[3]` and \\[5] here [2].\n```\nb[4]\n```"
    assert markers_in(text) == [2]
    assert with_markers(text, {2: 1}) == "Use `a[3]` and \\[5] here [1].\n```\nb[4]\n```"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("It costs 29 euro. [1] Then pay. [2]", [("It costs 29 euro.", (1,)), ("Then pay.", (2,))]),
        ("Yes. You can [1][3].", [("Yes.", (1, 3)), ("You can .", (1, 3))]),
        ("A [1]. B.", [("A .", (1,)), ("B.", (1,))]),
        (
            "Do this [2]:\n1. Open it.\n2. Close it [1].",
            [("Do this :", (2,)), ("1. Open it.\n2. Close it .", (1,))],
        ),
        ("1. Clear it [1].\n2. Turn it on [2].", [("1. Clear it .\n2. Turn it on .", (1, 2))]),
        ("- one\n- two\n\n[4]", [("- one", (4,)), ("- two", (4,))]),
        ("Sure!\n\nIt is so [1].", [("Sure!", (1,)), ("It is so .", (1,))]),
        ("Nothing cited.", [("Nothing cited.", ())]),
    ],
)
def test_a_marker_covers_what_stands_with_it(answer: str, told: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(statement.text, statement.markers) for statement in statements(answer)] == told
