"""Stage 9 (decide): what the product does about each failure. The table is data, one row per failure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from index.retrieval import RetrievedChunk
from pipeline.proof.sentences import markers_in, with_markers
from pipeline.types import (
    Answered,
    Blocked,
    Confidence,
    DocumentRef,
    Draft,
    Failure,
    Finding,
    Limited,
    NeedsReview,
    NotEnoughInfo,
    Outcome,
    Source,
    Unavailable,
)


class Row(Enum):
    """What the product does about a failure."""

    SAY_NOT_ENOUGH_INFO = auto()
    DEGRADE = auto()
    ASK_A_PERSON = auto()
    BLOCK = auto()
    LIMIT = auto()
    SAY_UNAVAILABLE = auto()


FALLBACKS: Mapping[Failure, Row] = MappingProxyType(
    {
        Failure.INPUT_EMPTY: Row.LIMIT,
        Failure.INPUT_TOO_LONG: Row.LIMIT,
        Failure.USER_LIMIT: Row.LIMIT,
        Failure.TENANT_LIMIT: Row.LIMIT,
        Failure.ROUTE_LIMIT: Row.LIMIT,
        Failure.QUEUE_FULL: Row.LIMIT,
        Failure.TOKEN_BUDGET: Row.LIMIT,
        Failure.INDEX_UNAVAILABLE: Row.SAY_UNAVAILABLE,
        Failure.RETRIEVAL_EMPTY: Row.SAY_NOT_ENOUGH_INFO,
        Failure.RETRIEVAL_LOW: Row.SAY_NOT_ENOUGH_INFO,
        # A verdict for operators only: the asker sees the same as if there were no hidden document.
        Failure.ACCESS_FILTERED: Row.SAY_NOT_ENOUGH_INFO,
        Failure.INSUFFICIENT_CONTEXT: Row.SAY_NOT_ENOUGH_INFO,
        # These four: a cached answer that is still valid, else verbatim quotes, else Unavailable.
        Failure.MODEL_TIMEOUT: Row.DEGRADE,
        Failure.MODEL_DOWN: Row.DEGRADE,
        Failure.CIRCUIT_OPEN: Row.DEGRADE,
        Failure.MODEL_RATE_LIMITED: Row.DEGRADE,
        # Wrong key, no quota or prompt too long: a retry would fail too, but quoting works.
        Failure.MODEL_REFUSED: Row.DEGRADE,
        # After one repair attempt. Without chunks there is nothing to review: Unavailable.
        Failure.SCHEMA_INVALID: Row.ASK_A_PERSON,
        Failure.UNVERIFIED: Row.ASK_A_PERSON,
        Failure.LOW_CONFIDENCE: Row.ASK_A_PERSON,
        # In this channel a person approves every answer first.
        Failure.APPROVAL_REQUIRED: Row.ASK_A_PERSON,
        # These two open a review of an answer that was already given.
        Failure.DISPUTED: Row.ASK_A_PERSON,
        Failure.SOURCE_CHANGED: Row.ASK_A_PERSON,
        Failure.POLICY: Row.BLOCK,
        Failure.DEADLINE: Row.SAY_UNAVAILABLE,
        Failure.DELIVERY_FAILED: Row.SAY_UNAVAILABLE,
        Failure.INTERNAL: Row.SAY_UNAVAILABLE,
    }
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What `decide` is given about the request."""

    chunks: tuple[RetrievedChunk, ...] = ()
    draft: Draft | None = None
    findings: tuple[Finding, ...] = ()
    limit: int = 0
    retry_after: float | None = None
    nearest: int = 3


def decide(failure: Failure, evidence: Evidence) -> Outcome:
    """Return the outcome of `failure`. DEGRADE gives Unavailable: it is decided here only if degrading failed too."""
    match FALLBACKS[failure]:
        case Row.SAY_NOT_ENOUGH_INFO:
            return NotEnoughInfo(reason=failure, nearest=nearest_documents(evidence.chunks, evidence.nearest))
        case Row.ASK_A_PERSON if evidence.chunks:
            return _review(failure, evidence)
        case Row.BLOCK:
            return Blocked(reason=failure, findings=evidence.findings)
        case Row.LIMIT:
            return Limited(reason=failure, limit=evidence.limit, retry_after=evidence.retry_after)
        case Row.ASK_A_PERSON | Row.DEGRADE | Row.SAY_UNAVAILABLE:
            return Unavailable(reason=failure)


def answered(draft: Draft, confidence: Confidence, chunks: Sequence[RetrievedChunk]) -> Answered:
    """Return the outcome of a verified draft."""
    return Answered(
        text=draft.answer.strip(),
        confidence=confidence,
        citations=draft.citations,
        sources=cited_sources(draft, chunks),
    )


def cited_sources(draft: Draft, chunks: Sequence[RetrievedChunk]) -> tuple[Source, ...]:
    """Return the cited chunks as sources, once each, in marker order."""
    known = {chunk.chunk_id: chunk for chunk in chunks}
    cited = {c.marker: known[c.chunk_id] for c in draft.citations if c.chunk_id in known}
    return tuple(_source(marker, chunk) for marker, chunk in sorted(cited.items()))


def listed_sources(chunks: Sequence[RetrievedChunk]) -> tuple[Source, ...]:
    """Return chunks as sources, numbered from 1 in their order."""
    return tuple(_source(marker, chunk) for marker, chunk in enumerate(chunks, 1))


def renumbered(draft: Draft) -> Draft:
    """Return a verified draft with its markers renumbered from 1 in reading order."""
    met = dict.fromkeys(markers_in(draft.answer))
    numbers = {old: new for new, old in enumerate(met, 1)}
    cited = tuple(c for c in draft.citations if c.marker in numbers)
    return draft.model_copy(
        update={
            "answer": with_markers(draft.answer, numbers),
            "citations": tuple(c.model_copy(update={"marker": numbers[c.marker]}) for c in cited),
        }
    )


def nearest_documents(chunks: Sequence[RetrievedChunk], count: int) -> tuple[DocumentRef, ...]:
    """Return the first `count` documents that the chunks come from."""
    documents = {c.document_id: DocumentRef(document_id=c.document_id, title=c.title, url=c.url) for c in chunks}
    return tuple(documents.values())[:count]


def _review(failure: Failure, evidence: Evidence) -> NeedsReview:
    draft = evidence.draft
    return NeedsReview(
        reason=failure,
        draft=draft,
        sources=cited_sources(draft, evidence.chunks) if draft else (),
        findings=evidence.findings,
    )


def _source(marker: int, chunk: RetrievedChunk) -> Source:
    return Source(
        marker=marker,
        chunk_id=chunk.chunk_id,
        document_id=chunk.document_id,
        title=chunk.title,
        heading=chunk.heading,
        url=chunk.url,
        groups=chunk.groups,
    )
