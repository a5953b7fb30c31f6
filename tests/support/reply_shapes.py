"""Replies as real models and gateways send them with status 200: the good text, and what they put around it.

`reference` names a public report or page; "invented" stands where we know of none. A shape with `ends` written holds
everything that an answer needs. From the others nothing can be read, and the
documents' own words are all that is left. `times` says how many requests get the shape; the others are answered well.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from support.model_servers import Body, Reply, Said, completion, events

Ends = Literal["written", "quoted", "not_enough_info"]
_ALWAYS = 1_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of reply. `make` gets the good JSON text and returns the whole response."""

    name: str
    reference: str
    make: Callable[[str], Reply]
    ends: Ends = "written"
    times: int = _ALWAYS
    settings: dict[str, Any] = field(default_factory=dict)

    def __call__(self, text: str, asked: Body, number: int) -> Reply | None:  # noqa: ARG002 - a `Shaped`
        """Return the response to the request with this number."""
        return self.make(text) if number <= self.times else None


def content(change: Callable[[str], str], finish: str = "stop") -> Callable[[str], Reply]:
    """Return a maker of replies whose content is the changed text."""
    return lambda text: Reply(completion(Said({"role": "assistant", "content": change(text)}, finish)))


def message(change: Callable[[str], dict[str, Any]], finish: str = "stop") -> Callable[[str], Reply]:
    """Return a maker of replies with a message of its own."""
    return lambda text: Reply(completion(Said({"role": "assistant", **change(text)}, finish)))


def draft(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[str], Reply]:
    """Return a maker of replies whose draft is changed. Verdicts stay as they are."""

    def changed(text: str) -> str:
        value = json.loads(text)
        # json writes a lone surrogate as an escape, as models do.
        return json.dumps(change(value)) if "answer" in value else text

    return content(changed)


def body(
    fixed: Any,  # noqa: ANN401 - any JSON
    status: int = 200,
    content_type: str = "application/json",
) -> Callable[[str], Reply]:
    """Return a maker of the same response for everything."""
    return lambda _text: Reply(fixed, status, content_type)


