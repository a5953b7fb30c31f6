"""What a review card says, before a chat product adds its markup (pure)."""

from collections.abc import Callable

from bot.store.records import Review
from bot.surfaces.wording import askers_words
from bot.surfaces.words import ENGLISH, Words

_NAMED = 10


def asked_words(review: Review, called: Callable[[str], str], words: Words = ENGLISH) -> str:
    """Return who asked, and how often if some asked more than once. `called` returns a person's name."""
    people = [called(user_id) for user_id in review.askers]
    times = len(review.asks)
    if times == len(people):
        return askers_words(people, words)
    more = ["…"] if len(people) > _NAMED else []
    return words("card-asked-times", times=times, people=len(people), names=", ".join([*people[:_NAMED], *more]))
