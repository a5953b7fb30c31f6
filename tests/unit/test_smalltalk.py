"""Which messages ask nothing of the documents."""

import time

import pytest

from pipeline.understanding.smalltalk import kind_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hi!", "greeting"),
        ("heyyy everyone, good morning", "greeting"),
        ("how are you?", "greeting"),
        ("Guten Morgen zusammen", "greeting"),
        ("おはようございます", "greeting"),
        ("thnaks!", "thanks"),
        ("ok thx, bye", "thanks"),
        ("tysm you saved my day", "thanks"),
        ("¡muchas gracias!", "thanks"),
        ("감사합니다", "thanks"),
        ("HELP!!", "help"),
        ("hello, can you help me please?", "help"),
        ("what can u do 4 me", "help"),
        ("was kannst du eigentlich?", "help"),
        ("???", "help"),
        ("okay", "acknowledgement"),
        (":+1: 🎉", "acknowledgement"),
        (":)", "acknowledgement"),
        ("*applause*", "acknowledgement"),
        ("perfect, I'll try that this afternoon", "acknowledgement"),
        ("schönen Feierabend!", "acknowledgement"),
    ],
)
def test_small_talk_has_a_kind(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "help pages export?",
        "can you help me with exports?",
        "what can guests do?",
        "how are you billed?",
        "hi, how do I reset my password",
        "thanks, and how do I cancel it?",
        "ok but can I undo it",
        "got it, what about contractors",
        "great, I'll do it for all users?",
        "goodbye message",
        "thank you page",
        "test emails",
        "notes",
        "rights?",
        "2fa",
        "hello world example?",
        "and the second one?",
        "it doesn't work",
        "hoi, hoe meld ik me ziek",
        "おはようございます。プリンターの追加方法を教えてください。",
        "",
        "  ",
    ],
)
def test_a_message_that_may_hold_a_question_is_none(text: str) -> None:
    assert kind_of(text) is None


@pytest.mark.parametrize("piece", ["a ", "thanks ", "thank you i will try ", ":+1: ", ":) ", "? ", "thnaks "])
def test_a_message_of_forty_thousand_characters_is_no_small_talk_and_takes_no_time(piece: str) -> None:
    # The event loop looks at each reply in a thread before it is stored.
    message = piece * (40_000 // len(piece))
    begun = time.perf_counter()
    assert kind_of(message) is None
    assert time.perf_counter() - begun < 0.05


def test_long_thanks_are_small_talk() -> None:
    assert kind_of("thank you so much, you saved my day!! :pray: " * 10) == "thanks"
