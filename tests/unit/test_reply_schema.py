"""Reading a reply: what must never be read into it, and what is forgiven."""

import json
import re
from typing import Any

import pytest
from support.builders import QUOTA, reply, reply_json

from pipeline.contract import parse_reply, read_object
from pipeline.errors import SchemaError
from pipeline.replies.forgiving import ForgivingReply
from pipeline.types import Citation, Draft

_LIMIT = 20_000
_ANSWER = "The Team plan allows 500 invoices a month. [1]"
_QUOTE = "The Team plan allows 500 invoices a month"
_GOOD = reply("good.json").strip()
_DRAFT = Draft(
    status="answered",
    answer=_ANSWER,
    confidence="high",
    citations=(Citation(marker=1, chunk_id="c1", quote=_QUOTE),),
)
_ENTRY = {"marker": 1, "chunk_id": "c1", "quote": QUOTA}


def _read(text: str) -> Draft:
    return parse_reply(text, _LIMIT)


def _refused(text: str) -> str:
    with pytest.raises(SchemaError) as caught:
        _read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        'Send {"status": "insufficient_context"} to the API. [1]',
        'The reply is {"status": "answered", "answer": "x", "citations": []}. [1]',
        "The mark </think> ends it, <think> starts it. [1]",
        "Use ```json\n{}\n``` here. [1]",
        "Set // and # and /* as you like: https://a.example/#x [1]",
        "Click \"Save\", then 'Close'. [1]",
        "C:\\new\\table and \\u00e9 [1]",
        "{a}, [b], (c): d; e\n\n- f\n- g [1]",
        "None, True and null stay. [1]",
        "Größe: 5 µm, 日本語 👍🏽 [1]",
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_words_of_a_valid_reply_are_kept_whatever_they_are(answer: str, ascii_only: bool) -> None:  # noqa: FBT001
    body = json.dumps(json.loads(reply_json(answer)), ensure_ascii=ascii_only)
    for text in (body, f"```json\n{body}\n```", f"Here it is:\n{body}\nHope {{that}} helps!", json.dumps(body)):
        assert _read(text).answer == answer


@pytest.mark.parametrize(
    "text",
    [
        _GOOD,
        json.dumps(_GOOD),
        f"```json\n{_GOOD}\n```",
        repr(json.loads(_GOOD)),
        _GOOD.replace("}]}", "},],}"),
        f"{{status: 'answered', citations: [{{marker: 1, chunk_id: 'c1', quote: '{_QUOTE}'}}], answer: '{_ANSWER}'}}",
        _GOOD.replace("allows", 'allows "about"'),
        _GOOD.replace('"answer"', '// {"now"}\n"answer"'),
        _GOOD.replace("500", "{500}"),
        reply("almost_json.txt"),
    ],
)
def test_a_reply_that_was_cut_off_is_never_completed(text: str) -> None:
    end = text.rstrip('`\n "').rindex("}")
    for length in range(end):
        assert _refused(text[:length])


def test_a_whole_reply_in_a_wrapper_that_was_cut_off_is_read() -> None:
    assert _read(f'{{"reply": {_GOOD}') == _DRAFT


@pytest.mark.parametrize(
    "text",
    [
        reply("truncated.txt"),
        "{'status': 'answered', 'citations': [{'marker': 1, 'chunk_id': 'c1', 'quote': 'x'}], 'answer': 'Use {x} and",
        '{"status": "answered", "answer": "Not before',
    ],
)
def test_a_reply_that_was_cut_off_is_called_truncated(text: str) -> None:
    assert "truncated" in _refused(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"status": "insufficient_context", "status": "answered", "answer": "a [1]", "citations": []}',
        "{'status': 'insufficient_context', 'answer': '', 'status': 'answered', 'answer': 'a [1]', 'citations': []}",
        '{"status": "insufficient_context", "Status": "answered", "answer": "a [1]", "citations": []}',
        '{"status": "answered", "answer": "It is free. [1]", "answer": "It is not free. [1]", "citations": []}',
        '{"status": "answered", "answer": "a [1]", "citations": [], "citations": [{"marker": 1}]}',
        reply("two_objects.txt"),
        f"[{_GOOD}, {reply('wrong_quote.json')}]",
        json.dumps({"draft": json.loads(_GOOD), "final": json.loads(reply("wrong_quote.json"))}),
        "{'status': 'answered', 'answer': 'It is free. [1]'}\n{'status': 'answered', 'answer': 'It is not free. [1]'}",
    ],
)
def test_a_reply_that_says_two_things_is_refused(text: str) -> None:
    assert _refused(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"status": "answered", "citations": [], "answer": "Use "X", but note: "Y" is not free", not: "never"}',
        '{"status": "answered", "citations": [], "answer": "Free", but not "in May": "at all"}',
        '{"status": "answered", "answer": "a", "confidence" => "high"}',
        '{"status": "answered", "answer": """Free""", "citations": []}',
    ],
)
def test_a_repair_that_would_move_words_out_of_the_answer_is_refused(text: str) -> None:
    assert _refused(text)


