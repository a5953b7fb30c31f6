"""Stage 9 (decide): what the product does about each failure. The table is data, one row per failure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType

from index.retrieval import RetrievedChunk
from pipeline.proof.markers import markers_in, with_markers
from pipeline.proof.quotes import Quote, source_of
from pipeline.types import (
    Answered,
    Blocked,
    DocumentRef,
    Draft,
    Failure,
    Finding,
    Limited,
    NeedsReview,
    NotEnoughInfo,
    Outcome,
    Quoted,
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
        # A greeting, thanks or a call for help: a friendly line, and no gap, review or limit.
        Failure.NO_QUESTION: Row.SAY_NOT_ENOUGH_INFO,
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
        # The judge finds that the sentences, true or not, do not answer what was asked.
        Failure.NOT_THE_QUESTION: Row.SAY_NOT_ENOUGH_INFO,
        # From here to SCHEMA_INVALID: a cached answer that is still valid, else verbatim quotes, else Unavailable.
        Failure.MODEL_TIMEOUT: Row.DEGRADE,
        Failure.MODEL_DOWN: Row.DEGRADE,
        Failure.CIRCUIT_OPEN: Row.DEGRADE,
        Failure.MODEL_RATE_LIMITED: Row.DEGRADE,
        # Wrong key, no quota or prompt too long: a retry would fail too, but quoting works.
        Failure.MODEL_REFUSED: Row.DEGRADE,
        # The model said nothing, also with more room.
        Failure.MODEL_EMPTY: Row.DEGRADE,
        Failure.MODEL_CUT_OFF: Row.DEGRADE,
        # The provider's own content filter, or the model's refusal.
        Failure.CONTENT_FILTER: Row.DEGRADE,
        # After one repair attempt.
        Failure.SCHEMA_INVALID: Row.DEGRADE,
        # After one revision, and without a single proved quote.
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
    """What `decide` is given about the request.

    `quotes` are proved quotes where a person decides, and the closest passages where there is not enough info.
    """

    chunks: tuple[RetrievedChunk, ...] = ()
    draft: Draft | None = None
    findings: tuple[Finding, ...] = ()
    quotes: Quoted | None = None
    suggestions: tuple[str, ...] = ()
    documents_in: str = ""
    limit: int = 0
    retry_after: float | None = None
    nearest: int = 3


def decide(failure: Failure, evidence: Evidence) -> Outcome:
    """Return the outcome of `failure`. DEGRADE gives Unavailable: it is decided here only if degrading failed too."""
    match FALLBACKS[failure]:
        case Row.SAY_NOT_ENOUGH_INFO:
            return _not_enough(failure, evidence)
        case Row.ASK_A_PERSON if evidence.draft or evidence.quotes:
            return _review(failure, evidence)
        case Row.BLOCK:
            return Blocked(reason=failure, findings=evidence.findings)
        case Row.LIMIT:
            return Limited(reason=failure, limit=evidence.limit, retry_after=evidence.retry_after)
        case Row.ASK_A_PERSON | Row.DEGRADE | Row.SAY_UNAVAILABLE:
            return Unavailable(reason=failure)


def quoted_answer(quotes: Quoted) -> Answered:
    """Return quotes as an answer."""
    return Answered(form="quoted", text=quotes.text, citations=quotes.citations, sources=quotes.sources)


def written_answer(draft: Draft, quotes: Sequence[Quote]) -> Answered:
    """Return the wording of a proved draft as an answer, its quotes widened to whole sentences."""
    widened = draft.model_copy(update={"citations": tuple(dict.fromkeys(quote.citation for quote in quotes))})
    shown = renumbered(widened)
    chunks = [quote.chunk for quote in quotes]
    return Answered(
        form="written", text=shown.answer.strip(), citations=shown.citations, sources=cited_sources(shown, chunks)
    )


def cited_sources(draft: Draft, chunks: Sequence[RetrievedChunk]) -> tuple[Source, ...]:
    """Return the cited chunks as sources, once each, in marker order."""
    known = {chunk.chunk_id: chunk for chunk in chunks}
    cited = {c.marker: known[c.chunk_id] for c in draft.citations if c.chunk_id in known}
    return tuple(source_of(marker, chunk) for marker, chunk in sorted(cited.items()))


def listed_sources(chunks: Sequence[RetrievedChunk]) -> tuple[Source, ...]:
    """Return chunks as sources, numbered from 1 in their order."""
    return tuple(source_of(marker, chunk) for marker, chunk in enumerate(chunks, 1))


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


def _not_enough(failure: Failure, evidence: Evidence) -> NotEnoughInfo:
    return NotEnoughInfo(
        reason=failure,
        nearest=nearest_documents(evidence.chunks, evidence.nearest),
        closest=evidence.quotes,
        suggestions=evidence.suggestions,
        documents_in=evidence.documents_in,
    )


def _review(failure: Failure, evidence: Evidence) -> NeedsReview:
    draft, quotes = evidence.draft, evidence.quotes
    if draft is None and quotes:
        draft = Draft(status="answered", answer=quotes.text, confidence="high", citations=quotes.citations)
    return NeedsReview(
        reason=failure,
        draft=draft,
        sources=cited_sources(draft, evidence.chunks) if draft else (),
        findings=evidence.findings,
        meanwhile=None if failure is Failure.APPROVAL_REQUIRED else quotes,
    )
