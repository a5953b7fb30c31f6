"""Render outcomes as Block Kit (pure). slack_sdk's block types check Slack's length limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from slack_sdk.models.blocks import Block, MarkdownBlock

from bot.desk.permissions import NO_NAMES, Names
from bot.desk.questions import Reply
from bot.slack.blocks import (
    ESCALATE,
    button,
    feedback,
    messages_of,
    quote_blocks,
    section,
    small,
    source_blocks,
    suggestion_buttons,
    with_button,
)
from bot.slack.payloads import ASK_PRIVATELY, RETRY
from bot.slack.text import (
    FALLBACK_CHARS,
    SECTION_CHARS,
    answer_markdown,
    answer_parts,
    document_line,
    escape,
    escaped_within,
    person,
    quoted,
)
from bot.store.records import Asked, Review
from bot.surfaces.model_words import degraded_words
from bot.surfaces.showing import cited_links, links_of, may_help_more, no_link, not_shown_in, readable
from bot.surfaces.wording import (
    BLOCKED,
    CHECKED_BY_A_PERSON,
    CLOSEST,
    DID_YOU_MEAN,
    ESCALATED,
    EXPIRED,
    FILES_LEFT_OUT,
    GIVEN_UP,
    MEANWHILE,
    NOT_CONFIRMED,
    NOT_ENOUGH_AT_ALL,
    QUOTED,
    STOPPED_WORDS,
    cut,
    day,
    introduction,
    limit_words,
    not_enough_words,
    other_language,
    unavailable_words,
    understood_words,
)
from pipeline.normalizing import unmarked
from pipeline.proof.markers import markers_in
from pipeline.types import (
    Answered,
    Blocked,
    Failure,
    Limited,
    NeedsReview,
    NotEnoughInfo,
    Outcome,
    ThreadTurn,
    Unavailable,
)

EVENT_TYPE = "citedesk_reply"


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """A rendered message: its blocks, and the text for notifications and screen readers."""

    text: str
    blocks: tuple[Block, ...]


def reply_message(reply: Reply, asked: Asked, names: Names = NO_NAMES) -> list[SlackMessage]:
    """Return the reply to a question: one message, or several for an answer too long for one."""
    text, blocks = _body(reply.outcome, reply.request_id, asked.text, names)
    notes = _notes(reply, asked)
    if reply.may_see_more and may_help_more(reply.outcome):
        blocks = with_button(blocks, button(ASK_PRIVATELY, "Ask in private", reply.request_id, asked.text))
    fallback = cut(escape(readable(text, no_link)), FALLBACK_CHARS)
    return [SlackMessage(fallback, tuple(group)) for group in messages_of([*map(small, notes), *blocks])]


def _notes(reply: Reply, asked: Asked) -> list[str]:
    """Return what the asker should know before the answer: the question as it was read, and what was not read."""
    notes = []
    if asked.suggested or asked.response_url:
        notes.append(f"You asked: “{escaped_within(' '.join(asked.text.split()), 500)}”")
    if reply.read_as:
        head = understood_words(reply.trace)
        notes.append(f"{head}: “{escaped_within(' '.join(reply.read_as.split()), 500)}”")
    if asked.has_files:
        notes.append(FILES_LEFT_OUT)
    return notes


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
    citations = review.case.draft.citations if review.case.draft else ()
    keep = cited_links(citations, [source.url for source in sources])
    below = not_shown_in(review.answer, citations) if review.state == "approved" else ()
    verb = "Edited and approved" if review.state == "edited" else "Approved"
    if review.state == "edited" and not sources:
        verb = "Answered, not from the documents,"
    blocks = [
        MarkdownBlock(text=answer_markdown(review.answer, keep)),
        *source_blocks(sources, below),
        small(f"{verb} by {reviewer} · `{review.review_id}`"),
        feedback(review.review_id, review.question),
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
            return CHECKED_BY_A_PERSON, _checked_by_a_person(outcome, request_id)
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
    is_quoted = outcome.form == "quoted"
    return [
        *([small(f":warning: {degraded_words(outcome.reason)}")] if outcome.degraded else []),
        *([section(f"*{QUOTED}*")] if is_quoted else []),
        *(MarkdownBlock(text=part) for part in answer_parts(outcome.text, links_of(outcome))),
        *source_blocks(outcome.sources, () if is_quoted else outcome.citations),
        small(" · ".join([*facts, f"`{request_id}`"])),
        feedback(request_id, question),
    ]


def _not_enough(outcome: NotEnoughInfo, request_id: str, question: str) -> tuple[str, list[Block]]:
    if outcome.reason is Failure.NO_QUESTION:
        return _introduction(outcome, request_id)
    blocks: list[Block] = [section(f":mag: *Not enough info.* {not_enough_words(outcome)}")]
    if outcome.documents_in:
        blocks.append(section(other_language(outcome.documents_in)))
    if outcome.closest:
        blocks += quote_blocks(CLOSEST, outcome.closest)
    elif outcome.nearest:
        lines = "\n".join(document_line(document) for document in outcome.nearest)
        blocks.append(section(cut(f"The nearest documents:\n{lines}", SECTION_CHARS)))
    if outcome.suggestions:
        blocks += [section(f"*{DID_YOU_MEAN}*"), suggestion_buttons(outcome.suggestions, request_id)]
    ask_a_person = button(ESCALATE, "Ask a person", request_id, question)
    return NOT_ENOUGH_AT_ALL, [*blocks, *ask_a_person, small(f"`{request_id}`")]


def _introduction(outcome: NotEnoughInfo, request_id: str) -> tuple[str, list[Block]]:
    text = introduction(has_examples=bool(outcome.suggestions))
    examples = [suggestion_buttons(outcome.suggestions, request_id)] if outcome.suggestions else []
    return text, [section(text), *examples, small(f"`{request_id}`")]


def _checked_by_a_person(outcome: NeedsReview, request_id: str) -> list[Block]:
    meanwhile = quote_blocks(MEANWHILE, outcome.meanwhile) if outcome.meanwhile else []
    return [section(f":hourglass_flowing_sand: {CHECKED_BY_A_PERSON}"), *meanwhile, small(f"`{request_id}`")]


def _unavailable(outcome: Unavailable, request_id: str, question: str) -> tuple[str, list[Block]]:
    text = unavailable_words(outcome)
    return text, [section(text), *button(RETRY, "Try again", request_id, question), small(f"`{request_id}`")]


APOLOGY = SlackMessage(GIVEN_UP, (section(GIVEN_UP),))
STOPPED = SlackMessage(STOPPED_WORDS, (section(STOPPED_WORDS),))
