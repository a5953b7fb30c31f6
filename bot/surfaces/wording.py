"""Texts that all chat products share: outcomes, limits, reasons and findings in words."""

import re
from datetime import datetime

from index.markdown import without_links_and_images
from pipeline.types import Failure, FindingCode, Limited, Unavailable

_EMOJI = re.compile(r":[a-z0-9_+-]+:")
_PLEASANTRIES = frozenset(
    "thanks thank you thx ty ok okay great perfect cool nice good got it cheers awesome super danke merci "
    "will do makes sense that helped this helped no worries yes no done".split()
)
EXPIRED = (
    "Nobody could look at your question in time, so I have no answer that somebody stands for. "
    "Please ask again, or ask a colleague directly."
)
CHECKED_BY_A_PERSON = (
    "I have found something, but I am not sure enough of it. A person is checking it and will answer here."
)
BLOCKED = (
    "I cannot answer this: the question, or what came back for it, runs against my safety rules. "
    "An admin can look up the id below."
)
_LIMITS: dict[Failure, str] = {
    Failure.INPUT_EMPTY: "I need a question in words. Mention me and ask in one sentence, up to {limit} characters.",
    Failure.INPUT_TOO_LONG: "That is longer than the {limit} characters I can read. Please ask in fewer words.",
    Failure.USER_LIMIT: "You have reached the limit of {limit} questions for now. Please ask again in {wait}.",
    Failure.TENANT_LIMIT: "This workspace has reached its limit of {limit} questions. Please ask again in {wait}.",
    Failure.ROUTE_LIMIT: "Too many questions arrive this way right now. Please ask again in {wait}.",
    Failure.QUEUE_FULL: "I am busy with {limit} questions. Please ask again in {wait}.",
    Failure.TOKEN_BUDGET: "This workspace has used what it may use of the model today. Please ask again in {wait}.",
}
ESCALATED = "I have passed your question to a person. The answer will come here."
NOT_ENOUGH = "Not enough info: the documents do not answer this."
NOT_CONFIRMED = "A reviewer looked at this and could not confirm an answer from the documents."
DEGRADED = "The writing model is not reachable. These are the documents' own words."
GIVEN_UP = (
    "Something went wrong again and again while I worked on this, and I have no answer. An admin can look up the id."
)
FILES_LEFT_OUT = "I read text only: the files were left out."
MAY_SEE_MORE = "You may read more than everybody here may: ask me in our own chat, too."
PASSED_ON = "Thanks, I have passed that on to the reviewer."
STOPPED_WORDS = "Stopped. I have not answered this; ask again whenever you like."
REVIEW_REASONS = {
    Failure.UNVERIFIED: "The draft could not be proved from the documents.",
    Failure.LOW_CONFIDENCE: "The draft is proved, but whether it answers the question is doubtful.",
    Failure.SCHEMA_INVALID: "The model's reply could not be read.",
    Failure.POLICY: "Blocked for safety: the question, or what came back for it, looked like an attempt to steer me.",
    Failure.INSUFFICIENT_CONTEXT: "The asker wants a person to answer.",
    Failure.APPROVAL_REQUIRED: "The draft is proved. In this channel a person approves every answer first.",
    Failure.DISPUTED: "Readers found the answer to this bad. This is what I would say now.",
    Failure.SOURCE_CHANGED: "You approved this answer, and a document that it cites has changed since.",
}
FEEDBACK_REASONS = {
    "wrong": "It is wrong",
    "outdated": "It is out of date",
    "incomplete": "Something is missing",
    "off_topic": "It does not answer the question",
    "other": "Something else",
}
FINDING_WORDS = {
    FindingCode.NO_CITATION: "cites nothing",
    FindingCode.UNKNOWN_CHUNK: "cites something that was not retrieved",
    FindingCode.QUOTE_NOT_FOUND: "quotes words that are not in the source",
    FindingCode.UNCITED_CLAIM: "states this without a source",
    FindingCode.UNSUPPORTED_VALUE: "states a value that the source does not hold",
    FindingCode.CONTRADICTED: "says otherwise than the words that it cites",
    FindingCode.NOT_STATED: "goes beyond the words that it cites",
    FindingCode.NOT_JUDGED: "is not word for word, and nobody has compared it with its source",
    FindingCode.FOREIGN_LINK: "holds a link that no document has",
    FindingCode.TOO_LONG: "is too long",
    FindingCode.LEAK: "repeats our own instructions, or holds a credential",
    FindingCode.CHECK_FAILED: "could not be checked",
}


def limit_words(outcome: Limited) -> str:
    """Return which limit is reached, and when to ask again."""
    return _LIMITS[outcome.reason].format(limit=f"{outcome.limit:,}", wait=waiting_time(outcome.retry_after))


def unavailable_words(outcome: Unavailable) -> str:
    """Return why there is no answer now."""
    reason = {
        Failure.INDEX_UNAVAILABLE: "the documents are not indexed yet, or the index is damaged",
        Failure.DEADLINE: "it took too long",
        Failure.INTERNAL: "something went wrong on our side",
    }.get(outcome.reason, "the model that writes answers is not reachable")
    return f"I cannot answer right now: {reason}."


def waiting_time(seconds: float | None) -> str:
    """Return a time in seconds or minutes; None gives "a moment"."""
    if seconds is None:
        return "a moment"
    if seconds < 90:  # noqa: PLR2004 - below it, seconds read better than minutes
        count = max(1, round(seconds))
        return f"{count} second{'s' if count != 1 else ''}"
    return f"{round(seconds / 60)} minutes"


def counted(count: int, one: str, many: str) -> str:
    """Return a number with its noun, singular or plural."""
    return f"{count:,} {one if count == 1 else many}"


def day(stamp: str) -> str:
    """Return the day of an ISO timestamp, such as 3 May 2026."""
    when = datetime.fromisoformat(stamp)
    return f"{when.day} {when:%B %Y}"


def is_pleasantry(text: str) -> bool:
    """Tell whether a message is empty, holds only emoji, or at most four polite words such as thanks or ok."""
    text = _EMOJI.sub(" ", text)
    words = "".join(c if c.isalnum() or c.isspace() else " " for c in text.casefold()).split()
    return not words or (len(words) <= 4 and all(word in _PLEASANTRIES for word in words))  # noqa: PLR2004


def cut(text: str, limit: int) -> str:
    """Return `text` cut to `limit` characters; an ellipsis marks the cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def unlinked(text: str) -> str:
    """Return Markdown with links replaced by their texts, and without images."""
    return without_links_and_images(text, loose=True)


def linkable(url: str) -> bool:
    """Tell whether `url` is an http(s) address without characters that would end a link's markup."""
    return url.startswith(("https://", "http://")) and not any(character in url for character in "<>| \n")
