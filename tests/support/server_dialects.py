"""The hosted servers that people use, as public reports describe them: what each refuses, how, and what it sends."""

from support.model_servers import Dialect
from support.server_rules import (
    allows_only,
    alternates,
    as_is,
    forbids,
    format_keys,
    formats,
    knows,
    no_system,
    openai,
    word_json,
)
from support.server_wordings import fenced, in_parts, with_reasoning_content

_OPENAI_NAMES = (
    "max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "stop", "seed", "user", "response_format",
    "stream", "stream_options", "reasoning_effort", "frequency_penalty", "presence_penalty", "store", "verbosity",
)  # fmt: skip
_UNRECOGNIZED = openai("Unrecognized request argument supplied: {param}", param=None)
_UNKNOWN_KEY = openai("Unknown parameter: '{param}'.", "unknown_parameter")
_MUST_SAY_JSON = openai(
    "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
)
NOT_SUPPORTED = "Unsupported parameter: '{param}' is not supported with this model."
ONLY_ONE = (
    "Unsupported value: '{param}' does not support {value} with this model. Only the default (1) value is supported."
)
DEPRECATED = "`temperature` is deprecated for this model."
_USE_OTHER_LIMIT = f"{NOT_SUPPORTED} Use 'max_completion_tokens' instead."
_STRICT = (knows(*_OPENAI_NAMES, says=_UNRECOGNIZED), format_keys(_UNKNOWN_KEY), word_json(_MUST_SAY_JSON))
_REASONING = (
    forbids("max_tokens", says=openai(_USE_OTHER_LIMIT, "unsupported_parameter")),
    allows_only("temperature", [1], openai(ONLY_ONE, "unsupported_value")),
)
_NO_SCHEMA = openai(
    "Invalid parameter: '{param}' of type 'json_schema' is not supported with this model.", param="response_format"
)


OPENAI = (
    Dialect("openai-gpt-5", "gollm#33, qwen-code#921, chuk-llm#3", (*_STRICT, *_REASONING), thinks=200),
    Dialect(
        "openai-gpt-5.2", "OpenHands/software-agent-sdk#1837",
        (*_STRICT, _REASONING[0], forbids("temperature", says=openai(NOT_SUPPORTED))),
    ),
    Dialect(
        "openai-o1-mini", "Archon#12, BetterChatGPT-PLUS#90, cherry-studio#1403",
        (
            *_STRICT,
            no_system(openai("Unsupported value: 'messages[0].role' does not support 'system' with this model.",
                             "unsupported_value", param="messages[0].role")),
            *_REASONING,
            formats("text", says=_NO_SCHEMA),
        ),
    ),
    Dialect("openai-gpt-4.1", "OpenAI API reference, create chat completion", _STRICT),
    Dialect(
        "openai-gpt-4-before-json-mode", "openai-php/client#251",
        (forbids("response_format", "max_completion_tokens", says=_UNRECOGNIZED), *_STRICT),
    ),
    Dialect(
        "copilot-api", "caozhiyuan/copilot-api#164",
        (forbids("max_tokens", says=as_is(400, {"error": {
            "message": _USE_OTHER_LIMIT, "code": "invalid_request_body"}})),),
    ),
)  # fmt: skip

_AZURE_KEY = {
    "error": {"code": "401", "message": "Access denied due to invalid subscription key or wrong API endpoint."}
}
_DEPLOYMENT = "/openai/deployments/gpt"
_SCHEMA_LATER = "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later"
AZURE = (
    Dialect(
        "azure-gpt-5.1", "opencode#37964, litellm#13327", (*_STRICT, *_REASONING), base=_DEPLOYMENT,
        query="?api-version=2025-04-01-preview", key_header="api-key", no_key=_AZURE_KEY,
        settings={"key_header": "api-key"},
    ),
    Dialect(
        "azure-old-api-version", "openai-python#1724, azure-sdk-for-net#46579, dify#8994",
        (
            forbids("max_completion_tokens", says=_UNRECOGNIZED),
            formats("text", "json_object", says=as_is(400, {"error": {
                "code": "BadRequest", "message": _SCHEMA_LATER}})),
            *_STRICT,
        ),
        base=_DEPLOYMENT, query="?api-version=2024-03-01-preview", key_header="api-key", no_key=_AZURE_KEY,
        settings={"key_header": "api-key"},
    ),
)  # fmt: skip

