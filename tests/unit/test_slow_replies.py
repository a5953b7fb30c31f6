import json
from typing import Any

import pytest
from support.builders import chunk

from bot.sandbox.slow_replies import is_slow, reply_to
from index.retrieval import RetrievedChunk
from pipeline.contract import parse_reply
from pipeline.models.model_judge import VERDICTS_SCHEMA
from pipeline.normalizing import normalize
from pipeline.prompting import build_prompt, condense_prompt, judge_prompt, load_template
from pipeline.proof.judge import Claim
from pipeline.proof.verify import VerificationLimits, checked
from pipeline.types import Prompt, ThreadTurn

_LOGIN = chunk(
    "c1", "1. Open the profile page and choose security.\n2. Scan the code with your phone first.", title="Login"
)
_REMINDER = chunk("c2", "The first reminder goes out after 7 days. It can be changed by an admin.", title="Reminders")
_CHUNKS = (_LOGIN, _REMINDER)


def _drafting(question: str, chunks: tuple[RetrievedChunk, ...] = _CHUNKS) -> Prompt:
    return build_prompt(normalize(question, 500), chunks, load_template("support_rag/v2"), 3000)


def _said(prompt: Prompt) -> dict[str, Any]:
    return reply_to("\n\n".join(message.content for message in prompt.messages))


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("When does the first reminder go out?", "The first reminder goes out after 7 days. [2]"),
        ("Which code do I scan first?", "2. Scan the code with your phone first. [1]"),
    ],
)
def test_a_draft_repeats_sentences_and_can_be_proved(question: str, says: str) -> None:
    draft = parse_reply(json.dumps(_said(_drafting(question))), 20_000)
    found = checked(draft, _CHUNKS, VerificationLimits(3000, 15), question)
    assert says in draft.answer
    assert found.findings == ()


@pytest.mark.parametrize(
    ("question", "chunks"),
    [("Is there a Linux app?", _CHUNKS), ("When does the first reminder go out?", ()), ("What is it?", _CHUNKS)],
)
def test_what_the_passages_do_not_say_is_not_answered(question: str, chunks: tuple[RetrievedChunk, ...]) -> None:
    said = _said(_drafting(question, chunks))
    assert (said["status"], said["answer"], said["citations"]) == ("insufficient_context", "", [])


def test_a_sentence_is_supported_where_it_stands_word_for_word_and_nowhere_else() -> None:
    claims = [
        Claim("The first reminder goes out after 7 days.", (_REMINDER.text,)),
        Claim("The first reminder goes out after 8 days.", (_REMINDER.text,)),
        Claim("The first reminder goes out after 7 days.", (_LOGIN.text,)),
    ]
    said = _said(judge_prompt("When?", claims, load_template("judge/v1"), VERDICTS_SCHEMA))
    assert [entry["verdict"] for entry in said["verdicts"]] == ["supported", "not_stated", "not_stated"]


def test_only_a_draft_takes_its_time_and_a_follow_up_is_left_to_the_product() -> None:
    turns = [ThreadTurn(by="asker", text="When does the first reminder go out?")]
    prompt = condense_prompt(normalize("and the second?", 500), turns, load_template("condense/v1"))
    assert [is_slow(p.messages[-1].content) for p in (prompt, _drafting("Which code?"))] == [False, True]
    assert _said(prompt)["answer"] == ""
