"""The use cases of askers: ask, settle, escalate, give feedback."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

import structlog

from bot.desk.evidence import Readers, nearest, read_for, still_holds
from bot.desk.joining import joins
from bot.desk.kept import asks_nothing, complaint_turns, gap_of, review_of, review_of_disputed, turn_of
from bot.desk.outlook import Outlook
from bot.desk.permissions import NO_NAMES, Names
from bot.desk.review_changes import Announce, Joins, changed, joins_none, open_or_join, opened, without_cards
from bot.settings import AccessSettings, ChannelSettings
from bot.store.port import Store
from bot.store.records import Asked, Conversation, Feedback, Job, Outgoing, Review
from bot.telemetry.metrics import Metrics
from index.embedding.model import Embedder
from pipeline.answering import Pipeline, answer, examples
from pipeline.normalizing import unmarked
from pipeline.recorder import Watch
from pipeline.types import (
    Answered,
    Deadline,
    Failure,
    NeedsReview,
    Outcome,
    RequestContext,
    ThreadTurn,
    Trace,
)

_log = structlog.get_logger(__name__)


class Directory(Protocol):
    """Group memberships and the audiences of conversations."""

    async def groups_of(self, tenant_id: str, user_id: str) -> frozenset[str]:
        """Return the groups of a user; none for an unknown user."""

    async def audience_of(self, where: Conversation) -> frozenset[str] | None:
        """Return the groups that every reader of a conversation is in; None if only the asker reads it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An outcome with its trace and the review that it opens, if any.

    `read_as` is a follow-up rewritten as a question of its own, "" if it was not. `may_see_more` tells that the asker
    may read documents that this conversation may not show. `outlook` says who will look at the review, and when.
    """

    request_id: str
    outcome: Outcome
    trace: Trace
    review: Review | None = None
    read_as: str = ""
    may_see_more: bool = False
    outlook: Outlook | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A finished job. `joined` is the open review of the same question that the asker joined, if there was one."""

    joined: Review | None = None


