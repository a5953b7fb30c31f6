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
    quoted_with_links,
    reviewers_markdown,
)
from bot.store.records import Asked, Review
from bot.surfaces.model_words import degraded_words
from bot.surfaces.showing import cited_links, links_of, may_help_more, no_link, not_shown_in, readable
from bot.surfaces.small_talk import small_talk_words
from bot.surfaces.waiting_words import escalated_words
from bot.surfaces.wording import (
    cut,
    limit_words,
    not_enough_words,
    other_language,
    rejected_words,
    unavailable_words,
    understood_words,
)
from bot.surfaces.words import ENGLISH, Words, message_of
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
# How to reply to a reviewer's question, by whether it stands in a thread and in a conversation of the asker alone.
_HOW_TO_REPLY = {
    (True, True): "reply-in-thread",
    (True, False): "reply-in-channel",
    (False, True): "reply-here",
    (False, False): "reply-here",
}


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """A rendered message: its blocks, and the text for notifications and screen readers."""

    text: str
    blocks: tuple[Block, ...]


def reply_message(reply: Reply, asked: Asked, names: Names = NO_NAMES, words: Words = ENGLISH) -> list[SlackMessage]:
    """Return the reply to a question: one message, or several for an answer too long for one."""
    text, blocks = _body(reply.outcome, reply.request_id, asked.text, names, words)
    notes = _notes(reply, asked, words)
    if reply.may_see_more and may_help_more(reply.outcome):
        blocks = with_button(
            blocks, button(ASK_PRIVATELY, words("button-ask-in-private"), reply.request_id, asked.text)
        )
    fallback = cut(escape(readable(text, no_link)), FALLBACK_CHARS)
    return [SlackMessage(fallback, tuple(group)) for group in messages_of([*map(small, notes), *blocks])]


def _notes(reply: Reply, asked: Asked, words: Words) -> list[str]:
    """Return what the asker should know before the answer: the question as it was read, and what was not read."""
    notes = []
    if asked.suggested or asked.response_url:
        notes.append(words("you-asked", text=_one_line(asked.text)))
    if reply.read_as:
        head = understood_words(reply.trace, words)
        notes.append(f"{head}: {words('in-quotes', text=_one_line(reply.read_as))}")
    if asked.has_files:
        notes.append(words("files-left-out"))
    if rejected := reply.rejected:
        notes.append(rejected_words(rejected.at, _one_line(rejected.note), words))
    return notes


def _one_line(text: str) -> str:
    return escaped_within(" ".join(text.split()), 500)


def thread_turn(message: Mapping[str, Any], asker: str) -> ThreadTurn | None:
    """Return a message of a thread as a turn; None if it is empty, or by neither the asker nor the bot."""
    text = unmarked(str(message.get("text") or ""))
    if not text:
        return None
    if (message.get("metadata") or {}).get("event_type") == EVENT_TYPE:
        return ThreadTurn("assistant", text)
    return ThreadTurn("asker", text) if message.get("user") == asker else None


def decided_message(review: Review, names: Names = NO_NAMES, words: Words = ENGLISH) -> SlackMessage:
    """Return the message that tells the asker how a review ended."""
    if review.state == "expired":
        return _plain(words("expired"), review.review_id)
    reviewer = person(review.decided_by or "", names)
    if review.state == "rejected":
        note = f"\n{quoted_with_links(review.note, 1500)}" if review.note else ""
        signed = small(f"{words('reviewed-by', who=reviewer)} · `{review.review_id}`")
        return SlackMessage(words("not-confirmed"), (section(f"{words('not-confirmed')}{note}"), signed))
    sources = [s for s in review.case.sources if s.marker in markers_in(review.answer)]
    citations = review.case.draft.citations if review.case.draft else ()
    keep = cited_links(citations, [source.url for source in sources])
    below = not_shown_in(review.answer, citations) if review.state == "approved" else ()
    is_own = review.state == "edited" and not sources
    stands = words("answered-by-a-person" if is_own else message_of("decision", review.state), who=reviewer)
    markdown = reviewers_markdown if review.state == "edited" else answer_markdown
    blocks = [
        MarkdownBlock(text=markdown(review.answer, keep)),
        *source_blocks(sources, below, words),
        small(f"{stands} · `{review.review_id}`"),
        feedback(review.request_id, review.question, words),
    ]
    return SlackMessage(cut(escape(review.answer), FALLBACK_CHARS), tuple(blocks))


def asked_back_message(review: Review, names: Names = NO_NAMES, words: Words = ENGLISH) -> SlackMessage:
    """Return a reviewer's question to the asker."""
    turn = review.exchange[-1]
    text = words("asks-back", who=person(turn.user_id, names))
    how = words(_HOW_TO_REPLY[bool(review.conversation.thread_id), review.conversation.private])
    blocks = (section(f"{text}\n{quoted_with_links(turn.text, 2500)}"), small(f"{how} · `{review.review_id}`"))
    return SlackMessage(cut(f"{text} {escape(turn.text)}", FALLBACK_CHARS), blocks)


