"""Render review cards and modals as Block Kit (pure)."""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    HeaderBlock,
    MarkdownBlock,
)

from bot.desk.permissions import NO_NAMES, Names, decision_words
from bot.desk.review_views import ReviewView
from bot.slack.blocks import section, small, source_blocks
from bot.slack.card_parts import asked_in, quotes_as_markdown
from bot.slack.render import SlackMessage
from bot.slack.text import (
    SECTION_CHARS,
    answer_markdown,
    escape,
    escaped_within,
    label,
    person,
    quoted,
)
from bot.store.records import Review
from bot.surfaces.card_words import asked_words
from bot.surfaces.showing import cited_links, no_link, not_shown_in, plain
from bot.surfaces.wording import (
    FINDING_WORDS,
    HIDDEN_DRAFT,
    HIDDEN_SOURCES,
    OUTDATED_DRAFT,
    PASSED_ON,
    REVIEW_REASONS,
    cut,
)
from bot.surfaces.words import ENGLISH
from pipeline.types import Citation, Finding

APPROVE = "review_approve"
EDIT = "review_edit"
REJECT = "review_reject"
CLAIM = "review_claim"
TAKE_OVER = "review_take_over"
ASK_BACK = "review_ask_back"
SHOW = "review_show"
DRAFT_AGAIN = "review_draft_again"
_QUOTE_CHARS = 500
_MAX_QUOTES = 6
_MAX_SOURCES = 10
_QUESTION_CHARS = 2000
_MAX_FINDINGS = 8


def review_card(view: ReviewView) -> SlackMessage:
    """Return the card of an open review. It quotes nothing that not everybody who reads the card may read."""
    review = view.review
    blocks: list[Block] = [
        HeaderBlock(text="Review needed"),
        _asked(review, view.names),
        asked_in(review),
        small(REVIEW_REASONS.get(review.case.reason, review.case.reason)),
    ]
    if not view.show_draft:
        blocks.append(section(f":lock: {HIDDEN_DRAFT if review.case.draft else HIDDEN_SOURCES}"))
    else:
        blocks += [*_draft(review), *evidence_blocks(review)]
    blocks += [small(f":warning: {OUTDATED_DRAFT}")] if view.is_outdated else []
    blocks += _state(review, view.names)
    blocks += [_buttons(view), small(f"{ENGLISH('card-propose-hint')} · `{review.review_id}`")]
    return SlackMessage(f"Review needed: {escape(cut(review.question, 200))}", tuple(blocks))


def decided_card(view: ReviewView) -> SlackMessage:
    """Return the card after the decision: who decided, how, and no buttons."""
    review = view.review
    head = decision_words(review, lambda user_id: person(user_id, view.names))
    if review.state == "withdrawn":
        return SlackMessage(head, (section(f":leftwards_arrow_with_hook: *{head}*"), _asked(review, view.names)))
    mark = ":x:" if review.state in {"rejected", "expired"} else ":white_check_mark:"
    blocks: list[Block] = [
        section(f"{mark} *{head}*"),
        _asked(review, view.names),
    ]
    if review.answer and view.show_draft:
        blocks += [section("*Sent*"), MarkdownBlock(text=answer_markdown(review.answer, no_link))]
    if review.sent_anyway:
        blocks.append(small(":warning: Sent although not every sentence could be proved from the documents."))
    if review.note:
        blocks.append(section(f"*Reason*\n{quoted(review.note, SECTION_CHARS - 200)}"))
    return SlackMessage(head, (*blocks, small(f"`{review.review_id}`")))


def reminder_message(review: Review) -> SlackMessage:
    """Return the reminder for the thread of a card."""
    text = "This still waits for a reviewer, and somebody waits for the answer."
    return SlackMessage(text, (section(f":hourglass_flowing_sand: {text}"), small(f"`{review.review_id}`")))


def answer_of_asker_message(review: Review, names: Names = NO_NAMES) -> SlackMessage:
    """Return the asker's latest answer, for the thread of the card."""
    turn = review.exchange[-1]
    head = f"{person(turn.user_id, names)} answers:"
    return SlackMessage(
        cut(f"{head} {escape(turn.text)}", SECTION_CHARS), (section(f"{head}\n{quoted(turn.text, 2500)}"),)
    )


