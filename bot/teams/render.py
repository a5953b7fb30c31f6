"""Render outcomes as activities (pure): an answer as text with citations, everything else as an Adaptive Card."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from bot.desk.permissions import NO_NAMES, Names
from bot.desk.questions import Reply
from bot.store.records import Asked, Review
from bot.surfaces.wording import (
    BLOCKED,
    CHECKED_BY_A_PERSON,
    DEGRADED,
    ESCALATED,
    EXPIRED,
    FILES_LEFT_OUT,
    GIVEN_UP,
    MAY_SEE_MORE,
    NOT_CONFIRMED,
    NOT_ENOUGH,
    PASSED_ON,
    STOPPED_WORDS,
    cut,
    day,
    limit_words,
    unavailable_words,
)
from bot.teams.text import ABSTRACT_CHARS, NAME_CHARS, answer_markdown, linked, literal, safe_url
from pipeline.proof.markers import markers_in
from pipeline.types import (
    Answered,
    Blocked,
    Citation,
    Limited,
    NeedsReview,
    NotEnoughInfo,
    Outcome,
    Source,
    Unavailable,
)

ESCALATE, RETRY = "ask_a_person", "try_again"
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
_CARD_VERSION = "1.5"
# Teams limits a message to about 28 KB, and the buttons of a card carry the question.
_QUESTION_CHARS = 2000
_NOTE_CHARS = 1500

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TeamsMessage:
    """A rendered message: the activity without its conversation, and the same as plain text."""

    text: str
    activity: Json

    @property
    def card(self) -> Json:
        """The Adaptive Card. Raises KeyError for an answer, which has none."""
        content: Json = self.activity["attachments"][0]["content"]
        return content


def reply_message(reply: Reply, asked: Asked, names: Names = NO_NAMES) -> TeamsMessage:
    """Return the reply to a question."""
    notes = []
    if reply.read_as:
        notes.append(f"Understood as: “{literal(reply.read_as, 500)}”")
    if asked.has_files:
        notes.append(FILES_LEFT_OUT)
    if reply.may_see_more and reply.outcome.kind in {"not_enough_info", "needs_review"}:
        notes.append(MAY_SEE_MORE)
    outcome, request_id = reply.outcome, reply.request_id
    if isinstance(outcome, Answered):
        return _answered(outcome, request_id, notes, names)
    words, parts, actions = _card_of(outcome, request_id, asked.text)
    return card_message(words, [*map(small, notes), *parts, small(request_id)], actions)


def decided_message(review: Review, names: Names = NO_NAMES) -> TeamsMessage:
    """Return the message to the asker about an ended review."""
    small_print = [small(review.review_id)]
    if review.state == "expired":
        return card_message(EXPIRED, [paragraph(EXPIRED), *small_print])
    reviewer = display_name(review.decided_by or "", names)
    if review.state == "rejected":
        note = [paragraph(literal(review.note, _NOTE_CHARS))] if review.note else []
        by = small(f"Reviewed by {reviewer}")
        return card_message(NOT_CONFIRMED, [paragraph(NOT_CONFIRMED), *note, by, *small_print])
    draft = review.case.draft
    sources = [source for source in review.case.sources if source.marker in markers_in(review.answer)]
    verb = "Edited and approved" if review.state == "edited" else "Approved"
    if review.state == "edited" and not sources:
        verb = "Answered, not from the documents,"
    facts = [f"{verb} by {reviewer}", review.review_id]
    # A person wrote an edited answer, so it does not get the label for generated text.
    made_by_model = review.state == "approved"
    return _cited(review.answer, draft.citations if draft else (), sources, facts, made_by_model=made_by_model)


def escalated_message(request_id: str) -> TeamsMessage:
    """Return the confirmation that a person has the question now."""
    return card_message(ESCALATED, [paragraph(ESCALATED), small(request_id)])


def asked_back_message(review: Review, names: Names = NO_NAMES) -> TeamsMessage:
    """Return a reviewer's question to the asker."""
    turn = review.exchange[-1]
    words = f"{names.get(turn.user_id, turn.user_id)} is looking at your question and asks: {turn.text}"
    head = paragraph(f"**{display_name(turn.user_id, names)} is looking at your question and asks:**")
    how = "Reply here." if review.conversation.private else "Mention me in your reply."
    return card_message(cut(words, _NOTE_CHARS), [head, paragraph(literal(turn.text, 2500)), small(how)])


def passed_on() -> TeamsMessage:
    """Return the confirmation that the asker's message went to the reviewer."""
    return card_message(PASSED_ON, [paragraph(PASSED_ON)])


def stopped() -> TeamsMessage:
    """Return the confirmation that a question was stopped."""
    return card_message(STOPPED_WORDS, [paragraph(STOPPED_WORDS)])


def facts(pairs: Iterable[tuple[str, str]]) -> Json:
    """Return pairs of name and value in two columns."""
    return {
        "type": "FactSet",
        "facts": [{"title": name, "value": literal(value, _NOTE_CHARS)} for name, value in pairs],
    }


def display_name(user_id: str, names: Names) -> str:
    """Return a person's name, or the id if the name is unknown, escaped for Markdown."""
    return literal(names.get(user_id, user_id), NAME_CHARS)


