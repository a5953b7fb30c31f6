"""Render outcomes as activities (pure): an answer as text with citations, everything else as an Adaptive Card."""

from collections.abc import Sequence
from typing import assert_never

from bot.desk.outlook import Outlook
from bot.desk.permissions import NO_NAMES, Names
from bot.desk.questions import Reply
from bot.store.records import Asked, Review
from bot.surfaces.model_words import degraded_words
from bot.surfaces.showing import (
    cited_links,
    cut_at_word,
    every_link,
    links_of,
    may_help_more,
    no_link,
    readable,
    small_print,
)
from bot.surfaces.waiting_words import outlook_words
from bot.surfaces.wording import (
    BLOCKED,
    CHECKED_BY_A_PERSON,
    CLOSEST,
    DID_YOU_MEAN,
    ESCALATED,
    EXPIRED,
    FILES_LEFT_OUT,
    GIVEN_UP,
    MAY_SEE_MORE,
    MEANWHILE,
    NOT_CONFIRMED,
    NOT_ENOUGH_AT_ALL,
    PASSED_ON,
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
    updated_words,
)
from bot.surfaces.words import ENGLISH
from bot.teams.cards import (
    Json,
    TeamsMessage,
    answer_parts,
    card_message,
    display_name,
    execute,
    paragraph,
    small,
)
from bot.teams.text import (
    ABSTRACT_CHARS,
    NAME_CHARS,
    answer_markdown,
    linked,
    literal,
    safe_url,
    source_line,
)
from bot.teams.waiting import asked_line
from pipeline.proof.markers import markers_in
from pipeline.types import (
    Answered,
    Blocked,
    Citation,
    Failure,
    Limited,
    NeedsReview,
    NotEnoughInfo,
    Outcome,
    Quoted,
    Source,
    Unavailable,
)

ESCALATE, RETRY, SUGGESTED = "ask_a_person", "try_again", "did_you_mean"
# Teams limits a message to about 28 KB, and the buttons of a card carry the question.
_QUESTION_CHARS = 2000
_NOTE_CHARS = 1500
_TITLE_CHARS = 75
_SUGGESTIONS = 3


def reply_message(reply: Reply, asked: Asked, names: Names = NO_NAMES) -> TeamsMessage:
    """Return the reply to a question."""
    notes = _notes(reply, asked)
    outcome, request_id = reply.outcome, reply.request_id
    if isinstance(outcome, Answered):
        return _answered(outcome, request_id, notes, names)
    if isinstance(outcome, NeedsReview) and outcome.meanwhile:
        return _meanwhile(outcome.meanwhile, request_id, notes)
    words, parts, actions = _card_of(outcome, request_id, asked.text)
    return card_message(words, [*map(small, notes), *parts, small(request_id)], actions)


def _notes(reply: Reply, asked: Asked) -> list[str]:
    """Return what the asker should know before the answer: the question as it was read, and what was not read."""
    notes = []
    if asked.suggested:
        notes.append(f"You asked: “{literal(asked.text, 500)}”")
    if reply.read_as:
        notes.append(f"{understood_words(reply.trace)}: “{literal(reply.read_as, 500)}”")
    if asked.has_files:
        notes.append(FILES_LEFT_OUT)
    if expected := outlook_words(reply.outlook):
        notes.append(expected)
    if reply.may_see_more and may_help_more(reply.outcome):
        notes.append(MAY_SEE_MORE)
    return notes


def decided_message(review: Review, names: Names = NO_NAMES) -> TeamsMessage:
    """Return the message to the asker about an ended review."""
    small_print = [small(review.review_id)]
    asked = [line] if (line := asked_line(review)) else []
    if review.state == "expired":
        return card_message(EXPIRED, [*map(paragraph, asked), paragraph(EXPIRED), *small_print])
    reviewer = display_name(review.decided_by or "", names)
    if review.state == "rejected":
        note = [paragraph(literal(review.note, _NOTE_CHARS))] if review.note else []
        by = small(f"Reviewed by {reviewer}")
        told = [*map(paragraph, asked), paragraph(NOT_CONFIRMED), *note, paragraph(ENGLISH("rejected-next"))]
        return card_message(NOT_CONFIRMED, [*told, by, *small_print])
    draft = review.case.draft
    sources = [source for source in review.case.sources if source.marker in markers_in(review.answer)]
    verb = "Edited and approved" if review.state == "edited" else "Approved"
    if review.state == "edited" and not sources:
        verb = "Answered, not from the documents,"
    facts = [f"{verb} by {reviewer}", review.review_id]
    # A person wrote an edited answer, so it does not get the label for generated text.
    made_by_model = review.state == "approved"
    citations = draft.citations if draft else ()
    keep = cited_links(citations, [source.url for source in sources])
    text = _with_facts([*asked, answer_markdown(review.answer, keep)], facts)
    return _cited(review.answer, text, _claims(sources, citations), made_by_model=made_by_model)


