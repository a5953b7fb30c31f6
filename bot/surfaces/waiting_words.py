"""What an asker reads while a person is checking: who will look, how long it takes, and what became of it (pure)."""

from bot.desk.asker_changes import Waiting
from bot.desk.outlook import Outlook
from bot.store.records import Conversation, Review
from bot.surfaces.wording import cut
from bot.surfaces.words import ENGLISH, Words

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0
_NAMED = 2
_QUESTION_CHARS = 300


def outlook_words(outlook: Outlook | None, words: Words = ENGLISH) -> str:
    """Return who will look at a question and how long that usually takes; "" if neither is known.

    People are named and not mentioned: a mention would notify them, and the card has done that.
    """
    if outlook is None:
        return ""
    usual = words("outlook-usual", time=duration(outlook.usual_s, words)) if outlook.usual_s is not None else ""
    return " ".join(part for part in (_who(outlook, words), usual) if part)


def escalated_words(review: Review, words: Words = ENGLISH) -> str:
    """Return that a person has the question now; or that reviewers had no answer to it and get it again."""
    if (rejected := review.rejected_before) is None:
        return words("escalated")
    return words("escalated-again", day=words.day(rejected.at))


def _who(outlook: Outlook, words: Words) -> str:
    named = outlook.names[:_NAMED]
    if not named:
        return words("outlook-counted", count=outlook.reviewers) if outlook.reviewers > 1 else ""
    if outlook.reviewers > len(named):
        return words("outlook-more", names=", ".join(named))
    return words("outlook-named", names=words("list-or", first=named[0], second=named[1]) if named[1:] else named[0])


def state_words(waiting: Waiting, where: Conversation, words: Words = ENGLISH) -> str:
    """Return the state of an open review, for the asker in `where`."""
    time = duration(waiting.open_s, words)
    question = _question(waiting.question) if where.private else ""
    opened = words("news-open-question", question=question, time=time) if question else words("news-open", time=time)
    # A reviewer asks whoever asked first, and nobody who joined.
    awaits = waiting.review.awaits_asker and waiting.review.conversation.user_id == where.user_id
    parts = [
        opened,
        words("news-awaits") if awaits else _at_work(waiting, words),
        words("news-reminded") if waiting.is_reminded else "",
        outlook_words(waiting.outlook, words) if not waiting.claimed_by else "",
        words("news-withdraw"),
    ]
    return " ".join(part for part in parts if part)


def withdrawn_words(question: str, where: Conversation, words: Words = ENGLISH) -> str:
    """Return that a question was taken back. It is repeated where it does not stand above."""
    shown = _question(question) if where.private else ""
    return words("withdrawn-question", question=shown) if shown else words("withdrawn")


def repeated_question(review: Review, words: Words = ENGLISH) -> str:
    """Return the line that repeats a question whose answer stands in no thread below it; "" for any other."""
    if review.conversation.thread_id or not review.question:
        return ""
    return words("you-asked", text=_question(review.own_words or review.question))


def duration(seconds: float, words: Words = ENGLISH) -> str:
    """Return a time in whole minutes, hours or days, at least a minute."""
    if seconds < _HOUR - _MINUTE / 2:
        return words("duration-minutes", count=max(1, round(seconds / _MINUTE)))
    if seconds < _DAY - _HOUR / 2:
        return words("duration-hours", count=round(seconds / _HOUR))
    return words("duration-days", count=round(seconds / _DAY))


def _at_work(waiting: Waiting, words: Words) -> str:
    if not waiting.claimed_by:
        return words("news-unclaimed")
    return words("news-claimed", name=waiting.claimed_name) if waiting.claimed_name else words("news-claimed-unnamed")


def _question(text: str) -> str:
    return cut(" ".join(text.split()), _QUESTION_CHARS)
