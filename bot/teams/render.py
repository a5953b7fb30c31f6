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
from bot.surfaces.small_talk import small_talk_words
from bot.surfaces.waiting_words import escalated_words, outlook_words
from bot.surfaces.wording import (
    cut,
    limit_words,
    not_enough_words,
    other_language,
    rejected_words,
    unavailable_words,
    understood_words,
)
from bot.surfaces.words import ENGLISH, Words
from bot.teams.cards import (
    Json,
    TeamsMessage,
    answer_parts,
    card_message,
    display_name,
    execute,
    giving_way,
    paragraph,
    small,
)
from bot.teams.sizes import fitting_text
from bot.teams.text import (
    ABSTRACT_CHARS,
    NAME_CHARS,
    answer_markdown,
    linked,
    literal,
    literal_lines,
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
_NOTE_CHARS, _ASKED_CHARS = 1500, 2500
_TITLE_CHARS = 75
_SUGGESTIONS = 3
_CITATIONS = 10
_FEEDBACK = {"feedbackLoop": {"type": "custom"}}
# The answer gives way where a card grows too large.
_REMEMBERED = 1


def reply_message(reply: Reply, asked: Asked, names: Names = NO_NAMES, words: Words = ENGLISH) -> TeamsMessage:
    """Return the reply to a question."""
    notes = _notes(reply, asked, words)
    outcome, request_id = reply.outcome, reply.request_id
    if isinstance(outcome, Answered) and outcome.form == "remembered":
        return _remembered(outcome, reply, asked, names, words)
    if isinstance(outcome, Answered):
        return _answered(outcome, request_id, notes, names, words)
    if isinstance(outcome, NeedsReview) and outcome.meanwhile:
        return _meanwhile(outcome.meanwhile, request_id, [*notes, *_rejected(reply, words)], words)
    said, parts, actions = _card_of(outcome, request_id, asked.text, words)
    before = [*map(small, notes), *map(paragraph, _rejected(reply, words))]
    return card_message(said, [*before, *parts, small(request_id)], actions)


def _rejected(reply: Reply, words: Words) -> list[str]:
    """Return that a reviewer had no answer to the same question, as Markdown; nothing if none has said so."""
    rejected = reply.rejected
    return [rejected_words(rejected.at, literal(rejected.note, _NOTE_CHARS), words)] if rejected else []


def _notes(reply: Reply, asked: Asked, words: Words) -> list[str]:
    """Return what the asker should know before the answer: the question as it was read, and what was not read."""
    notes = []
    if asked.suggested:
        notes.append(words("you-asked", text=literal(asked.text, 500)))
    if reply.read_as:
        read_as = words("in-quotes", text=literal(reply.read_as, 500))
        notes.append(f"{understood_words(reply.trace, words)}: {read_as}")
    if asked.has_files:
        notes.append(words("files-left-out"))
    if expected := outlook_words(reply.outlook, words):
        notes.append(expected)
    if reply.may_see_more and may_help_more(reply.outcome):
        notes.append(words("may-see-more"))
    return notes


def decided_message(review: Review, names: Names = NO_NAMES, words: Words = ENGLISH) -> TeamsMessage:
    """Return the message to the asker about an ended review."""
    small_print = [small(review.review_id)]
    asked = [line] if (line := asked_line(review)) else []
    if review.state == "expired":
        return card_message(words("expired"), [*map(paragraph, asked), paragraph(words("expired")), *small_print])
    reviewer = display_name(review.decided_by or "", names)
    if review.state == "rejected":
        note = [paragraph(literal_lines(review.note, _NOTE_CHARS))] if review.note else []
        by = small(words("reviewed-by", who=reviewer))
        told = [*map(paragraph, asked), paragraph(words("not-confirmed")), *note, paragraph(words("rejected-next"))]
        return card_message(words("not-confirmed"), [*told, by, *small_print])
    draft = review.case.draft
    sources = [source for source in review.case.sources if source.marker in markers_in(review.answer)]
    decided = words.of("decision", review.state, who=reviewer)
    if review.state == "edited" and not sources:
        decided = words("answered-by-a-person", who=reviewer)
    facts = [decided, review.review_id]
    # A person wrote an edited answer, so it does not get the label for generated text.
    made_by_model = review.state == "approved"
    citations = draft.citations if draft else ()
    keep = cited_links(citations, [source.url for source in sources])
    claims = _claims(sources, citations, words)
    answer = answer_markdown(review.answer, keep)
    return _cited(review.answer, asked, answer, facts, claims, made_by_model=made_by_model)


def escalated_message(review: Review, outlook: Outlook | None = None, words: Words = ENGLISH) -> TeamsMessage:
    """Return the confirmation that a person has the question now, or gets it again, and what to expect."""
    expected = [small(text)] if (text := outlook_words(outlook, words)) else []
    told = escalated_words(review, words)
    return card_message(told, [paragraph(told), *expected, small(review.review_id)])


def asked_back_message(review: Review, names: Names = NO_NAMES, words: Words = ENGLISH) -> TeamsMessage:
    """Return a reviewer's question to the asker."""
    turn = review.exchange[-1]
    said = f"{words('asks-back', who=names.get(turn.user_id, turn.user_id))} {turn.text}"
    head = paragraph(f"**{words('asks-back', who=display_name(turn.user_id, names))}**")
    how = words("reply-here" if review.conversation.private else "teams-reply-with-mention")
    asked = giving_way(1, paragraph(literal_lines(turn.text, _ASKED_CHARS)))
    return card_message(cut(said, _NOTE_CHARS), [head, asked, small(how)])


def notice_message(message: str, words: Words = ENGLISH) -> TeamsMessage:
    """Return one of the interface texts as a message."""
    return card_message(words(message), [paragraph(words(message))])


def _card_of(outcome: Outcome, request_id: str, question: str, words: Words) -> tuple[str, list[Json], list[Json]]:
    match outcome:
        case NotEnoughInfo():
            return _not_enough(outcome, request_id, question, words)
        case NeedsReview():
            return words("checked-by-a-person"), [paragraph(words("checked-by-a-person"))], []
        case Blocked():
            return words("blocked"), [paragraph(words("blocked"))], []
        case Limited():
            said = limit_words(outcome, words)
            return said, [paragraph(said)], []
        case Unavailable():
            said = unavailable_words(outcome, words)
            return said, [paragraph(said)], _question_button(RETRY, words("button-try-again"), request_id, question)
        case Answered():
            raise ValueError("an answer is no card")
        case _:
            assert_never(outcome)


def _not_enough(
    outcome: NotEnoughInfo, request_id: str, question: str, words: Words
) -> tuple[str, list[Json], list[Json]]:
    suggestions = _suggestions(outcome.suggestions, request_id)
    if outcome.reason is Failure.NO_QUESTION:
        said = small_talk_words(question, has_examples=bool(suggestions), words=words)
        return said, [paragraph(said), *suggestions], []
    parts = [paragraph(f"**{words('not-enough-head')}** {not_enough_words(outcome, words)}")]
    if outcome.documents_in:
        parts.append(paragraph(other_language(outcome.documents_in, words)))
    if outcome.closest:
        parts += [paragraph(f"**{words('closest')}**"), *answer_parts(outcome.closest.text, every_link, 1)]
        parts.append(paragraph("\n".join(f"- {source_line(source, words)}" for source in outcome.closest.sources)))
    elif outcome.nearest:
        nearest = "\n".join(f"- {linked(document.title, document.url)}" for document in outcome.nearest)
        parts.append(paragraph(f"{words('nearest-documents')}\n\n{nearest}"))
    if suggestions:
        parts += [paragraph(f"**{words('did-you-mean')}**"), *suggestions]
    ask = _question_button(ESCALATE, words("button-ask-a-person"), request_id, question)
    return words("not-enough-at-all"), parts, ask


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


def _answered(outcome: Answered, request_id: str, notes: Sequence[str], names: Names, words: Words) -> TeamsMessage:
    facts = []
    if outcome.approved:
        who, when = display_name(outcome.approved.by, names), words.day(outcome.approved.at)
        facts = [words("approved-by-on", who=who, day=when)]
    if outcome.cached:
        facts.append(words("asked-before"))
    before = [f"_{note}_" for note in [*notes, *([degraded_words(outcome.reason, words)] if outcome.degraded else [])]]
    heading = [f"### {words('quoted')}"] if outcome.form == "quoted" else []
    answer = answer_markdown(outcome.text, links_of(outcome))
    claims, made_by_model = _claims(outcome.sources, outcome.citations, words), outcome.form == "written"
    return _cited(outcome.text, [*before, *heading], answer, [*facts, request_id], claims, made_by_model=made_by_model)


def _remembered(outcome: Answered, reply: Reply, asked: Asked, names: Names, words: Words) -> TeamsMessage:
    """Return what a person answered before, who and when, and a button to ask a person again.

    It is a card, because only a card has buttons of ours.
    """
    by = outcome.approved
    told = words("remembered", who=display_name(by.by, names), day=words.day(by.at)) if by else ""
    said = readable(outcome.text, no_link)
    answer = answer_parts(outcome.text, links_of(outcome), _REMEMBERED)
    ask = _question_button(ESCALATE, words("button-ask-a-person-again"), reply.request_id, asked.text)
    parts = [*map(small, _notes(reply, asked, words)), paragraph(told), *answer, small(reply.request_id)]
    message = card_message(said, parts, ask)
    return TeamsMessage(message.text, message.activity | {"channelData": _FEEDBACK})


def _meanwhile(quotes: Quoted, request_id: str, notes: Sequence[str], words: Words) -> TeamsMessage:
    """Return that a person decides, and the passages that the documents have on the question."""
    before = [*(f"_{note}_" for note in notes), words("checked-by-a-person"), f"### {words('meanwhile')}"]
    claims = _claims(quotes.sources, quotes.citations, words)
    text = answer_markdown(quotes.text, every_link)
    return _cited(words("checked-by-a-person"), before, text, [request_id], claims, made_by_model=False)


def _cited(
    plain: str,
    before: Sequence[str],
    text: str,
    facts: Sequence[str],
    claims: Sequence[Json],
    *,
    made_by_model: bool,
) -> TeamsMessage:
    """Return paragraphs, an answer that is cut if it must be, and small facts; `plain` is the same as plain text."""

    def with_text(shown: str) -> Json:
        whole = "\n\n".join([*before, *([shown] if shown else []), f"_{' · '.join(facts)}_"])
        return _activity(whole, claims, made_by_model=made_by_model)

    return TeamsMessage(readable(plain, no_link), with_text(fitting_text(text, with_text)))


def _activity(text: str, claims: Sequence[Json], *, made_by_model: bool) -> Json:
    """Return a text with one Message entity: its citations, and the AI label where a model wrote the text.

    Teams refuses a citation whose number is not in the text, and more than ten.
    """
    shown = [claim for claim in claims if claim["position"] in markers_in(text)][:_CITATIONS]
    entity = {
        "type": "https://schema.org/Message",
        "@type": "Message",
        "@context": "https://schema.org",
        "@id": "",
        # Teams refuses an empty list here.
        **({"additionalType": ["AIGeneratedContent"]} if made_by_model else {}),
        "citation": shown,
    }
    return {
        "type": "message",
        "text": text,
        "textFormat": "markdown",
        "entities": [entity],
        "channelData": _FEEDBACK,
    }


def _claims(sources: Sequence[Source], citations: Sequence[Citation], words: Words) -> list[Json]:
    return [_claim(source, " … ".join(small_print(citations, source.marker)), words) for source in sources]


def _claim(source: Source, quote: str, words: Words) -> Json:
    name = cut(" ".join(f"{source.title} > {source.heading}".split()) if source.heading else source.title, NAME_CHARS)
    url = safe_url(source.url)
    appearance = {
        "@type": "DigitalDocument",
        "name": name or "?",
        "abstract": cut_at_word(quote or name or "?", ABSTRACT_CHARS),
        **({"url": url} if url else {}),
        # Teams shows keywords beside the name, at most three of at most 28 characters.
        **({"keywords": [words("updated", day=words.day(source.updated))]} if source.updated else {}),
    }
    return {"@type": "Claim", "position": source.marker, "appearance": appearance}