def test_the_same_reply_twice_is_one_reply() -> None:
    assert _read(f"{_GOOD}\n{_GOOD}") == _DRAFT


@pytest.mark.parametrize(
    "text",
    [
        *map(reply, ("good.json", "prose_around.txt", "almost_json.txt", "thinking.txt", "harmony.txt")),
        *map(reply, ("tool_call.json", "schema_filled_in.json")),
        json.dumps(_GOOD),
        f"[{_GOOD}]",
        f'{{"response": {{"data": {_GOOD}}}}}',
        f'{{"type": "object", "properties": {{"reply": {_GOOD}}}}}',
        json.dumps({"tool_calls": [{"function": {"name": "reply", "arguments": _GOOD}}]}),
        f'{{"status": "success", "data": {_GOOD}}}',
        f"{_GOOD}\n\nNote: I kept the {{marker}} format.",
        f'The form is {{"status": ..., "answer": ...}}.\n{_GOOD}',
        f'Of {{"a": 1}} I take this: {_GOOD}',
        f"<response>{_GOOD}</response>",
        f"Of {{name: x}} I take this:\n{json.loads(_GOOD)!r}",
        repr(json.loads(_GOOD)),
        f"Here:\n{json.loads(_GOOD)!r}\nHope this helps, see [1]!",
        _GOOD.replace("]}", "],}"),
        _GOOD.replace('", ', '"\n'),
        _GOOD.replace('"status"', "status").replace('"answer":', "answer:"),
        _GOOD.replace('"answer"', '/* from "block" 1 */ "answer"'),
        _GOOD.replace("{", "{\n# a note, {really}\n", 1),
        re.sub('"([^"]*)"', r"“\1”", _GOOD),
        json.dumps({"thoughts": "Block 1.", "language": None, **json.loads(_GOOD), "done": True}),
        repr({"thoughts": "Block 1.", "language": None, **json.loads(_GOOD), "done": True}),
    ],
)  # fmt: skip
def test_a_reply_is_found_in_whatever_stands_around_it(text: str) -> None:
    assert _read(text) == _DRAFT


def test_quotation_marks_that_were_not_escaped_are_read_as_part_of_the_answer() -> None:
    assert _read(_GOOD.replace("Team plan allows", 'plan "Team", not "Solo", allows')).answer == (
        'The plan "Team", not "Solo", allows 500 invoices a month. [1]'
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "Answered"}, "answered"),
        ({"status": "INSUFFICIENT_CONTEXT"}, "insufficient_context"),
        ({"status": "Insufficient context"}, "insufficient_context"),
        ({"status": "insufficient-context."}, "insufficient_context"),
        ({"status": "insufficientContext"}, "insufficient_context"),
        ({"status": None}, "answered"),
    ],
)
def test_a_status_is_read_in_any_spelling(fields: dict[str, Any], expected: str) -> None:
    assert _read(reply_json(**fields)).status == expected


def test_keys_are_read_in_any_spelling() -> None:
    citations = [{"Marker": 1, "chunkId": "c1", "QUOTE": _QUOTE}]
    body = {"STATUS": "answered", "Answer": _ANSWER, "confidence ": "high", "Citations": citations}
    assert _read(json.dumps(body)) == _DRAFT


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        ("High", "high"),
        ("MEDIUM", "medium"),
        ("low", "low"),
        ("very high", "low"),
        (0.97, "low"),
        (1, "low"),
        (None, "low"),
        ([], "low"),
        ({"level": "high"}, "low"),
    ],
)
def test_only_the_three_words_are_a_confidence(confidence: object, expected: str) -> None:
    assert _read(reply_json(confidence=confidence)).confidence == expected


def test_a_missing_or_contradictory_confidence_is_low() -> None:
    assert (
        _read(json.dumps({k: v for k, v in json.loads(reply_json()).items() if k != "confidence"})).confidence == "low"
    )
    assert _read(reply_json().replace('"confidence"', '"confidence": "low", "confidence"')).confidence == "low"


@pytest.mark.parametrize(
    "body",
    [
        {"status": "insufficient_context"},
        {"status": "insufficient_context", "answer": None, "citations": None, "confidence": None},
        {"status": "insufficient_context", "answer": "", "citations": ["none"]},
        {"status": "insufficient_context", "answer": "", "citations": "none"},
    ],
)
def test_too_little_context_needs_no_other_field(body: dict[str, Any]) -> None:
    assert _read(json.dumps(body)) == Draft(status="insufficient_context", answer="", confidence="low", citations=())


@pytest.mark.parametrize("marker", ["1", "[1]", " [1] ", 1.0, "【1】", "^1", "Block 1", [1], ["1"]])
def test_a_marker_is_read_in_any_spelling(marker: object) -> None:
    assert _read(reply_json(citations=[_ENTRY | {"marker": marker}])).citations[0].marker == 1


