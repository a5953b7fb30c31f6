"""Review cards and modals as Block Kit. Pure functions."""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    HeaderBlock,
    InputBlock,
    MarkdownBlock,
    PlainTextInputElement,
)
from slack_sdk.models.views import View

from bot.slack.render import SlackMessage, section, small
from bot.slack.text import SECTION_CHARS, answer_markdown, cut, escape, escaped_within, quoted, source_line
from bot.store.records import Review
from pipeline.types import Citation, Failure, Finding, FindingCode

APPROVE = "review_approve"
EDIT = "review_edit"
REJECT = "review_reject"
EDITED = "review_edited"
REJECTED = "review_rejected"
TEXT_BLOCK = "text"
TEXT_INPUT = "text_input"
_INPUT_CHARS = 3000
_QUOTE_CHARS = 500
_MAX_QUOTES = 6
_MAX_FINDINGS = 8
_REASONS = {
    Failure.UNVERIFIED: "The draft could not be proved from the documents.",
    Failure.LOW_CONFIDENCE: "The draft is proved, but whether it answers the question is doubtful.",
    Failure.SCHEMA_INVALID: "The model's reply could not be read.",
    Failure.POLICY: "Blocked for safety: the question, or what came back for it, looked like an attempt to steer me.",
    Failure.INSUFFICIENT_CONTEXT: "The asker wants a person to answer.",
}
_FINDINGS = {
    FindingCode.NO_CITATION: "cites nothing",
    FindingCode.UNKNOWN_CHUNK: "cites something that was not retrieved",
    FindingCode.QUOTE_NOT_FOUND: "quotes words that are not in the source",
    FindingCode.UNCITED_CLAIM: "states this without a source",
    FindingCode.UNSUPPORTED_VALUE: "states a value that the source does not hold",
    FindingCode.WEAK_SUPPORT: "goes beyond the words that it cites",
    FindingCode.FOREIGN_LINK: "holds a link that no document has",
    FindingCode.TOO_LONG: "is too long",
    FindingCode.INJECTION: "follows an instruction found in a document",
    FindingCode.LEAK: "repeats our own instructions, or holds a credential",
    FindingCode.CHECK_FAILED: "could not be checked",
}


def review_card(review: Review, *, show_draft: bool) -> SlackMessage:
    """Return the card for the reviewers' channel.

    `show_draft` is False when not every reviewer may read what the draft cites.
    """
    draft = review.case.draft
    asker = f"<@{review.conversation.user_id}>"
    blocks: list[Block] = [
        HeaderBlock(text="Review needed"),
        section(f"*{asker} asked*\n{quoted(review.question, SECTION_CHARS - 200)}"),
        small(_REASONS.get(review.case.reason, review.case.reason)),
    ]
    if draft and not show_draft:
        blocks.append(
            section(":lock: The draft cites a restricted document. *Edit* shows it to those who may read it.")
        )
    elif draft:
        blocks += [section("*Draft*"), MarkdownBlock(text=answer_markdown(draft.answer)), *_evidence(review)]
    blocks += [_buttons(review, can_approve=draft is not None and show_draft), small(f"`{review.review_id}`")]
    return SlackMessage(f"Review needed: {escape(cut(review.question, 200))}", tuple(blocks))


def decided_card(review: Review, *, show_draft: bool) -> SlackMessage:
    """Return the card after the decision: who, what, and no buttons."""
    verb = {"approved": "Approved", "edited": "Edited and approved", "rejected": "Rejected"}[review.state]
    head = f"{verb} by <@{review.decided_by}>"
    mark = ":x:" if review.state == "rejected" else ":white_check_mark:"
    blocks: list[Block] = [
        section(f"{mark} *{head}*"),
        section(f"*<@{review.conversation.user_id}> asked*\n{quoted(review.question, SECTION_CHARS - 200)}"),
    ]
    if review.answer and show_draft:
        blocks += [section("*Sent*"), MarkdownBlock(text=answer_markdown(review.answer))]
    if review.note:
        blocks.append(section(f"*Reason*\n{quoted(review.note, SECTION_CHARS - 200)}"))
    return SlackMessage(head, (*blocks, small(f"`{review.review_id}`")))


