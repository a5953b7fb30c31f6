"""Answers that admins write for gaps: checked and stored as a reviewer's edited answer is, for later questions."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bot.desk.curated import curated_of
from bot.desk.evidence import Readers
from bot.desk.gap_articles import Outline, near_chunks, outline_of
from bot.desk.gaps import GapCluster, gap_review_id
from bot.desk.operations import Operations
from bot.desk.reviews import EditCheck, ReviewDesk
from bot.store.records import Conversation, Decision, Gap, Review
from index.access import EVERYONE
from index.errors import CitedeskError
from pipeline.fallbacks import listed_sources
from pipeline.types import Failure, Finding, NeedsReview, Source

_log = structlog.get_logger(__name__)
# Passages that an admin can cite, in one form.
PASSAGES = 5


class GapGoneError(CitedeskError):
    """The question is no gap any more: somebody has answered it, or it is too old."""

    code = "GAP_GONE"


class NothingCitedError(CitedeskError):
    """The answer cites no passage, so nobody could tell who may read it."""

    code = "GAP_ANSWER_UNCITED"


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that the answer can cite by its marker, and its text."""

    source: Source
    text: str


@dataclass(frozen=True, slots=True)
class GapForm:
    """What an admin needs to write the answer to a cluster."""

    cluster: GapCluster
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class GapAnswer:
    """An answer as an admin sent it.

    `chosen` are the request ids of the questions that it is for, one of each wording; `passages` the ids of the chunks
    that its markers name, in their order. `anyway` sends it although the checks object.
    """

    cluster: str
    text: str
    chosen: frozenset[str]
    passages: tuple[str, ...]
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of an answer: the questions that it answers now, by how many people, how many may not read it."""

    questions: int
    askers: int
    barred: int


@dataclass(frozen=True, slots=True)
class GapAnswers:
    """The use cases of the two buttons below a gap. Each raises NotAdminError and GapGoneError."""

    operations: Operations
    reviews: ReviewDesk

    async def outline(self, where: Conversation, request_id: str) -> Outline:
        """Return the outline of the missing article. `where` is the admin's own conversation with the bot."""
        return await outline_of(
            await self._cluster(where, request_id), self.operations.retriever, await self._me(where)
        )

    async def form(self, where: Conversation, request_id: str, search: str = "") -> GapForm:
        """Return the form for an answer, with the passages nearest to the questions, or to `search` if it is given."""
        cluster = await self._cluster(where, request_id)
        found = await asyncio.to_thread(
            near_chunks, search or cluster.question, self.operations.retriever, await self._me(where), PASSAGES
        )
        chunks = list(found)
        return GapForm(cluster, tuple(map(Passage, listed_sources(chunks), [chunk.text for chunk in chunks])))

    async def form_again(self, where: Conversation, answer: GapAnswer) -> GapForm:
        """Return the form with the passages that an answer names."""
        return GapForm(await self._cluster(where, answer.cluster), await self._passages(where, answer.passages))

    async def store(self, where: Conversation, answer: GapAnswer) -> Stored | tuple[Finding, ...]:
        """Check and store an answer for the chosen questions, whose gaps are gone then; return findings instead.

        Raises NothingCitedError, and the errors of `ReviewViews.case_to_send`.
        """
        cluster = await self._cluster(where, answer.cluster)
        wordings = [gaps for gaps in cluster.wordings.values() if answer.chosen & {gap.request_id for gap in gaps}]
        if not wordings:
            raise GapGoneError(answer.cluster)
        sources = tuple(passage.source for passage in await self._passages(where, answer.passages))
        review = _review(wordings[0][0], where, sources)
        check = await self.reviews.checked(review, answer.text)
        if not check.draft.citations:
            raise NothingCitedError
        if check.findings and not answer.anyway:
            return check.findings
        decision = Decision(
            state="edited", reviewer_id=where.user_id, answer=answer.text, sent_anyway=bool(check.findings)
        )
        case = await self.reviews.views.case_to_send(review, decision)
        opened_at = self.reviews.now().isoformat()
        decided = [_decided(_review(gaps[0], where, sources), case, decision, opened_at) for gaps in wordings]
        gaps = [gap for same in wordings for gap in same]
        await self._save(decided, check, gaps)
        return await self._stored(where, check, sources, gaps)

    async def _save(self, decided: Sequence[Review], check: EditCheck, gaps: Sequence[Gap]) -> None:
        curated, store = self.reviews.curated, self.reviews.questions.store
        vectors = await asyncio.to_thread(curated.embedder.embed, [review.question for review in decided])
        async with store.transaction() as tx:
            for review, vector in zip(decided, vectors, strict=True):
                if not await tx.reviews.open(review):
                    raise GapGoneError(review.review_id)
                saved = await tx.reviews.save(review, str(review.decided_by), "written for a gap")
                if answer := curated_of(saved, check.draft.citations):
                    await tx.curated.save(answer, curated.embedder.name, vector.tobytes())
            for gap in gaps:
                await tx.gaps.forget(gap.request_id)
        curated.version.bump()
        _log.info("gap_answered", questions=len(gaps), user_id=decided[0].decided_by)

    async def _stored(
        self, where: Conversation, check: EditCheck, sources: Sequence[Source], gaps: Sequence[Gap]
    ) -> Stored:
        cited = {citation.chunk_id for citation in check.draft.citations}
        needed = [source.groups for source in sources if source.chunk_id in cited]
        askers = {gap.user_id for gap in gaps}
        groups = [await self.reviews.questions.groups_of(where.tenant_id, asker) for asker in askers]
        barred = sum(not all(own & (theirs | {EVERYONE}) for own in needed) for theirs in groups)
        return Stored(len(gaps), len(askers), barred)

    async def _passages(self, where: Conversation, chunk_ids: Sequence[str]) -> tuple[Passage, ...]:
        """Return passages as the form numbered them, without those that are gone or that the admin may not read."""
        found = await asyncio.to_thread(self.operations.retriever.chunks, chunk_ids)
        readers = await self._me(where)
        sources = listed_sources([found[i] for i in chunk_ids if i in found])
        numbers = {chunk_id: number for number, chunk_id in enumerate(chunk_ids, 1)}
        return tuple(
            Passage(source.model_copy(update={"marker": numbers[source.chunk_id]}), found[source.chunk_id].text)
            for source in sources
            if readers.may_read(found[source.chunk_id])
        )

    async def _cluster(self, where: Conversation, request_id: str) -> GapCluster:
        self.operations.require_admin(where.user_id)
        cluster = await self.operations.gap_desk.cluster_of(where.tenant_id, request_id, await self._me(where))
        if cluster is None:
            raise GapGoneError(request_id)
        return cluster

    async def _me(self, where: Conversation) -> Readers:
        return await self.reviews.questions.readers_of(where)


def _review(gap: Gap, where: Conversation, sources: tuple[Source, ...]) -> Review:
    """Return the review that stands for the answer to a question: it is what reopens when a source changes."""
    case = NeedsReview(reason=Failure.INSUFFICIENT_CONTEXT, draft=None, sources=sources)
    question = " ".join(gap.question.split())
    return Review(review_id=gap_review_id(gap), question=question, conversation=where, case=case, readable_groups=())


def _decided(review: Review, case: NeedsReview, decision: Decision, opened_at: str) -> Review:
    return review.model_copy(
        update={
            "opened_at": opened_at,
            "state": decision.state,
            "case": case,
            "answer": decision.answer,
            "decided_by": decision.reviewer_id,
            "sent_anyway": decision.sent_anyway,
        }
    )
