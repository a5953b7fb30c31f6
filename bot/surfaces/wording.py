"""Texts that all chat products share: outcomes, limits, reasons and findings in words."""

from collections.abc import Sequence
from datetime import date, datetime

from bot.surfaces.model_words import no_model_words
from index.retrieval import NotSeen
from pipeline.types import Failure, FindingCode, Limited, NotEnoughInfo, Trace, Unavailable
from pipeline.understanding.smalltalk import kind_of

EXPIRED = (
    "Nobody could look at your question in time, so I have no answer that somebody stands for. "
    "Please ask again, or ask a colleague directly."
)
CHECKED_BY_A_PERSON = "A person is checking this and will answer here."
QUOTED = "What the documents say"
MEANWHILE = "Meanwhile, what the documents say"
CLOSEST = "Closest passages"
DID_YOU_MEAN = "Did you mean"
BLOCKED = "I cannot show what came back for this: it runs against my safety rules. An admin can look up the id below."
_LIMITS: dict[Failure, str] = {
    Failure.INPUT_EMPTY: "I need a question in words. Mention me and ask in one sentence.",
    Failure.INPUT_TOO_LONG: "That is longer than the {limit} characters I can read. Please ask in fewer words.",
    Failure.USER_LIMIT: "You have reached the limit of {limit} questions for now. Please ask again in {wait}.",
    Failure.TENANT_LIMIT: "This workspace has reached its limit of {limit} questions. Please ask again in {wait}.",
    Failure.ROUTE_LIMIT: "Too many questions arrive this way right now. Please ask again in {wait}.",
    Failure.QUEUE_FULL: "I am busy with {limit} questions. Please ask again in {wait}.",
    Failure.TOKEN_BUDGET: "This workspace has used what it may use of the model today. Please ask again in {wait}.",
}
ESCALATED = "I have passed your question to a person. The answer will come here."
NOT_ENOUGH = "No answer that I can prove was found in the documents."
NOT_ENOUGH_AT_ALL = f"Not enough info. {NOT_ENOUGH}"
STRANGER = "I serve another organization's people only, so I cannot answer you."
GUEST = "I answer the people of this organization only, and you are a guest here. Please ask one of them."
UNCHECKED = "I could not find out whether you are a guest here, so I do not answer. Please try again in a minute."
_INTRODUCTION = "I answer questions from your team's documents, and show where each answer stands."
NOT_CONFIRMED = "A reviewer looked at this and could not confirm an answer from the documents."
GIVEN_UP = (
    "Something went wrong again and again while I worked on this, and I have no answer. An admin can look up the id."
)
FILES_LEFT_OUT = "I read text only: the files were left out."
MAY_SEE_MORE = "You may read more than everybody here may: ask me in our own chat, too."
PASSED_ON = "Thanks, I have passed that on to the reviewer."
STOPPED_WORDS = "Stopped. I have not answered this; ask again whenever you like."
HIDDEN_DRAFT = "This draft quotes documents that not everyone in this channel may read."
HIDDEN_SOURCES = "This review names documents that not everyone in this channel may read."
OUTDATED_DRAFT = (
    "A document that this draft cites has changed or is gone, or not everybody who would read the answer may read it."
)
REVIEW_REASONS = {
    Failure.UNVERIFIED: "The draft could not be proved from the documents.",
    Failure.LOW_CONFIDENCE: "The model was not sure that its draft answers the question.",
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
# What follows the words that a finding is about.
FINDING_WORDS = {
    FindingCode.NO_CITATION: "cites nothing",
    FindingCode.UNKNOWN_CHUNK: "names no passage that was found",
    FindingCode.QUOTE_NOT_FOUND: "is not word for word in the source that it is quoted from",
    FindingCode.UNCITED_CLAIM: "has no proved quote behind it",
    FindingCode.UNSUPPORTED_VALUE: "is not in the passages that the sentence cites",
    FindingCode.CONTRADICTED: "says otherwise than the passages that it cites",
    FindingCode.NOT_STATED: "goes beyond the passages that it cites",
    FindingCode.NOT_JUDGED: "is not word for word in its source, and no second reader has compared the two",
    FindingCode.FOREIGN_LINK: "is a link that no document has",
    FindingCode.TOO_LONG: "is too long",
    FindingCode.LEAK: "repeats our own instructions, or holds a credential",
    FindingCode.CHECK_FAILED: "could not be checked",
}
_ASKERS_NAMED = 10
# Not from the locale of the process, which the other words do not follow either.
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
# Languages of documents by their ISO 639-1 codes.
_LANGUAGES = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "fi": "Finnish", "fr": "French", "hi": "Hindi", "hu": "Hungarian", "it": "Italian", "ja": "Japanese",
    "ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese",
    "zh": "Chinese",
}  # fmt: skip


