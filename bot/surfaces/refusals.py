"""Why a use case refused, and how a review ended, in words."""

from bot.desk.index_builds import EnoughBuildsError
from bot.desk.permissions import (
    AlreadyDecidedError,
    Called,
    ClaimedError,
    NotAdminError,
    NotAllowedError,
    OutdatedDraftError,
    RestrictedReviewError,
    SourceGoneError,
    SourceRestrictedError,
)
from bot.store.records import Review
from bot.surfaces.wording import cut
from bot.surfaces.words import ENGLISH, Words, message_of
from index.errors import BuildRunningError, CitedeskError

_TITLE_CHARS = 200
# Errors that share the code of their base class, or whose title completes the text.
_MESSAGES: dict[type[CitedeskError], str] = {
    BuildRunningError: "error-build-running",
    EnoughBuildsError: "error-enough-builds",
    NotAdminError: "error-not-admin",
    RestrictedReviewError: "error-review-restricted",
    SourceGoneError: "error-source-gone",
    SourceRestrictedError: "error-source-restricted",
}


def decision_words(review: Review, called: Called, words: Words = ENGLISH) -> str:
    """Return the state of a review in words, for cards, lists and refusals."""
    if review.state == "open" and review.claimed_by:
        return words("decision-claimed", who=called(review.claimed_by))
    if review.state in {"open", "expired", "withdrawn"}:
        return words.of("decision", review.state)
    # Without a draft there was nothing to edit.
    is_written = review.state == "edited" and review.case.draft is None
    return words.of("decision", "written" if is_written else review.state, who=called(review.decided_by or ""))


def refusal_words(error: CitedeskError, called: Called, literal: Called = str, words: Words = ENGLISH) -> str:
    """Return the text of a refusal. `literal` returns the title of a document so that it is no markup."""
    match error:
        case OutdatedDraftError():
            why = words(_message_of(error), title=literal(cut(error.title, _TITLE_CHARS)))
            return f"{why} {words('error-draft-advice')}"
        case AlreadyDecidedError():
            return words("error-review-decided", decision=decision_words(error.review, called, words))
        case ClaimedError():
            return words("error-review-claimed", who=called(error.claimed_by))
        case NotAllowedError():
            return f"{plain_refusal(error, words)} {words('nothing-changed')}"
        case _:
            return plain_refusal(error, words)


def plain_refusal(error: CitedeskError, words: Words = ENGLISH) -> str:
    """Return the text of an error that names nothing; for an error without a text, that something went wrong."""
    return words(_message_of(error))


def _message_of(error: CitedeskError) -> str:
    """Return the message of an error: that of its class, else by its code, else by the code of the class above."""
    if named := _MESSAGES.get(type(error)):
        return named
    codes = [kind.code for kind in type(error).__mro__ if issubclass(kind, CitedeskError)]
    return next(name for code in codes if ENGLISH.has(name := message_of("error", code)))
