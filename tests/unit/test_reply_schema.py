import json
import time
from typing import Any

import pytest
from support.builders import QUOTA, reply, reply_json

from pipeline.contract import parse_reply
from pipeline.errors import SchemaError

_LIMIT = 20_000


@pytest.mark.parametrize("fixture", ["good.json", "prose_around.txt", "raw_newlines.txt"])
def test_a_reply_in_the_agreed_shape_is_read_even_with_words_around_it(fixture: str) -> None:
    draft = parse_reply(reply(fixture), _LIMIT)
    assert draft.status == "answered"
    assert draft.citations[0].chunk_id == "c1"


@pytest.mark.parametrize(
    ("fixture", "says"),
    [
        ("malformed.txt", "status: missing"),
        ("truncated.txt", "broken or truncated JSON"),
        ("prose_only.txt", "no JSON object"),
        ("missing_fields.json", "citations_missing_although"),
        ("empty_answer.json", "answer_empty_although"),
        ("two_objects.txt", "more than one JSON object"),
    ],
)
def test_a_reply_in_another_shape_is_refused_with_the_place(fixture: str, says: str) -> None:
    with pytest.raises(SchemaError, match=says):
        parse_reply(reply(fixture), _LIMIT)


def test_an_error_never_repeats_the_replys_text() -> None:
    with pytest.raises(SchemaError) as caught:
        parse_reply('{"status": "SECRET-WORDS", "answer": 5}', _LIMIT)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("body", ["", "[]", "null", '"text"', "{", "{}", "[" * 100_000, '{"a":' * 5000])
def test_no_input_raises_anything_but_a_schema_error(body: str) -> None:
    with pytest.raises(SchemaError):
        parse_reply(body, 1_000_000)


def test_a_huge_reply_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(SchemaError, match="longer than"):
        parse_reply(reply_json() + " " * 30_000, _LIMIT)


def _good() -> dict[str, Any]:
    return json.loads(reply_json())  # type: ignore[no-any-return]


_GOOD = parse_reply(reply_json(), _LIMIT)


@pytest.mark.parametrize(
    "text",
    [
        f"Here you are:\n{reply_json()}\nI kept the {{marker}} format.",
        f"```json\n{reply_json()}\n```",
        f'I must reply with {{...}}, such as {{"a": 1}}.\n{reply_json()}',
        f"{reply_json()}\n{reply_json()}",
        json.dumps(reply_json()),
        f"[{reply_json()}]",
        json.dumps({"reply": _good()}),
        json.dumps({"type": "object", "properties": _good()}),
        json.dumps({"name": "reply", "arguments": reply_json()}),
        json.dumps({key.upper(): value for key, value in _good().items()}),
        json.dumps({f" {key.title()} ": value for key, value in _good().items()}),
        reply_json(extra="field"),
        reply_json(status="Answered", confidence="High"),
        reply_json(citations=[{"marker": "[1]", "chunk_id": "c1", "quote": QUOTA, "title": "x"}]),
        reply_json(citations=[{"marker": 1.0, "chunk_id": "c1", "quote": QUOTA}, {"marker": 2}, None]),
        reply_json(citations={"marker": 1, "chunk_id": "c1", "quote": QUOTA}),
        reply_json().replace("}]", "},]").removesuffix("}") + ",}",
        reply_json().replace('"status"', "status"),
        str(_good()),
        reply_json().replace(", ", " "),
        reply_json().replace("{", "{ // the reply\n", 1),
        reply_json() + "}",
    ],
)  # fmt: skip
def test_a_reply_near_the_agreed_shape_is_read_as_if_it_had_it(text: str) -> None:
    assert parse_reply(text, _LIMIT) == _GOOD


@pytest.mark.parametrize("confidence", [None, "very high", "", 0.97, 3, ["high"], {"level": "high"}])
def test_a_confidence_that_nobody_asked_for_counts_as_low(confidence: object) -> None:
    assert parse_reply(reply_json(confidence=confidence), _LIMIT).confidence == "low"


def test_a_missing_confidence_counts_as_low() -> None:
    reply = {key: value for key, value in _good().items() if key != "confidence"}
    assert parse_reply(json.dumps(reply), _LIMIT).confidence == "low"


@pytest.mark.parametrize("status", ["insufficient_context", "Insufficient context", "INSUFFICIENT-CONTEXT"])
@pytest.mark.parametrize("rest", [{}, {"answer": None}, {"answer": None, "citations": None, "confidence": None}])
def test_a_model_that_knows_nothing_need_not_fill_in_the_rest(status: str, rest: dict[str, object]) -> None:
    draft = parse_reply(json.dumps({"status": status, **rest}), _LIMIT)
    assert (draft.status, draft.answer, draft.citations) == ("insufficient_context", "", ())


@pytest.mark.parametrize(
    "text",
    [
        reply_json()[:-40],
        reply_json()[: len(reply_json()) // 2],
        '{"citations": [{"marker": 1, "chunk_id": "c1", "quote": "Set it first"}], "answer": "Set {{name}} and then',
        reply_json().replace('"status": "answered"', '"status": "answered", "status": "insufficient_context"'),
        reply_json() + reply_json(answer="Another answer. [1]"),
        reply_json(citations=[{"marker": None}]),
    ],
    ids=["cut off late", "cut off early", "cut off in a text", "two statuses", "two replies", "no citation"],
)  # fmt: skip
def test_what_may_mean_something_else_is_not_guessed(text: str) -> None:
    with pytest.raises(SchemaError):
        parse_reply(text, _LIMIT)


def test_half_a_character_and_nul_are_replaced_wherever_they_stand() -> None:
    text = reply_json(answer="Yes \ud83d [1]\x00", quote="a\ud83d\ude00b")
    draft = parse_reply(text, _LIMIT)
    assert draft.answer == "Yes \ufffd [1]\ufffd"
    assert draft.citations[0].quote == "a😀b"


@pytest.mark.parametrize(
    "text",
    ["{" * 20_000, "{" * 9_000 + "}" * 9_000, '{"a":' * 4_000, '{"a": "b" ' * 2_000 + "}", "{}" * 9_000, "[{" * 9_000],
    ids=["open", "nested", "keys", "values", "many", "lists"],
)
def test_a_hostile_reply_is_refused_in_a_moment(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(SchemaError):
        parse_reply(text, _LIMIT)
    assert time.perf_counter() - began < 2.0
