"""The values that travel through the pipeline, all frozen."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from index.retrieval import RetrievedChunk

Confidence = Literal["low", "medium", "high"]


class FrozenModel(BaseModel):
    """Base of values that are stored or printed as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point in time, in seconds of `now`. Passed down; nothing starts what it cannot finish."""

    at: float
    now: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the deadline `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self.at - self.now())

    def leaving(self, seconds: float) -> "Deadline":
        """Return an earlier deadline, by `seconds` or a quarter of what is left, whichever is less."""
        return Deadline(self.at - min(seconds, self.remaining() / 4), self.now)


@dataclass(frozen=True, slots=True)
class ThreadTurn:
    """Something said earlier in the thread of a question."""

    by: Literal["asker", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Who asks, where, for whom the answer is, and until when.

    `groups` are the asker's. `audience` are the groups that everybody who will see the answer is in;
    None when the asker alone sees it. `within` are patterns of document ids (`index.access.matches`), of
    which one must match; none means every document. `earlier` are the turns before the question in its thread, oldest
    first. `needs_approval` sends every answer to a person first.
    """

    request_id: str
    tenant_id: str
    user_id: str
    channel_id: str
    route: str
    deadline: Deadline
    groups: frozenset[str] = frozenset()
    audience: frozenset[str] | None = None
    within: tuple[str, ...] = ()
    language: str = ""
    earlier: tuple[ThreadTurn, ...] = ()
    needs_approval: bool = False

    @property
    def readable_groups(self) -> frozenset[str]:
        """Groups whose documents may appear in the answer."""
        return self.groups if self.audience is None else self.groups & self.audience


@dataclass(frozen=True, slots=True)
class NormalizedQuestion:
    """A question's text, cleaned and known to be within the limits."""

    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message to the model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent to a provider. `size` is an upper estimate in tokens; chunk n has marker n.

    `doubtful` prompts hold chunks that may not have the answer: a person looks at what comes of them.
    """

    version: str
    content_hash: str
    messages: tuple[Message, ...]
    question: str
    chunks: tuple[RetrievedChunk, ...]
    size: int
    doubtful: bool = False

    @property
    def chunk_ids(self) -> tuple[str, ...]:
        """Ids of the context blocks, in marker order."""
        return tuple(chunk.chunk_id for chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class Completion:
    """Raw text of a provider; untrusted. Token counts are None where the provider gives none."""

    text: str
    provider: str
    model: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


class Citation(FrozenModel):
    """Marker n of the answer stands on `quote`, which must be verbatim in the chunk."""

    marker: int
    chunk_id: str
    quote: str


class Draft(FrozenModel):
    """A model's answer in the agreed shape, not yet verified."""

    status: Literal["answered", "insufficient_context"]
    answer: str
    confidence: Confidence
    citations: tuple[Citation, ...]


class FindingCode(StrEnum):
    """What verification can object to."""

    NO_CITATION = "NO_CITATION"
    UNKNOWN_CHUNK = "UNKNOWN_CHUNK"
    QUOTE_NOT_FOUND = "QUOTE_NOT_FOUND"
    UNCITED_CLAIM = "UNCITED_CLAIM"
    UNSUPPORTED_VALUE = "UNSUPPORTED_VALUE"
    WEAK_SUPPORT = "WEAK_SUPPORT"
    FOREIGN_LINK = "FOREIGN_LINK"
    TOO_LONG = "TOO_LONG"
    INJECTION = "INJECTION"
    LEAK = "LEAK"
    CHECK_FAILED = "CHECK_FAILED"


class Finding(FrozenModel):
    """One objection and the words it is about."""

    code: FindingCode
    span: str