def passed_on() -> SlackMessage:
    """Return the confirmation that the asker's answer has reached the reviewer."""
    return SlackMessage(PASSED_ON, (section(PASSED_ON),))


def _state(review: Review, names: Names) -> list[Block]:
    lines = [f"*{person(turn.user_id, names)}*\n{quoted(turn.text, 700)}" for turn in review.exchange[-4:]]
    blocks: list[Block] = [section(line) for line in lines]
    if review.awaits_asker:
        blocks.append(small("Waiting for the asker's answer."))
    if review.claimed_by:
        blocks.append(small(f"Claimed by {person(review.claimed_by, names)}"))
    return blocks


def _asked(review: Review, names: Names) -> Block:
    who = asked_words(review, lambda user_id: person(user_id, names))
    # Ten names of 80 characters and the question stay below the limit of a section.
    return section(f"*{who}*\n{quoted(review.question, _QUESTION_CHARS)}")


def _draft(review: Review) -> list[Block]:
    draft = review.case.draft
    if draft is None:
        return [section(ENGLISH("card-no-draft"))] if review.case.sources else []
    keep = cited_links(draft.citations, [source.url for source in review.case.sources])
    return [section("*Draft*"), MarkdownBlock(text=answer_markdown(draft.answer, keep))]


def evidence_blocks(review: Review, *, in_modal: bool = False) -> list[Block]:
    """Return the quotes that the draft does not hold itself, the sources, and what was found against the draft.

    A message shows quotes in their own markup; Slack takes no Markdown in a modal.
    """
    draft = review.case.draft
    citations = not_shown_in(draft.answer, draft.citations) if draft else ()
    blocks: list[Block] = []
    if citations and in_modal:
        lines = [_quote_line(citation) for citation in citations[:_MAX_QUOTES]]
        more = f"\n…and {len(citations) - _MAX_QUOTES} more" if len(citations) > _MAX_QUOTES else ""
        blocks.append(section(cut("*Quotes*\n" + "\n".join(lines), SECTION_CHARS - 30) + more))
    elif citations:
        used = sum(len(block.text or "") for block in _draft(review) if isinstance(block, MarkdownBlock))
        blocks += quotes_as_markdown(citations, used)
    blocks += source_blocks(review.case.sources[:_MAX_SOURCES])
    if review.case.findings:
        blocks.append(section(cut(f"*Findings*\n{findings_text(review.case.findings)}", SECTION_CHARS)))
    return blocks


def _quote_line(citation: Citation) -> str:
    return f"[{citation.marker}] “{escaped_within(plain(citation.quote), _QUOTE_CHARS)}”"


def findings_text(findings: Sequence[Finding]) -> str:
    """Return the objections to a draft as a list in mrkdwn."""
    lines = [
        f"• “{escaped_within(' '.join(finding.span.split()), 200)}” {FINDING_WORDS[finding.code]}."
        for finding in findings[:_MAX_FINDINGS]
    ]
    more = len(findings) - _MAX_FINDINGS
    return "\n".join([*lines, *([f"…and {more} more"] if more > 0 else [])])


def _buttons(view: ReviewView) -> Block:
    hidden = [] if view.show_draft else [_button(view.review, SHOW, "Show in private")]
    return ActionsBlock(block_id=f"review_{view.review.review_id}", elements=[*hidden, *review_buttons(view)])


def review_buttons(view: ReviewView) -> list[ButtonElement]:
    """Return the buttons of an open review. "Approve" needs a draft that is shown and can be sent."""
    review = view.review
    return [
        *([_button(review, APPROVE, "Approve", "primary")] if view.can_approve else []),
        *([_button(review, DRAFT_AGAIN, "Draft again")] if view.is_outdated else []),
        _button(review, EDIT, "Edit" if review.case.draft else ENGLISH("write-an-answer")),
        _button(review, REJECT, "Reject", "danger"),
        _button(review, ASK_BACK, "Ask back"),
        _button(review, TAKE_OVER, "Take over") if review.claimed_by else _button(review, CLAIM, "Claim"),
    ]


def _button(review: Review, action_id: str, name: str, style: str | None = None) -> ButtonElement:
    return ButtonElement(
        action_id=action_id,
        text=name,
        value=review.review_id,
        style=style,
        accessibility_label=label(f"{name}: {review.question}", 75),
    )
