import pytest

from pipeline.proof.courtesy import without_courtesy

_FACT = "Reports are sent weekly [1]."


@pytest.mark.parametrize(
    "answer",
    [
        f"Great question! {_FACT}",
        f"Great question! 😊\n\n{_FACT}",
        f"Thanks for asking! {_FACT}",
        f"{_FACT} Let me know if you have any other questions!",
        f"{_FACT}\n\nI hope this helps!",
        f"{_FACT} I hope this helps! Let me know if you need anything else.",
        f"{_FACT} If you have any further questions, please don't hesitate to ask.",
        f"That's a great question! {_FACT} Hope that helps 🙂",
        f"Gute Frage! {_FACT} Ich hoffe, das hilft Ihnen weiter!",
        f"{_FACT}\n\nBei weiteren Fragen stehe ich Ihnen gerne zur Verfügung.",
        f"Bonne question ! {_FACT} N'hésitez pas si vous avez d'autres questions.",
        f"¡Buena pregunta! {_FACT} Espero que esto te ayude.",
        "Based on the provided context, reports are sent weekly [1].",
    ],
)
def test_a_courtesy_around_an_answer_is_left_out(answer: str) -> None:
    assert without_courtesy(answer) == _FACT


def test_a_marker_behind_a_closing_stays_if_there_is_no_other() -> None:
    assert without_courtesy("Reports are sent weekly. I hope this helps! [1]") == "Reports are sent weekly. [1]"
    assert without_courtesy("- one\n- two\n\nI hope this helps! [1][2]") == "- one\n- two\n\n[1][2]"
    assert without_courtesy(f"{_FACT} I hope this helps! [1]") == _FACT


def test_a_closing_after_a_list_leaves_the_list_as_it_is() -> None:
    steps = "1. Open it.\n2. Close it [1]."
    assert without_courtesy(f"{steps}\n\nLet me know if you have any questions.") == steps


@pytest.mark.parametrize(
    "answer",
    [
        _FACT,
        "",
        "I hope this helps!",
        f"{_FACT} Note that this cannot be undone.",
        f"{_FACT} Let me know if your plan is not listed, because then exports are deleted.",
        f"{_FACT} Let me know if you have any questions, since it cannot be undone.",
        f"{_FACT} If you need more help, upgrade to Pro.",
        f"{_FACT} Do not hesitate to delete it.",
        f"Sure, that works. {_FACT}",
        f"Yes! {_FACT}",
        "Of course not! It is [1].",
        "Based on your plan, reports are sent weekly [1].",
        "Based on the number of visits, you pay more [1].",
        "According to the documentation, guests cannot do it [1].",
        "Great questions are answered first [1].",
        f"{_FACT} I hope this helps! [1] It cannot be undone.",
        f"I hope this helps! {_FACT}",
        f"{_FACT} Let me know if you have any questions [2].",
        "```\nGreat question!\n```\n\nType it [1].",
        "- I hope this helps!\n- It is so [1].",
        f"**Great question!** {_FACT}",
        f"{_FACT} Feel free to ask if you need a refund.",
    ],
)
def test_what_says_more_than_a_courtesy_stays(answer: str) -> None:
    assert without_courtesy(answer) == answer


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("**It is so [1]. I hope this helps!**", "**It is so [1]. I hope this helps!**"),
        ("Based on the context, iOS is supported [1].", "iOS is supported [1]."),
    ],
)
def test_what_is_left_is_whole(answer: str, shown: str) -> None:
    assert without_courtesy(answer) == shown


_FACT = "Reports are sent weekly [1]."


@pytest.mark.parametrize(
    "courtesy",
    [
        "Good question!", "That's an excellent question.", "Thanks for asking!", "I'm happy to help with that.",
        "Sehr gute Frage!", "Vielen Dank für die Frage!", "Très bonne question !", "Merci pour votre question.",
        "¡Muy buena pregunta!", "Gracias por su pregunta.",
    ],
)  # fmt: skip
def test_a_courtesy_before_an_answer_is_left_out_in_four_languages(courtesy: str) -> None:
    assert without_courtesy(f"{courtesy} {_FACT}") == _FACT


@pytest.mark.parametrize(
    "courtesy",
    [
        "Happy to help!", "Please let me know if you need any further assistance.",
        "Feel free to ask if you have more questions.", "If there is anything else, don't hesitate to reach out.",
        "Is there anything else I can help you with?", "Ich hoffe, das hilft Ihnen weiter.",
        "Bei weiteren Fragen stehe ich Ihnen gerne zur Verfügung.",
        "J'espère que cela vous aide.", "N'hésitez pas si vous avez d'autres questions.", "Espero que esto te ayude.",
        "Si tienes más preguntas, no dudes en preguntar.",
    ],
)  # fmt: skip
def test_a_courtesy_after_an_answer_is_left_out_in_four_languages(courtesy: str) -> None:
    assert without_courtesy(f"{_FACT} {courtesy}") == _FACT


@pytest.mark.parametrize(
    "lead",
    ["According to the passages, ", "Based on the available context, ", "D'après le contexte fourni, ",
     "Según el contexto proporcionado, "],
)  # fmt: skip
def test_the_context_that_no_reader_knows_is_not_named(lead: str) -> None:
    assert without_courtesy(f"{lead}reports are sent weekly [1].") == _FACT
