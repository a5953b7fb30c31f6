"""Stage 7 (parse): what a model is asked for as JSON schema, and reading its reply."""

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.errors import SchemaError
from pipeline.replies.forgiving import ForgivingReply
from pipeline.replies.json_objects import CONFLICT, inner, objects
from pipeline.replies.repairing import repaired_objects
from pipeline.replies.thinking import without_thinking
from pipeline.types import Draft

REPLY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["answered", "insufficient_context"]},
        "answer": {"type": "string"},
        "confidence": {"type": "string", "enum": ["low", "medium", "high"]},
        "citations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "marker": {"type": "integer"},
                    "chunk_id": {"type": "string"},
                    "quote": {"type": "string"},
                },
                "required": ["marker", "chunk_id", "quote"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["status", "answer", "confidence", "citations"],
    "additionalProperties": False,
}
M = TypeVar("M", bound=BaseModel)
# The deepest wrapper known, a list of tool calls: {"tool_calls": [{"function": {"arguments": "{...}"}}]}.
_WRAPPERS = 5


def parse_reply(text: str, max_chars: int) -> Draft:
    """Return the draft in `text`. Raises SchemaError, which says where the schema is broken."""
    said = without_thinking(text)
    if len(said) > max_chars:
        raise SchemaError(f"reply is longer than {max_chars} characters")
    return read_object(said, ForgivingReply).draft


def read_object(text: str, model: type[M]) -> M:
    """Return the one object in `text` that `model` accepts, after any thinking. Raises SchemaError.

    It may stand among words, in a code fence, a wrapper, a list or a JSON string. Keys may be written in any case, with
    spaces, hyphens or underscores; the fields of `model` must have names in snake_case. If nothing valid is found,
    JSON that is almost valid is repaired. Several objects that differ are refused: none is more likely meant.
    """
    said = without_thinking(text)
    if "{" not in said:
        raise SchemaError("no JSON object")
    reader = _Reader(model)
    try:
        for found in objects(said):
            reader.read(found.value, _WRAPPERS)
        if not reader.accepted and not reader.refused:
            for value in repaired_objects(said, _names(model)):
                reader.read(value, _WRAPPERS)
    except RecursionError:
        raise SchemaError("nested too deeply") from None
    return reader.only()


class _Reader(Generic[M]):
    """Collects the different objects that a model accepts, and why it refused others."""

    def __init__(self, model: type[M]) -> None:
        self.accepted: list[M] = []
        self._model = model
        self.refused = ""

    def read(self, value: Any, wrappers: int) -> None:  # noqa: ANN401 - any JSON value
        """Look for the model in `value` and, where that is something else, in what it wraps."""
        if isinstance(value, dict):
            try:
                accepted = self._model.model_validate(value)
            except ValidationError as error:
                if value.keys() & self._model.model_fields.keys():
                    self.refused = _places(error)
            else:
                if accepted not in self.accepted:
                    self.accepted.append(accepted)
                return
        for wrapped in inner(value) if wrappers else ():
            self.read(wrapped, wrappers - 1)

    def only(self) -> M:
        """Return the accepted object. Raises SchemaError if there is none or more than one."""
        if len(self.accepted) > 1:
            raise SchemaError("more than one JSON object fits")
        if not self.accepted:
            raise SchemaError(self.refused or "no JSON object with the wanted keys")
        return self.accepted[0]


def _names(model: type[BaseModel]) -> frozenset[str]:
    """Return the names of the fields of a model and of the models in it."""
    schema = model.model_json_schema()
    return frozenset(
        name for part in (schema, *schema.get("$defs", {}).values()) for name in part.get("properties", ())
    )


def _places(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, e['loc'])) or 'reply'}: {'two values' if e['input'] is CONFLICT else e['type']}"
        for e in error.errors()[:5]
    )
