"""The use cases of reviewers: claim, approve, edit, reject, ask back. Also reminders and expiry."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from bot.desk.curated import CuratedDesk
from bot.desk.evidence import cited_today
from bot.desk.kept import redrafted
from bot.desk.numbering import numbers_in, text_with_numbers, with_numbers
from bot.desk.permissions import (
    AlreadyDecidedError,
    ClaimedError,
    NotAllowedError,
    NotDraftedError,
    NothingToApproveError,
    RedraftedError,
    RestrictedReviewError,
    UnknownReviewError,
)
from bot.desk.questions import QuestionDesk
from bot.desk.review_changes import Announce, Change, Messages, changed, no_messages
from bot.desk.review_views import ReviewViews
from bot.settings import ReviewSettings
from bot.store.records import Asked, Decision, Outgoing, Review, Turn
from index.retrieval import RetrievedChunk, Retriever
from pipeline.proof.markers import markers_in
from pipeline.proof.verify import VerificationLimits, checked, cited_for
from pipeline.types import Citation, Draft, Failure, Finding, FindingCode, NeedsReview

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EditCheck:
    """An edited text as a draft with quotes found for it, and what the checks by code object to.

    No judge reads it: the reviewer is the second reader.
    """

    draft: Draft
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """The use cases of reviewers. `now` returns the time in UTC."""

    questions: QuestionDesk
    curated: CuratedDesk
    views: ReviewViews
    retriever: Retriever
    settings: ReviewSettings
    limits: VerificationLimits
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def is_reviewer(self, user_id: str) -> bool:
        """Tell whether a user is a reviewer, of all channels or of one."""
        return user_id in self.questions.access.reviewers or any(
            user_id in channel.reviewers for channel in self.questions.channels.values()
        )

    async def open_review(self, review_id: str, reviewer_id: str) -> Review:
        """Return an open review for a reviewer who may decide it.

        Raises NotAllowedError, UnknownReviewError, RestrictedReviewError, AlreadyDecidedError.
        """
        review = await self.questions.store.reviews.get(review_id)
        if reviewer_id not in (self.views.reviewers_of(review) if review else self.questions.access.reviewers):
            _log.warning("review_refused", review_id=review_id, user_id=reviewer_id, code=NotAllowedError.code)
            raise NotAllowedError
        if review is None:
            raise UnknownReviewError(review_id)
        if not await self.views.may_decide(review, reviewer_id):
            raise RestrictedReviewError
        if review.state != "open":
            raise AlreadyDecidedError(review)
        return review

    async def claim(self, review_id: str, reviewer_id: str, *, take_over: bool = False) -> Review:
        """Claim a review: for `claim_h` hours nobody else may decide it. `take_over` replaces another's claim.

        Raises the errors of `open_review`, and ClaimedError.
        """
        await self.open_review(review_id, reviewer_id)

        def claimed(review: Review) -> Review:
            if not take_over:
                self._refuse_if_claimed(review, reviewer_id)
            return review.model_copy(update={"claimed_by": reviewer_id, "claimed_at": self.now().isoformat()})

        return await self._changed(review_id, reviewer_id, "taken over" if take_over else "claimed", claimed)

    async def decide(self, review_id: str, decision: Decision, messages: Messages = no_messages) -> Review:
        """Decide a review and queue its messages; an approved or edited answer is stored for later questions.

        What is sent is looked up in today's index first. Raises the errors of `claim`, NothingToApproveError,
        OutdatedDraftError and RedraftedError.
        """
        review = await self.open_review(review_id, decision.reviewer_id)
        if decision.state == "approved" and review.case.draft is None:
            raise NothingToApproveError(review_id)
        answer = review.case.draft.answer if decision.state == "approved" and review.case.draft else decision.answer
        case = await self.views.case_to_send(review, decision)
        numbers = numbers_in(answer, case)
        case, answer = with_numbers(case, numbers), text_with_numbers(answer, numbers)

        def decided(current: Review) -> Review:
            self._refuse_if_claimed(current, decision.reviewer_id)
            if (current.case, current.question) != (review.case, review.question):
                raise RedraftedError
            return current.model_copy(
                update={
                    "state": decision.state,
                    "case": case,
                    "answer": answer,
                    "note": decision.note,
                    "decided_by": decision.reviewer_id,
                    "sent_anyway": decision.sent_anyway,
                }
            )

        marks = ((decision.sent_anyway, "sent anyway"), (decision.remember, "for others, too"))
        what = ", ".join([decision.state, *(mark for is_so, mark in marks if is_so)])
        review = await self._changed(review_id, decision.reviewer_id, what, decided, messages)
        _log.info("review_decided", review_id=review_id, state=decision.state, user_id=decision.reviewer_id)
        await self._remember(review, decision)
        return review

    async def checked(self, review: Review, text: str) -> EditCheck:
        """Check the quotes and values of an edited text like those of a draft."""
        chunks = await self._chunks_of(review.case)
        draft = Draft(status="answered", answer=text, confidence="high", citations=cited_for(text, chunks))
        if not chunks or not markers_in(text):
            return EditCheck(draft, (Finding(code=FindingCode.NO_CITATION, span=text),))
        with_whole_chunks = [
            Citation(marker=c.marker, chunk_id=c.chunk_id, quote=chunks[c.marker - 1].text) for c in draft.citations
        ]
        whole = draft.model_copy(update={"citations": tuple(with_whole_chunks)})
        return EditCheck(draft, checked(whole, chunks, self.limits).findings)

    async def ask_back(self, review_id: str, reviewer_id: str, question: str, messages: Messages) -> Review:
        """Send the asker a question and claim the review, which waits for the answer. Raises the errors of `claim`."""
        await self.open_review(review_id, reviewer_id)

        def with_question(review: Review) -> Review:
            self._refuse_if_claimed(review, reviewer_id)
            turn = Turn(user_id=reviewer_id, text=question)
            return review.model_copy(
                update={
                    "exchange": (*review.exchange, turn),
                    "awaits_asker": True,
                    "claimed_by": reviewer_id,
                    "claimed_at": self.now().isoformat(),
                }
            )

        return await self._changed(review_id, reviewer_id, "asked back", with_question, messages)

    async def asker_said(self, review_id: str, user_id: str, text: str, messages: Messages) -> Review:
        """Add the asker's answer to a review. Raises AlreadyDecidedError, UnknownReviewError."""

        def with_answer(review: Review) -> Review:
            turn = Turn(user_id=user_id, text=text)
            return review.model_copy(update={"exchange": (*review.exchange, turn), "awaits_asker": False})

        return await self._changed(review_id, user_id, "asker answered", with_answer, messages)

    async def second_look(self, request_id: str, asked: Asked, announce: Announce) -> None:
        """Open a review of a disputed answer. An approved answer is no longer served.

        Without the text of the question only an approved answer can be reviewed.
        """
        trace = await self.questions.store.requests.get(request_id)
        curated_id = trace.curated_id if trace else None
        answer = await self.questions.store.curated.get(curated_id) if curated_id else None
        if answer:
            await self.curated.reopen(answer, Failure.DISPUTED, announce)
        elif asked.text:
            await self.questions.dispute(request_id, asked, announce)

    async def sweep(
        self,
        reminder: Callable[[Review], Awaitable[Sequence[Outgoing]]],
        expiry: Callable[[Review], Sequence[Outgoing]],
        cards: Announce,
    ) -> list[Review]:
        """Queue the reminders and the late cards that are due; end the reviews that have expired and return those."""
        hour = 3600.0
        to_remind, overdue = await self.questions.store.reviews.due(
            self.settings.remind_after_h * hour, self.settings.expire_after_h * hour
        )
        await self._show_late(cards)
        for review in to_remind:
            if review.card_after:
                continue
            messages = await reminder(review)
            async with self.questions.store.transaction() as tx:
                if await tx.reviews.remind(review.review_id):
                    await tx.outbox.send(messages)
        ended = []
        for review in overdue:
            expired = await changed(
                self.questions.store,
                review.review_id,
                "",
                "expired",
                lambda r: r.model_copy(update={"state": "expired"}),
                expiry,
            )
            ended += [expired] if expired else []
        return ended

    async def _show_late(self, cards: Announce) -> None:
        """Queue the cards of reviews of questions that were rejected before, once their time has come."""
        for review in await self.questions.store.reviews.without_card():
            messages = await cards(review)
            async with self.questions.store.transaction() as tx:
                current = await tx.reviews.locked(review.review_id)
                if current is None or not current.card_after:
                    continue
                await tx.reviews.save(current.model_copy(update={"card_after": ""}), "", "asked again")
                # The card comes late already, so no reminder follows on its heels.
                await tx.reviews.remind(review.review_id)
                await tx.outbox.send(messages)

    async def draft_again(self, review_id: str, reviewer_id: str) -> Review:
        """Write the draft of a review again from today's documents. Raises the errors of `claim`, and NotDraftedError.

        Where the documents answer the question no longer, the review is left without a draft.
        """
        review = await self.open_review(review_id, reviewer_id)
        self._refuse_if_claimed(review, reviewer_id)
        asked = Asked(text=review.question, where=review.conversation)
        reply = await self.questions.ask(f"{review_id}-again", asked, (), lambda _: None, approval=True)
        case = redrafted(review.case, reply.outcome)
        if case is None:
            raise NotDraftedError(review_id)
        read = reply.review.drawn_from if reply.review else ()

        def with_draft(current: Review) -> Review:
            self._refuse_if_claimed(current, reviewer_id)
            return current.model_copy(update={"case": case, "drawn_from": read})

        return await self._changed(review_id, reviewer_id, "drafted again", with_draft)

    async def _changed(
        self, review_id: str, user_id: str, what: str, change: Change, messages: Messages = no_messages
    ) -> Review:
        review = await changed(self.questions.store, review_id, user_id, what, change, messages)
        if review is None:
            review = await self.questions.store.reviews.get(review_id)
            if review is None:
                raise UnknownReviewError(review_id)
            raise AlreadyDecidedError(review)
        return review

    def _refuse_if_claimed(self, review: Review, reviewer_id: str) -> None:
        if review.claimed_by in {None, reviewer_id} or review.claimed_at is None:
            return
        if self.now() - datetime.fromisoformat(review.claimed_at) < timedelta(hours=self.settings.claim_h):
            raise ClaimedError(str(review.claimed_by))

    async def _chunks_of(self, case: NeedsReview) -> list[RetrievedChunk]:
        """Return today's chunks of a case, marker n at index n - 1. A marker without a chunk gets an empty one."""
        cited = await cited_today(self.retriever, case.sources, case.draft.citations if case.draft else ())
        chunks = {one.source.marker: one.chunk for one in cited if one.chunk}
        last = max((source.marker for source in case.sources), default=0)
        return [chunks.get(marker) or _empty_chunk(marker) for marker in range(1, last + 1)]

    async def _remember(self, review: Review, decision: Decision) -> None:
        if review.state not in {"approved", "edited"}:
            return
        check = await self.checked(review, review.answer)
        await self.curated.remember(review, check.draft.citations, without_sources=_is_kept(review, decision))


def _is_kept(review: Review, decision: Decision) -> bool:
    """Tell whether a reviewer wants others to get an answer that cites nothing.

    A reviewer who approves such an answer in its second review wants that as before.
    """
    is_approved_again = decision.state == "approved" and review.curated_id is not None
    return is_approved_again or (decision.remember and decision.sent_anyway)


def _empty_chunk(marker: int) -> RetrievedChunk:
    return RetrievedChunk(f"-{marker}", "", "", "", "", None, 0.0)
