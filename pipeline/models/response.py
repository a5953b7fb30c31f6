"""Read what a model server sent with status 200: a completion, a stream of pieces, or an error after all.

With status 200 a server or a gateway before it may send anything; nothing here trusts a type.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.characters import whole
from pipeline.errors import ModelError, PermanentModelError, RetryableModelError, Why
from pipeline.models.refusals import by_status, named
from pipeline.replies.thinking import without_thinking
from pipeline.types import Failure

_BAD_GATEWAY = 502
_STATUS = re.compile(r"[45][0-9]{2}")
# Reasons of OpenAI and Anthropic, and those of Gemini.
_FILTERED = frozenset({"content_filter", "refusal", "safety", "prohibited_content", "blocklist", "spii", "recitation"})
# Lines of events; the other line separators of Unicode may stand in JSON as they are.
_EVENT_LINE = re.compile(r"\r\n|\r|\n")
_CUT_OFF = frozenset({"length", "max_tokens", "max_output_tokens"})
_TEXT_PARTS = (None, "text", "output_text")


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of a reply without thinking, possibly empty, why it ends, and how many tokens it took."""

    text: str
    finish_reason: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def was_cut_off(self) -> bool:
        """Whether the text ends at the token limit."""
        return self.finish_reason.casefold() in _CUT_OFF


def read_reply(body: str) -> Reply:
    """Return the reply in the body of a response. Raises a ModelError for one that holds none."""
    payload = _payload(body)
    error = payload.get("error")
    choices = payload.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    error = error or choice.get("error") or (None if "choices" in payload else _vllm_error(payload))
    if error:
        raise _as_error(error)
    message: Mapping[str, Any] = next(
        (choice[key] for key in ("message", "delta") if isinstance(choice.get(key), dict)), {}
    )
    finish = named(choice.get("finish_reason"))
    if finish.casefold() in _FILTERED or message.get("refusal"):
        raise PermanentModelError(Failure.CONTENT_FILTER, Why(finish_reason=finish or "refusal"))
    if not message and not isinstance(choice.get("text"), str):
        raise RetryableModelError(Failure.MODEL_EMPTY, why=Why(code="no_choices", finish_reason=finish))
    usage = payload.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    return Reply(
        whole(_spoken(message) or _text_of(choice.get("text"))),
        finish,
        _count(counts.get("prompt_tokens")),
        _count(counts.get("completion_tokens")),
    )


def failed_generation(body: object) -> str:
    """Return the text of a reply that Groq refuses because it is not the JSON that was asked for, else ""."""
    held = body.get("error", body) if isinstance(body, dict) else {}
    text = held.get("failed_generation") if isinstance(held, dict) else None
    return whole(without_thinking(text)) if isinstance(text, str) else ""


def _spoken(message: Mapping[str, Any]) -> str:
    """Return what a message says: its content, or the arguments of its one tool call; not what it thought."""
    content = without_thinking(_text_of(message.get("content")))
    arguments = list(_arguments(message))
    return arguments[0] if len(arguments) == 1 and "{" not in content else content


def _text_of(content: object) -> str:
    """Return content that is a string, or the text parts of a list."""
    parts = content if isinstance(content, list) else [content]
    return "".join(
        part if isinstance(part, str) else str(part.get("text") or "")
        for part in parts
        if isinstance(part, str) or (isinstance(part, dict) and part.get("type") in _TEXT_PARTS)
    )


def _arguments(message: Mapping[str, Any]) -> Iterator[str]:
    calls = message.get("tool_calls")
    called = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    for function in [*called, message.get("function_call")]:
        arguments = function.get("arguments") if isinstance(function, dict) else None
        if arguments:
            yield arguments if isinstance(arguments, str) else json.dumps(arguments)


def _payload(body: str) -> dict[str, Any]:
    """Return the JSON object of a body, or what the events of a stream add up to."""
    text = body.strip().removeprefix("\ufeff")
    try:
        value = json.loads(text, strict=False) if text.startswith(("{", "[")) else _streamed(text)
    except (ValueError, RecursionError):
        raise RetryableModelError(Failure.MODEL_DOWN, why=Why(code="broken_json")) from None
    value = value[0] if isinstance(value, list) and value else value
    if not isinstance(value, dict):
        raise RetryableModelError(Failure.MODEL_DOWN, why=Why(code="not_json"))
    return value


def _streamed(text: str) -> dict[str, Any]:
    """Return the pieces of a stream of server-sent events as one completion."""
    data = [line.removeprefix("data:").strip() for line in _EVENT_LINE.split(text) if line.startswith("data:")]
    events = [json.loads(piece, strict=False) for piece in data if piece and piece != "[DONE]"]
    pieces = [event for event in events if isinstance(event, dict)]
    if not pieces:
        raise RetryableModelError(Failure.MODEL_DOWN, why=Why(code="not_json"))
    if error := next((piece["error"] for piece in pieces if piece.get("error")), None):
        return {"error": error}
    choices = [choice for piece in pieces for choice in _first(piece.get("choices"))]
    finish = next((c["finish_reason"] for c in reversed(choices) if c.get("finish_reason")), None)
    if finish is None and "[DONE]" not in data:
        raise RetryableModelError(Failure.MODEL_DOWN, why=Why(code="stream_cut_off"))
    said = [c[key] for c in choices for key in ("delta", "message") if isinstance(c.get(key), dict)]
    arguments = "".join(part for message in said for part in _arguments(message))
    return {
        "choices": [
            {
                "message": {
                    "content": "".join(_text_of(message.get("content")) for message in said),
                    "refusal": "".join(str(message.get("refusal") or "") for message in said),
                    "function_call": {"arguments": arguments},
                },
                "finish_reason": finish,
            }
        ],
        "usage": next((piece["usage"] for piece in reversed(pieces) if piece.get("usage")), None),
    }


def _first(choices: object) -> list[dict[str, Any]]:
    return [choices[0]] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else []


def _vllm_error(payload: Mapping[str, Any]) -> object:
    """Return a body without choices that is an error itself, in the shape of vLLM or FastAPI."""
    return payload if payload.get("object") == "error" or payload.get("detail") or payload.get("message") else None


def _as_error(error: object) -> ModelError:
    """Return our error for one that came with status 200; its code tells which status it should have had."""
    code = error.get("code") if isinstance(error, dict) else None
    status = int(str(code)) if _STATUS.fullmatch(str(code)) else _BAD_GATEWAY
    return by_status(status, error)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