_BAD = "invalid_request_error"
_CLAUDE = {"error": {"code": _BAD, "message": DEPRECATED, "type": _BAD, "param": None}}
_GEMINI_UNKNOWN = 'Invalid JSON payload received. Unknown name "{param}": Cannot find field.'
_GEMINI_DETAILS = {
    "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"description": _GEMINI_UNKNOWN}],
}  # fmt: skip
_GEMINI = knows(
    "max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "stop", "response_format", "stream",
    "stream_options", "reasoning_effort", "extra_body", "user",
    says=as_is(400, [{"error": {
        "code": 400, "message": _GEMINI_UNKNOWN, "status": "INVALID_ARGUMENT", "details": [_GEMINI_DETAILS]}}]),
)  # fmt: skip
VENDORS = (
    # The compatible endpoint ignores response_format and joins the system messages at the start.
    Dialect(
        "anthropic-opus-4.7", "platform.claude.com OpenAI SDK compatibility; inspect_ai#3721, Roo-Code#12162",
        (forbids("temperature", says=as_is(400, _CLAUDE)),), says=fenced,
    ),
    Dialect(
        "gemini-refuses-the-schema", "ComfyUI-NewBie-LLM-Formatter#3, ai-manus#101 (bodies are lists)",
        (
            _GEMINI,
            formats("text", "json_object", says=as_is(400, [{"error": {
                "code": 400, "message": "Request contains an invalid argument.", "status": "INVALID_ARGUMENT"}}])),
        ),
    ),
    Dialect("gemini-thinks", "hindsight#3365", (_GEMINI,), thinks=1500, thought={"role": "assistant"}),
    Dialect(
        "xai-grok-4", "litellm#16265, chenyme/grok2api#814",
        (forbids("reasoning_effort", "presence_penalty", "stop", says=as_is(400, {
            "code": "Client specified an invalid argument", "error": "Model does not support parameter {param}."})),),
        says=with_reasoning_content,
    ),
    Dialect(
        "moonshot-kimi-k3", "HKUDS/nanobot#202, opencode#27796, odysseus#3959",
        (allows_only("temperature", [1], as_is(400, {"error": {
            "message": "invalid temperature: only 1 is allowed for this model", "type": "invalid_request_error"}})),),
        says=with_reasoning_content,
    ),
    Dialect(
        "deepseek-chat", "bytedance/deer-flow#545, khoj#1336, dify#11677",
        (formats("text", "json_object", says=openai(
            "This response_format type is unavailable now", "invalid_request_error", param=None)),),
    ),
    Dialect(
        "deepseek-reasoner", "dzhng/deep-research#22, browser-use#215",
        (formats("text", "json_object", says=openai(
            "Failed to deserialize the JSON body into the target type: response_format: response_format.type "
            "`json_schema` is unavailable now at line 1 column 12440", "invalid_request_error", param=None, status=422,
        )),),
        says=with_reasoning_content,
    ),
)  # fmt: skip

_FORBIDDEN = {
    "type": "extra_forbidden", "loc": ["body", "{param}"], "msg": "Extra inputs are not permitted", "input": 0,
}  # fmt: skip
_MISTRAL = (
    knows(
        "max_tokens", "temperature", "top_p", "n", "stop", "random_seed", "response_format", "stream",
        "presence_penalty", "frequency_penalty", "safe_prompt", "prompt_mode", "reasoning_effort",
        says=as_is(422, {"object": "error", "message": {"detail": [_FORBIDDEN]},
                         "type": "invalid_request_error", "param": None, "code": None}),
    ),
    format_keys(as_is(422, {"object": "error", "message": {"detail": [
        _FORBIDDEN | {"loc": ["body", "response_format", "schema"]}]}, "type": "invalid_request_error"})),
    alternates(as_is(400, {"object": "error", "message": "Unexpected role 'user' after role 'user'",
                           "type": "invalid_request_message_order", "param": None, "code": "3230"})),
)  # fmt: skip
MISTRAL = (
    Dialect("mistral-small", "platform-docs-public#7, eca#231, mistralai_client_dart#44", _MISTRAL),
    Dialect("mistral-magistral", "llm-mistral#38, spring-ai#5019", _MISTRAL, says=in_parts),
    # A server in front of Mistral that takes no format at all, and says so in Mistral's way.
    Dialect(
        "mistral-style-without-formats", "php-mistral#76, crush#1590",
        (forbids("response_format", says=as_is(422, {"object": "Error", "detail": [_FORBIDDEN], "message": [_FORBIDDEN],
                                                     "type": "invalid_request_error", "code": 3001})),),
    ),
)  # fmt: skip

HOSTED = (*OPENAI, *AZURE, *VENDORS, *MISTRAL)