def apology() -> TeamsMessage:
    """Return the message about a question that was given up."""
    return card_message(GIVEN_UP, [paragraph(GIVEN_UP)])


def card_message(words: str, parts: Sequence[Json], actions: Sequence[Json] = ()) -> TeamsMessage:
    """Return a message with one card. Notifications and screen readers use `words`."""
    attachment = {"contentType": CARD_TYPE, "content": card(words, parts, actions)}
    return TeamsMessage(words, {"type": "message", "summary": words, "attachments": [attachment]})


def card(words: str, parts: Sequence[Json], actions: Sequence[Json] = ()) -> Json:
    """Return an Adaptive Card. `words` is its text for clients without cards and for screen readers."""
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": _CARD_VERSION,
        "fallbackText": words,
        "speak": words,
        "body": list(parts),
        **({"actions": list(actions)} if actions else {}),
    }


def paragraph(text: str, **more: Any) -> Json:  # noqa: ANN401 - properties of a TextBlock
    """Return a paragraph of Markdown."""
    return {"type": "TextBlock", "text": text, "wrap": True} | more


def small(text: str, limit: int = 200) -> Json:
    """Return a small line of plain text, cut to `limit` characters."""
    return paragraph(literal(text, limit), size="Small", isSubtle=True, spacing="Small")


def execute(verb: str, title: str, data: Json, **more: Any) -> Json:  # noqa: ANN401 - properties of an action
    """Return an Action.Execute button, with an Action.Submit as fallback for old clients."""
    old = {"type": "Action.Submit", "title": title, "data": {"verb": verb, **data}}
    return {"type": "Action.Execute", "title": title, "verb": verb, "data": data, "fallback": old} | more


def _card_of(outcome: Outcome, request_id: str, question: str) -> tuple[str, list[Json], list[Json]]:
    match outcome:
        case NotEnoughInfo():
            nearest = "\n".join(f"- {linked(document.title, document.url)}" for document in outcome.nearest)
            parts = [paragraph("**Not enough info.** The documents do not answer this.")]
            parts += [paragraph(f"The nearest documents:\n\n{nearest}")] if nearest else []
            return NOT_ENOUGH, parts, _question_button(ESCALATE, "Ask a person", request_id, question)
        case NeedsReview():
            return CHECKED_BY_A_PERSON, [paragraph(CHECKED_BY_A_PERSON)], []
        case Blocked():
            return BLOCKED, [paragraph(BLOCKED)], []
        case Limited():
            words = limit_words(outcome)
            return words, [paragraph(words)], []
        case Unavailable():
            words = unavailable_words(outcome)
            return words, [paragraph(words)], _question_button(RETRY, "Try again", request_id, question)
        case Answered():
            raise ValueError("an answer is no card")
        case _:
            assert_never(outcome)


def _question_button(verb: str, title: str, request_id: str, question: str) -> list[Json]:
    # The button carries the question, so the bot need not store it. A question that is too long gets no button.
    if len(question) > _QUESTION_CHARS:
        return []
    return [execute(verb, title, {"request_id": request_id, "question": question})]


def _answered(outcome: Answered, request_id: str, notes: Sequence[str], names: Names) -> TeamsMessage:
    facts = []
    if outcome.approved:
        facts = [f"Approved by {display_name(outcome.approved.by, names)} on {day(outcome.approved.at)}"]
    if outcome.cached:
        facts.append("asked before, same documents")
    before = [*notes, *([DEGRADED] if outcome.degraded else [])]
    return _cited(outcome.text, outcome.citations, outcome.sources, [*facts, request_id], before)


def _cited(
    answer: str,
    citations: Sequence[Citation],
    sources: Sequence[Source],
    facts: Sequence[str],
    before: Sequence[str] = (),
    *,
    made_by_model: bool = True,
) -> TeamsMessage:
    """Return an answer as text with one Message entity: the AI label, and one citation per source."""
    text = "\n\n".join([*(f"_{line}_" for line in before), answer_markdown(answer), f"_{' · '.join(facts)}_"])
    quotes = {citation.marker: citation.quote for citation in reversed(citations)}
    entity = {
        "type": "https://schema.org/Message",
        "@type": "Message",
        "@context": "https://schema.org",
        "@id": "",
        "additionalType": ["AIGeneratedContent"] if made_by_model else [],
        "citation": [_claim(source, quotes.get(source.marker, "")) for source in sources],
    }
    activity = {
        "type": "message",
        "text": text,
        "textFormat": "markdown",
        "entities": [entity],
        "channelData": {"feedbackLoop": {"type": "custom"}},
    }
    return TeamsMessage(answer, activity)


def _claim(source: Source, quote: str) -> Json:
    name = cut(" ".join(f"{source.title} > {source.heading}".split()) if source.heading else source.title, NAME_CHARS)
    url = safe_url(source.url)
    appearance = {
        "@type": "DigitalDocument",
        "name": name or "?",
        "abstract": cut(" ".join(quote.split()) or name, ABSTRACT_CHARS),
        **({"url": url} if url else {}),
    }
    return {"@type": "Claim", "position": source.marker, "appearance": appearance}
