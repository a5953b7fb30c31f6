"""Render review cards and modals as Block Kit (pure)."""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    HeaderBlock,
    MarkdownBlock,
)

from bot.desk.permissions import NO_NAMES, Names
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
from bot.surfaces.card_words import again_words, asked_words, sent_anyway_words
from bot.surfaces.refusals import decision_words
from bot.surfaces.showing import cited_links, no_link, not_shown_in, plain
from bot.surfaces.wording import (
    cut,
    finding_words,
    reason_words,
)
from bot.surfaces.words import ENGLISH, Words
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


def review_card(view: ReviewView, words: Words = ENGLISH) -> SlackMessage:
    """Return the card of an open review. It quotes nothing that not everybody who reads the card may read."""
    review = view.review
    blocks: list[Block] = [
        HeaderBlock(text=words("review-needed")),
        _asked(review, view.names, words),
        asked_in(review, words),
        small(reason_words(review.case.reason, words)),
        *again_blocks(review, view.names, words),
    ]
    if not view.show_draft:
        blocks.append(section(f":lock: {words('hidden-draft' if review.case.draft else 'hidden-sources')}"))
    else:
        blocks += [*_draft(review, words), *evidence_blocks(review, words)]
    blocks += [small(f":warning: {words('outdated-draft')}")] if view.is_outdated else []
    blocks += _state(review, view.names, words)
    blocks += [_buttons(view, words), small(f"{words('card-propose-hint')} · `{review.review_id}`")]
    about = words("review-needed-about", question=escape(cut(review.question, 200)))
    return SlackMessage(about, tuple(blocks))


def again_blocks(review: Review, names: Names, words: Words = ENGLISH) -> list[Block]:
    """Return that the question was rejected before and how often it was asked since; nothing if it was not."""
    again = again_words(review, lambda user_id: person(user_id, names), words)
    return [small(f":repeat: {again}")] if again else []


def decided_card(view: ReviewView, words: Words = ENGLISH) -> SlackMessage:
    """Return the card after the decision: who decided, how, and no buttons."""
    review = view.review
    head = decision_words(review, lambda user_id: person(user_id, view.names), words)
    if review.state == "withdrawn":
        return SlackMessage(head, (section(f":leftwards_arrow_with_hook: *{head}*"), _asked(review, view.names, words)))
    mark = ":x:" if review.state in {"rejected", "expired"} else ":white_check_mark:"
    blocks: list[Block] = [
        section(f"{mark} *{head}*"),
        _asked(review, view.names, words),
    ]
    if view.delivery:
        blocks.append(section(words.of("delivery", view.delivery)))
    if review.answer and view.show_draft:
        blocks += [section(f"*{words('sent')}*"), MarkdownBlock(text=answer_markdown(review.answer, no_link))]
    if review.sent_anyway:
        blocks.append(small(f":warning: {sent_anyway_words(review, words)}"))
    if review.note:
        blocks.append(section(f"*{words('reason')}*\n{quoted(review.note, SECTION_CHARS - 200)}"))
    return SlackMessage(head, (*blocks, small(f"`{review.review_id}`")))


def reminder_message(review: Review, words: Words = ENGLISH) -> SlackMessage:
    """Return the reminder for the thread of a card."""
    text = words("reminder")
    return SlackMessage(text, (section(f":hourglass_flowing_sand: {text}"), small(f"`{review.review_id}`")))


def answer_of_asker_message(review: Review, names: Names = NO_NAMES, words: Words = ENGLISH) -> SlackMessage:
    """Return the asker's latest answer, for the thread of the card."""
    turn = review.exchange[-1]
    head = words("asker-answers", who=person(turn.user_id, names))
    return SlackMessage(
        cut(f"{head} {escape(turn.text)}", SECTION_CHARS), (section(f"{head}\n{quoted(turn.text, 2500)}"),)
    )


def _state(review: Review, names: Names, words: Words) -> list[Block]:
    lines = [f"*{person(turn.user_id, names)}*\n{quoted(turn.text, 700)}" for turn in review.exchange[-4:]]
    blocks: list[Block] = [section(line) for line in lines]
    if review.awaits_asker:
        blocks.append(small(words("waiting-for-asker")))
    if review.claimed_by:
        blocks.append(small(words("decision-claimed", who=person(review.claimed_by, names))))
    return blocks


