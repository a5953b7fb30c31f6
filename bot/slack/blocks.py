"""Blocks that several messages in Slack are made of (pure)."""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextActionsBlock,
    ContextBlock,
    FeedbackButtonsElement,
    MarkdownBlock,
    MarkdownTextObject,
    SectionBlock,
)

from bot.slack.payloads import SUGGESTED
from bot.slack.text import (
    ANSWER_CHARS,
    SECTION_CHARS,
    SMALL_CHARS,
    VALUE_CHARS,
    answer_parts,
    label,
    packed,
    quote_lines,
    source_line,
)
from bot.surfaces.showing import every_link
from bot.surfaces.wording import cut
from bot.surfaces.words import ENGLISH, Words
from pipeline.types import Citation, Quoted, Source

ESCALATE = "ask_a_person"
FEEDBACK = "answer_feedback"
# A message holds 50 blocks; beyond this number sources share blocks.
_SOURCES_APART = 12


def section(text: str) -> Block:
    """Return a section block with mrkdwn."""
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))


def small(text: str) -> Block:
    """Return a context block with mrkdwn, which Slack shows as small print."""
    return ContextBlock(elements=[MarkdownTextObject(text=text, verbatim=True)])


def button(action_id: str, name: str, request_id: str, question: str) -> list[Block]:
    """Return a row with one button that asks or passes on the question; none for a question too long for it."""
    # The button carries the question, so that it need not be stored.
    value = f"{request_id}\n{question}"
    if len(value) > VALUE_CHARS:
        return []
    return [ActionsBlock(elements=[ButtonElement(action_id=action_id, text=name, value=value)])]


def suggestion_buttons(questions: Sequence[str], request_id: str) -> Block:
    """Return a row of buttons, each of which asks its question."""
    return ActionsBlock(
        elements=[
            ButtonElement(
                action_id=action_id, text=label(question, 75), value=f"{request_id}\n{question}"[:VALUE_CHARS]
            )
            for action_id, question in zip(SUGGESTED, questions, strict=False)
        ]
    )


def feedback(request_id: str, question: str, words: Words = ENGLISH) -> Block:
    """Return the two buttons below an answer."""
    # The button carries the question, so that a disputed answer can be reviewed without storing the question.
    asked = cut(question, VALUE_CHARS - len(request_id) - 10)
    good, bad = f"{request_id}:up\n{asked}", f"{request_id}:down\n{asked}"
    return ContextActionsBlock(
        block_id=f"feedback_{request_id}",
        elements=[
            FeedbackButtonsElement(
                action_id=FEEDBACK,
                positive_button=_feedback_button(words("feedback-good"), good, words("feedback-helpful")),
                negative_button=_feedback_button(words("feedback-bad"), bad, words("feedback-not-helpful")),
            )
        ],
    )


def _feedback_button(label: str, value: str, accessibility_label: str) -> dict[str, object]:
    return {"text": {"type": "plain_text", "text": label}, "value": value, "accessibility_label": accessibility_label}


def with_button(blocks: list[Block], added: list[Block]) -> list[Block]:
    """Return the blocks with one more button: in the last row of buttons, else in a row before the last block."""
    rows = [block for block in blocks if isinstance(block, ActionsBlock)]
    if rows and added and isinstance(added[0], ActionsBlock):
        rows[-1].elements = [*rows[-1].elements, *added[0].elements]
        return blocks
    return [*blocks[:-1], *added, *blocks[-1:]]


def source_blocks(sources: Sequence[Source], citations: Sequence[Citation] = (), words: Words = ENGLISH) -> list[Block]:
    """Return the sources, and in small print below each the quotes of `citations`; no source is left out."""
    if not sources:
        return []
    head = f"*{words('sources')}*"
    named = [source_line(source, words) for source in sources]
    if not citations:
        return [section(text) for text in packed([head, *named], SECTION_CHARS)]
    quotes = ["\n".join(quote_lines(source, citations, words)) for source in sources]
    if len(sources) > _SOURCES_APART:
        lines = (f"{name}\n{quote}".strip() for name, quote in zip(named, quotes, strict=True))
        return [small(text) for text in packed([head, *lines], SMALL_CHARS)]
    named[0] = f"{head}\n{named[0]}"
    return [
        block
        for name, quote in zip(named, quotes, strict=True)
        for block in (section(name), *([small(quote)] if quote else []))
    ]


def quote_blocks(heading: str, quotes: Quoted, words: Words = ENGLISH) -> list[Block]:
    """Return passages of documents under a heading, with their sources."""
    parts = (MarkdownBlock(text=part) for part in answer_parts(quotes.text, every_link))
    return [section(f"*{heading}*"), *parts, *source_blocks(quotes.sources, (), words)]


def messages_of(blocks: Sequence[Block]) -> list[list[Block]]:
    """Return blocks as the messages that hold them: one, or each piece of a long answer in a message of its own.

    Sources and buttons stay in the last message. It holds a piece of the answer only if Slack takes both together.
    """
    groups: list[list[Block]] = [[]]
    for block in blocks:
        groups[-1].append(block)
        if isinstance(block, MarkdownBlock):
            groups.append([])
    *early, last = groups
    if early and sum(map(_length, [*early[-1], *last])) <= ANSWER_CHARS:
        last = early.pop() + last
    return [*early, last]


def _length(block: Block) -> int:
    """Return the characters of a block that a reader sees; those of buttons do not count."""
    if isinstance(block, MarkdownBlock):
        return len(block.text or "")
    texts = block.elements if isinstance(block, ContextBlock) else [getattr(block, "text", None)]
    return sum(len(text.text or "") for text in texts if isinstance(text, MarkdownTextObject))
