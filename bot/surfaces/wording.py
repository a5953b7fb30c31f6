"""Texts that all chat products share: outcomes, limits, reasons and findings in words."""

from collections.abc import Sequence
from datetime import date

from bot.surfaces.model_words import no_model_words
from bot.surfaces.words import ENGLISH, Words
from index.retrieval import NotSeen
from pipeline.types import Failure, FindingCode, Limited, NotEnoughInfo, Trace, Unavailable
from pipeline.understanding.smalltalk import kind_of

# What is wrong with an answer, as the store keeps it.
FEEDBACK_REASONS = ("wrong", "outdated", "incomplete", "off_topic", "other")
_ASKERS_NAMED = 10


def introduction(*, has_examples: bool, words: Words = ENGLISH) -> str:
    """Return the friendly line for a message that asks nothing."""
    return words("introduction-with-examples" if has_examples else "introduction")


def other_language(code: str, words: Words = ENGLISH) -> str:
    """Return that the documents are in another language than the question. `code` is ISO 639-1."""
    name = words.language_name(code)
    return words("other-language", language=name) if name else words("another-language")


def understood_words(trace: Trace, words: Words = ENGLISH) -> str:
    """Return what introduces the question as it was read: a part of it, respelled, or out of its thread."""
    if trace.reduced:
        return words("understood-reduced")
    return words("understood-corrected" if trace.corrected else "understood-as")


def askers_words(people: Sequence[str], words: Words = ENGLISH) -> str:
    """Return who asked a question. `people` are distinct; ten of them are named."""
    count, more = len(people), len(people) - _ASKERS_NAMED
    if count == 1:
        return words("asked-by-one", who=people[0])
    names = ", ".join(people[:_ASKERS_NAMED])
    if more > 0:
        return words("asked-by-many", count=count, names=names, more=more)
    return words("asked-by-several", count=count, names=names)


def limit_words(outcome: Limited, words: Words = ENGLISH) -> str:
    """Return which limit is reached, and when to ask again."""
    wait = waiting_time(outcome.retry_after, words)
    return words.of("limit", outcome.reason, limit=outcome.limit, wait=wait)


def unavailable_words(outcome: Unavailable, words: Words = ENGLISH) -> str:
    """Return why there is no answer now."""
    reason = words.of("unavailable", outcome.reason) or no_model_words(outcome.reason, words)
    return f"{words('unavailable')} {reason}".strip()


def not_enough_words(outcome: NotEnoughInfo, words: Words = ENGLISH) -> str:
    """Return that no answer was found, after the reason if it is that no model wrote one."""
    return f"{no_model_words(outcome.reason, words)} {words('not-enough')}".strip()


def rejected_words(at: str, note: str = "", words: Words = ENGLISH) -> str:
    """Return that a reviewer had no answer to this question. `at` is when, `note` the reason, "" without one."""
    told = words("rejected-before", day=words.day(at))
    return f"{told} {words('rejected-because', note=note)}" if note else told


def reason_words(reason: Failure, words: Words = ENGLISH) -> str:
    """Return why a reviewer has to decide."""
    return words.of("review-reason", reason) or str(reason)


def finding_words(code: FindingCode, words: Words = ENGLISH) -> str:
    """Return what follows the words that a finding is about."""
    return words.of("finding", code)


def feedback_reasons(words: Words = ENGLISH) -> dict[str, str]:
    """Return what can be wrong with an answer, in words, by the values of FEEDBACK_REASONS."""
    return {reason: words.of("feedback-reason", reason) for reason in FEEDBACK_REASONS}


def waiting_time(seconds: float | None, words: Words = ENGLISH) -> str:
    """Return a time in seconds or minutes; None gives "a moment"."""
    if seconds is None:
        return words("wait-moment")
    if seconds < 90:  # noqa: PLR2004 - below it, seconds read better than minutes
        return words("wait-seconds", count=max(1, round(seconds)))
    return words("duration-minutes", count=round(seconds / 60))


def counted(count: int, one: str, many: str) -> str:
    """Return a number with its English noun, singular or plural, for the command line."""
    return f"{count:,} {one if count == 1 else many}"


def updated_words(updated: str, words: Words = ENGLISH) -> str:
    """Return when a document was last changed, a day as YYYY-MM-DD, such as "updated 3 May 2026"."""
    return words("updated", day=words.day(updated))


def not_seen_words(document: NotSeen, today: date, words: Words = ENGLISH) -> str:
    """Return when a document was last seen, how long ago, and what became of it in the index."""
    days = (today - date.fromisoformat(document.since)).days
    message = "not-seen-kept" if document.has_copy else "not-seen-gone"
    return words(message, day=words.day(document.since), days=days)


def is_reaction(text: str) -> bool:
    """Tell whether a message in a thread is empty, thanks or acknowledges, and needs no reply."""
    return not text.strip() or kind_of(text) in {"thanks", "acknowledgement"}


def cut(text: str, limit: int) -> str:
    """Return `text` cut to `limit` characters; an ellipsis marks the cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def linkable(url: str) -> bool:
    """Tell whether `url` is an http(s) address without characters that would end a link's markup."""
    return url.startswith(("https://", "http://")) and not any(character in url for character in "<>| \n")
