"""How reviews are shown, to all readers of a conversation or to one reviewer, and whether what they hold may go out."""

from dataclasses import dataclass, field, replace
from typing import Literal

import structlog

from bot.desk.evidence import (
    Readers,
    ReviewEvidence,
    evidence_of,
    evidence_or_gone,
    in_own_words,
    may_be_shown,
    without_texts,
)
from bot.desk.permissions import (
    HiddenDraftError,
    Names,
    OutdatedDraftError,
    SourceGoneError,
    SourceRestrictedError,
    people_of,
)
from bot.desk.questions import QuestionDesk
from bot.store.port import Tables
from bot.store.records import Conversation, Decision, Review, ReviewFilter
from index.retrieval import Retriever
from pipeline.types import NeedsReview

_log = structlog.get_logger(__name__)


Delivery = Literal["", "waiting", "failed"]


def decision_key(review_id: str) -> str:
    """Return the key in the outbox of the message about a decision; those to people who joined add to it."""
    return f"decided:{review_id}"


async def delivery_of(store: Tables, review_id: str) -> Delivery:
    """Return whether a decision still waits to be delivered to somebody who asked, or could not be."""
    states = await store.outbox.states(decision_key(review_id))
    return "failed" if "dead" in states else "waiting" if "waiting" in states else ""


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review as it is shown in one place, or to one reviewer.

    `show_draft` tells that everybody who reads there may read what the draft cites. `is_outdated` tells that the draft
    cannot be sent: a document that it cites has changed, or not everybody where the answer goes may read it today.
    `delivery` tells whether the decision still waits to be delivered to somebody who asked, or could not be.
    """

    review: Review
    show_draft: bool
    reviewers: tuple[str, ...] = ()
    names: Names = field(default_factory=dict)
    is_outdated: bool = False
    delivery: Delivery = ""

    @property
    def readable(self) -> Review:
        """The review without the texts that are not shown here."""
        return self.review if self.show_draft else without_texts(self.review)

    @property
    def can_approve(self) -> bool:
        """Whether the draft is shown here and can be sent."""
        return self.review.case.draft is not None and self.show_draft and not self.is_outdated


@dataclass(frozen=True, slots=True)
class ReviewViews:
    """Looks up what reviews cite in today's index, and holds it against who would read it."""

    questions: QuestionDesk
    retriever: Retriever

    def reviewers_of(self, review: Review) -> frozenset[str]:
        """Return who may decide a review: the reviewers of its channel if set, else `access.reviewers`."""
        return self.questions.channel(review.conversation).reviewers or self.questions.access.reviewers

    async def may_decide(self, review: Review, reviewer_id: str) -> bool:
        """Tell whether a reviewer may read what a review cites, by the groups of today."""
        evidence = await evidence_or_gone(self.retriever, review)
        return evidence.may_be_decided_in(await self._groups(review, reviewer_id))

    async def listed(self, reviewer_id: str, wanted: ReviewFilter) -> list[ReviewView]:
        """Return the reviews that this reviewer may decide and whose sources they may read, as they are shown to them.

        The views hold no names.
        """
        found = await self.questions.store.reviews.listed(wanted)
        theirs = [review for review in found if reviewer_id in self.reviewers_of(review)]
        evidence = [await evidence_or_gone(self.retriever, review) for review in theirs]
        return [
            await self._view(review, cited, Readers(groups))
            for review, cited in zip(theirs, evidence, strict=True)
            if cited.may_be_decided_in(groups := await self._groups(review, reviewer_id))
        ]

    async def view_in(self, review: Review, where: Conversation | None) -> ReviewView:
        """Return how a card shows a review to everybody who reads the reviewers' conversation `where`."""
        audience = await self.questions.directory.audience_of(where) if where else None
        return await self._named(review, Readers(audience or frozenset()))

    async def view_for(self, review: Review, reviewer_id: str) -> ReviewView:
        """Return how a review is shown to one reviewer alone."""
        return await self._named(review, Readers(await self._groups(review, reviewer_id)))

    async def _named(self, review: Review, readers: Readers) -> ReviewView:
        view = await self._view(review, await evidence_or_gone(self.retriever, review), readers)
        return replace(view, names=await self.questions.store.people.names(people_of(review)))

    async def case_to_send(self, review: Review, decision: Decision) -> NeedsReview:
        """Return the case with its sources as they are today.

        Raises OutdatedDraftError or HiddenDraftError if what it cites may not go out, and IndexUnavailableError.
        """
        if decision.state == "rejected":
            return review.case
        evidence = await evidence_of(self.retriever, review)
        if decision.state == "approved" and not evidence.is_whole:
            raise HiddenDraftError(review.review_id)
        if error := await self._objection(review, evidence, None if decision.state == "approved" else decision.answer):
            _log.warning("decision_refused", review_id=review.review_id, code=error.code, user_id=decision.reviewer_id)
            raise error
        return review.case.model_copy(update={"sources": tuple(one.today for one in evidence.cited)})

    async def _view(self, review: Review, evidence: ReviewEvidence, readers: Readers) -> ReviewView:
        is_open = review.state == "open" and review.case.draft is not None
        show_draft = evidence.may_be_shown(readers)
        return ReviewView(
            review=review if show_draft else in_own_words(review),
            show_draft=show_draft,
            reviewers=tuple(sorted(self.reviewers_of(review))),
            is_outdated=is_open and await self._objection(review, evidence, None) is not None,
            delivery="" if review.state == "open" else await delivery_of(self.questions.store, review.review_id),
        )

    async def _objection(
        self, review: Review, evidence: ReviewEvidence, edited: str | None
    ) -> OutdatedDraftError | None:
        """Return why an edited answer, or without one the draft, cannot be sent to everybody who asked; None if it can.

        What the draft quotes must still stand in the documents. An edited answer is checked against them apart.
        """
        draft = review.case.draft if edited is None else None
        attached = evidence.attached_to(edited or "", ()) if draft is None else evidence.behind(draft)
        places = (review.conversation, *(asker.conversation for asker in review.joined))
        readers = [await self.questions.readers_of(where) for where in places]
        for one in attached:
            if one.chunk is None:
                return SourceGoneError(review, one.source.title)
            if not all(may_be_shown([one], who) for who in readers):
                return SourceRestrictedError(review, one.source.title)
            if draft and not one.holds and one in evidence.cited:
                return OutdatedDraftError(review, one.source.title)
        return None

    async def _groups(self, review: Review, user_id: str) -> frozenset[str]:
        return await self.questions.groups_of(review.conversation.tenant_id, user_id)