class Failure(StrEnum):
    """Every way in which a question can fail to get a verified answer. Stored as the verdict."""

    INPUT_EMPTY = "INPUT_EMPTY"
    INPUT_TOO_LONG = "INPUT_TOO_LONG"
    USER_LIMIT = "USER_LIMIT"
    TENANT_LIMIT = "TENANT_LIMIT"
    ROUTE_LIMIT = "ROUTE_LIMIT"
    QUEUE_FULL = "QUEUE_FULL"
    TOKEN_BUDGET = "TOKEN_BUDGET"  # noqa: S105 - a code, no password
    INDEX_UNAVAILABLE = "INDEX_UNAVAILABLE"
    RETRIEVAL_EMPTY = "RETRIEVAL_EMPTY"
    RETRIEVAL_LOW = "RETRIEVAL_LOW"
    ACCESS_FILTERED = "ACCESS_FILTERED"
    INSUFFICIENT_CONTEXT = "INSUFFICIENT_CONTEXT"
    MODEL_TIMEOUT = "MODEL_TIMEOUT"
    MODEL_DOWN = "MODEL_DOWN"
    MODEL_RATE_LIMITED = "MODEL_RATE_LIMITED"
    MODEL_REFUSED = "MODEL_REFUSED"
    CIRCUIT_OPEN = "CIRCUIT_OPEN"
    SCHEMA_INVALID = "SCHEMA_INVALID"
    UNVERIFIED = "UNVERIFIED"
    LOW_CONFIDENCE = "LOW_CONFIDENCE"
    APPROVAL_REQUIRED = "APPROVAL_REQUIRED"
    DISPUTED = "DISPUTED"
    SOURCE_CHANGED = "SOURCE_CHANGED"
    POLICY = "POLICY"
    DEADLINE = "DEADLINE"
    DELIVERY_FAILED = "DELIVERY_FAILED"
    INTERNAL = "INTERNAL"


class Source(FrozenModel):
    """A cited chunk as a person sees it: where it is, and the words that are quoted."""

    marker: int
    chunk_id: str
    document_id: str
    title: str
    heading: str
    url: str | None
    groups: frozenset[str]


class DocumentRef(FrozenModel):
    """A document to look at; only ever one that the asker may read."""

    document_id: str
    title: str
    url: str | None


class Approval(FrozenModel):
    """Who approved an answer, and when (UTC, ISO 8601)."""

    curated_id: str
    by: str
    at: str


class Answered(FrozenModel):
    """A verified answer. `degraded` marks verbatim quotes given because the model was unreachable.

    `approved` marks one that a person stands for.
    """

    kind: Literal["answered"] = "answered"
    text: str
    confidence: Confidence
    citations: tuple[Citation, ...]
    sources: tuple[Source, ...]
    degraded: bool = False
    cached: bool = False
    approved: Approval | None = None

    @property
    def content_hash(self) -> str:
        """The same for the same words, whoever asked: 16 hex digits."""
        return sha256(self.text.encode()).hexdigest()[:16]


class NotEnoughInfo(FrozenModel):
    """The documents do not hold the answer."""

    kind: Literal["not_enough_info"] = "not_enough_info"
    reason: Failure
    nearest: tuple[DocumentRef, ...] = ()


class NeedsReview(FrozenModel):
    """A draft that a person has to decide on; None where the model gave nothing readable."""

    kind: Literal["needs_review"] = "needs_review"
    reason: Failure
    draft: Draft | None
    sources: tuple[Source, ...]
    findings: tuple[Finding, ...] = ()


class Blocked(FrozenModel):
    """Withheld for safety."""

    kind: Literal["blocked"] = "blocked"
    reason: Failure
    findings: tuple[Finding, ...] = ()


class Limited(FrozenModel):
    """Refused by a limit: its size, and in how many seconds to come back (None: change the question)."""

    kind: Literal["limited"] = "limited"
    reason: Failure
    limit: int
    retry_after: float | None = None


class Unavailable(FrozenModel):
    """No answer can be given now; asking again later may help."""

    kind: Literal["unavailable"] = "unavailable"
    reason: Failure


Outcome = Annotated[
    Answered | NotEnoughInfo | NeedsReview | Blocked | Limited | Unavailable, Field(discriminator="kind")
]


class Trace(FrozenModel):
    """What happened to one request, in ids, versions and numbers; never text."""

    request_id: str
    tenant_id: str
    user_id: str
    channel_id: str
    route: str
    outcome: str
    verdict: str
    snapshot: str | None = None
    prompt_version: str | None = None
    prompt_hash: str | None = None
    prompt_tokens: int | None = None
    retrieved_chunk_ids: tuple[str, ...] = ()
    retrieval_count: int = 0
    sufficiency: float | None = None
    withheld: int = 0
    llm_provider: str | None = None
    model_alias: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    attempts: int = 0
    repaired: bool = False
    fallback_used: str | None = None
    response_valid: bool | None = None
    confidence: Confidence | None = None
    findings: tuple[FindingCode, ...] = ()
    answer_hash: str | None = None
    curated_id: str | None = None
    stage_ms: Mapping[str, float] = Field(default_factory=dict)
    total_ms: float = 0.0