def edit_view(review: Review) -> View:
    """Return the modal in which a reviewer rewrites the draft."""
    draft = review.case.draft
    text = cut(draft.answer, _INPUT_CHARS) if draft else ""
    sources = "\n".join(source_line(source) for source in review.case.sources)
    hint = f"Keep the markers: the sources they name go out with the answer.\n{sources}" if sources else ""
    blocks: list[Block] = [section(f"*Question*\n{quoted(review.question, SECTION_CHARS - 200)}")]
    if hint:
        blocks.append(section(cut(hint, SECTION_CHARS)))
    blocks.append(_input("Answer", text, optional=False))
    return _view(EDITED, "Edit the answer", "Send", review.review_id, blocks)


def reject_view(review: Review) -> View:
    """Return the modal in which a reviewer may say why there is no answer."""
    blocks: list[Block] = [
        section(f"*Question*\n{quoted(review.question, SECTION_CHARS - 200)}"),
        _input("Reason for the asker", "", optional=True),
    ]
    return _view(REJECTED, "Reject the draft", "Reject", review.review_id, blocks)


def _evidence(review: Review) -> list[Block]:
    citations = review.case.draft.citations if review.case.draft else ()
    lines = [_quote_line(citation) for citation in citations]
    blocks: list[Block] = []
    if lines:
        more = f"\n…and {len(lines) - _MAX_QUOTES} more" if len(lines) > _MAX_QUOTES else ""
        blocks.append(section(cut("*Quotes*\n" + "\n".join(lines[:_MAX_QUOTES]), SECTION_CHARS - 30) + more))
    if review.case.sources:
        sources = "\n".join(source_line(source) for source in review.case.sources[:10])
        blocks.append(section(cut(f"*Sources*\n{sources}", SECTION_CHARS)))
    if review.case.findings:
        blocks.append(section(cut(f"*Findings*\n{_findings(review.case.findings)}", SECTION_CHARS)))
    return blocks


def _quote_line(citation: Citation) -> str:
    return f"[{citation.marker}] “{escaped_within(' '.join(citation.quote.split()), _QUOTE_CHARS)}”"


def _findings(findings: Sequence[Finding]) -> str:
    lines = [
        f"• `{finding.code}` {_FINDINGS[finding.code]}: “{escaped_within(' '.join(finding.span.split()), 200)}”"
        for finding in findings[:_MAX_FINDINGS]
    ]
    more = len(findings) - _MAX_FINDINGS
    return "\n".join([*lines, *([f"…and {more} more"] if more > 0 else [])])


def _buttons(review: Review, *, can_approve: bool) -> Block:
    approve = ButtonElement(action_id=APPROVE, text="Approve", value=review.review_id, style="primary")
    label = "Edit" if review.case.draft else "Write answer"
    edit = ButtonElement(action_id=EDIT, text=label, value=review.review_id)
    reject = ButtonElement(action_id=REJECT, text="Reject", value=review.review_id, style="danger")
    return ActionsBlock(
        block_id=f"review_{review.review_id}", elements=[*([approve] if can_approve else []), edit, reject]
    )


def _input(label: str, text: str, *, optional: bool) -> Block:
    element = PlainTextInputElement(
        action_id=TEXT_INPUT, multiline=True, initial_value=text or None, max_length=_INPUT_CHARS
    )
    return InputBlock(block_id=TEXT_BLOCK, label=label, element=element, optional=optional)


def _view(callback_id: str, title: str, submit: str, review_id: str, blocks: Sequence[Block]) -> View:
    return View(
        type="modal",
        callback_id=callback_id,
        title=title,
        submit=submit,
        close="Cancel",
        private_metadata=review_id,
        blocks=list(blocks),
    )
