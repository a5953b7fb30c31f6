"""The values that travel through the pipeline, all frozen."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from index.retrieval import RetrievedChunk

_TIMER_S = 0.01
Confidence = Literal["low", "medium", "high"]
Form = Literal["written", "quoted", "remembered"]


class FrozenModel(BaseModel):
    """Base of values that are stored or printed as JSON.

    While a release takes the place of another, each reads what the other has stored. So a field that is not known is
    left out, and a new field must not change what the others mean.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point in time, in seconds on the clock `now`. It is passed down; no stage starts work it cannot finish."""

    at: float
    now: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the deadline `seconds` from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self.at - self.now())

    @property
    def is_over(self) -> bool:
        """Whether the time is up, but for the resolution of a timer."""
        return self.remaining() < _TIMER_S

    def leaving(self, seconds: float) -> "Deadline":
        """Return a deadline that is earlier by `seconds`, or by a quarter of the time left if that is less."""
        return Deadline(self.at - min(seconds, self.remaining() / 4), self.now)


@dataclass(frozen=True, slots=True)
class ThreadTurn:
    """A message before the question in its thread."""

    by: Literal["asker", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Who asks, where, for whom the answer is, and until when.

    `groups` are the asker's. `audience` are the groups that everybody who will see the answer is in;
    None when the asker alone sees it. `within` are patterns of document ids (`index.access.matches`), of
    which one must match; none means every document. `earlier` are the turns before the question in its thread, oldest
    first. `needs_approval` sends every answer to a person first. `untagged` tells that the message may be meant for
    others: if it gets no answer, it is not logged. `team_id` is the team that the channel belongs to. `outside` tells
    that people of other organizations read along.
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
    untagged: bool = False
    team_id: str = ""
    outside: bool = False

    @property
    def readable_groups(self) -> frozenset[str]:
        """Groups whose documents may appear in the answer."""
        return self.groups if self.audience is None else self.groups & self.audience


@dataclass(frozen=True, slots=True)
class NormalizedQuestion:
    """The text of a question without chat markup, within the length limit."""

    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message to the model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent to a provider. `size` is an upper estimate in tokens; chunk n has marker n.

    `reply_schema` is the JSON schema of the wanted reply.
    """

    version: str
    content_hash: str
    messages: tuple[Message, ...]
    question: str
    chunks: tuple[RetrievedChunk, ...]
    size: int
    reply_schema: Mapping[str, Any]

    @property
    def chunk_ids(self) -> tuple[str, ...]:
        """Ids of the context blocks, in marker order."""
        return tuple(chunk.chunk_id for chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class Completion:
    """What a provider wrote, untrusted and never empty. Token counts are None where the provider gives none.

    `finish_reason` is the server's word for why the text ends, such as "stop" or "length".
    """

    text: str
    provider: str
    model: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    finish_reason: str = ""


class Citation(FrozenModel):
    """Marker n of the answer cites `quote`, which must be verbatim in the chunk."""

    marker: int
    chunk_id: str
    quote: str


class Draft(FrozenModel):
    """A model's reply that matches the reply schema, not yet verified."""

    status: Literal["answered", "insufficient_context"]
    answer: str
    confidence: Confidence
    citations: tuple[Citation, ...]


class FindingCode(StrEnum):
    """The objections that verification can raise."""

    NO_CITATION = "NO_CITATION"
    UNKNOWN_CHUNK = "UNKNOWN_CHUNK"
    QUOTE_NOT_FOUND = "QUOTE_NOT_FOUND"
    UNCITED_CLAIM = "UNCITED_CLAIM"
    UNSUPPORTED_VALUE = "UNSUPPORTED_VALUE"
    FOREIGN_LINK = "FOREIGN_LINK"
    CONTRADICTED = "CONTRADICTED"
    NOT_STATED = "NOT_STATED"
    NOT_JUDGED = "NOT_JUDGED"
    TOO_LONG = "TOO_LONG"
    LEAK = "LEAK"
    CHECK_FAILED = "CHECK_FAILED"


class Finding(FrozenModel):
    """One objection, with the words that it is about."""

    code: FindingCode
    span: str


class Failure(StrEnum):
    """The reasons why a question gets no verified answer. The trace stores them as the verdict."""

    INPUT_EMPTY = "INPUT_EMPTY"
    INPUT_TOO_LONG = "INPUT_TOO_LONG"
    NO_QUESTION = "NO_QUESTION"
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
    NOT_THE_QUESTION = "NOT_THE_QUESTION"
    MODEL_TIMEOUT = "MODEL_TIMEOUT"
    MODEL_DOWN = "MODEL_DOWN"
    MODEL_RATE_LIMITED = "MODEL_RATE_LIMITED"
    MODEL_REFUSED = "MODEL_REFUSED"
    MODEL_EMPTY = "MODEL_EMPTY"
    MODEL_CUT_OFF = "MODEL_CUT_OFF"
    CONTENT_FILTER = "CONTENT_FILTER"
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
    """A cited chunk as a reader sees it: its document, heading, link and, if it is known, day of the last change."""

    marker: int
    chunk_id: str
    document_id: str
    title: str
    heading: str
    url: str | None
    groups: frozenset[str]
    updated: str | None = None


class DocumentRef(FrozenModel):
    """A document that may help; always one that the asker may read."""

    document_id: str
    title: str
    url: str | None


class Approval(FrozenModel):
    """Who approved an answer, and when (UTC, ISO 8601)."""

    curated_id: str
    by: str
    at: str


class Quoted(FrozenModel):
    """Passages of documents, word for word: `text` is their Markdown, a marker at the end of each passage."""

    text: str
    citations: tuple[Citation, ...]
    sources: tuple[Source, ...]


class Answered(FrozenModel):
    """An answer: proved, `written` in a model's or a person's words or `quoted` in the documents' own words.

    Or `remembered`: what a person answered before to the same question, which no document proves.

    `degraded` marks quotes given because no model wrote an answer, and `reason` says why. `approved` says which person
    approved the answer, and when.
    """

    kind: Literal["answered"] = "answered"
    form: Form
    text: str
    citations: tuple[Citation, ...]
    sources: tuple[Source, ...]
    degraded: bool = False
    reason: Failure | None = None
    cached: bool = False
    approved: Approval | None = None

    @property
    def content_hash(self) -> str:
        """Hash of the text, 16 hex digits: the same for the same answer to different people."""
        # A person's "No." to one question is another answer than their "No." to the next.
        apart = self.approved.curated_id if self.approved and self.form == "remembered" else ""
        return sha256(f"{apart}{self.text}".encode(errors="surrogatepass")).hexdigest()[:16]


class NotEnoughInfo(FrozenModel):
    """No answer that can be proved was found in the documents that the asker may read.

    `closest` are one or two short passages that may help, `suggestions` are headings near the question, to be asked
    instead. `documents_in` is the language of the documents (ISO 639-1) where the question is in another one.
    """

    kind: Literal["not_enough_info"] = "not_enough_info"
    reason: Failure
    nearest: tuple[DocumentRef, ...] = ()
    closest: Quoted | None = None
    suggestions: tuple[str, ...] = ()
    documents_in: str = ""


class NeedsReview(FrozenModel):
    """A person has to decide on the draft. `draft` is None where an asker wants a person to answer.

    `meanwhile` are the proved quotes, which the asker may see before the decision.
    """

    kind: Literal["needs_review"] = "needs_review"
    reason: Failure
    draft: Draft | None
    sources: tuple[Source, ...]
    findings: tuple[Finding, ...] = ()
    meanwhile: Quoted | None = None


class Blocked(FrozenModel):
    """The question or the reply was withheld for safety."""

    kind: Literal["blocked"] = "blocked"
    reason: Failure
    findings: tuple[Finding, ...] = ()


class Limited(FrozenModel):
    """A limit refused the question: its size, and the seconds until asking again helps (None: it never does)."""

    kind: Literal["limited"] = "limited"
    reason: Failure
    limit: int
    retry_after: float | None = None


class Unavailable(FrozenModel):
    """No answer is possible now; asking again later may help."""

    kind: Literal["unavailable"] = "unavailable"
    reason: Failure


Outcome = Annotated[
    Answered | NotEnoughInfo | NeedsReview | Blocked | Limited | Unavailable, Field(discriminator="kind")
]


def found_nothing(outcome: Outcome) -> bool:
    """Tell whether the search found no document about what a message says, whatever a model would make of it."""
    return isinstance(outcome, NotEnoughInfo) and outcome.reason in {Failure.RETRIEVAL_EMPTY, Failure.RETRIEVAL_LOW}


class ModelProblem(FrozenModel):
    """Why one request to a model server failed: names and numbers, never text.

    `code`, `parameter` and `finish_reason` are the server's own words where they look like names. `learnt` marks a
    refused parameter that no later request holds. `seconds` is how long the request took. A reply that could not be
    used has cost its tokens all the same.
    """

    server: str
    model: str
    failure: Failure
    status: int | None = None
    code: str = ""
    parameter: str = ""
    finish_reason: str = ""
    learnt: bool = False
    seconds: float = 0.0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


class Trace(FrozenModel):
    """What happened to one request: ids, versions and numbers, never text.

    `ask_from` and `quote_from` are the thresholds in force: the sufficiency from which the model was asked, None where
    no model writes, and from which documents were quoted. Older versions stored traces without them.
    """

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
    ask_from: float | None = None
    quote_from: float | None = None
    withheld: int = 0
    llm_provider: str | None = None
    model_alias: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    attempts: int = 0
    model_problems: tuple[ModelProblem, ...] = ()
    repaired: bool = False
    fallback_used: str | None = None
    response_valid: bool | None = None
    confidence: Confidence | None = None
    findings: tuple[FindingCode, ...] = ()
    form: Form | None = None
    judge: str | None = None
    verdicts: tuple[str, ...] = ()
    judge_tokens: int | None = None
    corrected: bool = False
    reduced: bool = False
    answer_hash: str | None = None
    curated_id: str | None = None
    stage_ms: Mapping[str, float] = Field(default_factory=dict)
    total_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Response:
    """What `answer` returns. `understood` is the question as it was searched for, "" if it was not changed."""

    outcome: Outcome
    trace: Trace
    understood: str = ""
