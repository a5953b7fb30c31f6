"""The form in which a reply is accepted: wider than the one that is asked for, and never wider in what it claims."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pipeline.characters import whole
from pipeline.types import Citation, Confidence, Draft

_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_NOT_LETTERS = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# A marker as it may be written: 1, "1", "[1]", "Block 1".
_ONE_NUMBER = re.compile(r"[^\d-]*(\d{1,4})\D*", re.ASCII)
_HIGHEST_NUMBER = 9999
# The first line of a context block in the prompt, or its start.
_BLOCK_LINE = re.compile(r"\s*(?:\[\d+\]\s*)?chunk_id\s*[=:]\s*([^\s,]+)")


def word(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a word of a closed set in the spelling of the schema: "Not stated" is not_stated."""
    if not isinstance(value, str):
        return value
    return _NOT_LETTERS.sub("_", _CAMEL.sub("_", value)).strip("_").lower()


def _text(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return _LINE_END.sub("\n", whole(value)) if isinstance(value, str) else value


def _text_or_empty(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return "" if value is None else _text(value)


def _chunk_id(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if type(value) is int and 0 <= value <= _HIGHEST_NUMBER:
        return str(value)
    text = _text_or_empty(value)
    copied = _BLOCK_LINE.match(text) if isinstance(text, str) else None
    return copied[1] if copied else text


def marker(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a number that may be written "1", "[1]" or "Block 1"; anything else as it is."""
    if isinstance(value, list) and len(value) == 1:
        return marker(value[0])
    if isinstance(value, str):
        number = _ONE_NUMBER.fullmatch(value)
        return int(number[1]) if number else value
    return None if isinstance(value, bool) else value


def _confidence(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return low for everything but the three words: a number is no measured confidence."""
    plain = word(value)
    return plain if plain in ("low", "medium", "high") else "low"


class _ReadCitation(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    marker: Annotated[int, BeforeValidator(marker), Field(ge=0)]
    chunk_id: Annotated[str, BeforeValidator(_chunk_id)] = ""
    quote: Annotated[str, BeforeValidator(_text_or_empty)] = ""


class ForgivingReply(BaseModel):
    """A reply as a model may send it. `draft` is what it says in the agreed shape."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    status: Annotated[Literal["answered", "insufficient_context"], BeforeValidator(word)]
    answer: Annotated[str, BeforeValidator(_text_or_empty), Field(validate_default=True)] = ""
    confidence: Annotated[Confidence, BeforeValidator(_confidence)] = "low"
    citations: Annotated[tuple[_ReadCitation, ...], Field(validate_default=True)] = ()

    @model_validator(mode="before")
    @classmethod
    def _with_status(cls, reply: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Read an answer with citations as answered if it has no status. It shows nothing that is not proved."""
        if isinstance(reply, dict) and reply.get("status") is None and reply.get("answer") and reply.get("citations"):
            return reply | {"status": "answered"}
        return reply

    @field_validator("answer")
    @classmethod
    def _not_empty(cls, answer: str, info: ValidationInfo) -> str:
        if info.data.get("status") == "answered" and not answer.strip():
            raise PydanticCustomError("empty although status is answered", "no answer")
        return answer

    @field_validator("citations", mode="before")
    @classmethod
    def _readable(cls, citations: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - any JSON value
        """Drop the entries that cannot be read: the proof says whether the answer stands without them.

        An answer without a citation proves nothing, so it is asked for again like any reply that cannot be read.
        """
        readable = tuple(citation for entry in _entries(citations) for citation in _read(entry))
        if not readable and info.data.get("status") != "insufficient_context":
            raise PydanticCustomError("none although status is answered", "no citation")
        return readable

    @property
    def draft(self) -> Draft:
        """The same as a draft."""
        cited = tuple(Citation(marker=c.marker, chunk_id=c.chunk_id, quote=c.quote) for c in self.citations)
        return Draft(status=self.status, answer=self.answer, confidence=self.confidence, citations=cited)


def _entries(citations: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON value
    """Yield the entries of a list, of a lone citation, or of an object that has the markers as keys."""
    if isinstance(citations, list):
        yield from citations
    elif isinstance(citations, dict) and not citations.keys() & _ReadCitation.model_fields.keys():
        for number, entry in citations.items():
            yield {"marker": number} | entry if isinstance(entry, dict) else entry
    elif citations is not None:
        yield citations


def _read(entry: Any) -> Iterator[_ReadCitation]:  # noqa: ANN401 - any JSON value
    try:
        yield _ReadCitation.model_validate(entry)
    except ValidationError:
        return
