"""What the bot says to a message that asks nothing: a greeting, thanks, a call for help (pure)."""

from bot.surfaces.wording import introduction
from bot.surfaces.words import ENGLISH, Words
from pipeline.normalizing import unmarked
from pipeline.understanding.smalltalk import kind_of


def small_talk_words(text: str, *, has_examples: bool, words: Words = ENGLISH) -> str:
    """Return the friendly line for a message that asks nothing. `text` is the message."""
    match kind_of(unmarked(text)):
        case "thanks":
            return words("small-talk-thanks")
        case "acknowledgement":
            return words("small-talk-ok")
        case _:
            return introduction(has_examples=has_examples, words=words)