def escalated_message(request_id: str, outlook: Outlook | None = None) -> TeamsMessage:
    """Return the confirmation that a person has the question now, and what to expect."""
    expected = [small(text)] if (text := outlook_words(outlook)) else []
    return card_message(ESCALATED, [paragraph(ESCALATED), *expected, small(request_id)])


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


def apology() -> TeamsMessage:
    """Return the message about a question that was given up."""
    return card_message(GIVEN_UP, [paragraph(GIVEN_UP)])


def _card_of(outcome: Outcome, request_id: str, question: str) -> tuple[str, list[Json], list[Json]]:
    match outcome:
        case NotEnoughInfo():
            return _not_enough(outcome, request_id, question)
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


def _not_enough(outcome: NotEnoughInfo, request_id: str, question: str) -> tuple[str, list[Json], list[Json]]:
    suggestions = _suggestions(outcome.suggestions, request_id)
    if outcome.reason is Failure.NO_QUESTION:
        words = introduction(has_examples=bool(suggestions))
        return words, [paragraph(words), *suggestions], []
    parts = [paragraph(f"**Not enough info.** {not_enough_words(outcome)}")]
    if outcome.documents_in:
        parts.append(paragraph(other_language(outcome.documents_in)))
    if outcome.closest:
        parts += [paragraph(f"**{CLOSEST}**"), *answer_parts(outcome.closest.text, every_link)]
        parts.append(paragraph("\n".join(f"- {source_line(source)}" for source in outcome.closest.sources)))
    elif outcome.nearest:
        nearest = "\n".join(f"- {linked(document.title, document.url)}" for document in outcome.nearest)
        parts.append(paragraph(f"The nearest documents:\n\n{nearest}"))
    if suggestions:
        parts += [paragraph(f"**{DID_YOU_MEAN}**"), *suggestions]
    return NOT_ENOUGH_AT_ALL, parts, _question_button(ESCALATE, "Ask a person", request_id, question)


def _suggestions(questions: Sequence[str], request_id: str) -> list[Json]:
    """Return a row of buttons, each of which asks its question; nothing without questions."""
    actions = [
        execute(SUGGESTED, cut(question, _TITLE_CHARS), {"request_id": request_id, "question": question})
        for question in questions[:_SUGGESTIONS]
    ]
    return [{"type": "ActionSet", "actions": actions}] if actions else []


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
    before = [f"_{note}_" for note in [*notes, *([degraded_words(outcome.reason)] if outcome.degraded else [])]]
    heading = [f"### {QUOTED}"] if outcome.form == "quoted" else []
    answer = answer_markdown(outcome.text, links_of(outcome))
    text = _with_facts([*before, *heading, answer], [*facts, request_id])
    made_by_model = outcome.form == "written"
    return _cited(outcome.text, text, _claims(outcome.sources, outcome.citations), made_by_model=made_by_model)


def _meanwhile(quotes: Quoted, request_id: str, notes: Sequence[str]) -> TeamsMessage:
    """Return that a person decides, and the passages that the documents have on the question."""
    before = [*(f"_{note}_" for note in notes), CHECKED_BY_A_PERSON, f"### {MEANWHILE}"]
    text = _with_facts([*before, answer_markdown(quotes.text, every_link)], [request_id])
    return _cited(CHECKED_BY_A_PERSON, text, _claims(quotes.sources, quotes.citations), made_by_model=False)


def _with_facts(parts: Sequence[str], facts: Sequence[str]) -> str:
    return "\n\n".join([*parts, f"_{' · '.join(facts)}_"])


def _cited(words: str, text: str, claims: Sequence[Json], *, made_by_model: bool) -> TeamsMessage:
    """Return a text with one Message entity: its citations, and the AI label where a model wrote the text.

    `words` is the same as plain text.
    """
    entity = {
        "type": "https://schema.org/Message",
        "@type": "Message",
        "@context": "https://schema.org",
        "@id": "",
        # Teams refuses an empty list here.
        **({"additionalType": ["AIGeneratedContent"]} if made_by_model else {}),
        "citation": list(claims),
    }
    activity = {
        "type": "message",
        "text": text,
        "textFormat": "markdown",
        "entities": [entity],
        "channelData": {"feedbackLoop": {"type": "custom"}},
    }
    return TeamsMessage(readable(words, no_link), activity)


def _claims(sources: Sequence[Source], citations: Sequence[Citation]) -> list[Json]:
    return [_claim(source, " … ".join(small_print(citations, source.marker))) for source in sources]


def _claim(source: Source, quote: str) -> Json:
    name = cut(" ".join(f"{source.title} > {source.heading}".split()) if source.heading else source.title, NAME_CHARS)
    url = safe_url(source.url)
    appearance = {
        "@type": "DigitalDocument",
        "name": name or "?",
        "abstract": cut_at_word(quote or name or "?", ABSTRACT_CHARS),
        **({"url": url} if url else {}),
        # Teams shows keywords beside the name, at most three of at most 28 characters.
        **({"keywords": [updated_words(source.updated)]} if source.updated else {}),
    }
    return {"@type": "Claim", "position": source.marker, "appearance": appearance}