def _asked(review: Review, names: Names, words: Words) -> Block:
    who = asked_words(review, lambda user_id: person(user_id, names), words)
    # Ten names of 80 characters and the question stay below the limit of a section.
    return section(f"*{who}*\n{quoted(review.question, _QUESTION_CHARS)}")


def _draft(review: Review, words: Words) -> list[Block]:
    draft = review.case.draft
    if draft is None:
        return [section(words("card-no-draft"))] if review.case.sources else []
    keep = cited_links(draft.citations, [source.url for source in review.case.sources])
    return [section(f"*{words('draft')}*"), MarkdownBlock(text=answer_markdown(draft.answer, keep))]


def evidence_blocks(review: Review, words: Words = ENGLISH, *, in_modal: bool = False) -> list[Block]:
    """Return the quotes that the draft does not hold itself, the sources, and what was found against the draft.

    A message shows quotes in their own markup; Slack takes no Markdown in a modal.
    """
    draft = review.case.draft
    citations = not_shown_in(draft.answer, draft.citations) if draft else ()
    blocks: list[Block] = []
    if citations and in_modal:
        lines = [_quote_line(citation, words) for citation in citations[:_MAX_QUOTES]]
        more = ["", words("and-more", count=len(citations) - _MAX_QUOTES)] if len(citations) > _MAX_QUOTES else []
        listed = "\n".join([f"*{words('quotes')}*", *lines])
        blocks.append(section(cut(listed, SECTION_CHARS - 30) + "\n".join(more)))
    elif citations:
        used = sum(len(block.text or "") for block in _draft(review, words) if isinstance(block, MarkdownBlock))
        blocks += quotes_as_markdown(citations, used, words)
    blocks += source_blocks(review.case.sources[:_MAX_SOURCES], (), words)
    if review.case.findings:
        blocks.append(
            section(cut(f"*{words('findings')}*\n{findings_text(review.case.findings, words)}", SECTION_CHARS))
        )
    return blocks


def _quote_line(citation: Citation, words: Words) -> str:
    return f"[{citation.marker}] {words('in-quotes', text=escaped_within(plain(citation.quote), _QUOTE_CHARS))}"


def findings_text(findings: Sequence[Finding], words: Words = ENGLISH) -> str:
    """Return the objections to a draft as a list in mrkdwn."""
    lines = [_finding_line(finding, words) for finding in findings[:_MAX_FINDINGS]]
    more = len(findings) - _MAX_FINDINGS
    return "\n".join([*lines, *([words("and-more", count=more)] if more > 0 else [])])


def _finding_line(finding: Finding, words: Words) -> str:
    span = words("in-quotes", text=escaped_within(" ".join(finding.span.split()), 200))
    return f"• {span} {finding_words(finding.code, words)}."


def _buttons(view: ReviewView, words: Words) -> Block:
    hidden = [] if view.show_draft else [_button(view.review, SHOW, words("button-show-in-private"))]
    return ActionsBlock(block_id=f"review_{view.review.review_id}", elements=[*hidden, *review_buttons(view, words)])


def review_buttons(view: ReviewView, words: Words = ENGLISH) -> list[ButtonElement]:
    """Return the buttons of an open review. "Approve" needs a draft that is shown and can be sent."""
    review = view.review
    claim, claimed = (TAKE_OVER, "button-take-over") if review.claimed_by else (CLAIM, "button-claim")
    return [
        *([_button(review, APPROVE, words("button-approve"), "primary")] if view.can_approve else []),
        *([_button(review, DRAFT_AGAIN, words("button-draft-again"))] if view.is_outdated else []),
        _button(review, EDIT, words("button-edit" if review.case.draft else "button-write-answer")),
        _button(review, REJECT, words("button-reject"), "danger"),
        _button(review, ASK_BACK, words("button-ask-back")),
        _button(review, claim, words(claimed)),
    ]


def _button(review: Review, action_id: str, name: str, style: str | None = None) -> ButtonElement:
    return ButtonElement(
        action_id=action_id,
        text=name,
        value=review.review_id,
        style=style,
        accessibility_label=label(f"{name}: {review.question}", 75),
    )
