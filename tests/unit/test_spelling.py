"""Misspelt words are corrected by the words that the documents hold."""

import pytest

from pipeline.understanding.spelling import corrected

_VOCABULARY = {
    "account": 40, "accounts": 12, "amount": 3, "cancel": 9, "password": 14, "receive": 8, "subscription": 20,
    "subscribe": 6, "email": 50, "notifications": 17, "organization": 30, "channel": 25, "channels": 20, "topic": 11,
    "breakdown": 5, "hidden": 1, "delete": 22, "visit": 9, "version": 4, "how": 60, "the": 90, "custom": 9, "user": 44,
}  # fmt: skip


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("how do i cancle my acount", "how do i cancel my account"),
        ("Cancle the subscribtion!", "Cancel the subscription!"),
        ("forgot my pasword?", "forgot my password?"),
        ("why do I not recieve emial", "why do I not receive email"),
        ("who can see this orgnaization", "who can see this organization"),
        ("delte (notifcations)", "delete (notifications)"),
        ("dleete a usre", "delete a user"),
    ],
)
def test_a_misspelt_word_becomes_the_one_word_that_is_near(question: str, expected: str) -> None:
    assert corrected(question, _VOCABULARY) == expected


@pytest.mark.parametrize(
    "question",
    [
        "how do I cancel my accounts",
        "deleting the subscriptions",
        "ERR_CHANEL_5 in /api/chanell and chanell.io v2",
        "does Chanell work",
        "usr tpc",
        "how do I bake sourdough bread",
        "xylofoon",
        "",
    ],
)
def test_known_words_names_codes_and_words_without_a_near_one_stay(question: str) -> None:
    assert corrected(question, _VOCABULARY) is None


def test_a_word_that_one_document_holds_is_meant_only_if_a_dictionary_has_it() -> None:
    assert corrected("hiddne costs", _VOCABULARY) == "hidden costs"
    assert corrected("frobnki", {"frobnik": 1}) is None
    assert corrected("frobnki", {"frobnik": 2}) == "frobnik"


def test_a_word_between_two_equally_likely_ones_stays() -> None:
    assert corrected("acount", {"account": 5, "amount": 4}) == "account"
    assert corrected("tranfer", {"transfer": 5, "tranter": 4}) is None


def test_words_of_the_questions_own_language_stay() -> None:
    assert corrected("wie hoher", {"hover": 9}, "de") is None


def test_without_a_vocabulary_nothing_is_corrected() -> None:
    assert corrected("cancle my acount", {}) is None
