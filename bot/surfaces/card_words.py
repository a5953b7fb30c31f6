"""What a review card says, before a chat product adds its markup (pure)."""

from collections.abc import Callable

from bot.desk.remembering import is_for_others
from bot.store.records import Review
from bot.surfaces.wording import askers_words
from bot.surfaces.words import ENGLISH, Words
from pipeline.proof.markers import markers_in

_NAMED = 10


def asked_words(review: Review, called: Callable[[str], str], words: Words = ENGLISH) -> str:
    """Return who asked, and how often if some asked more than once. `called` returns a person's name."""
    people = [called(user_id) for user_id in review.askers]
    times = len(review.asks)
    if times == len(people):
        return askers_words(people, words)
    more = ["…"] if len(people) > _NAMED else []
    return words("card-asked-times", times=times, people=len(people), names=", ".join([*people[:_NAMED], *more]))


def again_words(review: Review, called: Callable[[str], str], words: Words = ENGLISH) -> str:
    """Return that a reviewer has rejected the question before, and how often it was asked since; "" if none has."""
    rejected = review.rejected_before
    if rejected is None:
        return ""
    return words("card-again", times=len(review.asks), who=called(rejected.by), day=words.day(rejected.at))


def remember_hint(review: Review, words: Words = ENGLISH) -> str:
    """Return who gets an answer that cites nothing if a reviewer lets others have it, and why its box is empty."""
    return words("remember-hint" if is_for_others(review) else "remember-hint-private")


def sent_anyway_words(review: Review, words: Words = ENGLISH) -> str:
    """Return that a text was sent without proof: of some of its sentences, or of all because it names no source."""
    return words("sent-anyway" if markers_in(review.answer) else "sent-anyway-unsourced")