def escalated_message(review: Review, words: Words = ENGLISH) -> SlackMessage:
    """Return the confirmation that a person has the question now, or gets it again."""
    return _plain(escape(escalated_words(review, words)), review.review_id)


def notice_message(text: str) -> SlackMessage:
    """Return a message of one text."""
    return SlackMessage(text, (section(text),))


def _plain(text: str, request_id: str) -> SlackMessage:
    return SlackMessage(text, (section(text), small(f"`{request_id}`")))


def _body(outcome: Outcome, request_id: str, question: str, names: Names, words: Words) -> tuple[str, list[Block]]:
    match outcome:
        case Answered():
            return outcome.text, _answered(outcome, request_id, question, names, words)
        case NotEnoughInfo():
            return _not_enough(outcome, request_id, question, words)
        case NeedsReview():
            return words("checked-by-a-person"), _checked_by_a_person(outcome, request_id, words)
        case Blocked():
            return words("blocked"), list(_plain(words("blocked"), request_id).blocks)
        case Limited():
            text = limit_words(outcome, words)
            return text, list(_plain(text, request_id).blocks)
        case Unavailable():
            return _unavailable(outcome, request_id, question, words)
        case _:
            assert_never(outcome)


def _answered(outcome: Answered, request_id: str, question: str, names: Names, words: Words) -> list[Block]:
    if outcome.form == "remembered":
        return _remembered(outcome, request_id, question, names, words)
    facts = []
    if approved := outcome.approved:
        signed = words("approved-by-on", who=person(approved.by, names), day=words.day(approved.at))
        facts = [f":white_check_mark: {signed}"]
    if outcome.cached:
        facts.append(words("asked-before"))
    is_quoted = outcome.form == "quoted"
    return [
        *([small(f":warning: {degraded_words(outcome.reason, words)}")] if outcome.degraded else []),
        *([section(f"*{words('quoted')}*")] if is_quoted else []),
        *(MarkdownBlock(text=part) for part in answer_parts(outcome.text, links_of(outcome))),
        *source_blocks(outcome.sources, () if is_quoted else outcome.citations, words),
        small(" · ".join([*facts, f"`{request_id}`"])),
        feedback(request_id, question, words),
    ]


def _remembered(outcome: Answered, request_id: str, question: str, names: Names, words: Words) -> list[Block]:
    """Return what a person answered before, who and when, and a button to ask a person again."""
    by = outcome.approved
    told = words("remembered", who=person(by.by, names), day=words.day(by.at)) if by else ""
    return [
        section(f":bust_in_silhouette: {told}"),
        MarkdownBlock(text=reviewers_markdown(outcome.text, links_of(outcome))),
        *button(ESCALATE, words("button-ask-a-person-again"), request_id, question),
        small(f"`{request_id}`"),
        feedback(request_id, question, words),
    ]


def _not_enough(outcome: NotEnoughInfo, request_id: str, question: str, words: Words) -> tuple[str, list[Block]]:
    if outcome.reason is Failure.NO_QUESTION:
        return _small_talk(outcome, request_id, question, words)
    head = f":mag: *{words('not-enough-head')}* {not_enough_words(outcome, words)}"
    blocks: list[Block] = [section(head)]
    if outcome.documents_in:
        blocks.append(section(other_language(outcome.documents_in, words)))
    if outcome.closest:
        blocks += quote_blocks(words("closest"), outcome.closest, words)
    elif outcome.nearest:
        lines = "\n".join(document_line(document) for document in outcome.nearest)
        blocks.append(section(cut(f"{words('nearest-documents')}\n{lines}", SECTION_CHARS)))
    if outcome.suggestions:
        blocks += [section(f"*{words('did-you-mean')}*"), suggestion_buttons(outcome.suggestions, request_id)]
    ask_a_person = button(ESCALATE, words("button-ask-a-person"), request_id, question)
    return words("not-enough-at-all"), [*blocks, *ask_a_person, small(f"`{request_id}`")]


def _small_talk(outcome: NotEnoughInfo, request_id: str, question: str, words: Words) -> tuple[str, list[Block]]:
    text = small_talk_words(question, has_examples=bool(outcome.suggestions), words=words)
    examples = [suggestion_buttons(outcome.suggestions, request_id)] if outcome.suggestions else []
    # No request id: small talk leaves nothing that an admin could look up.
    return text, [section(text), *examples]


def _checked_by_a_person(outcome: NeedsReview, request_id: str, words: Words) -> list[Block]:
    meanwhile = quote_blocks(words("meanwhile"), outcome.meanwhile, words) if outcome.meanwhile else []
    return [section(f":hourglass_flowing_sand: {words('checked-by-a-person')}"), *meanwhile, small(f"`{request_id}`")]


def _unavailable(outcome: Unavailable, request_id: str, question: str, words: Words) -> tuple[str, list[Block]]:
    text = unavailable_words(outcome, words)
    return text, [
        section(text),
        *button(RETRY, words("button-try-again"), request_id, question),
        small(f"`{request_id}`"),
    ]
