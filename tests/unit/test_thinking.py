"""Thinking is taken out of what a model wrote; what only speaks about thinking stays."""

import json

import pytest

from pipeline.replies.thinking import without_thinking

_REPLY = '{"status": "answered", "answer": "Weekly. [1]", "citations": []}'


def _about(mark: str) -> str:
    return json.dumps({"status": "answered", "answer": f"The model writes {mark} and then {mark} again. [1]"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words",
        _REPLY,
        f"```json\n{_REPLY}\n```",
        *map(
            _about,
            ("</think>", "<think>", "<think>x</think>", "[THINK]", "assistantfinal", "<|channel|>final<|message|>"),
        ),
        "{'status': 'answered', 'answer': 'The mark </think> ends it. [1]',}",
        "```\n{'status': 'answered', 'answer': 'Write <think> first. [1]',}\n```",
        json.dumps(_about("</think>")),
        '{"answer": "It ends with </think> and',
        "Analysis of the plan: none.",
        "analysis of the documents shows nothing",
        "a < b, think > c",
    ],
)
def test_a_text_without_thinking_stays_as_it_is(text: str) -> None:
    assert without_thinking(text) == text


@pytest.mark.parametrize(
    "text",
    [
        f"<think>\nHm.\n</think>\n\n{_REPLY}",
        f"<think></think>{_REPLY}",
        f"<THINK>Hm.</THINK>{_REPLY}",
        f"<thinking>Hm.</thinking>\n{_REPLY}",
        f"<thought>Hm.</thought>\n{_REPLY}",
        f"<seed:think>Hm.</seed:think>\n{_REPLY}",
        f"[THINK]Hm.[/THINK]{_REPLY}",
        f"◁think▷Hm.◁/think▷{_REPLY}",
        f"<|channel>thought\nHm.<channel|>{_REPLY}",
        f"Hm, the block says weekly.\n</think>\n{_REPLY}",
        f"Hm[/THINK]{_REPLY}",
        f'<think>I send {{"status": "insufficient_context"}} or {{ or }}</think>{_REPLY}',
        f'I send {{"status": "insufficient_context"}} or {{"x: or }}</think>{_REPLY}',
        f'{{"status": "insufficient_context"}}? No.</think>{_REPLY}',
        f"<think>It may not hold </think> twice.</think>{_REPLY}",
        f"<think>One.</think><think>Two.</think>{_REPLY}",
        f"<think>One.</think>{_REPLY}<think>Was that right?</think>",
        f"{_REPLY}\n<think>Was that right?",
        f"<|channel|>analysis<|message|>Hm. {{}}<|end|><|start|>assistant<|channel|>final<|message|>{_REPLY}<|return|>",
        f"<|channel|>analysis<|message|>Hm.<|end|><|channel|>final <|constrain|>json<|message|>{_REPLY}",
        f"<|channel|>commentary to=f <|constrain|>x<|message|>{{}}<|call|><|channel|>final<|message|>{_REPLY}<|end|>",
        f'analysisWe reply {{"status": "insufficient_context"}}? No.assistantfinal{_REPLY}',
        f'analysisHm.assistantcommentary to=functions.x json{{"q": 1}}assistantanalysisHm.assistantfinal{_REPLY}',
    ],
)
def test_thinking_is_taken_out(text: str) -> None:
    assert without_thinking(text).strip() == _REPLY


@pytest.mark.parametrize("mark", ["</think>", "<think>", "<|end|>", "<|return|>", "assistantfinal"])
@pytest.mark.parametrize(
    "before", ["<think>Hm.</think>", "Hm.</think>", "<|channel|>final<|message|>", "analysisHm.assistantfinal"]
)
def test_a_mark_in_the_answers_text_survives_thinking_before_it(before: str, mark: str) -> None:
    assert without_thinking(before + _about(mark)) == _about(mark)


@pytest.mark.parametrize(
    "text",
    [
        "<think>Hm, the blocks say",
        f"<think>I could send {_REPLY}",
        f" \n[THINK]I could send {_REPLY}",
        "Hm.</think>",
        "<think>Hm.</think>\n",
        f"<|channel|>analysis<|message|>I could send {_REPLY}",
        f"<|channel|>analysis<|message|>Hm.<|end|><|channel|>commentary<|message|>{_REPLY}<|end|>",
        f"analysisWe could send {_REPLY}",
    ],
)
def test_a_model_that_only_thought_said_nothing(text: str) -> None:
    assert without_thinking(text) == ""
