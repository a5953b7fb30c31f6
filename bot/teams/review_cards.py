"""Render review cards as Adaptive Cards (pure)."""

from collections.abc import Sequence

from bot.desk.permissions import NO_NAMES, Names, decision_words
from bot.desk.review_views import ReviewView
from bot.store.records import Review
from bot.surfaces.card_words import asked_words
from bot.surfaces.showing import cited_links, no_link, not_shown_in, plain
from bot.surfaces.wording import (
    FINDING_WORDS,
    HIDDEN_DRAFT,
    HIDDEN_SOURCES,
    OUTDATED_DRAFT,
    REVIEW_REASONS,
    cut,
)
from bot.surfaces.words import ENGLISH
from bot.teams.cards import Json, TeamsMessage, answer_parts, card_message, display_name, execute, paragraph, small
from bot.teams.text import literal, source_line
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
INPUT_CHARS = 3000
_QUESTION_CHARS = 2000
_QUOTE_CHARS = 500
_MAX_QUOTES, _MAX_SOURCES, _MAX_FINDINGS = 6, 10, 8
# Teams refreshes a card for at most 60 people.
_MAX_REFRESHED = 60
# Teams' prefix for a directory id.
_USER_PREFIX = "8:orgid:"


def review_card(view: ReviewView, findings: Sequence[Finding] = (), text: str = "") -> TeamsMessage:
    """Return the card of an open review. Everybody in the conversation sees its buttons; a press is checked later.

    It quotes nothing that not everybody who reads it may read. For each of the view's reviewers the client fetches a
    card of their own. `findings` are the objections to `text`, an edited answer that was not sent.
    """
    review, names, draft = view.review, view.names, view.review.case.draft
    parts = [
        paragraph("Review needed", size="Large", weight="Bolder"),
        _asked(review, names),
        asked_in(review),
        paragraph(literal(review.question, _QUESTION_CHARS)),
        small(REVIEW_REASONS.get(review.case.reason, review.case.reason)),
    ]
    if not view.show_draft:
        parts.append(paragraph(HIDDEN_DRAFT if draft else HIDDEN_SOURCES))
    else:
        parts += [*_draft(review), *_evidence(review)]
    parts += [paragraph(OUTDATED_DRAFT, color="Attention")] if view.is_outdated else []
    parts += [paragraph(f"**{display_name(t.user_id, names)}:** {literal(t.text, 700)}") for t in review.exchange[-4:]]
    if review.awaits_asker:
        parts.append(small("Waiting for the asker's answer."))
    if review.claimed_by:
        parts.append(small(f"Claimed by {display_name(review.claimed_by, names)}"))
    if findings:
        parts.append(paragraph(f"**The documents do not prove this:**\n\n{_findings(findings)}", color="Attention"))
    shown = text or (draft.answer if draft and view.show_draft else "")
    actions = _actions(view, shown, unproved=bool(findings))
    words = f"Review needed: {cut(' '.join(review.question.split()), 200)}"
    message = card_message(words, [*parts, small(review.review_id)], actions)
    if view.reviewers:
        refresh = {
            "action": {"type": "Action.Execute", "title": "Refresh", "verb": REFRESH, "data": _data(review)},
            "userIds": [f"{_USER_PREFIX}{reviewer}" for reviewer in sorted(view.reviewers)[:_MAX_REFRESHED]],
        }
        message.card["refresh"] = refresh
    return message


def answer_of_asker_message(review: Review, names: Names = NO_NAMES) -> TeamsMessage:
    """Return the asker's answer as a message to the reviewers."""
    turn = review.exchange[-1]
    head = f"{names.get(turn.user_id, turn.user_id)} answers:"
    parts = [paragraph(f"**{literal(head, 100)}**"), paragraph(literal(turn.text, 2500)), small(review.review_id)]
    return card_message(cut(f"{head} {turn.text}", 500), parts)


