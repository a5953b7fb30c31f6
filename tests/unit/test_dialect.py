"""What a server's refusal teaches, and how a request is put afterwards."""

from typing import Any

import httpx2
import openai
import pytest
from support.builders import prompt

from pipeline.models.dialect import Dialect
from pipeline.models.refusals import error_body, named, refused_parameter

_REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/chat/completions")
# (status, body, the parameter learnt; "" is a refusal that names none, None is no refusal).
_BODIES: list[tuple[int, Any, str | None]] = [
    (400, {"error": {"message": "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
      "'max_completion_tokens' instead.", "param": "max_tokens", "code": "unsupported_parameter"}}, "limit"),
    (400, {"error": {"message": "Unsupported value", "param": "temperature", "code": "unsupported_value"}},
     "temperature"),
    (400, {"error": {"message": "`temperature` is deprecated for this model.", "type": "invalid_request_error"}},
     "temperature"),
    (400, {"object": "error", "message": "System role not supported", "type": "BadRequestError"}, "system"),
    (400, {"error": {"message": "Conversation roles must alternate user/assistant/user/assistant/..."}}, "system"),
    (500, {"error": {"message": "Only user and assistant roles are supported!"}}, "system"),
    (400, {"error": {"message": "'response_format.type' must be 'json_schema' or 'text'"}}, "output_format"),
    (400, {"error": {"message": "This response_format type is unavailable now"}}, "output_format"),
    (422, {"detail": [{"loc": ["body", "response_format", "type"], "msg": "unexpected value"}]}, "output_format"),
    (422, {"message": {"detail": [{"loc": ["body", "temperature"], "msg": "extra", "input": "response_format"}]}},
     "temperature"),
    (400, {"error": {"message": "does not support parameters: ['response_format', 'temperature']", "param": "None"}},
     "output_format"),
    (400, [{"error": {"code": 400, "message": "Request contains an invalid argument.", "status": "INVALID_ARGUMENT"}}],
     ""),
    (404, {"error": {"message": "No endpoints found that can handle the requested parameters.", "code": 404}}, ""),
    (400, {"error": {"message": "stream=false is not supported"}}, "stream"),
    (400, {"error": {"message": "Max tokens is too high for this model"}}, "limit"),
    (400, {"error": {"message": "guided decoding is not available"}}, "output_format"),
    (404, {"error": {"message": "model 'x' not found"}}, None),
    (404, "<html>Not Found</html>", None),
    (400, {"error": {"message": "max context is 4096, max_tokens 800", "code": "context_length_exceeded"}}, None),
    (400, {"error": {"message": "the prompt has a role", "param": "messages"}}, None),
    (400, {"error": {"message": "filtered", "code": "content_filter"}}, None),
    (401, {"error": {"message": "response_format"}}, None),
    (429, {"error": {"message": "max_tokens per minute"}}, None),
    (500, {"error": {"message": "out of memory while sampling at temperature 0"}}, None),
    (503, {"error": {"message": "response_format"}}, None),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "learnt"), _BODIES)
def test_a_refusal_is_read_for_the_parameter_that_it_names(status: int, body: Any, learnt: str | None) -> None:  # noqa: ANN401
    error = openai.APIStatusError("x", response=httpx2.Response(status, request=_REQUEST), body=body)
    found = refused_parameter(error, Dialect())
    assert (found and (found.parameter or "")) == learnt


def test_each_way_to_send_a_parameter_is_tried_once() -> None:
    dialect: Dialect | None = Dialect()
    limits = []
    while dialect:
        limits.append(dialect.limit[0])
        dialect = dialect.without("limit")
    assert limits == ["max_tokens", "max_completion_tokens", "unset"]


def test_a_settled_parameter_is_not_learnt_again() -> None:
    settled = Dialect(limit=("unset",), temperature=(None,))
    assert settled.refused_in("max_tokens and temperature are refused") is None
    assert settled.parameters(prompt(), 800).keys() == {"messages", "response_format"}


def test_a_plain_request_holds_only_what_it_needs() -> None:
    sent = Dialect(reasoning_effort=("low", None)).plain().parameters(prompt(), 800)
    assert sent.keys() == {"messages", "max_tokens"}


def test_rules_stand_before_the_question_where_there_is_no_system_role() -> None:
    asked = prompt()
    (only,) = Dialect(system=("user",)).parameters(asked, 800)["messages"]
    assert only == {"role": "user", "content": f"{asked.messages[0].content}\n\n{asked.messages[1].content}"}


@pytest.mark.parametrize(
    "value",
    ["a sentence of the prompt", "sk-secret key", "sk-abcdefghij1234567890SECRETabc", "", None, {}, "x" * 65, "é"],
)
def test_what_does_not_look_like_a_name_is_not_kept(value: object) -> None:
    assert named(value) == ""


@pytest.mark.parametrize("body", [None, "", [], [[]], {}, {"error": None}, {"error": {"detail": [1, None]}}, 5, True])
def test_no_body_is_too_odd_to_be_read(body: object) -> None:
    assert error_body(body).parameter == ""
