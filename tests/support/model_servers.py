"""Model servers as people use them: what each refuses, in its own words, and how its replies look.

Each kind names the public report or page that its behaviour is taken from. A server answers like a good model does:
it quotes the block of the prompt that holds the fact, and as a judge it supports every sentence.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Body = dict[str, Any]
Refusal = tuple[int, Any]
_BLOCK = re.compile(
    r"^\[(\d+)\] chunk_id=(\S+), title=.*\n([\s\S]*?)(?=^\[\d+\] chunk_id=|^Question:|\Z)", re.MULTILINE
)
_CLAIM = re.compile(r"^Sentence \d+, which cites", re.MULTILINE)


def openai_error(message: str, status: int = 400, **fields: Any) -> Refusal:  # noqa: ANN401 - JSON
    """Return an error in OpenAI's shape."""
    return status, {"error": {"message": message, "type": "invalid_request_error", **fields}}


def refuses(name: str, status: int, body: object, **only: object) -> Callable[[Body], Refusal | None]:
    """Return a check that refuses a request with this field, or only with this value of its `type`."""

    def check(request: Body) -> Refusal | None:
        value = request.get(name)
        is_meant = value is not None and (not only or value.get("type") in only.values())
        return (status, body) if is_meant else None

    return check


def _no_system_role(status: int, body: object) -> Callable[[Body], Refusal | None]:
    def check(request: Body) -> Refusal | None:
        return (status, body) if any(m["role"] in {"system", "developer"} for m in request["messages"]) else None

    return check


def _alternating(status: int, body: object) -> Callable[[Body], Refusal | None]:
    def check(request: Body) -> Refusal | None:
        roles = [message["role"] for message in request["messages"]]
        wanted = ["user", "assistant"] * len(roles)
        return None if roles == wanted[: len(roles)] else (status, body)

    return check


def _unknown(known: Sequence[str], status: int, body: Callable[[str], object]) -> Callable[[Body], Refusal | None]:
    def check(request: Body) -> Refusal | None:
        odd = next((name for name in request if name not in known), None)
        return (status, body(odd)) if odd else None

    return check


def _too_little_room(tokens: int) -> Callable[[Body], bool]:
    return lambda request: int(request.get("max_tokens") or request.get("max_completion_tokens") or 10**6) < tokens