def renamed(value: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Return a draft whose keys are changed."""
    return {change(key): item for key, item in value.items()}


def cited(value: dict[str, Any], **changes: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a draft in whose citations some values are changed."""
    citations = [{key: changes.get(key, _same)(item) for key, item in c.items()} for c in value["citations"]]
    return value | {"citations": citations}


def _same(item: Any) -> Any:  # noqa: ANN401 - any JSON
    return item


def _streamed(text: str) -> Reply:
    stream = "".join(f"data: {event}\n\n" for event in events(Said({"role": "assistant", "content": text})))
    return Reply(f": OPENROUTER PROCESSING\n\n{stream}data: [DONE]\n\n", content_type="text/event-stream")


def _broken_stream(text: str) -> Reply:
    half = events(Said({"role": "assistant", "content": text}))[:3]
    error = json.dumps({"error": {"code": 502, "message": "Provider disconnected"},
                        "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]})  # fmt: skip
    return Reply("".join(f"data: {event}\n\n" for event in (*half, error)), content_type="text/event-stream")


def _finishing(choice: dict[str, Any]) -> Callable[[str], Reply]:
    return body({"id": "gen-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})


_ERROR = {"message": "Provider returned error", "code": 502, "metadata": {"provider_name": "Nvidia"}}
_THOUGHT = 'The reply looks like {"status": ..., "answer": ...}. Block 1 says it.'
_EXAMPLE = {"status": "...", "answer": "text with [1] markers", "confidence": "...", "citations": []}
_SHOP = "<html><body>Please sign in</body></html>"

AROUND = (
    Shape("think", "DeepTutor#675, DeepSeek-R1#381", content(lambda t: f"<think>\n{_THOUGHT}\n</think>\n\n{t}")),
    Shape("think-without-opening", "open-webui#21888", content(lambda t: f"{_THOUGHT}\n</think>\n{t}")),
    Shape("harmony", "mlx-lm#1867, TensorRT-LLM#9256", content(
        lambda t: f"<|channel|>analysis<|message|>{_THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{t}")),
    Shape("harmony-without-marks", "macprovider#743", content(lambda t: f"analysis{_THOUGHT}assistantfinal{t}")),
    Shape("parts", "llm-mistral#39, hermes-agent#4748", message(lambda t: {"content": [
        {"type": "thinking", "thinking": [{"type": "text", "text": _THOUGHT}]}, {"type": "text", "text": t}]})),
    Shape("tool-call", "openai-agents-python#1602", message(lambda t: {"content": None, "tool_calls": [
        {"id": "c", "type": "function", "function": {"name": "json_tool_call", "arguments": t}}]}, "tool_calls")),
    Shape("fence", "hindsight#645, laravel/ai#879", content(lambda t: f"```json\n{t}\n```")),
    Shape("fence-in-prose", "repopilot#157", content(lambda t: f"Here is the JSON:\n\n```\n{t}\n```\nDone!")),
    Shape("prose-with-brace", "SuggestArr#266, mirascope#939", content(lambda t: f"{t}\n\nI kept the {{marker}}.")),
    Shape("example-then-reply", "invented", content(lambda t: f"The form is {json.dumps(_EXAMPLE)}\n\n{t}")),
    Shape("reply-twice", "invented", content(lambda t: f"{t}\n{t}")),
    Shape("stream-not-asked-for", "openevolve#455", _streamed),
    Shape("blank-lines-first", "OpenRouter docs (keep-alive)", lambda t: Reply("\n \n" * 40 + json.dumps(
        completion(Said({"role": "assistant", "content": t}))))),
    Shape("reasoning-fields", "vllm#41902", message(lambda t: {
        "content": f"\n\n{t}", "reasoning": _THOUGHT, "reasoning_content": _THOUGHT, "refusal": None})),
)  # fmt: skip

INSIDE = (
    Shape("confidence-High", "guidance#1125", draft(lambda v: v | {"confidence": "High"})),
    Shape("no-confidence-but-answered", "invented", draft(
        lambda v: {k: v[k] for k in ("status", "answer", "citations")}), "quoted",
        settings={"review": {"low_confidence": "quote"}}),
    Shape("extra-keys", "guidance#1125", draft(lambda v: {"reasoning": "Block 1", **v, "sources": []})),
    Shape("Keys-in-Capitals", "invented", draft(lambda v: renamed(v, str.title))),
    Shape("wrapped", "invented", content(lambda t: json.dumps({"response": json.loads(t)}))),
    Shape("in-a-list", "invented", content(lambda t: f"[{t}]")),
    Shape("in-a-string", "invented", content(json.dumps)),
    Shape("trailing-comma", "invented", content(lambda t: f"{t[:-1]},}}")),
    Shape("python-dict", "outlines#677", content(lambda t: repr(json.loads(t)))),
    Shape("raw-newline", "llama-cpp-python (constrained output)", content(
        lambda t: t.replace('", "', '",\n "').replace(" [", "\n["))),
    Shape("lone-surrogate-escaped", "Aider#3693, ragflow#9246", draft(
        lambda v: v | {"answer": v["answer"] + " \ud83d"})),
    Shape("lone-surrogate-in-quote", "tiktoken#541", draft(lambda v: cited(v, quote=lambda q: f"{q}\ud83d"))),
    Shape("nul", "invented", draft(lambda v: v | {"answer": "\x00" + v["answer"]})),
    Shape("chunk-id-as-printed", "invented", draft(lambda v: cited(v, chunk_id=lambda i: f"chunk_id={i}"))),
    Shape("marker-in-brackets", "invented", draft(lambda v: cited(v, marker=lambda m: f"[{m}]"))),
    Shape("insufficient-with-null", "invented", content(lambda _t: json.dumps(
        {"status": "insufficient_context", "answer": None, "confidence": "low", "citations": []})), "not_enough_info"),
)  # fmt: skip

# The server is well again when it is asked once more.
PASSING = (
    Shape("error-in-200", "inspect_ai#1534, openai-agents-python#604", body({"id": "g", "error": _ERROR}), times=1),
    Shape("error-in-choice", "OpenRouter docs, errors", _finishing(
        {"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "error", "error": _ERROR},
    ), times=1),
    Shape("choices-empty", "gpt-load#232, Portkey gateway#1303", body({"id": "", "choices": [], "model": ""}), times=1),
    Shape("choices-null", "cherry-studio#11287 (MiniMax)", body({"choices": None, "base_resp": {
        "status_code": 1002, "status_msg": "rate limit"}}), times=1),
    Shape("content-null", "gemini-web2api#56", message(lambda _t: {"content": None}), times=1),
    Shape("content-blank", "DeepSeek docs, JSON output", content(lambda _t: "\n" * 30), times=1),
    Shape("truncated", "sgo#1", content(lambda t: t[: len(t) // 2], "length"), times=1),
    Shape("thought-to-the-end", "vllm#52640, mindcraft#789", message(
        lambda _t: {"content": None, "reasoning_content": _THOUGHT}, "length"), times=1),
    Shape("stream-breaks", "OpenRouter docs, mid-stream errors; houston#1211", _broken_stream, times=1),
    Shape("empty-body", "gpt-load#232", body(""), times=1),
)  # fmt: skip

# Nothing of the model can be read, however often it is asked.
UNREADABLE = (
    Shape("prose", "invented", content(lambda _t: "Reminders go out after a while, I think."), "quoted"),
    Shape("nothing", "gemini-balance#326", content(lambda _t: ""), "quoted"),
    Shape("no-content-key", "hindsight#3365", message(lambda _t: {}), "quoted"),
    Shape("braces", "invented", content(lambda _t: "{}"), "quoted"),
    Shape("error-for-ever", "OpenJarvis#970", body({"error": _ERROR, "user_id": "u"}), "quoted"),
    Shape("a-page", "invented", body(_SHOP, content_type="text/html"), "quoted"),
    Shape("a-page-as-json", "invented", body(_SHOP), "quoted"),
    Shape("null", "invented", body("null"), "quoted"),
    Shape("refusal", "OpenAI docs, structured outputs", message(
        lambda _t: {"content": None, "refusal": "I can't help with that."}), "quoted"),
    Shape("content-filter", "onyx#10893", content(lambda _t: "", "content_filter"), "quoted"),
)  # fmt: skip

SHAPES = (*AROUND, *INSIDE, *PASSING, *UNREADABLE)
