"""Curated answers: approved by a reviewer, served again while their sources are unchanged and readable."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
import structlog
from numpy.typing import NDArray

from bot.desk.review_changes import Announce, opened
from bot.store.port import Store
from bot.store.records import CuratedAnswer, Review
from index.access import EVERYONE, matches
from index.embedding.model import Embedder
from index.errors import CitedeskError
from index.retrieval import RetrievedChunk, Retriever
from pipeline.proof.comparing import comparable, contains
from pipeline.question_matching import same_question
from pipeline.types import (
    Answered,
    Approval,
    Citation,
    Draft,
    Failure,
    NeedsReview,
    NormalizedQuestion,
    RequestContext,
    Source,
)

_log = structlog.get_logger(__name__)
_CANDIDATES = 5


@dataclass(slots=True)
class Version:
    """Counts the changes of the approved answers in this process, so that their vectors are read again."""

    number: int = 0

    def bump(self) -> None:
        """Note a change."""
        self.number += 1


@dataclass(slots=True)
class _Known:
    """The vectors of a tenant's curated answers, float32[n, dimensions], as of one version."""

    version: int
    ids: list[str]
    vectors: NDArray[np.float32]


@dataclass(slots=True)
class CuratedDesk:
    """Stores, recalls and withdraws curated answers."""

    store: Store
    version: Version
    embedder: Embedder
    retriever: Retriever
    similarity: float
    _known: dict[str, _Known] = field(default_factory=dict)

    async def recall(self, question: NormalizedQuestion, context: RequestContext) -> Answered | None:
        """Return the approved answer to this question that these readers may see, if it still holds."""
        known = await self._vectors(context.tenant_id)
        if not known.ids:
            return None
        vector = (await asyncio.to_thread(self.embedder.embed, [question.text]))[0]
        scores = known.vectors @ vector
        for at in np.argsort(-scores)[:_CANDIDATES]:
            if scores[at] < self.similarity:
                return None
            answer = await self.store.curated.get(known.ids[at])
            if answer and same_question(question.text, answer.question) and await self._holds(answer, context):
                return _answered(answer)
        return None

    async def remember(self, review: Review, citations: Sequence[Citation]) -> CuratedAnswer | None:
        """Store what a reviewer sent, bound to the chunks that it cites; None if it cites none."""
        cited = {citation.chunk_id for citation in citations}
        sources = tuple(source for source in review.case.sources if source.chunk_id in cited)
        if not sources or review.decided_by is None or review.decided_at is None:
            return None
        answer = CuratedAnswer(
            curated_id=review.curated_id or review.review_id,
            tenant_id=review.conversation.tenant_id,
            question=review.question,
            answer=review.answer,
            citations=tuple(citations),
            sources=sources,
            approved_by=review.decided_by,
            approved_at=review.decided_at,
            sent_anyway=review.sent_anyway,
        )
        vector = await asyncio.to_thread(self.embedder.embed, [answer.question])
        async with self.store.transaction() as tx:
            await tx.curated.save(answer, self.embedder.name, vector.tobytes())
            await tx.gaps.forget(review.review_id)
        self.version.bump()
        _log.info("answer_curated", curated_id=answer.curated_id, user_id=answer.approved_by)
        return answer

    async def sweep(self, announce: Announce) -> list[Review]:
        """Withdraw answers whose cited chunks changed, and open reviews of them. Return the reviews.

        Answers embedded by another model get new vectors.
        """
        for answer in await self.store.curated.of_other_models(self.embedder.name):
            vector = await asyncio.to_thread(self.embedder.embed, [answer.question])
            await self.store.curated.set_vector(answer.curated_id, self.embedder.name, vector.tobytes())
            self.version.bump()
        reopened: list[Review] = []
        for answer in await self.store.curated.live():
            try:
                held = await asyncio.to_thread(self.retriever.chunks, sorted(answer.chunk_ids))
            except CitedeskError:
                return reopened
            if answer.chunk_ids <= held.keys():
                continue
            review = await self.reopen(answer, Failure.SOURCE_CHANGED, announce)
            reopened += [review] if review else []
        return reopened

    async def reopen(self, answer: CuratedAnswer, reason: Failure, announce: Announce) -> Review | None:
        """Withdraw an answer and open a review of it; None if it was withdrawn before."""
        if not await self.store.curated.set_state(answer.curated_id, "stale"):
            return None
        self.version.bump()
        first = await self.store.reviews.get(answer.curated_id)
        if first is None:
            return None
        case = await asyncio.to_thread(_rebound, answer, self.retriever)
        review = Review(
            review_id=f"{answer.curated_id}-{sha256(answer.approved_at.encode()).hexdigest()[:6]}",
            question=answer.question,
            conversation=first.conversation,
            case=case.model_copy(update={"reason": reason}),
            curated_id=answer.curated_id,
        )
        _log.info("curated_answer_reopened", curated_id=answer.curated_id, reason=reason.value)
        return await opened(self.store, review, announce)

    async def _holds(self, answer: CuratedAnswer, context: RequestContext) -> bool:
        """Tell whether the cited chunks are unchanged and these readers may read them."""
        held = await asyncio.to_thread(self.retriever.chunks, sorted(answer.chunk_ids))
        # Access is checked against today's groups, not those of the day of the approval.
        return answer.chunk_ids <= held.keys() and _may_use(held.values(), context)

    async def _vectors(self, tenant_id: str) -> _Known:
        version = self.version.number
        known = self._known.get(tenant_id)
        if known is None or known.version != version:
            rows = await self.store.curated.vectors(tenant_id, self.embedder.name)
            matrix = np.array([np.frombuffer(row.vector, dtype=np.float32) for row in rows], dtype=np.float32)
            known = self._known[tenant_id] = _Known(version, [row.key for row in rows], matrix)
        return known


