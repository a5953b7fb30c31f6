"""Words as documents of several languages write them."""

import time

import pytest

from index.compounds import joined_key, joined_neighbours, parts, splits
from index.late_interaction import word_at
from index.stemming import STEMMED, stem, stem_in
from index.terms import neighbours, question_terms, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("返金について", ["返金", "金に", "につ", "つい", "いて"]),
        ("APIの設定 v2", ["api", "の設", "設定", "v2"]),
        ("税", ["税"]),
        ("退款。付款", ["退款", "付款"]),
        ("환불은 언제", ["환불", "불은", "언제"]),
        ("คืนเงิน", ["คื", "ืน", "นเ", "เง", "งิ", "ิน"]),
        ("Zürich is pg_hba.conf", ["zürich", "is", "pg", "hba", "conf"]),
        ("ー・ー", ["ー", "ー"]),
    ],
)
def test_scripts_without_spaces_are_cut_into_pairs_of_characters(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_a_question_in_such_a_script_has_the_words_of_the_text() -> None:
    assert set(question_terms("返金について")) <= set(words("ご返金については"))


def test_a_token_in_such_a_script_belongs_to_one_of_its_words() -> None:
    text = "ID 返金は"
    assert [word_at(text, (at, at + 1)) for at in range(len(text))] == ["id", "id", "", "返金", "金は", "金は"]
    assert word_at("税", (0, 1)) == "税"
    assert word_at("返金は", (0, 3)) == "返金"


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("de", "Kündigung", "kündigen"),
        ("de", "Rueckerstattung", "Rückerstattungen"),
        ("de", "Häuser", "Haus"),
        ("fr", "rembourser", "remboursement"),
        ("es", "facturación", "facturas"),
        ("ru", "возврата", "возврат"),
    ],
)
def test_words_of_a_language_meet_in_their_stem(language: str, one: str, other: str) -> None:
    assert stem_in(language, one) == stem_in(language, other)


def test_stems_of_two_languages_never_meet() -> None:
    assert len({stem_in(language, "die") for language in STEMMED} | {stem("die")}) == len(STEMMED) + 1


def test_two_words_with_a_hyphen_are_one_word_too_and_others_only_if_it_is_known() -> None:
    assert list(joined_neighbours("Log in, by e-mail or Wi-Fi", {"login"})) == [
        joined_key("login"),
        joined_key("email"),
        joined_key("wifi"),
    ]
    assert list(joined_neighbours("Log in.", set())) == []
    assert list(joined_neighbours("In to it, can not", {"into", "cannot"})) == [joined_key("cannot")]


def test_signs_and_line_ends_part_neighbours() -> None:
    assert [pair[:2] for pair in neighbours("log. in\nset up  e--mail v2 in")] == [("set", "up")]


def _parts(word: str, *known: str) -> set[str]:
    return {key.removeprefix("de:") for key in parts(word, "de", set(known).__contains__)}


def test_a_compound_has_the_known_words_at_its_ends() -> None:
    assert _parts("rückerstattungsrichtlinie", "rückerstattung", "richtlinie") == {"ruckerstatt", "richtlini"}
    assert _parts("versandkosten", "kosten") == {"kost"}
    assert _parts("versandkosten", "versand") == {"versand"}
    assert _parts("versandkosten") == set()
    assert _parts("anwendungen", "wendungen", "an") == set()


def test_a_word_is_parted_evenly_first() -> None:
    assert splits("login")[:2] == [("lo", "gin"), ("log", "in")]
    assert splits("a") == []


@pytest.mark.parametrize("piece", ["返", "a", "a-", "a ", "ก", "返a", "-", "‐a"])  # noqa: RUF001 - a hyphen
def test_long_texts_take_linear_time(piece: str) -> None:
    text = piece * 200_000
    began = time.perf_counter()
    words(text)
    list(neighbours(text))
    assert time.perf_counter() - began < 5