@dataclass(frozen=True, slots=True)
class QuestionDesk:
    """The use cases of askers.

    `negative_feedback` is the number of people who must find an answer bad to dispute it. `similarity` is the least
    cosine between two questions that share a review.
    """

    pipeline: Pipeline
    store: Store
    embedder: Embedder
    directory: Directory
    access: AccessSettings
    channels: Mapping[str, ChannelSettings]
    deadline_s: float
    negative_feedback: int
    keeps_gaps: bool
    keeps_turns: bool
    metrics: Metrics
    similarity: float = 0.8

    async def ask(
        self, request_id: str, asked: Asked, earlier: Sequence[ThreadTurn], watch: Watch, *, approval: bool = False
    ) -> Reply:
        """Answer a question. Nothing is stored until `settle`.

        The reply holds a review if a person has to decide. `approval` sends every answer to review.
        """
        context = await self._context(request_id, asked.where, tuple(earlier), approval=approval)
        context = replace(context, untagged=asked.untagged)
        response = await answer(self.pipeline, asked.text, context, watch)
        question = response.understood or unmarked(asked.text)
        outcome = response.outcome
        review = None
        if isinstance(outcome, NeedsReview):
            read = await read_for(self.pipeline.retriever, outcome, response.trace)
            review = review_of(question, asked, outcome, context).model_copy(update={"drawn_from": read})
        return Reply(
            request_id=request_id,
            outcome=outcome,
            trace=response.trace,
            review=review,
            read_as=response.understood,
            may_see_more=bool(context.groups - context.readable_groups),
        )

    async def examples(self, where: Conversation) -> tuple[str, ...]:
        """Return questions that the asker of a conversation can ask and its documents answer; none without an index."""
        return await examples(self.pipeline, await self._context("", where, ()))

    async def settle(
        self,
        job: Job,
        asked: Asked,
        reply: Reply | None,
        outgoing: Sequence[Outgoing],
        *,
        dead: bool = False,
        keep_turn: bool = False,
    ) -> Settled | None:
        """Finish a job of the inbox and store its results in one transaction: trace, review, gap, turn, messages.

        Where the same question is in review already, the asker joins that review and no new card is sent. Return None,
        and store nothing, if the job is not held any more. `dead` makes it a dead letter. `keep_turn` stores question
        and answer for follow-ups.
        """
        request = reply if reply and not asks_nothing(reply.outcome) else None
        gap = gap_of(asked, reply.outcome, reply.trace) if reply and self.keeps_gaps else None
        vector = await asyncio.to_thread(self.embedder.embed, [gap.question]) if gap else None
        keeps_turn = keep_turn and self.keeps_turns
        turn = turn_of(asked, reply.outcome, reply.request_id, reply.read_as) if reply and keeps_turn else None
        review = reply.review if reply else None
        takes = await self._joins(review) if review else joins_none
        async with self.store.transaction() as tx:
            if not await (tx.inbox.bury(job) if dead else tx.inbox.finish(job)):
                return None
            stored = await open_or_join(tx, review, takes) if review else None
            messages = without_cards(outgoing, stored, review) if review else outgoing
            writes: list[Awaitable[object]] = [tx.outbox.send(messages)]
            if request:
                writes.append(tx.requests.save(request.trace))
            if gap and vector is not None:
                writes.append(tx.gaps.put(gap, self.embedder.name, vector.tobytes()))
            if turn:
                writes.append(tx.turns.put(turn))
            # Handed to the store together: other writers wait while a transaction goes back and forth.
            await asyncio.gather(*writes)
        if request:
            self.metrics.observe(request.trace)
        return Settled(joined=stored if stored and review and stored.review_id != review.review_id else None)

    async def escalate(self, request_id: str, asked: Asked, announce: Announce) -> Review | None:
        """Open a review because the asker wants a person to answer, or join the open review of the same question.

        Return the review as it is stored; None if the request has a review already. Whoever presses, it is the review
        of the person who asked.
        """
        asked = await self.by_its_asker(request_id, asked)
        context = await self._context(request_id, asked.where, ())
        question, readers = unmarked(asked.text), Readers(context.readable_groups, context.within)
        near = await nearest(self.pipeline.retriever, question, readers)
        case = NeedsReview(reason=Failure.INSUFFICIENT_CONTEXT, draft=None, sources=near)
        review = review_of(question, asked, case, context)
        return await opened(self.store, review, announce, await self._joins(review))

    async def give_feedback(self, feedback: Feedback) -> bool:
        """Store feedback. Return True if the answer is disputed now: enough people found it bad."""
        trace = await self.store.requests.get(feedback.request_id)
        # An answer that a reviewer sent has no hash, so the request id stands for it.
        with_hash = feedback.model_copy(
            update={"answer_hash": (trace.answer_hash if trace else None) or feedback.request_id}
        )
        async with self.store.transaction() as tx:
            count = await tx.feedback.save(with_hash)
        _log.info("feedback_given", request_id=feedback.request_id, helpful=feedback.helpful, reason=feedback.reason)
        disputed = not feedback.helpful and bool(with_hash.answer_hash) and count >= self.negative_feedback
        if disputed:
            await self.pipeline.cache.forget(with_hash.answer_hash)
        return disputed

    async def dispute(self, request_id: str, asked: Asked, announce: Announce) -> Review | None:
        """Open a review of a disputed answer. Return None if there is one already.

        The text of the answer was never stored, so the question is asked again and the new draft goes to review.
        """
        asked = await self.by_its_asker(request_id, asked)
        again = f"{request_id}-disputed"
        reply = await self.ask(again, asked, (), lambda _: None, approval=True)
        complaints = await self.store.feedback.complaints(request_id)
        return await opened(self.store, review_of_disputed(again, asked, reply.review, complaints), announce)

    async def add_complaint(self, request_id: str) -> Review | None:
        """Write the stored complaints into the open review of a disputed answer. Return None if there is none."""
        turns = complaint_turns(await self.store.feedback.complaints(request_id))
        disputed = f"{request_id}-disputed"
        return await changed(
            self.store, disputed, "", "complaint added", lambda r: r.model_copy(update={"exchange": turns})
        )

    async def delivery_failed(self, request_id: str) -> None:
        """Record that a message of a request could not be posted."""
        _log.error("delivery_failed", request_id=request_id)
        await self.store.requests.set_verdict(request_id, Failure.DELIVERY_FAILED)

    def channel(self, where: Conversation) -> ChannelSettings:
        """Return the settings of a channel, else those of its team, else the defaults."""
        return self.channels.get(where.channel_id) or self.channels.get(where.team_id) or ChannelSettings()

    async def names_in(self, outcome: Outcome) -> Names:
        """Return the display names of the people whom an outcome names."""
        approval = outcome.approved if isinstance(outcome, Answered) else None
        return await self.store.people.names([approval.by]) if approval else NO_NAMES

    def exposition(self) -> bytes:
        """Return the metrics of this process in Prometheus' text format."""
        return self.metrics.exposition(self.pipeline.admission.in_flight, self.pipeline.open_circuits)

    async def groups_of(self, tenant_id: str, user_id: str) -> frozenset[str]:
        """Return the groups of a user, from the settings and from the chat product."""
        return self.access.groups_of(user_id) | await self.directory.groups_of(tenant_id, user_id)

    async def _context(
        self, request_id: str, where: Conversation, earlier: tuple[ThreadTurn, ...], *, approval: bool = False
    ) -> RequestContext:
        channel = self.channel(where)
        return RequestContext(
            request_id=request_id,
            tenant_id=where.tenant_id,
            user_id=where.user_id,
            channel_id=where.channel_id,
            route=where.surface,
            deadline=Deadline.after(self.deadline_s),
            groups=await self.groups_of(where.tenant_id, where.user_id),
            audience=await self.directory.audience_of(where),
            within=channel.sources,
            language=channel.language,
            earlier=earlier,
            needs_approval=approval or not channel.auto_answer,
        )

    async def readers_of(self, where: Conversation) -> Readers:
        """Return who reads an answer in a conversation, as the groups are today."""
        context = await self._context("", where, ())
        return Readers(context.readable_groups, context.within)

    async def still_holds(self, reply: Reply, where: Conversation) -> bool:
        """Tell whether a reply that was made before may still be shown in a conversation."""
        return await still_holds(self.pipeline.retriever, reply.outcome, await self.readers_of(where))

    async def by_its_asker(self, request_id: str, asked: Asked) -> Asked:
        """Return a question as that of the person who asked it in this channel; other people can press its buttons.

        The language of such a person is not the asker's, so it is left out.
        """
        trace, where = await self.store.requests.get(request_id), asked.where
        if trace is None or (trace.tenant_id, trace.channel_id) != (where.tenant_id, where.channel_id):
            return asked
        if trace.user_id == where.user_id:
            return asked
        asker = where.model_copy(update={"user_id": trace.user_id, "language": ""})
        return asked.model_copy(update={"where": asker})

    async def _joins(self, review: Review) -> Joins:
        """Return which open reviews the asker of a new one can join."""
        rivals = await self.store.reviews.open_in(review.conversation.tenant_id)
        return await asyncio.to_thread(joins, review, rivals, self._asks_alike, self.embedder, self.similarity)

    def _asks_alike(self, one: Conversation, other: Conversation) -> bool:
        """Tell whether questions in two conversations get answers from the same sources, language and reviewers."""
        outside = one.shared_outside == other.shared_outside
        return outside and one.surface == other.surface and self.channel(one) == self.channel(other)


def request_id_of(key: str) -> str:
    """Return the request id of an inbox key. It is the same on every try, so that no reply is doubled."""
    return f"r-{sha256(key.encode()).hexdigest()[:12]}"