def said(text: str | list[Body] | None, finish: str = "stop", **message: Any) -> Body:  # noqa: ANN401 - JSON
    """Return a completion."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
        ],
        "usage": {"prompt_tokens": 900, "completion_tokens": 120, "total_tokens": 1020},
    }


def streamed(text: str, comment: str = "") -> str:
    """Return a completion as server-sent events."""
    pieces = [text[at : at + 40] for at in range(0, len(text), 40)]
    deltas: list[Body] = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces)]
    events: list[Body] = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    events += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, {"choices": [], "usage": {}}]
    return comment + "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"


Shape = Callable[[str, Body], Any]


def _as_it_is(text: str, _: Body) -> Body:
    return said(text)


@dataclass(frozen=True)
class Kind:
    """A kind of server. `checks` refuse a request, the first one first; `shape` makes a reply of the model's text.

    `refusals` is how many refusals the first question meets before it is answered.
    """

    name: str
    reference: str
    checks: tuple[Callable[[Body], Refusal | None], ...] = ()
    shape: Shape = _as_it_is
    refusals: int = 0
    path: str = "/v1"
    query: Mapping[str, str] = field(default_factory=dict)
    key_header: str | None = None


_GPT_5 = (
    refuses("max_tokens", *openai_error(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        param="max_tokens", code="unsupported_parameter")),
    refuses("temperature", *openai_error(
        "Unsupported value: 'temperature' does not support 0.0 with this model. Only the default (1) is supported.",
        param="temperature", code="unsupported_value")),
)  # fmt: skip
_KNOWN_TO_MISTRAL = "model messages temperature max_tokens response_format stream reasoning_effort".split()


def _thinks_first(tokens: int, **thought: Any) -> Shape:  # noqa: ANN401 - JSON
    """Return a shape that leaves no room for a reply below a limit of `tokens`."""
    has_too_little = _too_little_room(tokens)
    return lambda text, request: said(None, "length", **thought) if has_too_little(request) else said(text, **thought)


def _validation_of_groq(text: str, request: Body) -> Any:  # noqa: ANN401 - a status and a body, or a body
    if request.get("response_format", {}).get("type") != "json_object":
        return said(text)
    return openai_error(
        "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.",
        code="json_validate_failed",
        failed_generation=f"Here you are:\n{text}",
    )


KINDS = (
    Kind("OpenAI, gpt-4.1", "developers.openai.com: chat completions"),
    Kind("OpenAI, gpt-5", "gollm#33, qwen-code#921", _GPT_5, refusals=2),
    Kind("OpenAI, o1", "cherry-studio#1403, cherry-studio#4973", (
        *_GPT_5,
        _no_system_role(*openai_error("Unsupported value: 'messages[0].role' does not support 'system' here.",
            param="messages[0].role", code="unsupported_value")),
        refuses("response_format", *openai_error("Unsupported parameter: 'response_format'.", param="response_format",
            code="unsupported_parameter")),
    ), refusals=6),
    Kind("Azure", "opencode#37964; learn.microsoft.com: Azure OpenAI reference", _GPT_5, refusals=2,
        path="/openai/deployments/d1", query={"api-version": "2026-05-01"}, key_header="api-key"),
    Kind("Anthropic", "Roo-Code#12162, cline#10572", (
        refuses("temperature", *openai_error("`temperature` is deprecated for this model.")),
    ), lambda text, _: said(f"Here is the answer:\n\n```json\n{text}\n```"), refusals=1),
    Kind("Gemini", "gemini-cli#15425, hindsight#3365", (
        refuses("response_format", 400, [{"error": {"code": 400, "message": "Request contains an invalid argument.",
            "status": "INVALID_ARGUMENT"}}], a="json_schema"),
    ), _thinks_first(4000), refusals=1, path="/v1beta/openai"),
    Kind("OpenRouter, no endpoint", "zed#36094, opencode#1675", (
        refuses("response_format", 404, {"error": {"code": 404,
            "message": "No endpoints found that can handle the requested parameters. To learn more about provider "
            "routing, visit: https://openrouter.ai/docs/provider-routing"}}),
    ), lambda text, _: "\n         \n" + json.dumps(said(text)), refusals=1, path="/api/v1"),
    Kind("OpenRouter, stream with comments", "openrouter.ai/docs: streaming", (),
        lambda text, _: streamed(text, ": OPENROUTER PROCESSING\n\n"), path="/api/v1"),
    Kind("Groq", "Vane#980, langchain#31459", (
        refuses("response_format", *openai_error("This model does not support response format `json_schema`. See "
            "supported models at https://console.groq.com/docs/structured-outputs", param="response_format"),
            a="json_schema"),
    ), _validation_of_groq, refusals=1, path="/openai/v1"),
    Kind("Mistral", "llm-mistral#38; docs.mistral.ai: chat completion", (
        _unknown(_KNOWN_TO_MISTRAL, 422, lambda name: {"object": "error", "message": {"detail": [
            {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted", "input": 1}]}}),
    ), lambda text, _: said([
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm {"}]}, {"type": "text", "text": text}])),
    Kind("DeepSeek", "Vane#969, deer-flow#545", (
        refuses("response_format", *openai_error("This response_format type is unavailable now"), a="json_schema"),
    ), lambda text, _: said(text, reasoning_content="Block 1 says {"), refusals=1, path=""),
    Kind("Ollama", "ollama#15288", (), lambda text, _: said(text, reasoning="Hm {")),
    Kind("vLLM, Gemma", "vllm#2964, chat-ui#1386", (
        _no_system_role(400, {"object": "error", "message": "System role not supported", "type": "BadRequestError",
            "param": None, "code": 400}),
        _alternating(400, {"object": "error", "message": "Conversation roles must alternate user/assistant/...",
            "type": "BadRequestError", "param": None, "code": 400}),
    ), refusals=1),
    Kind("vLLM, small context", "vllm: entrypoints/openai", (
        refuses("max_tokens", 400, {"error": {"message": "'max_tokens' or 'max_completion_tokens' is too large. "
            "This model's maximum context length is 2048 tokens and your request has 1900 input tokens.",
            "type": "BadRequestError", "param": None, "code": 400}}),
        refuses("max_completion_tokens", 400, {"error": {"message": "'max_tokens' or 'max_completion_tokens' is too "
            "large: 800.", "type": "BadRequestError", "param": None, "code": 400}}),
    ), refusals=2),
    Kind("vLLM, no parser", "open-webui#21888", (), lambda text, _: said(f"Block 1 says {{...}}.\n</think>\n\n{text}")),
    Kind("llama.cpp, template", "llama.cpp#19851", (
        _alternating(500, {"error": {"code": 500, "message": "Error: Jinja Exception: After the optional system "
            "message, conversation roles must alternate user and assistant roles", "type": "server_error"}}),
    ), refusals=1),
    Kind("llama-cpp-python", "abetlen/llama-cpp-python: llama_cpp/server/errors.py", (
        refuses("response_format", 500, {"error": {"message": "[{'type': 'literal_error', 'loc': ('body', "
            "'response_format', 'type'), 'msg': \"Input should be 'text' or 'json_object'\", 'input': 'json_schema'}]",
            "type": "internal_server_error", "param": None, "code": None}}, a="json_schema"),
    ), lambda text, _: said(text.replace('", "', '",\n"')), refusals=1),
    Kind("LM Studio", "lmstudio-bug-tracker#189, maclocal-api#121", (
        refuses("response_format", 400, {"error": "'response_format.type' must be 'json_schema' or 'text'"},
            a="json_object"),
    ), lambda text, _: said(
        f"<|channel|>analysis<|message|>{{<|end|><|start|>assistant<|channel|>final<|message|>{text}")),
    Kind("LiteLLM", "lgtmaybe#65, litellm#8192", (
        refuses("temperature", 400, {"error": {"message": "litellm.UnsupportedParamsError: bedrock does not support "
            "parameters: ['temperature'], for model=m. To drop these, set `litellm.drop_params=True`.", "type": "None",
            "param": "None", "code": "400"}}),
    ), lambda text, _: said(None, "tool_calls", tool_calls=[
        {"id": "c", "type": "function", "function": {"name": "json_tool_call", "arguments": text}}]), refusals=1),
    Kind("streams only", "openhuman#5165, llm_wiki#594", (
        lambda request: None if request.get("stream") else (400, {"detail": "Stream must be set to true"}),
    ), lambda text, _: streamed(text), refusals=1),
    Kind("streams whatever is asked", "reported of gateways", (), lambda text, _: streamed(text)),
    Kind("FastAPI gateway", "fastapi.tiangolo.com: request validation", (
        refuses("response_format", 422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "response_format"],
            "msg": "Extra inputs are not permitted", "input": {"type": "temperature"}}]}),
    ), refusals=3),
    Kind("gpt-oss, tokens lost", "lalamo#278", (),
        lambda text, _: said(f"analysisThe user asks about {{}}.assistantfinal{text}")),
    Kind("reasoning model", "vllm#52640, mindcraft#789", (), _thinks_first(2000, reasoning_content="Hm, block 1 ...")),
)  # fmt: skip


@dataclass
class ModelServer:
    """A running server: where it listens, what it was asked and what it refused."""

    url: str
    kind: Kind
    requests: list[Body] = field(default_factory=list)
    refused: int = 0


@asynccontextmanager
async def model_server(
    kind: Kind, *facts: str, writes: Callable[[str], str | None] | None = None
) -> AsyncIterator[ModelServer]:
    """Serve a kind on a free loopback port. `facts` are sentences that answer; `writes` answers instead."""
    server = ModelServer("", kind)

    async def chat(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        server.requests.append(body)
        if any(request.query.get(name) != value for name, value in kind.query.items()):
            return web.json_response({"error": {"code": "404", "message": "Resource not found"}}, status=404)
        if kind.key_header and not request.headers.get(kind.key_header):
            return web.json_response({"error": {"code": "401", "message": "Access denied"}}, status=401)
        for check in kind.checks:
            if refusal := check(body):
                server.refused += 1
                return web.json_response(refusal[1], status=refusal[0])
        prompt = "\n".join(message["content"] for message in body["messages"] if message["role"] == "user")
        text = (writes(prompt) if writes else None) or written(prompt, facts)
        return _response(kind.shape(text, body))

    app = web.Application()
    app.router.add_post(f"{kind.path}/chat/completions", chat)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    query = "?" + "&".join(f"{name}={value}" for name, value in kind.query.items()) if kind.query else ""
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}{kind.path}{query}"
    try:
        yield server
    finally:
        await runner.cleanup()


def _response(shaped: object) -> web.Response:
    if isinstance(shaped, tuple):
        return web.json_response(shaped[1], status=shaped[0])
    if isinstance(shaped, str):
        kind = "text/event-stream" if shaped.lstrip().startswith((":", "data:")) else "application/json"
        return web.Response(text=shaped, content_type=kind)
    return web.json_response(shaped)


def written(prompt: str, facts: Sequence[str]) -> str:
    """Return the reply of a good model: verdicts for a judge, else an answer from the block that holds a fact."""
    if claims := _CLAIM.findall(prompt):
        verdicts = [{"sentence": number, "verdict": "supported"} for number in range(1, len(claims) + 1)]
        return json.dumps({"verdicts": verdicts, "answers_question": True})
    for number, chunk_id, text in blocks(prompt):
        if fact := next((fact for fact in facts if fact in text), None):
            citation = {"marker": number, "chunk_id": chunk_id, "quote": fact}
            answer = f"As the documents say: {fact.rstrip('.')} [{number}]."
            return json.dumps({"status": "answered", "answer": answer, "confidence": "high", "citations": [citation]})
    return json.dumps({"status": "insufficient_context", "answer": "", "confidence": "low", "citations": []})


def blocks(prompt: str) -> list[tuple[int, str, str]]:
    """Return the context blocks of a prompt: number, chunk id, text."""
    return [(int(number), chunk_id, text) for number, chunk_id, text in _BLOCK.findall(prompt)]