def decided_card(view: ReviewView) -> TeamsMessage:
    """Return the card of a decided or expired review: who decided what, without buttons."""
    review, names = view.review, view.names
    head = decision_words(review, lambda user_id: names.get(user_id, user_id))
    parts = [
        paragraph(literal(head, 200), weight="Bolder"),
        _asked(review, names),
        paragraph(literal(review.question, _QUESTION_CHARS)),
    ]
    if review.answer and view.show_draft:
        parts += [paragraph("**Sent**"), *answer_parts(review.answer, no_link)]
    if review.sent_anyway:
        parts.append(small("Sent although not every sentence could be proved from the documents."))
    if review.note:
        parts += [paragraph("**Reason**"), paragraph(literal(review.note, _QUESTION_CHARS))]
    return card_message(head, [*parts, small(review.review_id)])


def _asked(review: Review, names: Names) -> Json:
    return paragraph(f"**{asked_words(review, lambda user_id: display_name(user_id, names))}**")


def _draft(review: Review) -> list[Json]:
    draft = review.case.draft
    if draft is None:
        return []
    keep = cited_links(draft.citations, [source.url for source in review.case.sources])
    return [paragraph("**Draft**"), *answer_parts(draft.answer, keep)]


def _evidence(review: Review) -> list[Json]:
    """Return the quotes that the draft does not hold itself, the sources, and what was found against the draft."""
    case = review.case
    parts = []
    if citations := not_shown_in(case.draft.answer, case.draft.citations) if case.draft else ():
        lines = [f"- \\[{c.marker}\\] “{literal(plain(c.quote), _QUOTE_CHARS)}”" for c in citations[:_MAX_QUOTES]]
        more = len(citations) - _MAX_QUOTES
        parts.append(_listed("Quotes", [*lines, *([f"- …and {more} more"] if more > 0 else [])]))
    if case.sources:
        parts.append(_listed("Sources", [f"- {source_line(source)}" for source in case.sources[:_MAX_SOURCES]]))
    if case.findings:
        parts.append(paragraph(f"**Findings**\n\n{_findings(case.findings)}"))
    return parts


def _listed(head: str, lines: Sequence[str]) -> Json:
    return paragraph("\n".join([f"**{head}**\n", *lines]))


def _findings(findings: Sequence[Finding]) -> str:
    lines = [f"- “{literal(finding.span, 200)}” {FINDING_WORDS[finding.code]}." for finding in findings]
    more = len(lines) - _MAX_FINDINGS
    return "\n".join([*lines[:_MAX_FINDINGS], *([f"- …and {more} more"] if more > 0 else [])])


def _actions(view: ReviewView, text: str, *, unproved: bool) -> list[Json]:
    review, data = view.review, _data(view.review)
    anyway = {
        "type": "Input.Toggle",
        "id": ANYWAY_INPUT,
        "title": "Send anyway: I stand for this, and it is recorded so",
    }
    edit = [_input(ANSWER_INPUT, "Answer", cut(text, INPUT_CHARS)), *([anyway] if unproved else [])]
    return [
        *([] if view.show_draft else [execute(REFRESH, "Show in private", data)]),
        *([execute(APPROVE, "Approve", data, style="positive")] if view.can_approve else []),
        *([execute(DRAFT_AGAIN, "Draft again", data)] if view.is_outdated else []),
        _show_card("Edit" if review.case.draft else ENGLISH("write-an-answer"), edit, execute(EDIT, "Send", data)),
        _show_card("Reject", [_reason()], execute(REJECT, "Reject", data)),
        _show_card(
            "Ask back", [_input(QUESTION_INPUT, "What do you need to know?", "")], execute(ASK_BACK, "Ask", data)
        ),
        execute(TAKE_OVER, "Take over", data) if review.claimed_by else execute(CLAIM, "Claim", data),
    ]


def _data(review: Review) -> Json:
    return {"review_id": review.review_id}


def _show_card(title: str, body: Sequence[Json], action: Json) -> Json:
    return {
        "type": "Action.ShowCard",
        "title": title,
        "card": {"type": "AdaptiveCard", "body": list(body), "actions": [action]},
    }


def _reason() -> Json:
    return {
        "type": "Input.Text",
        "id": REASON_INPUT,
        "label": ENGLISH("reject-reason-optional"),
        "isMultiline": True,
        "maxLength": INPUT_CHARS,
    }


def _input(name: str, label: str, text: str) -> Json:
    return {
        "type": "Input.Text",
        "id": name,
        "label": label,
        "isMultiline": True,
        "isRequired": True,
        "errorMessage": "This is needed.",
        "maxLength": INPUT_CHARS,
        **({"value": text} if text else {}),
    }
