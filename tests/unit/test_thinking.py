import pytest
from support.builders import reply_json

from pipeline.models.thinking import without_thinking

_REPLY = reply_json()
_PAGE = reply_json(answer="The model thinks between <think> and </think>. [1]")


@pytest.mark.parametrize(
    "text",
    [
        f"<think>\nI must reply with {{...}}.\n</think>\n\n{_REPLY}",
        f"I must reply with {{...}}.\n</think>\n{_REPLY}",
        f"<thinking>a</thinking>{_REPLY}",
        f"[THINK]a[/THINK]{_REPLY}",
        f"<think>one</think> <think>two</think>{_REPLY}",
        f"<think>a reply is {_REPLY} or so</think>{_REPLY}",
        f"<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>{_REPLY}<|return|>",
        f"<|channel|>final <|constrain|>json<|message|>{_REPLY}",
        f"analysisThe user asks for {{}}.assistantfinal{_REPLY}",
    ],
)
def test_what_a_model_thought_is_left_out(text: str) -> None:
    assert without_thinking(text).strip() == _REPLY


@pytest.mark.parametrize(
    "text",
    [
        _REPLY,
        _PAGE,
        f"Sure:\n{_PAGE}",
        f"```json\n{_PAGE}\n```",
        "",
        "analysis of the plan",
        "It ends with the tag <think>.",
    ],
)
def test_what_a_model_says_stays(text: str) -> None:
    assert without_thinking(text) == text


def test_a_page_about_thinking_may_follow_thinking() -> None:
    assert without_thinking(f"<think>hm</think>\n{_PAGE}").strip() == _PAGE


@pytest.mark.parametrize("text", ["<think>and on and on", "<|channel|>analysis<|message|>and on", "[THINK]hm {"])
def test_thinking_without_an_end_says_nothing(text: str) -> None:
    assert without_thinking(text) == ""
