"""Approved answers: stored when a reviewer sends them, and served again while the chunks that they cite exist."""

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
class CuratedVersion:
    """Counts changes of the approved answers in this process. Cached vectors of an older version are read again."""

    number: int = 0

    def bump(self) -> None:
        """Count a change."""
        self.number += 1


@dataclass(slots=True)
class _CachedVectors:
    """The cached vectors of a tenant at one version, float32[n, dimensions], unit length. Row n is `ids[n]`."""

    version: int
    ids: list[str]
    vectors: NDArray[np.float32]


@dataclass(slots=True)
class CuratedDesk:
    """Stores approved answers, finds them for questions, and reopens them when their sources change.

    `retriever` reads the live snapshot. `similarity` is the least cosine between a question and an approved one.
    """

    store: Store
    version: CuratedVersion
    embedder: Embedder
    retriever: Retriever
    similarity: float
    _cache: dict[str, _CachedVectors] = field(default_factory=dict)

    async def recall(self, question: NormalizedQuestion, context: RequestContext) -> Answered | None:
        """Return the approved answer to this question, if its sources are unchanged and its readers may see them."""
        cached = await self._vectors(context.tenant_id)
        if not cached.ids:
            return None
        vector = (await asyncio.to_thread(self.embedder.embed, [question.text]))[0]
        scores = cached.vectors @ vector
        for at in np.argsort(-scores)[:_CANDIDATES]:
            if scores[at] < self.similarity:
                return None
            answer = await self.store.curated.get(cached.ids[at])
            if answer and same_question(question.text, answer.question) and await self._is_valid(answer, context):
                return _answered(answer)
        return None

    async def remember(self, review: Review, citations: Sequence[Citation]) -> CuratedAnswer | None:
        """Store the answer that a reviewer sent, bound to the chunks that it cites. Return None if it cites none."""
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
            for request_id in (review.review_id, *(asker.request_id for asker in review.joined)):
                await tx.gaps.forget(request_id)
        self.version.bump()
        _log.info("answer_curated", curated_id=answer.curated_id, user_id=answer.approved_by)
        return answer

    async def sweep(self, announce: Announce) -> list[Review]:
        """Reopen the answers whose cited chunks changed; return the new reviews. Stop early if there is no index.

        Answers that another embedding model embedded get new vectors first.
        """
        for answer in await self.store.curated.of_other_models(self.embedder.name):
            vector = await asyncio.to_thread(self.embedder.embed, [answer.question])
            await self.store.curated.set_vector(answer.curated_id, self.embedder.name, vector.tobytes())
            self.version.bump()
        reopened: list[Review] = []
        for answer in await self.store.curated.live():
            try:
                current = await asyncio.to_thread(self.retriever.chunks, sorted(answer.chunk_ids))
            except CitedeskError:
                return reopened
            if answer.chunk_ids <= current.keys():
                continue
            review = await self.reopen(answer, Failure.SOURCE_CHANGED, announce)
            reopened += [review] if review else []
        return reopened

    async def reopen(self, answer: CuratedAnswer, reason: Failure, announce: Announce) -> Review | None:
        """Stop serving an answer and open a review of it. Return None if it is stale already or was never reviewed."""
        if not await self.store.curated.set_state(answer.curated_id, "stale"):
            return None
        self.version.bump()
        first = await self.store.reviews.get(answer.curated_id)
        if first is None:
            return None
        case = await asyncio.to_thread(_draft_on_current_chunks, answer, self.retriever)
        review = Review(
            review_id=f"{answer.curated_id}-{sha256(answer.approved_at.encode()).hexdigest()[:6]}",
            question=answer.question,
            conversation=first.conversation,
            case=case.model_copy(update={"reason": reason}),
            curated_id=answer.curated_id,
            readable_groups=first.readable_groups,
        )
        _log.info("curated_answer_reopened", curated_id=answer.curated_id, reason=reason.value)
        return await opened(self.store, review, announce)

    async def _is_valid(self, answer: CuratedAnswer, context: RequestContext) -> bool:
        """Tell whether all cited chunks still exist, unchanged, and these readers may see them."""
        current = await asyncio.to_thread(self.retriever.chunks, sorted(answer.chunk_ids))
        # Access is checked on the chunks of today: groups may have changed since the approval.
        return answer.chunk_ids <= current.keys() and _may_be_shown(current.values(), context)

    async def _vectors(self, tenant_id: str) -> _CachedVectors:
        version = self.version.number
        cached = self._cache.get(tenant_id)
        if cached is None or cached.version != version:
            rows = await self.store.curated.vectors(tenant_id, self.embedder.name)
            matrix = np.array([np.frombuffer(row.vector, dtype=np.float32) for row in rows], dtype=np.float32)
            cached = self._cache[tenant_id] = _CachedVectors(version, [row.key for row in rows], matrix)
        return cached


def _may_be_shown(chunks: Iterable[RetrievedChunk], context: RequestContext) -> bool:
    """Tell whether these readers may see all of the chunks, and the channel's sources include them."""
    groups = context.readable_groups | {EVERYONE}
    return all(
        chunk.groups & groups and (not context.within or matches(chunk.document_id, context.within)) for chunk in chunks
    )


def _draft_on_current_chunks(answer: CuratedAnswer, retriever: Retriever) -> NeedsReview:
    """Return the answer as a draft that cites the nearest chunks of today. Sources that are gone are left out."""
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
    """Return the first chunk that holds a quote, else the first under the same heading, else the first, if any."""
    holding = [c for c in chunks if any(contains(comparable(c.text), comparable(quote)) for quote in quotes)]
    under = [c for c in chunks if c.heading == source.heading]
    return next(iter([*holding, *under, *chunks]), None)


def _answered(answer: CuratedAnswer) -> Answered:
    return Answered(
        text=answer.answer,
        form="written",
        citations=answer.citations,
        sources=answer.sources,
        approved=Approval(curated_id=answer.curated_id, by=answer.approved_by, at=answer.approved_at),
    )
