"""Render the modals of the review desk as Block Kit (pure)."""

from collections.abc import Sequence

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
from bot.desk.review_views import ReviewView
from bot.slack.blocks import section
from bot.slack.review_cards import evidence_blocks, findings_text
from bot.slack.text import SECTION_CHARS, escape, packed, person, quoted, source_line, split
from bot.store.records import Review
from bot.surfaces.showing import plain
from bot.surfaces.wording import cut
from bot.surfaces.words import ENGLISH
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
_INPUT_CHARS = 3000


def draft_view(view: ReviewView) -> View:
    """Return the modal that shows draft, quotes and sources to one reviewer, who can approve there."""
    review, draft = view.review, view.review.case.draft
    lines = [escape(plain(line)) for line in split(draft.answer, SECTION_CHARS // 5)] if draft else []
    blocks: list[Block] = [
        section(f"*Question*\n{quoted(review.question, SECTION_CHARS - 200)}"),
        *(section(text) for text in packed(["*Draft*", *lines], SECTION_CHARS) if lines),
        *evidence_blocks(review, in_modal=True),
    ]
    submit = "Approve" if view.can_approve else None
    return _view(APPROVED, "In private", submit, review.review_id, blocks)


def refused_view(words: str) -> View:
    """Return the modal that says why a decision was refused."""
    return _view(APPROVED, "Nothing was sent", None, "", [section(cut(words, SECTION_CHARS))])


def edit_view(
    review: Review, text: str | None = None, findings: Sequence[Finding] = (), names: Names = NO_NAMES
) -> View:
    """Return the modal in which a reviewer rewrites the draft.

    `text` replaces the draft. `findings` are shown with a box to send the answer anyway.
    """
    draft = review.case.draft
    initial = text if text is not None else (cut(draft.answer, _INPUT_CHARS) if draft else "")
    sources = "\n".join(source_line(source) for source in review.case.sources)
    hint = f"Keep or add the markers: the sources they name go out with the answer.\n{sources}" if sources else ""
    blocks: list[Block] = [section(f"*Question*\n{quoted(review.question, SECTION_CHARS - 200)}")]
    turns = [(person(turn.user_id, names), quoted(turn.text, SECTION_CHARS - 200)) for turn in review.exchange[-4:]]
    blocks += [section(f"*{who}*\n{text}") for who, text in turns]
    if hint:
        blocks.append(section(cut(hint, SECTION_CHARS)))
    blocks.append(_input("Answer", initial, optional=False))
    if findings:
        listed = findings_text(findings)
        blocks.append(section(cut(f":warning: *The documents do not prove this:*\n{listed}", SECTION_CHARS)))
        blocks.append(_send_anyway_box())
    title = "Edit the answer" if draft else ENGLISH("write-an-answer")
    return _view(EDITED, title, "Send", review.review_id, blocks)


def reject_view(review: Review) -> View:
    """Return the modal in which a reviewer gives the reason of a rejection."""
    blocks: list[Block] = [
        section(f"*Question*\n{quoted(review.question, SECTION_CHARS - 200)}"),
        _input("Reason for the asker", "", optional=True, hint=ENGLISH("reject-reason-hint")),
    ]
    return _view(REJECTED, "Reject the draft", "Reject", review.review_id, blocks)


def ask_back_view(review: Review) -> View:
    """Return the modal in which a reviewer writes a question to the asker."""
    blocks: list[Block] = [
        section(f"*Question*\n{quoted(review.question, SECTION_CHARS - 200)}"),
        _input("What do you need to know?", "", optional=False),
    ]
    return _view(ASKED_BACK, "Ask the asker", "Ask", review.review_id, blocks)


def reject_many_view(review_ids: Sequence[str]) -> View:
    """Return the modal in which a reviewer gives one reason to reject several drafts."""
    count = len(review_ids)
    blocks: list[Block] = [
        section(f"*{count} review{'s' if count != 1 else ''}* will be rejected."),
        _input("Reason for the askers", "", optional=True, hint=ENGLISH("reject-reason-hint")),
    ]
    return _view(REJECTED_MANY, "Reject the selected", "Reject", " ".join(review_ids), blocks)


def _send_anyway_box() -> Block:
    option = Option(value="anyway", text=PlainTextObject(text="Send anyway: I stand for this, and it is recorded so"))
    return InputBlock(
        block_id=ANYWAY_BLOCK,
        label="Not proved",
        element=CheckboxesElement(action_id=ANYWAY_INPUT, options=[option]),
        optional=True,
    )


def _input(label: str, text: str, *, optional: bool, hint: str | None = None) -> Block:
    element = PlainTextInputElement(
        action_id=TEXT_INPUT, multiline=True, initial_value=text or None, max_length=_INPUT_CHARS
    )
    return InputBlock(block_id=TEXT_BLOCK, label=label, element=element, optional=optional, hint=hint)


def _view(callback_id: str, title: str, submit: str | None, review_id: str, blocks: Sequence[Block]) -> View:
    return View(
        type="modal",
        callback_id=callback_id,
        title=title,
        submit=submit,
        close="Cancel" if submit else "Close",
        private_metadata=review_id,
        blocks=list(blocks),
    )
