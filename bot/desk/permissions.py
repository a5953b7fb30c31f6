"""Refusals of the use cases, each with the text for the user, and texts that name people."""

from collections.abc import Callable, Mapping, Sequence

from bot.store.records import Review
from index.access import EVERYONE
from index.errors import CitedeskError
from pipeline.types import Source

# Display names by user id, and the function by which a chat product shows a user id.
Names = Mapping[str, str]
NO_NAMES: Names = {}
Called = Callable[[str], str]


class NotAllowedError(CitedeskError):
    """The user may not do this."""

    code = "NOT_ALLOWED"
    user_message = "Only reviewers may decide this."


class NotAdminError(NotAllowedError):
    """The user is not an admin."""

    user_message = "Only admins may do this. Ask whoever runs Citedesk to add you to `access.admins`."


class RestrictedReviewError(NotAllowedError):
    """The reviewer may not read a document that the draft cites."""

    user_message = "This draft cites a document that you may not read."


class UnknownReviewError(CitedeskError):
    """No review has this id."""

    code = "REVIEW_UNKNOWN"
    user_message = "This review no longer exists."


class UnknownRequestError(CitedeskError):
    """No stored request has this id."""

    code = "REQUEST_UNKNOWN"
    user_message = "I know no request with this id."


class NothingToApproveError(CitedeskError):
    """A review without a draft cannot be approved."""

    code = "REVIEW_WITHOUT_DRAFT"
    user_message = "There is no draft to approve. Write an answer instead."


class AlreadyDecidedError(CitedeskError):
    """The review is no longer open: another reviewer decided it, or it expired."""

    code = "REVIEW_DECIDED"
    user_message = "Somebody else has already decided this."

    def __init__(self, review: Review) -> None:
        super().__init__(f"decided by {review.decided_by}")
        self.review = review


class ClaimedError(CitedeskError):
    """Another reviewer has claimed the review."""

    code = "REVIEW_CLAIMED"
    user_message = "Somebody else is working on this."

    def __init__(self, claimed_by: str) -> None:
        super().__init__(f"claimed by {claimed_by}")
        self.claimed_by = claimed_by


def may_read(sources: Sequence[Source], groups: frozenset[str]) -> bool:
    """Tell whether a member of `groups` may read every one of `sources`."""
    return all(source.groups & (groups | {EVERYONE}) for source in sources)


def people_of(review: Review) -> frozenset[str]:
    """Return the user ids in a review: askers, claimer, decider and those of its exchange."""
    turns = (turn.user_id for turn in review.exchange)
    return frozenset(p for p in (*review.askers, review.claimed_by, review.decided_by, *turns) if p)


def decision_words(review: Review, called: Called) -> str:
    """Return the state of a review in words, for cards, lists and refusals."""
    if review.state == "expired":
        return "Ended without a decision: nobody was in time"
    if review.state == "open":
        return f"Claimed by {called(review.claimed_by)}" if review.claimed_by else "Open"
    verb = {"approved": "Approved", "edited": "Edited and approved", "rejected": "Rejected"}[review.state]
    return f"{verb} by {called(review.decided_by or '')}"


def refusal_words(error: CitedeskError, called: Called) -> str:
    """Return the text of a refusal."""
    match error:
        case AlreadyDecidedError():
            return f"Nothing was changed. {decision_words(error.review, called)}."
        case ClaimedError():
            return f"{called(error.claimed_by)} has claimed this. Press Take over first, if you must."
        case NotAllowedError():
            return f"{error.user_message} Nothing was changed."
        case _:
            return error.user_message


def concerned(error: CitedeskError) -> frozenset[str]:
    """Return the user ids that the text of a refusal names."""
    if isinstance(error, AlreadyDecidedError):
        return people_of(error.review)
    return frozenset([error.claimed_by]) if isinstance(error, ClaimedError) else frozenset()
