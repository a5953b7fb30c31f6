"""Render outcomes as Block Kit (pure). slack_sdk's block types check Slack's length limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

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

from bot.desk.permissions import NO_NAMES, Names
from bot.desk.questions import Reply
from bot.slack.payloads import ASK_PRIVATELY, RETRY
from bot.slack.text import (
    FALLBACK_CHARS,
    SECTION_CHARS,
    VALUE_CHARS,
    answer_markdown,
    answer_parts,
    document_line,
    escape,
    escaped_within,
    person,
    quoted,
    source_line,
)
from bot.store.records import Asked, Review
from bot.surfaces.wording import (
    BLOCKED,
    CHECKED_BY_A_PERSON,
    DEGRADED,
    ESCALATED,
    EXPIRED,
    FILES_LEFT_OUT,
    GIVEN_UP,
    NOT_CONFIRMED,
    NOT_ENOUGH,
    STOPPED_WORDS,
    cut,
    day,
    limit_words,
    unavailable_words,
)
from pipeline.normalizing import unmarked
from pipeline.proof.markers import markers_in
from pipeline.types import (
    Answered,
    Blocked,
    Limited,
    NeedsReview,
    NotEnoughInfo,
    Outcome,
    Source,
    ThreadTurn,
    Unavailable,
)

ESCALATE = "ask_a_person"
EVENT_TYPE = "citedesk_reply"
FEEDBACK = "answer_feedback"


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """A rendered message: its blocks, and the text for notifications and screen readers."""

    text: str
    blocks: tuple[Block, ...]


def reply_message(reply: Reply, asked: Asked, names: Names = NO_NAMES) -> list[SlackMessage]:
    """Return the reply to a question: one message, or several for an answer too long for one."""
    text, blocks = _body(reply.outcome, reply.request_id, asked.text, names)
    notes = []
    if reply.read_as:
        notes.append(f"Understood as: “{escaped_within(' '.join(reply.read_as.split()), 500)}”")
    if asked.has_files:
        notes.append(FILES_LEFT_OUT)
    if reply.may_see_more and reply.outcome.kind in {"not_enough_info", "needs_review"}:
        blocks = _with_button(blocks, _button(ASK_PRIVATELY, "Ask in private", reply.request_id, asked.text))
    # Each piece of a long answer is a message of its own; the sources and buttons stay with the last piece.
    early = [block for block in blocks if isinstance(block, MarkdownBlock)][:-1]
    last = [*map(small, notes), *(block for block in blocks if block not in early)]
    fallback = cut(escape(text), FALLBACK_CHARS)
    return [*(SlackMessage(fallback, (block,)) for block in early), SlackMessage(fallback, tuple(last))]


def thread_turn(message: Mapping[str, Any], asker: str) -> ThreadTurn | None:
    """Return a message of a thread as a turn; None if it is empty, or by neither the asker nor the bot."""
    text = unmarked(str(message.get("text") or ""))
    if not text:
        return None
    if (message.get("metadata") or {}).get("event_type") == EVENT_TYPE:
        return ThreadTurn("assistant", text)
    return ThreadTurn("asker", text) if message.get("user") == asker else None


def decided_message(review: Review, names: Names = NO_NAMES) -> SlackMessage:
    """Return the message that tells the asker how a review ended."""
    if review.state == "expired":
        return SlackMessage(EXPIRED, (section(EXPIRED), small(f"`{review.review_id}`")))
    reviewer = person(review.decided_by or "", names)
    if review.state == "rejected":
        note = f"\n{quoted(review.note, 1500)}" if review.note else ""
        signed = small(f"Reviewed by {reviewer} · `{review.review_id}`")
        return SlackMessage(NOT_CONFIRMED, (section(f"{NOT_CONFIRMED}{note}"), signed))
    sources = [s for s in review.case.sources if s.marker in markers_in(review.answer)]
    verb = "Edited and approved" if review.state == "edited" else "Approved"
    if review.state == "edited" and not sources:
        verb = "Answered, not from the documents,"
    blocks = [
        MarkdownBlock(text=answer_markdown(review.answer)),
        *_source_blocks(sources),
        small(f"{verb} by {reviewer} · `{review.review_id}`"),
        _feedback(review.review_id, review.question),
    ]
    return SlackMessage(cut(escape(review.answer), FALLBACK_CHARS), tuple(blocks))


def asked_back_message(review: Review, names: Names = NO_NAMES) -> SlackMessage:
    """Return a reviewer's question to the asker."""
    turn = review.exchange[-1]
    text = f"{person(turn.user_id, names)} is looking at your question and asks:"
    where = "in this thread" if review.conversation.thread_id else "here"
    blocks = (section(f"{text}\n{quoted(turn.text, 2500)}"), small(f"Reply {where}. · `{review.review_id}`"))
    return SlackMessage(cut(f"{text} {escape(turn.text)}", FALLBACK_CHARS), blocks)


