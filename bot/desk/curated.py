"""Approved answers: stored when a reviewer sends them, and served again while the chunks that they cite exist.

An answer that cites nothing is remembered for some days, and served where the documents have no answer.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
import structlog
from numpy.typing import NDArray

from bot.desk.evidence import Readers, cited_today, may_be_shown
from bot.desk.remembering import Alike, as_outcome, is_for, remembered_of, replaced_by
from bot.desk.review_changes import Announce, opened
from bot.store.port import Store, StoreError
from bot.store.records import CuratedAnswer, Review
from index.embedding.model import Embedder
from index.errors import CitedeskError
from index.retrieval import Retriever
from pipeline.errors import AskAgainError
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
)

_log = structlog.get_logger(__name__)
_CANDIDATES = 10


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
    An answer that cites nothing is remembered for `unsourced_days`, for whoever asks where the same rules hold, which
    `alike` tells.
    """

    store: Store
    version: CuratedVersion
    embedder: Embedder
    retriever: Retriever
    similarity: float
    unsourced_days: int
    alike: Alike
    _cache: dict[str, _CachedVectors] = field(default_factory=dict)

    async def recall(self, question: NormalizedQuestion, context: RequestContext) -> Answered | None:
        """Return the approved answer to this question, if its sources are unchanged and its readers may see them."""
        for answer in await self._alike_in(context.tenant_id, question.text):
            if not answer.is_remembered and await self._is_valid(answer, context):
                return _answered(answer)
        return None

    async def remembered(self, question: NormalizedQuestion, context: RequestContext) -> Answered | None:
        """Return the last answer to this question that cites nothing, for the same readers, if it is not too old."""
        if not self.unsourced_days:
            return None
        found = [
            answer
            for answer in await self._alike_in(context.tenant_id, question.text)
            if is_for(answer, context, self.alike) and await self._may_be_told(answer, context)
        ]
        return as_outcome(max(found, key=lambda answer: answer.approved_at)) if found else None

    async def remember(
        self, review: Review, citations: Sequence[Citation], *, without_sources: bool = False
    ) -> CuratedAnswer | None:
        """Store the answer that a reviewer sent, bound to the chunks that it cites.

        Return None, and store nothing, if it cites none; unless `without_sources`, which remembers it for a while. It
        is a gap all the same: the documents still lack it. What was remembered for the same readers is replaced.
        """
        answer = curated_of(review, citations)
        if answer is None and without_sources and self.unsourced_days:
            answer = remembered_of(review)
        if answer is None:
            return None
        before = await self._alike_in(review.conversation.tenant_id, review.question)
        vector = await asyncio.to_thread(self.embedder.embed, [review.question])
        async with self.store.transaction() as tx:
            for replaced in replaced_by(review, before, self.alike):
                await tx.curated.set_state(replaced.curated_id, "withdrawn")
            await tx.curated.save(answer, self.embedder.name, vector.tobytes())
            if not answer.is_remembered:
                for ask in review.asks:
                    await tx.gaps.forget(ask.request_id)
        self.version.bump()
        _log.info("answer_curated", curated_id=answer.curated_id, user_id=answer.approved_by)
        return answer

    async def sweep(self, announce: Announce) -> list[Review]:
        """Reopen the answers whose cited chunks changed; return the new reviews. Stop early if there is no index.

        Answers that cite nothing and are too old are deleted, and answers that another embedding model embedded get new
        vectors, first.
        """
        if await self.store.curated.purge_remembered(self.unsourced_days):
            self.version.bump()
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
        # The review looks the sources up in the index of the day, as every review does.
        draft = Draft(status="answered", answer=answer.answer, confidence="low", citations=answer.citations)
        review = Review(
            review_id=f"{answer.curated_id}-{sha256(answer.approved_at.encode()).hexdigest()[:6]}",
            question=answer.question,
            conversation=first.conversation,
            case=NeedsReview(reason=reason, draft=draft, sources=answer.sources),
            curated_id=answer.curated_id,
            readable_groups=first.readable_groups,
            drawn_from=answer.drawn_from,
            own_words=answer.own_words or first.own_words,
        )
        _log.info("curated_answer_reopened", curated_id=answer.curated_id, reason=reason.value)
        return await opened(self.store, review, announce)

    async def _alike_in(self, tenant_id: str, question: str) -> list[CuratedAnswer]:
        """Return the live answers of a tenant to the same question, the nearest first. Raises AskAgainError."""
        try:
            return await self._found_alike(tenant_id, question)
        except StoreError as error:
            raise AskAgainError(str(error)) from error

    async def _found_alike(self, tenant_id: str, question: str) -> list[CuratedAnswer]:
        cached = await self._vectors(tenant_id)
        if not cached.ids:
            return []
        vector = (await asyncio.to_thread(self.embedder.embed, [question]))[0]
        scores = cached.vectors @ vector
        near = [cached.ids[at] for at in np.argsort(-scores)[:_CANDIDATES] if scores[at] >= self.similarity]
        found = [await self.store.curated.get(curated_id) for curated_id in near]
        return [answer for answer in found if answer and same_question(question, answer.question)]

    async def _may_be_told(self, answer: CuratedAnswer, context: RequestContext) -> bool:
        """Tell whether these readers may still see what the reviewer's draft was written from."""
        read = await cited_today(self.retriever, answer.drawn_from)
        return may_be_shown(read, Readers(context.readable_groups, context.within))

    async def _is_valid(self, answer: CuratedAnswer, context: RequestContext) -> bool:
        """Tell whether all cited chunks still exist, unchanged, and these readers may see them and what was read."""
        cited = await cited_today(self.retriever, answer.sources, answer.citations)
        read = await cited_today(self.retriever, answer.drawn_from)
        # Nobody looks at the answer again, so it is not enough that the quotes still stand in the document.
        are_same = answer.chunk_ids <= {one.source.chunk_id for one in cited if one.is_same}
        return are_same and may_be_shown((*cited, *read), Readers(context.readable_groups, context.within))

    async def _vectors(self, tenant_id: str) -> _CachedVectors:
        version = self.version.number
        cached = self._cache.get(tenant_id)
        if cached is None or cached.version != version:
            rows = await self.store.curated.vectors(tenant_id, self.embedder.name)
            matrix = np.array([np.frombuffer(row.vector, dtype=np.float32) for row in rows], dtype=np.float32)
            cached = self._cache[tenant_id] = _CachedVectors(version, [row.key for row in rows], matrix)
        return cached


def curated_of(review: Review, citations: Sequence[Citation]) -> CuratedAnswer | None:
    """Return the answer of a decided review for later questions.

    None if it cites nothing, because nobody could tell then who may read it.
    """
    cited = {citation.chunk_id for citation in citations}
    sources = tuple(source for source in review.case.sources if source.chunk_id in cited)
    if not sources or review.decided_by is None or review.decided_at is None:
        return None
    return CuratedAnswer(
        curated_id=review.curated_id or review.review_id,
        tenant_id=review.conversation.tenant_id,
        question=review.question,
        answer=review.answer,
        citations=tuple(citations),
        sources=sources,
        approved_by=review.decided_by,
        approved_at=review.decided_at,
        sent_anyway=review.sent_anyway,
        # Also of an edited answer: what the reviewer left standing may come from there.
        drawn_from=review.drawn_from,
        own_words=review.own_words,
    )


def _answered(answer: CuratedAnswer) -> Answered:
    return Answered(
        text=answer.answer,
        form="written",
        citations=answer.citations,
        sources=answer.sources,
        approved=Approval(curated_id=answer.curated_id, by=answer.approved_by, at=answer.approved_at),
    )
