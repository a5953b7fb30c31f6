"""What must hold for any text that a model sends."""

import json
import re
import time
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from support.builders import reply_json

from pipeline.characters import whole
from pipeline.contract import parse_reply
from pipeline.errors import SchemaError
from pipeline.replies.thinking import without_thinking
from pipeline.types import Draft

_LIMIT = 20_000
# All of Unicode, halves of characters too.
_ANY = st.text(st.characters(categories=None))
_MARKS = ("{", "}", "[", "]", '"', "'", ":", ",", "\\", "\n", " ", "“", "`", "//", "#", "/*")
_WORDS_OF_REPLIES = ('"status"', "status", '"answered"', "'answer'", '"citations"', "insufficient_context", "null", "1")
_MARKS_OF_THINKING = ("<think>", "</think>", "[THINK]", "<|channel|>final<|message|>", "assistantfinal", "analysis")
_PIECES = (*_MARKS, *_WORDS_OF_REPLIES, *_MARKS_OF_THINKING, '{"', '\\"', "\\u12")
_FRAGMENTS = st.lists(st.sampled_from(_PIECES) | _ANY.filter(lambda text: len(text) < 5), max_size=60).map("".join)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _ANY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_ANY, inner, max_size=3),
    max_leaves=8,
)
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["answered", "Answered", "insufficient context", None, 1]) | _JSON,
        "answer": _ANY | _JSON,
        "confidence": st.sampled_from(["high", "HIGH", 0.9]) | _JSON,
        "citations": st.lists(
            st.fixed_dictionaries({"marker": st.integers(0, 20) | _JSON}, optional={"chunk_id": _JSON, "quote": _ANY}),
            max_size=3,
        )
        | _JSON,
        "more": _JSON,
    },
)
_WORDS = st.text(st.sampled_from("aä.,;!?-('\"*_ \n1<>"), max_size=60)
_quickly = settings(max_examples=60, deadline=2000)


def _read(text: str) -> Draft | None:
    """Return the draft in a text, None if it is refused. The strings of a draft can be stored and sent."""
    try:
        draft = parse_reply(text, _LIMIT)
    except SchemaError:
        return None
    strings = [draft.answer, *(string for c in draft.citations for string in (c.chunk_id, c.quote))]
    assert all(string.encode().decode() == string and "\0" not in string for string in strings)
    assert draft.status == "insufficient_context" or draft.answer.strip()
    assert parse_reply(draft.model_dump_json(), 10 * _LIMIT) == draft
    return draft


@_quickly
@given(_ANY | _FRAGMENTS)
@example("\ud83d{")
def test_any_text_is_a_draft_or_refused(text: str) -> None:
    _read(text)


@_quickly
@given(_JSON | _FIELDS, st.booleans())
def test_any_json_is_a_draft_or_refused(value: object, ascii_only: bool) -> None:  # noqa: FBT001
    _read(json.dumps(value, ensure_ascii=ascii_only))


@_quickly
@given(_FIELDS)
def test_any_python_literal_is_a_draft_or_refused(value: dict[str, Any]) -> None:
    _read(repr(value))


@_quickly
@given(
    _ANY.filter(str.strip), _ANY, _WORDS, _WORDS, st.sampled_from(["{}", "```json\n{}\n```", "[{}]", '{"reply": {}}'])
)
def test_what_stands_around_a_reply_does_not_change_it(
    answer: str, quote: str, before: str, after: str, form: str
) -> None:
    body = reply_json(answer, quote)
    draft = _read(body)
    assert draft
    wrapped = form.replace("{}", body)
    for text in (
        f"{before}\n{wrapped}\n{after}",
        f"<think>{before}</think>{wrapped}",
        f"{before}</think>{wrapped}\n{after}",
    ):
        assert _read(text) == draft


@_quickly
@given(_ANY.filter(str.strip), st.data())
def test_the_start_of_a_reply_is_refused(answer: str, data: st.DataObject) -> None:
    body = reply_json(answer)
    assert _read(body[: data.draw(st.integers(0, len(body) - 1))]) is None


@_quickly
@given(st.data())
def test_a_reply_that_was_damaged_keeps_its_words_or_is_refused(data: st.DataObject) -> None:
    answer = 'Press "Save", then (x): it\'s 5%, not 6. [1]'
    body = reply_json(answer)
    start = body.index("Press")
    at, length = data.draw(st.integers(start - 1, body.index("confidence") - 5)), data.draw(st.integers(0, 2))
    # A backslash before a letter may be a valid escape.
    mark = data.draw(st.sampled_from(["", *_MARKS]).filter(lambda mark: mark != "\\"))
    damaged = body[:at] + mark + body[at + length :]
    draft = _read(damaged)
    if draft and draft.status == "answered":
        words = re.findall(r"\w+", damaged)
        assert re.findall(r"\w+", draft.answer) == words[words.index("answer") + 1 : words.index("confidence")]


@_quickly
@given(_ANY | _FRAGMENTS)
def test_thinking_is_taken_out_once(text: str) -> None:
    said = without_thinking(text)
    # After its thinking a model may say the word that begins the thinking of another one.
    assume(not re.match(r"\s*(?:assistant)?(?:analysis|commentary)", said))
    assert without_thinking(said) == said


@_quickly
@given(_ANY)
def test_broken_characters_are_replaced_one_by_one(text: str) -> None:
    mended = whole(text)
    assert mended.encode().decode() == mended
    assert whole(mended) == mended
    valid = re.sub("[\x00\ud800-\udfff]", "\ufffd", text)
    assert mended == valid or re.search("[\ud800-\udbff][\udc00-\udfff]", text)


_UNITS = (
    *(
        '{"',
        '{"a":',
        '{"a":[',
        "{'a':",
        '["',
        'x["',
        "{a:",
        '{"a":"',
        "(",
        "{}",
        '{"a":1}',
        "{a:1}",
        '</think>{"',
        '"{\\"',
        "```",
    ),
    *("{'status':'answered','answer':'a'}", '{"status":"answered","answer":"a'),
)


@pytest.mark.parametrize("unit", [*_PIECES, *_UNITS])
@pytest.mark.parametrize(
    "before", ["", '{"status": "answered", "answer": "', "{'status': 'answered', 'answer': ", "analysis"]
)
def test_a_hostile_text_is_read_in_bounded_time(unit: str, before: str) -> None:
    started = time.perf_counter()
    for chars in (_LIMIT, 5_800):
        _read(before + unit * ((chars - len(before)) // len(unit)))
        _read((before + unit * ((chars - len(before)) // len(unit)))[:-1] + "}")
    assert time.perf_counter() - started < 5
