"""Refusals of the use cases, and who is named in them. The texts are messages, found by the codes."""

from collections.abc import Callable, Mapping

from bot.store.records import Review
from index.errors import CitedeskError

# Display names by user id, and the function by which a chat product shows a user id.
Names = Mapping[str, str]
NO_NAMES: Names = {}
Called = Callable[[str], str]


class NotAllowedError(CitedeskError):
    """The user may not do this."""

    code = "NOT_ALLOWED"


class NotAdminError(NotAllowedError):
    """The user is not an admin."""


class RestrictedReviewError(NotAllowedError):
    """The reviewer may not read a document that the draft cites."""


class UnknownReviewError(CitedeskError):
    """No review has this id."""

    code = "REVIEW_UNKNOWN"


class UnknownRequestError(CitedeskError):
    """No stored request has this id."""

    code = "REQUEST_UNKNOWN"


class NothingToApproveError(CitedeskError):
    """A review without a draft cannot be approved."""

    code = "REVIEW_WITHOUT_DRAFT"


class HiddenDraftError(CitedeskError):
    """The draft is shown to nobody, because a document that it cites is not in the index."""

    code = "REVIEW_HIDDEN"


class NotDraftedError(CitedeskError):
    """A draft could not be written again now."""

    code = "REVIEW_NOT_DRAFTED"


class RedraftedError(CitedeskError):
    """The draft was written again while a decision about the earlier one was under way."""

    code = "REVIEW_REDRAFTED"


class OutdatedDraftError(CitedeskError):
    """What would be sent cites a document that today's index no longer supports or that some readers may not read."""

    code = "DRAFT_OUTDATED"

    def __init__(self, review: Review, title: str) -> None:
        super().__init__(f"review {review.review_id} cites what no longer holds")
        self.review, self.title = review, title


class SourceGoneError(OutdatedDraftError):
    """A cited document is no longer in the index."""


class SourceRestrictedError(OutdatedDraftError):
    """Not everybody who would read the answer may read a cited document."""


class AlreadyDecidedError(CitedeskError):
    """The review is no longer open: another reviewer decided it, or it expired."""

    code = "REVIEW_DECIDED"

    def __init__(self, review: Review) -> None:
        super().__init__(f"decided by {review.decided_by}")
        self.review = review


class ClaimedError(CitedeskError):
    """Another reviewer has claimed the review."""

    code = "REVIEW_CLAIMED"

    def __init__(self, claimed_by: str) -> None:
        super().__init__(f"claimed by {claimed_by}")
        self.claimed_by = claimed_by


def people_of(review: Review) -> frozenset[str]:
    """Return the user ids in a review: askers, claimer, decider and those of its exchange."""
    turns = (turn.user_id for turn in review.exchange)
    rejected_by = review.rejected_before.by if review.rejected_before else None
    return frozenset(p for p in (*review.askers, review.claimed_by, review.decided_by, rejected_by, *turns) if p)


def concerned(error: CitedeskError) -> frozenset[str]:
    """Return the user ids that the text of a refusal names."""
    if isinstance(error, AlreadyDecidedError):
        return people_of(error.review)
    return frozenset([error.claimed_by]) if isinstance(error, ClaimedError) else frozenset()
