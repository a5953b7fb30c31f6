import pytest
from support.builders import reply, reply_json

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
        ("malformed.txt", "broken or truncated JSON"),
        ("truncated.txt", "broken or truncated JSON"),
        ("prose_only.txt", "no JSON object"),
        ("missing_fields.json", "confidence: missing"),
        ("unsupported_confidence.json", "confidence: literal_error"),
        ("empty_answer.json", "answer: empty"),
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


@pytest.mark.parametrize(
    "body", ["", "[]", "null", '"text"', "{", "{}", "[" * 100_000, '{"a":' * 5000, reply_json(extra="field")]
)
def test_no_input_raises_anything_but_a_schema_error(body: str) -> None:
    with pytest.raises(SchemaError):
        parse_reply(body, 1_000_000)


def test_a_huge_reply_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(SchemaError, match="longer than"):
        parse_reply(reply_json() + " " * 30_000, _LIMIT)
