"""Every server that people use gives its answer: each in its own dialect, and replies in every shape."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.builders import context
from support.model_servers import KINDS, Kind, ModelServer, blocks, model_server, openai_error, said, streamed
from support.models import shared_embedder

from bot.app import build_pipeline
from bot.settings import load_settings
from index.builder import BuildRules, build
from pipeline.answering import Pipeline, answer
from pipeline.types import Answered, Deadline, Response

_REMINDER = "By default the first reminder goes out 7 days after the due date, the second 14 days after it"
_INVITATION = "An invitation is valid for 7 days."
_ASKED = ("When does the first payment reminder go out?", "How long is an invitation valid?")
_DEADLINE_S = 10.0


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory, articles: Path) -> Path:
    folder = tmp_path_factory.mktemp("index")
    build([articles], folder, shared_embedder(), BuildRules())
    return folder


@asynccontextmanager
async def _asking(data_dir: Path, server: ModelServer, judge: str = "model", **llm: Any) -> AsyncIterator[Pipeline]:  # noqa: ANN401 - settings
    options: dict[str, Any] = {
        "provider": "openai", "base_url": server.url, "model": "m", "api_key": "k",
        "key_header": server.kind.key_header, "backoff_base_s": 0.001, "backoff_cap_s": 0.002,
    }  # fmt: skip
    settings = load_settings(data_dir=data_dir, llm={**options, **llm}, judge={"kind": judge})
    async with aclosing(build_pipeline(settings, shared_embedder())) as parts:
        yield parts


async def _asked(parts: Pipeline, question: str) -> Response:
    return await answer(parts, question, context(deadline=Deadline.after(_DEADLINE_S)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_the_first_question_is_answered_and_the_second_costs_nothing_more(kind: Kind, data_dir: Path) -> None:
    async with model_server(kind, _REMINDER, _INVITATION) as server, _asking(data_dir, server) as parts:
        began = time.monotonic()
        first = await _asked(parts, _ASKED[0])
        took = time.monotonic() - began
        before = len(server.requests)
        second = await _asked(parts, _ASKED[1])
    for found, words in ((first, "7 days after the due date"), (second, "valid for 7 days")):
        assert isinstance(found.outcome, Answered)
        assert (found.outcome.form, found.outcome.degraded) == ("written", False)
        assert words in found.outcome.text
        # One attempt for the draft, and one for the judge.
        assert found.trace.attempts == 2
    assert server.refused == kind.refusals
    assert took < _DEADLINE_S / 2
    assert len(server.requests) - before == 2


async def test_two_refused_parameters_cost_two_requests_once(data_dir: Path) -> None:
    kind = next(kind for kind in KINDS if kind.name == "OpenAI, gpt-5")
    async with model_server(kind, _REMINDER, _INVITATION) as server, _asking(data_dir, server, "none") as parts:
        first = await _asked(parts, _ASKED[0])
        assert len(server.requests) == 3
        await _asked(parts, _ASKED[1])
        assert len(server.requests) == 4
    assert first.trace.attempts == 1
    assert [(p.parameter, p.learnt) for p in first.trace.model_problems] == [
        ("max_tokens", True),
        ("temperature", True),
    ]


def _body(text: str, **reply: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps(json.loads(text) | reply)


# Name, and what a server makes of the reply of a good model.
_READ: dict[str, Any] = {
    "as it is": lambda text, _: said(text),
    "thinking in tags": lambda text, _: said(f'<think>\nI reply with {{"status": ...}}.\n</think>\n{text}'),
    "thinking with a draft of the reply": lambda text, _: said(f"<think>{_body(text, answer='No.')}</think>{text}"),
    "prose with a brace behind": lambda text, _: said(f"{text}\n\nNote: I kept the {{marker}} format."),
    "a fence without a language": lambda text, _: said(f"```\n{text}\n```"),
    "the same object twice": lambda text, _: said(f"{text}\n{text}"),
    "a string that holds JSON": lambda text, _: said(json.dumps(text)),
    "wrapped in a key": lambda text, _: said(json.dumps({"response": json.loads(text)})),
    "wrapped in a schema": lambda text, _: said(json.dumps({"type": "object", "properties": json.loads(text)})),
    "Python's quotes": lambda text, _: said(str(json.loads(text))),
    "trailing commas": lambda text, _: said(text.replace("}]", "},]")),
    "keys in capitals": lambda text, _: said(text.replace('"status"', '"Status"').replace('"answer"', '"ANSWER"')),
    "High confidence": lambda text, _: said(text.replace('"high"', '"High"')),
    "confidence as a number": lambda text, _: said(text.replace('"confidence": "high"', '"confidence": 0.93')),
    "half an emoji": lambda text, _: said(text.replace('].",', '] \\ud83d.",')),
    "a NUL": lambda text, _: said(text.replace('].",', '] \\u0000.",')),
    "content in parts": lambda text, _: said([{"type": "text", "text": part} for part in (text[:30], text[30:])]),
    "a function call of old": lambda text, _: said(None, function_call={"name": "reply", "arguments": text}),
    "arguments as an object": lambda text, _: said("", tool_calls=[{"function": {"arguments": json.loads(text)}}]),
    "no usage, no id": lambda text, _: {"choices": [{"message": {"content": text}}]},
    "a stream without an end": lambda text, _: streamed(text).replace("data: [DONE]\n\n", ""),
    "a stream of messages": lambda text, _: streamed(text).replace('"delta"', '"message"'),
    "a byte-order mark": lambda text, _: "\ufeff" + json.dumps(said(text)),
    "cut off and complete": lambda text, _: said(text, "length"),
    "markers of files": lambda text, _: said(re_marked(text, "【{}†source】")),
    "markers in brackets of a footnote": lambda text, _: said(re_marked(text, "[^{}]")),
    "markers with a word": lambda text, _: said(re_marked(text, "[Source {}]")),
    "chunk ids with their key": lambda text, _: said(text.replace('"chunk_id": "', '"chunk_id": "chunk_id=')),
    "a courtesy": lambda text, _: said(text.replace('].",', ']. Let me know if you have any other questions!",')),
}  # fmt: skip
# Name, what is sent, and the verdict. Nothing can be read of these, so the documents are quoted.
_NOT_READ: dict[str, tuple[Any, str]] = {
    "prose": (lambda *_: said("The first reminder goes out after a week."), "SCHEMA_INVALID"),
    "nothing": (lambda *_: said(""), "MODEL_EMPTY"),
    "null": (lambda *_: said(None), "MODEL_EMPTY"),
    "spaces": (lambda *_: said(" \n "), "MODEL_EMPTY"),
    "thinking alone": (lambda *_: said("<think>Hm, block 1 says {"), "MODEL_EMPTY"),
    "thinking to the end": (lambda *_: said(None, "length", reasoning_content="Hm"), "MODEL_CUT_OFF"),
    "a refusal": (lambda *_: said(None, refusal="I cannot help with that."), "CONTENT_FILTER"),
    "filtered": (lambda *_: said("", "content_filter"), "CONTENT_FILTER"),
    "Azure's filter": (lambda *_: openai_error("The response was filtered", code="content_filter", param="prompt"),
        "CONTENT_FILTER"),
    "an error in a 200": (lambda *_: {"error": {"message": "overloaded", "code": 502}}, "MODEL_DOWN"),
    "a rate limit in a 200": (lambda *_: {"error": {"message": "slow down", "code": 429}}, "MODEL_RATE_LIMITED"),
    "an error in a choice": (lambda *_: {"choices": [{"error": {"message": "x", "code": 502}}]}, "MODEL_DOWN"),
    "an error in a stream": (lambda *_: 'data: {"error": {"message": "x", "code": 502}}\n\n', "MODEL_DOWN"),
    "empty choices": (lambda *_: {"choices": []}, "MODEL_EMPTY"),
    "no choices": (lambda *_: {"choices": None}, "MODEL_EMPTY"),
    "a list": (lambda *_: "[]", "MODEL_DOWN"),
    "a page": (lambda *_: "<html>Bad gateway</html>", "MODEL_DOWN"),
    "two different replies": (lambda text, _: said(text + _body(text, answer="No [1].")), "SCHEMA_INVALID"),
    "two statuses": (lambda text, _: said(text.replace("{", '{"status": "insufficient_context",', 1)),
        "SCHEMA_INVALID"),
    "half of a reply": (lambda text, _: said(text[: len(text) // 2]), "SCHEMA_INVALID"),
    "no citations": (lambda text, _: said(_body(text, citations=[])), "SCHEMA_INVALID"),
    "a model that is not there": (lambda *_: openai_error("not found", 404, code="model_not_found"), "MODEL_REFUSED"),
    "a context that is too small": (lambda *_: openai_error("too long", code="context_length_exceeded"),
        "MODEL_REFUSED"),
}  # fmt: skip


def re_marked(text: str, style: str) -> str:
    """Return a reply with its markers in another style."""
    reply = json.loads(text)
    number = reply["citations"][0]["marker"] if "citations" in reply else 0
    return json.dumps(reply | {"answer": reply.get("answer", "").replace(f"[{number}]", style.format(number))})


def _for_drafts(shape: Any) -> Any:  # noqa: ANN401 - a shape
    """Return a shape for drafts; verdicts of the judge are sent as they are."""
    return lambda text, request: said(text) if '"verdicts"' in text else shape(text, request)


@pytest.mark.parametrize("name", _READ)
async def test_a_reply_in_any_shape_is_read(name: str, data_dir: Path) -> None:
    kind = Kind(name, "", shape=_for_drafts(_READ[name]))
    async with model_server(kind, _REMINDER) as server, _asking(data_dir, server) as parts:
        found = await _asked(parts, _ASKED[0])
    unsure = name == "confidence as a number"
    assert found.outcome.kind == ("needs_review" if unsure else "answered")
    if isinstance(found.outcome, Answered):
        assert (found.outcome.form, found.outcome.degraded) == ("written", False)
        assert "[1]" in found.outcome.text
        assert "any other questions" not in found.outcome.text


@pytest.mark.parametrize("name", _NOT_READ)
async def test_what_cannot_be_read_ends_in_quotes_and_says_why(name: str, data_dir: Path) -> None:
    shape, verdict = _NOT_READ[name]
    async with model_server(Kind(name, "", shape=shape), _REMINDER) as server, _asking(data_dir, server) as parts:
        found = await _asked(parts, _ASKED[0])
    assert isinstance(found.outcome, Answered)
    assert (found.outcome.form, found.outcome.degraded, found.outcome.reason) == ("quoted", True, verdict)
    assert "7 days after the due date" in found.outcome.text
    assert found.trace.model_problems
    assert all("".join(message["content"] for message in request["messages"]) for request in server.requests)
    assert all(message["content"].strip() for request in server.requests for message in request["messages"])


@pytest.mark.parametrize("name", ["prose", "nothing", "empty choices", "half of a reply", "thinking to the end"])
async def test_after_a_reply_that_cannot_be_read_the_next_server_is_asked(name: str, data_dir: Path) -> None:
    bad, good = Kind(name, "", shape=_NOT_READ[name][0]), KINDS[0]
    async with model_server(bad) as first, model_server(good, _REMINDER) as second:
        failover = [{"name": "second", "base_url": second.url, "model": "b"}]
        async with _asking(data_dir, first, failover=failover) as parts:
            found = await _asked(parts, _ASKED[0])
    assert isinstance(found.outcome, Answered)
    assert (found.outcome.form, found.outcome.degraded) == ("written", False)
    assert found.trace.llm_provider == "second"


async def test_the_blocks_of_a_prompt_are_what_the_server_reads(data_dir: Path) -> None:
    async with model_server(KINDS[0], _REMINDER) as server, _asking(data_dir, server, "none") as parts:
        found = await _asked(parts, _ASKED[0])
    asked = server.requests[0]["messages"][-1]["content"]
    assert [chunk_id for _, chunk_id, _ in blocks(asked)] == list(found.trace.retrieved_chunk_ids[: len(blocks(asked))])
