"""What an asker says while a person is checking: "any news?", "never mind", and what only looks like it."""

import pytest

from pipeline.understanding.waiting import waiting_talk

_NEWS = [
    "any news?",
    "Any news on this?",
    "Hi, any news yet please?",
    "any update?",
    "Any updates on my question?",
    "is there any news",
    "what's the status?",
    "status?",
    "Hello, still waiting...",
    "bump",
    "When will I get an answer?",
    "who is looking at this?",
    "Gibt es was Neues?",
    "Gibt's schon Neuigkeiten?",
    "Wie ist der Stand?",
    "Hallo, schon was Neues bitte?",
    "Wann bekomme ich eine Antwort?",
    "any progress? thanks",
]
_WITHDRAWN = [
    "never mind",
    "Nevermind!",
    "nvm",
    "Never mind, found it, thanks",
    "ok never mind then",
    "forget it",
    "please cancel my question",
    "I no longer need this",
    "No longer needed, thank you!",
    "I found the answer myself",
    "figured it out :tada:",
    "you can close this",
    "Hat sich erledigt",
    "hat sich erledigt, danke!",
    "Vergiss es",
    "Brauche ich nicht mehr",
    "schon gut",
    "Ich habe es selbst gefunden",
    "hab's gefunden",
    "Bitte die Frage zurückziehen",
]
_NEITHER = [
    "never mind the price, how do I cancel?",
    "never mind how it works, what does it cost",
    "Nevermind that page, where is the form?",
    "never mind?",
    "forget it? No, please keep it open",
    "don't cancel my question",
    "do not close this",
    "cancel my subscription",
    "how do I cancel?",
    "cancel it",
    "forget the first question, I meant the second",
    "I found the page but it is out of date",
    "any news about the release?",
    "any update on the refund policy",
    "What is the status of order 7?",
    "how long does it take?",
    "no longer needed after the update, is that so",
    "I no longer see the button",
    "thanks",
    "ok",
    "hi",
    "yes",
    "",
    "egal welche Version, wie geht das Update?",
    "Vergiss es nicht",
    "Gibt es Neuigkeiten in Version 3?",
    "Wie ist der Stand der Lizenz?",
    "brauche ich nicht mehr als eine Lizenz",
    "who is looking at the logs",
    "please close this account",
    "not needed",
]
# Written before the phrases, and run only when they were done.
_UNSEEN = {
    "news": [
        "Any word on this?",
        "hey, any news about my question",
        "has anyone looked at this yet?",
        "still no answer?",
        "how is it going with my question?",
        "Anything new?",
        "Gibt es schon eine Antwort?",
        "Was ist der aktuelle Stand?",
        "Hat schon jemand geschaut?",
        "any luck?",
    ],
    "withdrawal": [
        "oh, never mind, I got it",
        "nvm, solved it",
        "scratch that",
        "I don't need it anymore",
        "please ignore my question",
        "problem solved, thanks",
        "withdraw my question please",
        "Ist erledigt, danke",
        "hat sich geklärt",
        "ach egal",
    ],
    None: [
        "never mind my last question, what about SSO?",
        "nvm the screenshot, here is the log",
        "can I withdraw a request after it was sent",
        "is there any news feed",
        "where can I see the status",
        "how do I close this ticket type",
        "I solved it with a restart but it came back",
        "found it in the settings and now what",
        "ist erledigt nur für Admins sichtbar",
        "forget me",
        "please ignore the second attachment",
        "we don't need it anymore if the plan changes, right",
    ],
}


@pytest.mark.parametrize("text", _NEWS)
def test_asking_for_news_is_recognised(text: str) -> None:
    assert waiting_talk(text) == "news"


@pytest.mark.parametrize("text", _WITHDRAWN)
def test_taking_a_question_back_is_recognised(text: str) -> None:
    assert waiting_talk(text) == "withdrawal"


@pytest.mark.parametrize("text", [*_NEITHER, *_UNSEEN[None]])
def test_a_message_with_anything_else_in_it_is_neither(text: str) -> None:
    assert waiting_talk(text) is None


def test_most_of_the_messages_that_were_put_aside_are_recognised() -> None:
    found = [waiting_talk(text) == kind for kind, texts in _UNSEEN.items() if kind for text in texts]
    assert sum(found) >= 0.7 * len(found)


def test_a_long_message_is_neither() -> None:
    assert waiting_talk("never mind " * 100_000) is None
