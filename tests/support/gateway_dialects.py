"""Routers, proxies, streaming gateways and local servers, as public reports describe them; and all dialects."""

import json

from support.model_servers import Dialect, Refusal
from support.server_dialects import DEPRECATED, HOSTED, NOT_SUPPORTED, ONLY_ONE
from support.server_rules import (
    allows_only,
    alternates,
    as_is,
    fits,
    forbids,
    formats,
    no_system,
    streams_only,
    word_json,
)
from support.server_wordings import as_tool_call, thinking_aloud, with_reasoning, with_reasoning_content

_NO_ENDPOINT = (
    "No endpoints found that can handle the requested parameters. "
    "To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing"
)
_RAW = {"error": {"message": NOT_SUPPORTED.replace("{param}", "temperature"), "type": "invalid_request_error",
                  "param": "temperature", "code": None}}  # fmt: skip
_CAUSE = json.dumps(
    {"error": {"message": ONLY_ONE.replace("{value}", "0"), "param": "temperature", "code": "unsupported_value"}}
)
_ROUTED = as_is(404, {"error": {"message": _NO_ENDPOINT, "code": 404}})
ROUTERS = (
    Dialect("openrouter", "OpenRouter docs, streaming (comments); zettelrobbe#74", opening="\n         \n" * 3),
    Dialect("openrouter-no-endpoint-for-formats", "zed#36094, opencode#1675",
            (forbids("response_format", says=_ROUTED),)),
    Dialect("openrouter-no-endpoint-for-temperature", "zed#36094, opencode#1675",
            (forbids("temperature", says=_ROUTED),)),
    Dialect(
        "openrouter-nested-refusal", "litellm#10957, go-openrouter#21, OmniRoute#3044",
        (forbids("temperature", says=as_is(400, {
            "error": {"message": "Provider returned error", "code": 400,
                      "metadata": {"raw": json.dumps(_RAW, indent=2), "provider_name": "OpenAI"}},
            "user_id": "user_1"})),),
    ),
    Dialect(
        "groq-llama", "deep-research#127, langchain#23629, vercel/ai#7303",
        (
            formats("text", "json_object", says=as_is(400, {"error": {
                "message": "'response_format.type' : value is not one of the allowed values ['text','json_object']",
                "type": "invalid_request_error"}})),
            word_json(as_is(400, {"error": {
                "message": "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
                           "'json_object'.", "type": "invalid_request_error"}})),
        ),
    ),
    Dialect(
        "groq-json-validate-failed", "Groq docs, structured outputs (json_validate_failed); mattpocock/evalite#384",
        (formats("text", says=as_is(400, {"error": {
            "message": "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.",
            "type": "invalid_request_error", "code": "json_validate_failed", "failed_generation": ""}})),),
        says=with_reasoning,
    ),
    Dialect(
        "fireworks", "litellm#7533, Flowise#2866",
        (formats("text", "json_object", says=as_is(400, {"error": {
            "object": "error", "type": "invalid_request_error",
            "message": "Extra inputs are not permitted, field: 'response_format.json_schema', value: {}"}})),),
    ),
    Dialect(
        "gateway-with-a-cause", "nashsu/llm_wiki#670",
        (allows_only("temperature", [1], as_is(400, {
            "error": {"cause": _CAUSE, "code": 400, "message": "model call failed", "status": "FAILED_RESPONSE"},
            "requestId": "1", "result": None})),),
    ),
)  # fmt: skip

_PROXY = "Received Model Group=served-model\nAvailable Model Group Fallbacks=None"
_LITELLM = {"type": "None", "param": "None", "code": "400"}
_BEDROCK = json.dumps({"message": "The model returned the following errors: " + json.dumps(
    {"type": "error", "error": {"type": "invalid_request_error", "message": DEPRECATED}})})  # fmt: skip
PROXIES = (
    Dialect(
        "litellm-unsupported-params", "litellm UnsupportedParamsError, litellm#16090",
        (forbids("temperature", says=as_is(400, {"error": _LITELLM | {"message":
            "litellm.UnsupportedParamsError: openai does not support parameters: ['{param}'], for model=gpt-5. To drop "
            f"these, set `litellm.drop_params=True`. {_PROXY}"}})),),
    ),
    Dialect("litellm-claude-tool-call", "openai-agents-python#1602, harness-sdk#743", says=as_tool_call),
    Dialect(
        "litellm-bedrock-opus-4.7", "Roo-Code#12162, cline#10572",
        (forbids("temperature", says=as_is(400, {"error": {
            "message": f"litellm.BadRequestError: BedrockException - {_BEDROCK}. {_PROXY}",
            "type": None, "param": None, "code": "400"}})),),
    ),
    Dialect(
        "bedrock-access-gateway", "bedrock-access-gateway#191, litellm#39829",
        (forbids("temperature", says=as_is(400, {
            "detail": "An error occurred (ValidationException) when calling the Converse operation: This model doesn't "
                      "support the temperature field. Remove temperature and try again."})),),
    ),
)  # fmt: skip

