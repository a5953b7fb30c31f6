"""Words and codes."""

import pytest

from index.terms import joined, question_codes, question_terms, tells_apart, words


def test_words_are_parted_by_signs_and_codes_are_joined_by_them() -> None:
    assert words("Edit pg_hba.conf.") == ["edit", "pg", "hba", "conf"]
    assert list(joined("Edit pg_hba.conf, see v2.3.1 (ERR-4031).")) == ["pg_hba.conf", "2.3.1", "err-4031"]


@pytest.mark.parametrize(
    ("question", "codes"),
    [
        ("E-77", ("e-77",)),
        ("What does ERR-4031 mean?", ("err-4031", "4031")),
        ("what is --dry-run for", ("dry-run",)),
        ("what is a dry-run, or an e-mail?", ()),
        ("SQLSTATE 22P02", ("22p02",)),
        ("is 2.3.1 the same as v2.3.1?", ("2.3.1", "v2")),
        ("error 4031", ("4031",)),
        ("may I have 2 users", ()),
        ("how long is the trial", ()),
    ],
)
def test_the_codes_of_a_question(question: str, codes: tuple[str, ...]) -> None:
    assert question_codes(question) == codes


def test_a_question_of_function_words_keeps_them() -> None:
    assert question_terms("How do I get it?") == ("how", "do", "i", "get", "it")
    assert question_terms("How do I get a refund?") == ("refund",)


@pytest.mark.parametrize("code", ["err-4031", "e-77", "2.3.1", "pg_hba.conf", "22p02", "x1-carbon2"])
def test_what_holds_for_one_code_does_not_hold_for_another(code: str) -> None:
    assert tells_apart(code)


@pytest.mark.parametrize(
    "code", ["2fa", "1.5", "4031", "e-mail", "log-in", "and/or", "24/7", "3d", "2026-12-24", "hello-world"]
)
def test_an_expression_that_looks_like_a_code_tells_nothing_apart(code: str) -> None:
    assert not tells_apart(code)