def introduction(*, has_examples: bool) -> str:
    """Return the friendly line for a message that asks nothing."""
    return f"{_INTRODUCTION} {'For example:' if has_examples else 'Ask me one in a sentence.'}"


def other_language(code: str) -> str:
    """Return that the documents are in another language than the question. `code` is ISO 639-1."""
    name = _LANGUAGES.get(code)
    return f"The documents are in {name}; try asking in {name}." if name else "The documents are in another language."


def understood_words(trace: Trace) -> str:
    """Return what introduces the question as it was read: a part of it, respelled, or out of its thread."""
    if trace.reduced:
        return "Your message is long. I searched for"
    return "I read this as" if trace.corrected else "Understood as"


def askers_words(people: Sequence[str]) -> str:
    """Return who asked a question. `people` are distinct; ten of them are named."""
    if len(people) == 1:
        return f"{people[0]} asked"
    more = len(people) - _ASKERS_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return f"Asked by {len(people)} people: {', '.join(people[:_ASKERS_NAMED])}{rest}"


def limit_words(outcome: Limited) -> str:
    """Return which limit is reached, and when to ask again."""
    return _LIMITS[outcome.reason].format(limit=f"{outcome.limit:,}", wait=waiting_time(outcome.retry_after))


def unavailable_words(outcome: Unavailable) -> str:
    """Return why there is no answer now."""
    reason = {
        Failure.INDEX_UNAVAILABLE: "The documents are not indexed yet, or the index is damaged.",
        Failure.DEADLINE: "It took too long.",
        Failure.INTERNAL: "Something went wrong on our side.",
    }.get(outcome.reason, no_model_words(outcome.reason))
    return f"I cannot answer right now. {reason}".strip()


def not_enough_words(outcome: NotEnoughInfo) -> str:
    """Return that no answer was found, after the reason if it is that no model wrote one."""
    return f"{no_model_words(outcome.reason)} {NOT_ENOUGH}".strip()


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


def updated_words(updated: str) -> str:
    """Return when a document was last changed, a day as YYYY-MM-DD, such as "updated 3 May 2026"."""
    return f"updated {_short_day(updated)}"


def not_seen_words(document: NotSeen, today: date) -> str:
    """Return when a document was last seen, how long ago, and what became of it in the index."""
    ago = counted((today - date.fromisoformat(document.since)).days, "day", "days")
    then = "that copy is used" if document.has_copy else "no longer in the index"
    return f"last seen {_short_day(document.since)}, {ago} ago; {then}"


def _short_day(iso: str) -> str:
    when = date.fromisoformat(iso)
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def is_reaction(text: str) -> bool:
    """Tell whether a message in a thread is empty, thanks or acknowledges, and needs no reply."""
    return not text.strip() or kind_of(text) in {"thanks", "acknowledgement"}


def cut(text: str, limit: int) -> str:
    """Return `text` cut to `limit` characters; an ellipsis marks the cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def linkable(url: str) -> bool:
    """Tell whether `url` is an http(s) address without characters that would end a link's markup."""
    return url.startswith(("https://", "http://")) and not any(character in url for character in "<>| \n")
