"""Render the modals of the review desk as Block Kit (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
)
from slack_sdk.models.views import View

from bot.desk.permissions import NO_NAMES, Names
from bot.desk.remembering import is_for_others
from bot.desk.review_views import ReviewView
from bot.slack.blocks import section
from bot.slack.review_cards import evidence_blocks, findings_text
from bot.slack.text import SECTION_CHARS, escape, packed, person, quoted, source_line, split
from bot.store.records import Review
from bot.surfaces.card_words import remember_hint
from bot.surfaces.showing import plain
from bot.surfaces.wording import cut
from bot.surfaces.words import ENGLISH, Words
from pipeline.types import Finding

APPROVED = "review_approved"
EDITED = "review_edited"
REJECTED = "review_rejected"
REJECTED_MANY = "reviews_rejected"
ASKED_BACK = "review_asked_back"
TEXT_BLOCK = "text"
TEXT_INPUT = "text_input"
ANYWAY_BLOCK = "anyway"
ANYWAY_INPUT = "anyway_input"
REMEMBER_BLOCK = "remember"
REMEMBER_INPUT = "remember_input"
_INPUT_CHARS = 3000


def draft_view(view: ReviewView, words: Words = ENGLISH) -> View:
    """Return the modal that shows draft, quotes and sources to one reviewer, who can approve there."""
    review, draft = view.review, view.review.case.draft
    lines = [escape(plain(line)) for line in split(draft.answer, SECTION_CHARS // 5)] if draft else []
    blocks: list[Block] = [
        _question(review, words),
        *(section(text) for text in packed([f"*{words('draft')}*", *lines], SECTION_CHARS) if lines),
        *evidence_blocks(review, words, in_modal=True),
    ]
    submit = words("button-approve") if view.can_approve else None
    return _view(_Modal(APPROVED, words("modal-in-private"), submit), review.review_id, blocks, words)


def refused_view(why: str, words: Words = ENGLISH) -> View:
    """Return the modal that says why a decision was refused."""
    blocks = [section(cut(why, SECTION_CHARS))]
    return _view(_Modal(APPROVED, words("modal-nothing-sent"), None), "", blocks, words)


def edit_view(
    review: Review,
    text: str | None = None,
    findings: Sequence[Finding] = (),
    names: Names = NO_NAMES,
    words: Words = ENGLISH,
    remember_days: int = 0,
) -> View:
    """Return the modal in which a reviewer rewrites the draft.

    `text` replaces the draft. `findings` are shown with a box to send the answer anyway, and with one to let others
    have it, too, for `remember_days` days, if any.
    """
    draft = review.case.draft
    initial = text if text is not None else (cut(draft.answer, _INPUT_CHARS) if draft else "")
    sources = [source_line(source, words) for source in review.case.sources]
    blocks = [_question(review, words)]
    turns = [(person(turn.user_id, names), quoted(turn.text, SECTION_CHARS - 200)) for turn in review.exchange[-4:]]
    blocks += [section(f"*{who}*\n{text}") for who, text in turns]
    if sources:
        blocks.append(section(cut("\n".join([words("markers-hint"), *sources]), SECTION_CHARS)))
    blocks.append(_input(words("input-answer"), initial, optional=False))
    if findings:
        listed = findings_text(findings, words)
        blocks.append(section(cut(f":warning: *{words('not-proved-by-documents')}*\n{listed}", SECTION_CHARS)))
        blocks.append(_send_anyway_box(words))
        blocks += [_remember_box(review, remember_days, words)] if remember_days else []
    title = words("modal-edit" if draft else "modal-write")
    return _view(_Modal(EDITED, title, words("submit-send")), review.review_id, blocks, words)


def reject_view(review: Review, words: Words = ENGLISH) -> View:
    """Return the modal in which a reviewer gives the reason of a rejection."""
    reason = _input(words("input-reason"), "", optional=True, hint=words("reject-reason-hint"))
    modal = _Modal(REJECTED, words("modal-reject"), words("button-reject"))
    return _view(modal, review.review_id, [_question(review, words), reason], words)


def ask_back_view(review: Review, words: Words = ENGLISH) -> View:
    """Return the modal in which a reviewer writes a question to the asker."""
    blocks = [_question(review, words), _input(words("input-question"), "", optional=False)]
    return _view(_Modal(ASKED_BACK, words("modal-ask-back"), words("submit-ask")), review.review_id, blocks, words)


def reject_many_view(review_ids: Sequence[str], words: Words = ENGLISH) -> View:
    """Return the modal in which a reviewer gives one reason to reject several drafts."""
    blocks = [
        section(words("reviews-to-reject", count=len(review_ids))),
        _input(words("input-reason-of-several"), "", optional=True, hint=words("reject-reason-hint")),
    ]
    modal = _Modal(REJECTED_MANY, words("modal-reject-several"), words("button-reject"))
    return _view(modal, " ".join(review_ids), blocks, words)


@dataclass(frozen=True, slots=True)
class _Modal:
    """What is fixed in a modal: its callback, its title and the name of its button, None without one."""

    callback_id: str
    title: str
    submit: str | None


def _question(review: Review, words: Words) -> Block:
    return section(f"*{words('question')}*\n{quoted(review.question, SECTION_CHARS - 200)}")


def _remember_box(review: Review, days: int, words: Words) -> Block:
    """Return the box that lets others have the answer, ticked unless it may be a private matter."""
    option = Option(value="remember", text=PlainTextObject(text=words("remember-box", days=days)))
    ticked = [option] if is_for_others(review) else None
    return InputBlock(
        block_id=REMEMBER_BLOCK,
        label=words("remember-label"),
        hint=remember_hint(review, words),
        element=CheckboxesElement(action_id=REMEMBER_INPUT, options=[option], initial_options=ticked),
        optional=True,
    )


def _send_anyway_box(words: Words) -> Block:
    option = Option(value="anyway", text=PlainTextObject(text=words("send-anyway")))
    return InputBlock(
        block_id=ANYWAY_BLOCK,
        label=words("not-proved"),
        element=CheckboxesElement(action_id=ANYWAY_INPUT, options=[option]),
        optional=True,
    )


def _input(label: str, text: str, *, optional: bool, hint: str | None = None) -> Block:
    element = PlainTextInputElement(
        action_id=TEXT_INPUT, multiline=True, initial_value=text or None, max_length=_INPUT_CHARS
    )
    return InputBlock(block_id=TEXT_BLOCK, label=label, element=element, optional=optional, hint=hint)


def _view(modal: _Modal, review_id: str, blocks: Sequence[Block], words: Words) -> View:
    return View(
        type="modal",
        callback_id=modal.callback_id,
        title=modal.title,
        submit=modal.submit,
        close=words("close-cancel" if modal.submit else "close"),
        private_metadata=review_id,
        blocks=list(blocks),
    )
