"""What is read off Markdown by one expression for all."""

import pytest

from index import markdown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("See [plans](plans.md).", "See plans."),
        ('See [plans](plans.md "All of them").', "See plans."),
        ("![A button](button.png) Press it.", "A button Press it."),
        ("[](empty) and [1] and [2](x)", " and [1] and 2"),
        ("[a](b c)", "[a](b c)"),
    ],
)
def test_a_link_is_reduced_to_its_words(text: str, words: str) -> None:
    assert markdown.without_links(text) == words


@pytest.mark.parametrize("mark", ["-", "*", "+", "•", "1.", "12)", "999."])
def test_a_list_mark_is_a_bullet_or_a_number_of_three_digits(mark: str) -> None:
    assert markdown.is_list_item(f"  {mark} Pay")
    assert markdown.without_line_marks(f"> ## Plans\n> {mark} Pay") == "Plans\nPay"
    assert markdown.is_numbered_item(f"{mark} Pay") == mark[0].isdigit()


@pytest.mark.parametrize("line", ["2026. A year", "-5 degrees", "1.5 hours", "Pay"])
def test_a_number_or_a_minus_alone_is_no_list_mark(line: str) -> None:
    assert not markdown.is_list_item(line)
    assert markdown.without_line_marks(line) == line


def test_a_heading_is_given_with_its_anchor_and_taken_apart_again() -> None:
    assert markdown.heading_parts(markdown.with_anchor("Pay  by card", "pay")) == ("Pay by card", "pay")
    assert markdown.heading_parts("Pay {now}") == ("Pay {now}", None)
    assert markdown.first_heading("Text\n## Second\n# Plans {#plans} \n# Other") == "Plans"
    assert markdown.first_heading("## Second") is None


def test_lines_of_code_are_told_from_others() -> None:
    assert list(markdown.lines("a\n~~~\n- b\n~~~\nc")) == [
        ("a", False),
        ("~~~", True),
        ("- b", True),
        ("~~~", True),
        ("c", False),
    ]


def test_a_block_of_code_ends_at_a_fence_of_its_own_kind_only() -> None:
    code = "````py\n```\n~~~\n````"
    assert list(markdown.code_apart(f"a\n{code}\nb")) == [("a", False), (code, True), ("b", False)]
    assert list(markdown.code_apart("```\nnever closed")) == [("```\nnever closed", True)]