@pytest.mark.parametrize(
    "marker", ["1.5", "-1", -1, 1.5, "1 and 2", "one", "", None, True, [1, 2], float("inf"), "9" * 5000]
)
def test_a_citation_whose_marker_is_no_number_is_dropped_beside_one_that_can_be_read(marker: object) -> None:
    draft = _read(reply_json(citations=[_ENTRY | {"marker": marker}, "none", None, {}, _ENTRY | {"marker": 2}]))
    assert [citation.marker for citation in draft.citations] == [2]


@pytest.mark.parametrize(
    "citations",
    [
        _ENTRY,
        {"1": {"chunk_id": "c1", "quote": QUOTA}},
        {"[1]": {"chunk_id": "c1", "quote": QUOTA, "title": "x"}},
        [_ENTRY],
    ],
)
def test_citations_are_read_from_an_object_too(citations: object) -> None:
    assert _read(reply_json(citations=citations)).citations == (Citation(**_ENTRY),)


@pytest.mark.parametrize("citations", [None, [], [None], [{"quote": "x"}]])
def test_an_answer_without_a_citation_is_asked_for_again(citations: object) -> None:
    assert "citations: none although status is answered" in _refused(reply_json(citations=citations))


def test_an_example_without_citations_before_a_reply_is_no_second_reply() -> None:
    assert _read(f"The form is {reply_json('text with [1]', citations=[])}\n{_GOOD}") == _read(_GOOD)


def test_a_missing_quote_or_chunk_id_is_empty() -> None:
    draft = _read(reply_json(citations=[{"marker": 1, "chunk_id": 7, "quote": None}, {"marker": 2}]))
    assert [(c.chunk_id, c.quote) for c in draft.citations] == [("7", ""), ("", "")]


@pytest.mark.parametrize("chunk_id", ["chunk_id=c1", "[1] chunk_id=c1, title=Plans, and prices", "chunk_id: c1"])
def test_a_chunk_id_is_read_from_the_line_of_its_block(chunk_id: str) -> None:
    assert _read(reply_json(citations=[_ENTRY | {"chunk_id": chunk_id}])).citations[0].chunk_id == "c1"


def test_broken_characters_and_line_ends_are_replaced_in_every_string() -> None:
    broken, mended = "a\r\nb\u2028c\x00d\ud83de\ud83d\ude00", "a\nb\nc\ufffdd\ufffde😀"
    draft = _read(reply_json(broken, broken, citations=[{"marker": 1, "chunk_id": broken, "quote": broken}]))
    assert (draft.answer, draft.citations[0].chunk_id, draft.citations[0].quote) == (mended, mended, mended)


def test_a_reply_with_raw_line_breaks_in_its_strings_is_read() -> None:
    assert _read(reply("raw_newlines.txt")).answer == _ANSWER.replace("allows ", "allows\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (reply("malformed.txt"), "broken JSON"),
        (reply("prose_only.txt"), "no JSON object"),
        (reply("missing_fields.json"), "answer: empty"),
        (reply("unsupported_status.json"), "status: literal_error"),
        (reply("empty_answer.json"), "answer: empty"),
        (reply("two_objects.txt"), "more than one JSON object"),
        (reply_json(citations=["c1"]), "citations: none although status is answered"),
        ('{"status": "answered", "answer": 500}', "answer: string_type"),
        ('{"status": "answered", "answer": "a [1]", "answer": "b [1]"}', "answer: two values"),
        ('{"answer": "a", "confidence": "high"}', "status: missing"),
        ('{"a": 1}', "no JSON object with the wanted keys"),
        (reply_json() + " " * 30_000, "longer than"),
        ("{'status': 'answered', 'answer': '" + "a " * 4000 + "'}", "too long to repair"),
        ("{a: 1} {b: 2} {c: 3} {d: 4}", "too many broken JSON objects"),
    ],
)  # fmt: skip
def test_a_reply_in_another_shape_is_refused_with_the_place(text: str, says: str) -> None:
    assert says in _refused(text)


def test_an_error_never_repeats_the_replys_text() -> None:
    assert "SECRET" not in _refused('{"status": "SECRET-WORDS", "answer": 5, "SECRET": {"SECRET": 1}}')
    assert "SECRET" not in _refused("{'status': 'SECRET-WORDS', SECRET: ")


@pytest.mark.parametrize(
    "body", ["", "[]", "null", '"text"', "{", "{}", "[" * 100_000, '{"a":' * 5000, '"{"', "<think>"]
)
def test_no_input_raises_anything_but_a_schema_error(body: str) -> None:
    with pytest.raises(SchemaError):
        parse_reply(body, 1_000_000)


def test_thinking_does_not_count_towards_the_limit() -> None:
    assert parse_reply(f"<think>{'Hm. ' * 500}</think>{_GOOD}", 1000) == _DRAFT


def test_an_object_of_any_model_can_be_read() -> None:
    assert read_object(f"Sure: {_GOOD}", ForgivingReply).draft == _DRAFT
