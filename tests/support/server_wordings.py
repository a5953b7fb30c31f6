"""How servers word a completion: where the text stands, and what stands around it."""

# ruff: noqa: ARG001 - all wordings have one signature

from support.model_servers import Body, Said, plain


def fenced(text: str, asked: Body) -> Said:
    """Return a completion with a code fence around the text."""
    return Said({"role": "assistant", "content": f"```json\n{text}\n```"})


def in_parts(text: str, asked: Body) -> Said:
    """Return a completion with a list of parts, the first of which is the thinking."""
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Block 1 says it. {not the reply}"}]}
    return Said({"role": "assistant", "content": [thinking, {"type": "text", "text": text}]})


def with_reasoning_content(text: str, asked: Body) -> Said:
    """Return a completion with thinking in `reasoning_content`, and blank lines before the text."""
    thought = "The user wants {status: ...}. Block 1 says it."
    return Said({"role": "assistant", "reasoning_content": thought, "content": f"\n\n{text}"})


def with_reasoning(text: str, asked: Body) -> Said:
    """Return a completion with thinking in `reasoning`."""
    return Said({"role": "assistant", "content": text, "reasoning": 'Maybe {"status": "answered"}?'})


def thinking_aloud(text: str, asked: Body) -> Said:
    """Return a completion with thinking in the content, before the text."""
    return Said({"role": "assistant", "content": f"<think>\nI must send {{'status': ...}}.\n</think>\n\n{text}"})


def as_tool_call(text: str, asked: Body) -> Said:
    """Return a completion with a tool call where a format is asked for, as LiteLLM does for Claude."""
    if (asked.get("response_format") or {}).get("type", "text") == "text":
        return plain(text, asked)
    call = {"id": "toolu_1", "type": "function", "function": {"name": "json_tool_call", "arguments": text}}
    return Said({"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls")
