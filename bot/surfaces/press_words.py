"""What a person reads whose press was not taken."""

from bot.desk.presses import TooFast
from bot.surfaces.wording import waiting_time
from bot.surfaces.words import ENGLISH, Words


def too_fast_words(refused: TooFast, words: Words = ENGLISH) -> str:
    """Return why a press was not taken, and when to try again."""
    return words("too-fast", wait=waiting_time(max(1.0, refused.wait_s), words))