_STREAM_ONLY = {"id": "chatcmpl-1", "request_id": "1"}
STREAMING = (
    Dialect(
        "dashscope-streams-only", "ragflow#5912",
        (streams_only(as_is(400, _STREAM_ONLY | {"error": {
            "code": "invalid_parameter_error", "param": None, "type": "invalid_request_error",
            "message": "This model only support stream mode, please enable the stream parameter to access the model. ",
        }})),),
        says=with_reasoning_content,
    ),
    Dialect(
        "dashscope-thinking-streams-only", "ragflow#8972, UltraRAG#287",
        (streams_only(as_is(400, _STREAM_ONLY | {"error": {
            "code": "invalid_parameter_error", "param": None, "type": "invalid_request_error",
            "message": "parameter.enable_thinking must be set to false for non-streaming calls"}})),),
        says=with_reasoning_content, newline="\r\n",
    ),
    Dialect("gateway-always-streams", "openevolve#455", streams="always", opening=": OPENROUTER PROCESSING\n\n"),
)  # fmt: skip


def _no_room(size: int, room: int) -> Refusal:
    message = (
        f"This model's maximum context length is 700 tokens. However, you requested {size + room} tokens ({size} in "
        f"the messages, {room} in the completion). Please reduce the length of the messages or completion."
    )
    return Refusal(400, {"object": "error", "message": message, "type": "BadRequestError", "param": None, "code": 400})


def _jinja(message: str) -> Refusal:
    source = "\n------------\nWhile executing CallExpression at line 19, column 27 in source:\n^\n"
    where = f"{source}Error: Jinja Exception: {message}"
    return Refusal(500, {"error": {"code": 500, "message": where, "type": "server_error"}})


_LITERAL = (
    "1 validation error:\n  {'type': 'literal_error', 'loc': ('body', 'response_format', 'type'), 'msg': \"Input "
    "should be 'text' or 'json_object'\", 'input': 'json_schema', 'ctx': {'expected': \"'text' or 'json_object'\"}}"
)
_ALTERNATE = "Conversation roles must alternate user/assistant/user/assistant/..."
_VLLM = {"object": "error", "type": "BadRequestError", "param": None, "code": 400}
# Its 400 is about the prompt: nothing that can be left out helps, so it is no part of `DIALECTS`.
TOO_SMALL = Dialect("vllm-context-too-small", "vllm#4667, ogx#4534, vllm#42474", (fits(700, _no_room),))
LOCAL = (
    Dialect(
        "ollama-qwen3", "ollama#15288, QAnything#555",
        (allows_only("model", ["served-model"], as_is(404, {"error": {
            "message": 'model "x" not found, try pulling it first',
            "type": "api_error", "param": None, "code": None}})),),
        says=with_reasoning, thinks=300, thought={"role": "assistant", "content": "", "reasoning": "Let me see"},
    ),
    Dialect(
        "vllm-gemma-2", "vllm#2964, chat-ui#1386",
        (no_system(as_is(400, _VLLM | {"message": "System role not supported"})),
         alternates(as_is(400, _VLLM | {
             "message": _ALTERNATE}))),
    ),
    Dialect("vllm-reasoning-parser", "vllm#52640", says=with_reasoning_content, thinks=200),
    Dialect(
        "nim-extra-forbidden", "voideditor/void#128, MaxKB#2912",
        (forbids("max_completion_tokens", "stream_options", says=as_is(400, _VLLM | {
            "message": "[{'type': 'extra_forbidden', 'loc': ('body', '{param}'), "
                       "'msg': 'Extra inputs are not permitted', 'input': 800}]"})),),
    ),
    Dialect(
        "llama-cpp-old-build", "llama.cpp#9522, ik_llama.cpp#778",
        (formats("text", "json_object", says=as_is(500, {"error": {
            "code": 500, "type": "server_error",
            "message": 'response_format type must be one of "text" or "json_object", but got: json_schema'}})),),
        says=thinking_aloud,
    ),
    Dialect(
        "llama-cpp-grammar", "llama.cpp#23990, lidge-jun/opencodex#2135",
        (formats("text", says=as_is(400, {"error": {
            "code": 400, "message": "Failed to initialize samplers: failed to parse grammar",
            "type": "invalid_request_error"}})),),
    ),
    Dialect(
        "llama-cpp-template", "llama.cpp#19851, sdialog#122, picoclaw#207",
        (no_system(lambda _name, _value: _jinja("Only user and assistant roles are supported!")),
         alternates(lambda _name, _value: _jinja(_ALTERNATE))),
    ),
    Dialect(
        "llama-cpp-python", "llama_cpp/server/errors.py, llama.cpp#23463",
        (formats("text", "json_object", says=as_is(500, {"error": {
            "message": _LITERAL, "type": "internal_server_error", "param": None, "code": None}})),),
    ),
    Dialect(
        "lm-studio", "lmstudio-bug-tracker#189, #307",
        (formats("text", "json_schema", says=as_is(400, {
            "error": "'response_format.type' must be 'json_schema' or 'text'"})),),
        says=thinking_aloud,
    ),
    Dialect(
        "text-generation-inference", "text-generation-inference router, validation.rs (Temperature)",
        (allows_only("temperature", [0.1, 0.2, 0.5, 0.7, 1], as_is(422, {
            "error": "Input validation error: `temperature` must be strictly positive", "error_type": "validation"})),
         formats("text", says=as_is(422, {"error": "Failed to deserialize the JSON body into the target type: "
                 "response_format.type: unknown variant `json_schema`, expected one of `json`, `regex`",
                                          "error_type": "validation"}))),
    ),
)  # fmt: skip

DIALECTS = (*HOSTED, *ROUTERS, *PROXIES, *STREAMING, *LOCAL)
