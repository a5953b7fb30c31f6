"""Stage 7 (parse): what a model is asked for as JSON schema, and the parser of its reply."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from pipeline.characters import whole
from pipeline.errors import SchemaError
from pipeline.json_reading import name_of, number_of, read_object
from pipeline.types import Citation, Confidence, Draft

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
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def _text(value: object) -> object:
    return "" if value is None else value


def _confidence(value: object) -> object:
    """Return the confidence that a model states; anything else is no confidence."""
    return name if (name := name_of(value)) in ("low", "medium", "high") else "low"


def _citations(value: object) -> object:
    """Return the entries that can be read: a bad one that nothing rests on must not sink the answer."""
    entries = [value] if isinstance(value, dict) else value
    if not isinstance(entries, list):
        return value
    return [entry for entry in entries if isinstance(entry, dict) and _is_citation(entry)] or entries


def _is_citation(entry: dict[str, object]) -> bool:
    marker = number_of(entry.get("marker"))
    has_number = isinstance(marker, int) or (isinstance(marker, float) and marker.is_integer())
    return has_number and all(isinstance(entry.get(key), str) for key in ("chunk_id", "quote"))


Text = Annotated[str, BeforeValidator(_text)]


class _Citation(BaseModel):
    model_config = ConfigDict(extra="ignore")

    marker: Annotated[int, BeforeValidator(number_of)]
    chunk_id: str
    quote: str


class _Reply(BaseModel):
    """A reply in the shape that is asked for, or near it. An answer without words or without a citation is none."""

    model_config = ConfigDict(extra="ignore")

    status: Annotated[Literal["answered", "insufficient_context"], BeforeValidator(name_of)]
    answer: Text = ""
    confidence: Annotated[Confidence, BeforeValidator(_confidence)] = "low"
    citations: Annotated[tuple[_Citation, ...] | None, BeforeValidator(_citations)] = None

    @model_validator(mode="after")
    def _answers(self) -> "_Reply":
        if self.status == "answered" and not self.answer.strip():
            raise PydanticCustomError("answer_empty_although_status_is_answered", "no words")
        if self.status == "answered" and not self.citations:
            raise PydanticCustomError("citations_missing_although_status_is_answered", "no citation")
        return self


def parse_reply(text: str, max_chars: int) -> Draft:
    """Return the draft in `text`. Raises SchemaError, which says where the schema is broken, without its words."""
    if len(text) > max_chars:
        raise SchemaError(f"reply is longer than {max_chars} characters")
    reply = read_object(text, _Reply)
    return Draft(
        status=reply.status,
        answer=_LINE_END.sub("\n", whole(reply.answer)),
        confidence=reply.confidence,
        citations=tuple(
            Citation(marker=c.marker, chunk_id=whole(c.chunk_id), quote=whole(c.quote)) for c in reply.citations or ()
        ),
    )
