"""Render review cards as Adaptive Cards (pure)."""

from collections.abc import Sequence

from bot.desk.permissions import NO_NAMES, Names
from bot.desk.remembering import is_for_others
from bot.desk.review_views import ReviewView
from bot.store.records import Review, Turn
from bot.surfaces.card_words import again_words, asked_words, remember_hint, sent_anyway_words
from bot.surfaces.refusals import decision_words
from bot.surfaces.showing import cited_links, no_link, not_shown_in, plain
from bot.surfaces.wording import (
    cut,
    finding_words,
    reason_words,
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
from bot.teams.text import literal, literal_lines, source_line
from bot.teams.waiting import asked_in
from pipeline.types import Finding

APPROVE, EDIT, REJECT, CLAIM, TAKE_OVER = (
    "review_approve",
    "review_edit",
    "review_reject",
    "review_claim",
    "review_take_over",
)
REFRESH, ASK_BACK, DRAFT_AGAIN = "review_refresh", "review_ask_back", "review_draft_again"
ANSWER_INPUT, REASON_INPUT, ANYWAY_INPUT, QUESTION_INPUT = "answer", "reason", "anyway", "question"
REMEMBER_INPUT = "remember"
INPUT_CHARS = 3000
_QUESTION_CHARS = 2000
_QUOTE_CHARS, _TURN_CHARS, _SPAN_CHARS = 500, 700, 200
_MAX_QUOTES, _MAX_SOURCES, _MAX_FINDINGS = 6, 10, 8
# Teams refreshes a card for at most 60 people.
_MAX_REFRESHED = 60
# Teams' prefix for a directory id.
_USER_PREFIX = "8:orgid:"
# Which parts give way first where a card grows too large. Sources and buttons never do.
_FINDINGS, _QUOTES, _DRAFT, _EXCHANGE, _QUESTION = range(1, 6)


def review_card(
    view: ReviewView,
    findings: Sequence[Finding] = (),
    text: str = "",
    words: Words = ENGLISH,
    remember_days: int = 0,
) -> TeamsMessage:
    """Return the card of an open review. Everybody in the conversation sees its buttons; a press is checked later.

    It quotes nothing that not everybody who reads it may read. For each of the view's reviewers the client fetches a
    card of their own. `findings` are the objections to `text`, an edited answer that was not sent; if it is sent all
    the same, others may have it, too, for `remember_days` days.
    """
    review, names, draft = view.review, view.names, view.review.case.draft
    parts = [
        paragraph(words("review-needed"), size="Large", weight="Bolder"),
        _asked(review, names, words),
        asked_in(review, words),
        giving_way(_QUESTION, paragraph(literal_lines(review.question, _QUESTION_CHARS))),
        small(reason_words(review.case.reason, words)),
    ]
    if again := again_words(review, lambda user_id: names.get(user_id, user_id), words):
        parts.append(small(again))
    if not view.show_draft:
        parts.append(paragraph(words("hidden-draft" if draft else "hidden-sources")))
    else:
        parts += [*_draft(review, words), *_evidence(review, words)]
    parts += [paragraph(words("outdated-draft"), color="Attention")] if view.is_outdated else []
    parts += [_said(turn, names) for turn in review.exchange[-4:]]
    if review.awaits_asker:
        parts.append(small(words("waiting-for-asker")))
    if review.claimed_by:
        parts.append(small(words("decision-claimed", who=display_name(review.claimed_by, names))))
    if findings:
        unproved = _listed(words("not-proved-by-documents"), _findings(findings, words), color="Attention")
        parts.append(giving_way(_FINDINGS, unproved))
    shown = text or (draft.answer if draft and view.show_draft else "")
    boxes = _boxes(review, remember_days, words) if findings else []
    actions = _actions(view, shown, words, boxes)
    said = words("review-needed-about", question=cut(" ".join(review.question.split()), 200))
    return card_message(said, [*parts, small(review.review_id)], actions, _refresh(view, words))


def _refresh(view: ReviewView, words: Words) -> Json | None:
    if not view.reviewers:
        return None
    return {
        "action": {
            "type": "Action.Execute",
            "title": words("teams-button-refresh"),
            "verb": REFRESH,
            "data": _data(view.review),
        },
        "userIds": [f"{_USER_PREFIX}{reviewer}" for reviewer in sorted(view.reviewers)[:_MAX_REFRESHED]],
    }


def _said(turn: Turn, names: Names) -> Json:
    return giving_way(
        _EXCHANGE, paragraph(f"**{display_name(turn.user_id, names)}:** {literal_lines(turn.text, _TURN_CHARS)}")
    )


def answer_of_asker_message(review: Review, names: Names = NO_NAMES, words: Words = ENGLISH) -> TeamsMessage:
    """Return the asker's answer as a message to the reviewers."""
    turn = review.exchange[-1]
    head = words("asker-answers", who=names.get(turn.user_id, turn.user_id))
    said = giving_way(_EXCHANGE, paragraph(literal_lines(turn.text, INPUT_CHARS)))
    parts = [paragraph(f"**{literal(head, 100)}**"), said, small(review.review_id)]
    return card_message(cut(f"{head} {turn.text}", 500), parts)


def decided_card(view: ReviewView, words: Words = ENGLISH) -> TeamsMessage:
    """Return the card of a decided or expired review: who decided what, without buttons."""
    review, names = view.review, view.names
    head = decision_words(review, lambda user_id: names.get(user_id, user_id), words)
    parts = [
        paragraph(literal(head, 200), weight="Bolder"),
        _asked(review, names, words),
        giving_way(_QUESTION, paragraph(literal_lines(review.question, _QUESTION_CHARS))),
    ]
    if view.delivery:
        parts.append(paragraph(words.of("delivery", view.delivery), color="Attention"))
    if review.answer and view.show_draft:
        parts += [paragraph(f"**{words('sent')}**"), *answer_parts(review.answer, no_link, _DRAFT)]
    if review.sent_anyway:
        parts.append(small(sent_anyway_words(review, words)))
    if review.note:
        parts += [
            paragraph(f"**{words('reason')}**"),
            giving_way(_EXCHANGE, paragraph(literal_lines(review.note, INPUT_CHARS))),
        ]
    return card_message(head, [*parts, small(review.review_id)])


def _asked(review: Review, names: Names, words: Words) -> Json:
    return paragraph(f"**{asked_words(review, lambda user_id: display_name(user_id, names), words)}**")


def _draft(review: Review, words: Words) -> list[Json]:
    draft = review.case.draft
    if draft is None:
        return []
    keep = cited_links(draft.citations, [source.url for source in review.case.sources])
    return [paragraph(f"**{words('draft')}**"), *answer_parts(draft.answer, keep, _DRAFT)]


def _evidence(review: Review, words: Words) -> list[Json]:
    """Return the quotes that the draft does not hold itself, the sources, and what was found against the draft."""
    case = review.case
    parts = []
    if citations := not_shown_in(case.draft.answer, case.draft.citations) if case.draft else ():
        quotes = [f"\\[{c.marker}\\] {_quoted(plain(c.quote), _QUOTE_CHARS, words)}" for c in citations]
        parts.append(giving_way(_QUOTES, _listed(words("quotes"), _some(quotes, _MAX_QUOTES, words))))
    if case.sources:
        sources = [source_line(source, words) for source in case.sources[:_MAX_SOURCES]]
        parts.append(_listed(words("sources"), sources))
    if case.findings:
        parts.append(giving_way(_FINDINGS, _listed(words("findings"), _findings(case.findings, words))))
    return parts


def _listed(head: str, lines: Sequence[str], **more: str) -> Json:
    return paragraph("\n".join([f"**{head}**\n", *(f"- {line}" for line in lines)]), **more)


def _findings(findings: Sequence[Finding], words: Words) -> list[str]:
    lines = [
        f"{_quoted(finding.span, _SPAN_CHARS, words)} {finding_words(finding.code, words)}." for finding in findings
    ]
    return _some(lines, _MAX_FINDINGS, words)


def _some(lines: Sequence[str], limit: int, words: Words) -> list[str]:
    more = len(lines) - limit
    return [*lines[:limit], *([words("and-more", count=more)] if more > 0 else [])]


def _quoted(text: str, limit: int, words: Words) -> str:
    return words("in-quotes", text=literal(text, limit))


def _actions(view: ReviewView, text: str, words: Words, boxes: Sequence[Json]) -> list[Json]:
    review, data = view.review, _data(view.review)
    write = words("button-edit" if review.case.draft else "button-write-answer")
    claim = (TAKE_OVER, words("button-take-over")) if review.claimed_by else (CLAIM, words("button-claim"))
    return [
        *([] if view.show_draft else [execute(REFRESH, words("button-show-in-private"), data)]),
        *([execute(APPROVE, words("button-approve"), data, style="positive")] if view.can_approve else []),
        *([execute(DRAFT_AGAIN, words("button-draft-again"), data)] if view.is_outdated else []),
        _show_card(write, _edit_inputs(text, words, boxes), (EDIT, words("submit-send")), data),
        _show_card(words("button-reject"), [_reason_input(words)], (REJECT, words("button-reject")), data),
        _show_card(words("button-ask-back"), [_question_input(words)], (ASK_BACK, words("submit-ask")), data),
        execute(*claim, data),
    ]


def _data(review: Review) -> Json:
    return {"review_id": review.review_id}


def _show_card(title: str, body: Sequence[Json], button: tuple[str, str], data: Json) -> Json:
    """Return a button that unfolds inputs and another button, which is given by verb and title."""
    card = {"type": "AdaptiveCard", "body": list(body), "actions": [execute(*button, data)]}
    return {"type": "Action.ShowCard", "title": title, "card": card}


def _edit_inputs(text: str, words: Words, boxes: Sequence[Json]) -> list[Json]:
    value = {"value": cut(text, INPUT_CHARS)} if text else {}
    return [_needed_input(ANSWER_INPUT, "input-answer", words) | value, *boxes]


def _boxes(review: Review, remember_days: int, words: Words) -> list[Json]:
    """Return the boxes below an answer that is not proved: to send it anyway, and to let others have it, too."""
    anyway = {"type": "Input.Toggle", "id": ANYWAY_INPUT, "title": words("send-anyway")}
    ticked = "true" if is_for_others(review) else "false"
    said = f"{words('remember-box', days=remember_days)}. {remember_hint(review, words)}"
    remember = {"type": "Input.Toggle", "id": REMEMBER_INPUT, "title": said, "value": ticked, "wrap": True}
    return [anyway, *([remember] if remember_days else [])]


def _question_input(words: Words) -> Json:
    return _needed_input(QUESTION_INPUT, "input-question", words)


def _reason_input(words: Words) -> Json:
    return _input(REASON_INPUT, words("teams-input-reason"))


def _needed_input(name: str, label: str, words: Words) -> Json:
    return _input(name, words(label)) | {"isRequired": True, "errorMessage": words("teams-input-needed")}


def _input(name: str, label: str) -> Json:
    return {"type": "Input.Text", "id": name, "label": label, "isMultiline": True, "maxLength": INPUT_CHARS}