def _may_use(chunks: Iterable[RetrievedChunk], context: RequestContext) -> bool:
    """Tell whether these readers may read all chunks, and all are among the channel's sources."""
    groups = context.readable_groups | {EVERYONE}
    return all(
        chunk.groups & groups and (not context.within or matches(chunk.document_id, context.within)) for chunk in chunks
    )


def _rebound(answer: CuratedAnswer, retriever: Retriever) -> NeedsReview:
    """Return the answer as a draft that cites the nearest chunks of its documents today."""
    sources = []
    for source in answer.sources:
        quotes = [c.quote for c in answer.citations if c.marker == source.marker]
        now = _nearest(quotes, source, retriever.chunks_of(source.document_id))
        if now:
            update = {"chunk_id": now.chunk_id, "title": now.title, "heading": now.heading, "groups": now.groups}
            sources.append(source.model_copy(update=update))
    ids = {source.marker: source.chunk_id for source in sources}
    citations = [c.model_copy(update={"chunk_id": ids[c.marker]}) for c in answer.citations if c.marker in ids]
    draft = Draft(status="answered", answer=answer.answer, confidence="low", citations=tuple(citations))
    return NeedsReview(reason=Failure.SOURCE_CHANGED, draft=draft, sources=tuple(sources))


def _nearest(quotes: Sequence[str], source: Source, chunks: Sequence[RetrievedChunk]) -> RetrievedChunk | None:
    """Return the chunk that still holds a quote, else the one under the same heading, else the first."""
    holding = [c for c in chunks if any(contains(comparable(c.text), comparable(quote)) for quote in quotes)]
    under = [c for c in chunks if c.heading == source.heading]
    return next(iter([*holding, *under, *chunks]), None)


def _answered(answer: CuratedAnswer) -> Answered:
    return Answered(
        text=answer.answer,
        confidence="high",
        citations=answer.citations,
        sources=answer.sources,
        approved=Approval(curated_id=answer.curated_id, by=answer.approved_by, at=answer.approved_at),
    )
