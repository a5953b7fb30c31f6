"""What a message that does not mention the bot says about for whom it is (pure)."""

from pipeline.normalizing import unmarked
from pipeline.understanding.asking import names_a_person, reads_as_question

# A person or a group, as Slack writes a mention. It escapes every other "<".
_MENTIONS = ("<@", "<!")


def is_for_somebody_else(text: str) -> bool:
    """Tell whether a message mentions somebody or begins with a name."""
    return any(mention in text for mention in _MENTIONS) or names_a_person(unmarked(text))


def asks(text: str) -> bool:
    """Tell whether a message reads as a question."""
    return reads_as_question(unmarked(text))