def escalated_message(request_id: str) -> SlackMessage:
    """Return the confirmation that a person has the question now."""
    return SlackMessage(ESCALATED, (section(ESCALATED), small(f"`{request_id}`")))


def _body(outcome: Outcome, request_id: str, question: str, names: Names) -> tuple[str, list[Block]]:
    match outcome:
        case Answered():
            return outcome.text, _answered(outcome, request_id, question, names)
        case NotEnoughInfo():
            return _not_enough(outcome, request_id, question)
        case NeedsReview():
            return CHECKED_BY_A_PERSON, [
                section(f":hourglass_flowing_sand: {CHECKED_BY_A_PERSON}"),
                small(f"`{request_id}`"),
            ]
        case Blocked():
            return BLOCKED, [section(BLOCKED), small(f"`{request_id}`")]
        case Limited():
            text = limit_words(outcome)
            return text, [section(text), small(f"`{request_id}`")]
        case Unavailable():
            return _unavailable(outcome, request_id, question)
        case _:
            assert_never(outcome)


def _answered(outcome: Answered, request_id: str, question: str, names: Names) -> list[Block]:
    facts = []
    if outcome.approved:
        facts = [f":white_check_mark: Approved by {person(outcome.approved.by, names)} on {day(outcome.approved.at)}"]
    if outcome.cached:
        facts.append("asked before, same documents")
    blocks: list[Block] = []
    if outcome.degraded:
        blocks.append(small(f":warning: {DEGRADED}"))
    return [
        *blocks,
        *(MarkdownBlock(text=part) for part in answer_parts(outcome.text)),
        *_source_blocks(outcome.sources),
        small(" · ".join([*facts, f"`{request_id}`"])),
        _feedback(request_id, question),
    ]


def _not_enough(outcome: NotEnoughInfo, request_id: str, question: str) -> tuple[str, list[Block]]:
    blocks: list[Block] = [section(":mag: *Not enough info.* The documents do not answer this.")]
    if outcome.nearest:
        lines = "\n".join(document_line(document) for document in outcome.nearest)
        blocks.append(section(cut(f"The nearest documents:\n{lines}", SECTION_CHARS)))
    blocks += _button(ESCALATE, "Ask a person", request_id, question)
    return NOT_ENOUGH, [*blocks, small(f"`{request_id}`")]


def _unavailable(outcome: Unavailable, request_id: str, question: str) -> tuple[str, list[Block]]:
    text = unavailable_words(outcome)
    return text, [section(text), *_button(RETRY, "Try again", request_id, question), small(f"`{request_id}`")]


def _button(action_id: str, label: str, request_id: str, question: str) -> list[Block]:
    # The button carries the question, so that it need not be stored. A question too long for it gets no button.
    value = f"{request_id}\n{question}"
    if len(value) > VALUE_CHARS:
        return []
    return [ActionsBlock(elements=[ButtonElement(action_id=action_id, text=label, value=value)])]


def _source_blocks(sources: Sequence[Source]) -> list[Block]:
    """Return the sources in as many sections as they need; no source is left out."""
    sections: list[str] = []
    for line in map(source_line, sources):
        if sections and len(sections[-1]) + len(line) < SECTION_CHARS:
            sections[-1] += f"\n{line}"
        else:
            sections.append(line if sections else f"*Sources*\n{line}")
    return [section(text) for text in sections]


def _feedback(request_id: str, question: str) -> Block:
    # The button carries the question, so that a disputed answer can be reviewed without storing the question.
    words = cut(question, VALUE_CHARS - len(request_id) - 10)
    return ContextActionsBlock(
        block_id=f"feedback_{request_id}",
        elements=[
            FeedbackButtonsElement(
                action_id=FEEDBACK,
                positive_button=_feedback_button("Good answer", f"{request_id}:up\n{words}", "Helpful"),
                negative_button=_feedback_button("Bad answer", f"{request_id}:down\n{words}", "Not helpful"),
            )
        ],
    )


def _with_button(blocks: list[Block], added: list[Block]) -> list[Block]:
    """Return the blocks with one more button: in the first row of buttons, else in a row before the last block."""
    rows = [block for block in blocks if isinstance(block, ActionsBlock)]
    if rows and added and isinstance(added[0], ActionsBlock):
        rows[0].elements = [*rows[0].elements, *added[0].elements]
        return blocks
    return [*blocks[:-1], *added, *blocks[-1:]]


def _feedback_button(label: str, value: str, accessibility_label: str) -> dict[str, object]:
    return {"text": {"type": "plain_text", "text": label}, "value": value, "accessibility_label": accessibility_label}


def section(text: str) -> Block:
    """Return a section block with mrkdwn."""
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))


def small(text: str) -> Block:
    """Return a context block with mrkdwn, which Slack shows as small print."""
    return ContextBlock(elements=[MarkdownTextObject(text=text, verbatim=True)])


APOLOGY = SlackMessage(GIVEN_UP, (section(GIVEN_UP),))
STOPPED = SlackMessage(STOPPED_WORDS, (section(STOPPED_WORDS),))
