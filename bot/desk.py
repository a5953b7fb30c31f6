"""The use cases, free of any chat product: ask, escalate, review, give feedback, reindex, report."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.metrics import Metrics
from bot.settings import AccessSettings
from bot.store.records import Conversation, Counts, Decision, Review
from bot.store.sqlite import SqliteStore
from index.builder import Coverage, Progress
from index.documents import EVERYONE
from index.errors import BuildRefusedError, CitedeskError, IndexUnavailableError
from index.snapshot import Manifest
from pipeline.answering import Pipeline, answer
from pipeline.normalizing import unmarked
from pipeline.types import Blocked, Deadline, Failure, NeedsReview, Outcome, RequestContext, Source

_log = structlog.get_logger(__name__)


class NotAllowedError(CitedeskError):
    """The person may not do this."""

    code = "NOT_ALLOWED"
    user_message = "Only reviewers may decide this."


class NotAdminError(NotAllowedError):
    """The person is not an admin."""

    user_message = "Only admins may do this. Ask whoever runs Citedesk to add you to `access.admins`."


class RestrictedReviewError(NotAllowedError):
    """The reviewer may not read a document that the draft cites."""

    user_message = "This draft cites a document that you may not read."


class UnknownReviewError(CitedeskError):
    """There is no such review."""

    code = "REVIEW_UNKNOWN"
    user_message = "This review no longer exists."


class AlreadyDecidedError(CitedeskError):
    """Another reviewer was faster."""

    code = "REVIEW_DECIDED"
    user_message = "Somebody else has already decided this."

    def __init__(self, review: Review) -> None:
        super().__init__(f"decided by {review.decided_by}")
        self.review = review


@dataclass(frozen=True, slots=True)
class Reply:
    """An outcome, the id under which an admin finds it, and the review it opened, if any."""

    request_id: str
    outcome: Outcome
    review: Review | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """State of the service. `manifest` is None when no index can be served."""

    manifest: Manifest | None
    counts: Counts
    provider: str


@dataclass(frozen=True, slots=True)
class Desk:
    """The use cases over a pipeline, a store and who may do what."""

    pipeline: Pipeline
    store: SqliteStore
    access: AccessSettings
    deadline_s: float
    build_index: Callable[[Progress], Awaitable[Coverage]]
    manifest: Callable[[], Manifest]
    reindexing: asyncio.Lock
    metrics: Metrics

    async def ask(self, text: str, where: Conversation) -> Reply:
        """Answer a question; a doubtful answer opens a review, and so does a blocked one."""
        request_id = f"r-{secrets.token_hex(6)}"
        outcome, trace = await answer(self.pipeline, text, self._context(request_id, where))
        self.metrics.observe(trace)
        await self.store.save_request(trace)
        review = None
        if isinstance(outcome, Blocked):
            # Whether it was an attack or a false alarm is for a person to see; the draft is for nobody.
            case = NeedsReview(reason=outcome.reason, draft=None, sources=())
            review = await self._opened(request_id, text, where, case)
        if isinstance(outcome, NeedsReview):
            review = await self._opened(request_id, text, where, outcome)
        return Reply(request_id, outcome, review)

    async def delivery_failed(self, request_id: str) -> None:
        """Note that a reply was made and could not be posted."""
        _log.error("delivery_failed", request_id=request_id)
        await self.store.set_verdict(request_id, Failure.DELIVERY_FAILED)

    async def escalate(self, request_id: str, text: str, where: Conversation) -> Review | None:
        """Hand a question to a person because the asker wants it; None if it is with one already."""
        case = NeedsReview(reason=Failure.INSUFFICIENT_CONTEXT, draft=None, sources=())
        return await self._opened(request_id, text, where, case)

    async def review_for(self, review_id: str, reviewer_id: str) -> Review:
        """Return an open review to somebody who may decide it.

        Raises NotAllowedError, UnknownReviewError, AlreadyDecidedError.
        """
        if reviewer_id not in self.access.reviewers:
            _log.warning("review_refused", review_id=review_id, user_id=reviewer_id, code=NotAllowedError.code)
            raise NotAllowedError
        review = await self.store.review(review_id)
        if review is None:
            raise UnknownReviewError(review_id)
        if not may_read(review.case.sources, self.access.groups_of(reviewer_id)):
            raise RestrictedReviewError
        if review.state != "open":
            raise AlreadyDecidedError(review)
        return review

    async def decide(self, review_id: str, decision: Decision) -> Review:
        """Decide a review once. Raises what `review_for` raises."""
        await self.review_for(review_id, decision.reviewer_id)
        won = await self.store.decide(review_id, decision)
        review = await self.store.review(review_id)
        if review is None:
            raise UnknownReviewError(review_id)
        if not won:
            raise AlreadyDecidedError(review)
        _log.info("review_decided", review_id=review_id, state=decision.state, user_id=decision.reviewer_id)
        return review

    def card_may_show_draft(self, review: Review) -> bool:
        """Tell whether all reviewers, who share the channel of the card, may read what it cites."""
        shared = [self.access.groups_of(user_id) for user_id in self.access.reviewers]
        return bool(shared) and all(may_read(review.case.sources, groups) for groups in shared)

    async def give_feedback(self, request_id: str, user_id: str, *, helpful: bool) -> None:
        """Keep what a reader thinks of an answer."""
        await self.store.save_feedback(request_id, user_id, helpful=helpful)
        _log.info("feedback_given", request_id=request_id, helpful=helpful)

    def require_admin(self, user_id: str) -> None:
        """Raise NotAdminError unless the user is an admin."""
        if user_id not in self.access.admins:
            _log.warning("admin_refused", user_id=user_id, code=NotAdminError.code)
            raise NotAdminError

    async def reindex(self, user_id: str, progress: Progress) -> Coverage:
        """Build the index anew. Raises NotAdminError, BuildRefusedError."""
        self.require_admin(user_id)
        if self.reindexing.locked():
            raise BuildRefusedError("another build of this index is running")
        async with self.reindexing:
            coverage = await self.build_index(progress)
        _log.info("reindexed", snapshot=coverage.snapshot, indexed=coverage.indexed, skipped=len(coverage.skipped))
        return coverage

    def exposition(self) -> bytes:
        """Return the metrics of this process in Prometheus' text format."""
        return self.metrics.exposition(self.pipeline.admission.in_flight, self.pipeline.provider.open_circuits)

    async def status(self) -> Status:
        """Return what an operator wants to know first."""
        try:
            manifest = await asyncio.to_thread(self.manifest)
        except IndexUnavailableError:
            manifest = None
        provider = self.pipeline.provider
        return Status(manifest, await self.store.counts(), f"{provider.name} ({provider.model})")

    async def _opened(self, request_id: str, text: str, where: Conversation, case: NeedsReview) -> Review | None:
        review = Review(review_id=request_id, question=unmarked(text), conversation=where, case=case)
        return review if await self.store.open_review(review) else None

    def _context(self, request_id: str, where: Conversation) -> RequestContext:
        return RequestContext(
            request_id=request_id,
            tenant_id=where.tenant_id,
            user_id=where.user_id,
            channel_id=where.channel_id,
            route=where.surface,
            deadline=Deadline.after(self.deadline_s),
            groups=self.access.groups_of(where.user_id),
            # Who reads a shared channel changes: only what everyone may read is said there.
            audience=None if where.private else frozenset(),
        )


def may_read(sources: Sequence[Source], groups: frozenset[str]) -> bool:
    """Tell whether a member of `groups` may read every one of `sources`."""
    return all(source.groups & (groups | {EVERYONE}) for source in sources)
