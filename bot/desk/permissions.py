"""Refusals of the use cases, each with the text for the user, and texts that name people."""

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


class HiddenDraftError(CitedeskError):
    """The draft is shown to nobody, because a document that it cites is not in the index."""

    code = "REVIEW_HIDDEN"
    user_message = (
        "A document that this draft cites has left the index, so nobody is shown the draft. Press Draft again."
    )


class NotDraftedError(CitedeskError):
    """A draft could not be written again now."""

    code = "REVIEW_NOT_DRAFTED"
    user_message = "I could not write a draft now, and the old one is kept. Please try again later."


class RedraftedError(CitedeskError):
    """The draft was written again while a decision about the earlier one was under way."""

    code = "REVIEW_REDRAFTED"
    user_message = "The draft has just been written again. Nothing was sent: read the new one first."


class OutdatedDraftError(CitedeskError):
    """What would be sent cites a document that today's index no longer supports or that some readers may not read."""

    code = "DRAFT_OUTDATED"
    user_message = "A document that this cites has changed. Nothing was sent."
    why = "{title} has changed since: what was quoted of it is no longer there."

    def __init__(self, review: Review, title: str) -> None:
        super().__init__(f"review {review.review_id} cites what no longer holds")
        self.review, self.title = review, title


class SourceGoneError(OutdatedDraftError):
    """A cited document is no longer in the index."""

    why = "{title} is no longer in the index."


class SourceRestrictedError(OutdatedDraftError):
    """Not everybody who would read the answer may read a cited document."""

    why = "Not everybody who would read the answer may read {title}."


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


def people_of(review: Review) -> frozenset[str]:
    """Return the user ids in a review: askers, claimer, decider and those of its exchange."""
    turns = (turn.user_id for turn in review.exchange)
    return frozenset(p for p in (*review.askers, review.claimed_by, review.decided_by, *turns) if p)


def decision_words(review: Review, called: Called) -> str:
    """Return the state of a review in words, for cards, lists and refusals."""
    if review.state == "expired":
        return "Ended without a decision: nobody was in time"
    if review.state == "withdrawn":
        return "Taken back by whoever asked"
    if review.state == "open":
        return f"Claimed by {called(review.claimed_by)}" if review.claimed_by else "Open"
    verb = {"approved": "Approved", "edited": "Edited and approved", "rejected": "Rejected"}[review.state]
    return f"{verb} by {called(review.decided_by or '')}"


def refusal_words(error: CitedeskError, called: Called, literal: Called = str) -> str:
    """Return the text of a refusal. `literal` returns the title of a document so that it is no markup."""
    match error:
        case OutdatedDraftError():
            why = error.why.format(title=f"“{literal(error.title)}”")
            return f"{why} Nothing was sent. Press Draft again, or edit the answer so that it does not cite this."
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
