"""What a message that does not mention the bot says about for whom it is (pure)."""

from pipeline.normalizing import unmarked
from pipeline.understanding.asking import names_a_person, reads_as_question

# A person or a group, as Slack writes a mention. It escapes every other "<".
_MENTIONS = ("<@", "<!")


def mentions_somebody(text: str) -> bool:
    """Tell whether a message mentions a person or a group."""
    return any(mention in text for mention in _MENTIONS)


def is_question_to_bot(text: str) -> bool:
    """Tell whether a message reads as a question and neither mentions somebody nor begins with a name."""
    words = unmarked(text)
    return not mentions_somebody(text) and not names_a_person(words) and reads_as_question(words)
