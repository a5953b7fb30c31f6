"""What servers refuse: one small rule a kind of check, and the forms in which they say so."""

import json
from collections.abc import Callable, Collection
from typing import Any

from support.model_servers import Body, Refusal, Rule, size_of
from support.writing_model import text_of

# A refusal that names what it refuses: the parameter and its value.
Wording = Callable[[str, Any], Refusal]
_ESSENTIAL = frozenset({"model", "messages"})


def openai(message: str, code: str | None = None, *, param: str | None = "{param}", status: int = 400) -> Wording:
    """Return OpenAI's error: `{param}` and `{value}` are filled in."""

    def worded(name: str, value: Any) -> Refusal:  # noqa: ANN401 - any JSON
        error = {
            "message": message.replace("{param}", name).replace("{value}", json.dumps(value)),
            "type": "invalid_request_error",
            "param": name if param == "{param}" else param,
            "code": code,
        }
        return Refusal(status, {"error": error})

    return worded


def as_is(status: int, body: Any) -> Wording:  # noqa: ANN401 - any JSON
    """Return the same body for every parameter; `{param}` in it is filled in."""

    def worded(name: str, value: Any) -> Refusal:  # noqa: ANN401, ARG001 - any JSON
        return Refusal(status, _filled(body, name))

    return worded


def _filled(body: Any, name: str) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(body, dict):
        return {key: _filled(value, name) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, name) for value in body]
    return body.replace("{param}", name) if isinstance(body, str) else body


def forbids(*names: str, says: Wording) -> Rule:
    """Refuse the first of these parameters that a request has."""

    def rule(asked: Body) -> Refusal | None:
        return next((says(name, asked[name]) for name in names if asked.get(name) is not None), None)

    return rule


def allows_only(name: str, allowed: Collection[Any], says: Wording) -> Rule:
    """Refuse a parameter with any other value; leaving it out is fine."""

    def rule(asked: Body) -> Refusal | None:
        value = asked.get(name)
        return None if value is None or value in allowed else says(name, value)

    return rule


def knows(*names: str, says: Wording) -> Rule:
    """Refuse a parameter of any other name."""
    known = _ESSENTIAL | set(names)

    def rule(asked: Body) -> Refusal | None:
        return next((says(name, value) for name, value in asked.items() if name not in known), None)

    return rule


def formats(*allowed: str, says: Wording) -> Rule:
    """Refuse an output format of any other type."""

    def rule(asked: Body) -> Refusal | None:
        kind = (asked.get("response_format") or {}).get("type", "text")
        return None if kind in allowed else says("response_format", kind)

    return rule


def format_keys(says: Wording, *, schema: bool = False) -> Rule:
    """Refuse unknown keys of an output format; with `schema`, `json_object` may have a schema."""
    known = {"type", "json_schema", *(["schema"] if schema else [])}

    def rule(asked: Body) -> Refusal | None:
        given = asked.get("response_format") or {}
        return next((says(f"response_format.{key}", given[key]) for key in given if key not in known), None)

    return rule


def word_json(says: Wording) -> Rule:
    """Refuse JSON mode unless a message mentions JSON."""

    def rule(asked: Body) -> Refusal | None:
        kind = (asked.get("response_format") or {}).get("type")
        mentioned = any("json" in text_of(message).lower() for message in asked["messages"])
        return says("response_format", kind) if kind == "json_object" and not mentioned else None

    return rule


def no_system(says: Wording) -> Rule:
    """Refuse a message whose role is system."""

    def rule(asked: Body) -> Refusal | None:
        roles = [message["role"] for message in asked["messages"]]
        return says("messages", "system") if "system" in roles else None

    return rule


def alternates(says: Wording) -> Rule:
    """Refuse roles that do not alternate from the user on, after an optional system message, and an empty message."""

    def rule(asked: Body) -> Refusal | None:
        roles = [message["role"] for message in asked["messages"]]
        turns = roles[1:] if roles[:1] == ["system"] else roles
        expected = ["user", "assistant"] * len(turns)
        is_empty = not all(text_of(message).strip() for message in asked["messages"])
        wrong = turns != expected[: len(turns)] or turns[-1:] != ["user"] or is_empty
        return says("messages", roles) if wrong else None

    return rule


def streams_only(says: Wording) -> Rule:
    """Refuse a request that does not ask for a stream."""

    def rule(asked: Body) -> Refusal | None:
        return None if asked.get("stream") is True else says("stream", asked.get("stream"))

    return rule


def fits(context: int, says: Callable[[int, int], Refusal]) -> Rule:
    """Refuse a prompt that has no room in the context together with the output it asks for."""

    def rule(asked: Body) -> Refusal | None:
        size, room = size_of(asked), int(asked.get("max_tokens") or asked.get("max_completion_tokens") or 0)
        return says(size, room) if size + room > context else None

    return rule
