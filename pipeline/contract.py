"""Stage 7 (parse): what a model is asked for as JSON schema, and the parser of its reply."""

import json
import re
from typing import Any

from pydantic import ValidationError

from pipeline.errors import SchemaError
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
# Constrained decoding may leave raw line breaks inside strings; `strict=False` accepts them.
_LONE_SURROGATE, _LINE_END = re.compile(r"[\ud800-\udfff]"), re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_DECODER = json.JSONDecoder(strict=False)


def parse_reply(text: str, max_chars: int) -> Draft:
    """Return the draft in `text`. Raises SchemaError, which says where the schema is broken.

    The text must hold exactly one JSON object; words or a code fence around it are ignored.
    """
    if len(text) > max_chars:
        raise SchemaError(f"reply is longer than {max_chars} characters")
    value = only_object(text)
    try:
        draft = Draft.model_validate(value, strict=False)
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'reply'}: {e['type']}" for e in error.errors()[:5])
        raise SchemaError(places) from None
    draft = draft.model_copy(update={"answer": _LINE_END.sub("\n", draft.answer)})
    if any(map(_LONE_SURROGATE.search, (draft.answer, *(f"{c.chunk_id} {c.quote}" for c in draft.citations)))):
        raise SchemaError("half a character")
    if draft.status == "answered" and not draft.answer.strip():
        raise SchemaError("answer: empty although status is answered")
    return draft


def only_object(text: str) -> dict[str, Any]:
    """Return the one JSON object in a model's reply. Raises SchemaError."""
    start = text.find("{")
    if start < 0:
        raise SchemaError("no JSON object")
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise SchemaError("broken or truncated JSON") from error
    if "{" in text[end:]:
        raise SchemaError("more than one JSON object")
    return dict(value)
