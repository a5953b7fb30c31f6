"""Who may do what: the refusals, each with the words that the person gets."""

from collections.abc import Sequence

from bot.store.records import Review
from index.documents import EVERYONE
from index.errors import CitedeskError
from pipeline.types import Source


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


class NothingToApproveError(CitedeskError):
    """The review has no draft."""

    code = "REVIEW_WITHOUT_DRAFT"
    user_message = "There is no draft to approve. Write an answer instead."


class AlreadyDecidedError(CitedeskError):
    """Another reviewer was faster."""

    code = "REVIEW_DECIDED"
    user_message = "Somebody else has already decided this."

    def __init__(self, review: Review) -> None:
        super().__init__(f"decided by {review.decided_by}")
        self.review = review


class ClaimedError(CitedeskError):
    """Another reviewer is at work on it."""

    code = "REVIEW_CLAIMED"
    user_message = "Somebody else is working on this."

    def __init__(self, claimed_by: str) -> None:
        super().__init__(f"claimed by {claimed_by}")
        self.claimed_by = claimed_by


def may_read(sources: Sequence[Source], groups: frozenset[str]) -> bool:
    """Tell whether a member of `groups` may read every one of `sources`."""
    return all(source.groups & (groups | {EVERYONE}) for source in sources)
