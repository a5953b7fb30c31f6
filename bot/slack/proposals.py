"""A reviewer's plain reply in the thread of a card: a proposed answer, sent after a press on a button."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, MarkdownBlock

from bot.desk.remembering import is_for_others
from bot.desk.reviews import EditCheck
from bot.slack.best_effort import CALL_ERRORS
from bot.slack.blocks import section
from bot.slack.outgoing import under_card
from bot.slack.payloads import SURFACE, team_of
from bot.slack.render import SlackMessage
from bot.slack.review_actions import decide_and_refresh, refuse
from bot.slack.review_cards import EDIT, findings_text
from bot.slack.services import SlackServices
from bot.slack.text import SECTION_CHARS, VALUE_CHARS, answer_markdown, escape, person
from bot.store.records import Decision, Review
from bot.surfaces.showing import no_link
from bot.surfaces.wording import cut
from bot.surfaces.words import ENGLISH, Words
from index.errors import CitedeskError
from pipeline.understanding.smalltalk import kind_of

SEND = "proposal_send"
SEND_ANYWAY = "proposal_send_anyway"
SEND_ONLY = "proposal_send_only"
DISCARD = "proposal_discard"
_LINK = re.compile(r"<(?P<target>(?:https?://|mailto:|#)[^<>|\s]{1,2000})(?:\|(?P<label>[^<>|]{1,2000}))?>")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A person's reply in a thread: `card` is channel id and timestamp of its first message, which may be a card.

    `message_id` is the timestamp of the reply.
    """

    card: tuple[str, str]
    message_id: str
    user_id: str
    text: str


def proposal_of(body: Mapping[str, Any]) -> Proposal | None:
    """Return the reply in an event that may propose an answer; None for any other event.

    What mentions somebody, asks something or is small talk is talk between reviewers.
    """
    event = body.get("event") or {}
    thread, ts, text = str(event.get("thread_ts") or ""), str(event.get("ts") or ""), str(event.get("text") or "")
    is_plain = event.get("type") == "message" and not event.get("subtype") and not event.get("bot_id")
    if not is_plain or not event.get("user") or thread in {"", ts}:
        return None
    if not text.strip() or "<@" in text or text.rstrip().endswith("?") or kind_of(text):
        return None
    return Proposal((str(event.get("channel")), thread), ts, str(event["user"]), text.strip())


async def review_below(slack: SlackServices, proposal: Proposal) -> Review | None:
    """Return the open review below whose card a reply stands; None if there is none or the person is no reviewer."""
    review = await slack.questions.store.reviews.of_card(SURFACE, *proposal.card)
    if review is None or review.state != "open":
        return None
    return review if proposal.user_id in slack.reviews.views.reviewers_of(review) else None


async def propose(slack: SlackServices, proposal: Proposal) -> None:
    """Show what would be sent below a reviewer's reply, with buttons to send or discard it.

    Nothing happens if the thread is not that of an open review's card, or the person may not decide it. The reply is
    kept in the preview alone.
    """
    review = await review_below(slack, proposal)
    if review is None:
        return
    try:
        await slack.reviews.open_review(review.review_id, proposal.user_id)
        check = await slack.reviews.checked(review, plain_text(proposal.text))
    except CitedeskError:
        # Somebody else has decided meanwhile, or the reviewer may not read what the review cites.
        return
    tenant = slack.workspaces.only or review.conversation.tenant_id
    days = slack.reviews.settings.unsourced_days
    message = proposal_message(review, plain_text(proposal.text), check, slack.languages.words(), days)
    key = f"proposal:{review.review_id}:{proposal.message_id}"
    await slack.questions.store.outbox.send([under_card(key, review, tenant, proposal.card, message)])
    slack.wake_outbox()


def proposal_message(
    review: Review, text: str, check: EditCheck, words: Words = ENGLISH, remember_days: int = 0
) -> SlackMessage:
    """Return the preview of a proposed answer, with what the checks object to.

    What they object to goes to others who ask the same, too, for `remember_days` days, unless it may be a private
    matter or the reviewer chooses otherwise.
    """
    for_others = bool(check.findings) and remember_days > 0 and is_for_others(review)
    blocks: list[Block] = [
        section(f"*{escape(words('proposal-ask'))}*"),
        MarkdownBlock(text=answer_markdown(text, no_link)),
    ]
    if check.findings:
        listed = findings_text(check.findings, words)
        head = f":warning: *{escape(words('not-proved-by-documents'))}*"
        blocks.append(section(cut(f"{head}\n{listed}", SECTION_CHARS)))
    if for_others:
        blocks.append(section(escape(words("proposal-for-others", days=remember_days))))
    if len(f"{review.review_id}\n{text}") > VALUE_CHARS:
        buttons = [ButtonElement(action_id=EDIT, text=words("button-write-answer"), value=review.review_id)]
        blocks.append(section(escape(words("proposal-too-long"))))
    else:
        buttons = _buttons(f"{review.review_id}\n{text}", words, is_proved=not check.findings, for_others=for_others)
    return SlackMessage(words("proposal-ask"), (*blocks, ActionsBlock(elements=buttons)))


def _buttons(value: str, words: Words, *, is_proved: bool, for_others: bool) -> list[ButtonElement]:
    only = ButtonElement(action_id=SEND_ONLY, text=words("proposal-send-only"), value=value)
    anyway = ButtonElement(
        action_id=SEND_ANYWAY if for_others else SEND_ONLY, text=words("proposal-send-anyway"), value=value
    )
    send = ButtonElement(action_id=SEND, text=words("proposal-send"), value=value, style="primary")
    return [
        *([send] if is_proved else [anyway, *([only] if for_others else [])]),
        ButtonElement(action_id=DISCARD, text=words("proposal-discard"), value=value.partition("\n")[0]),
    ]


async def send(slack: SlackServices, body: Mapping[str, Any]) -> None:
    """Send a proposed answer; tell the person if that is refused."""
    action, reviewer = body["actions"][0], str(body["user"]["id"])
    review_id, _, text = str(action["value"]).partition("\n")
    try:
        review = await slack.reviews.open_review(review_id, reviewer)
        check = await slack.reviews.checked(review, text)
        if check.findings and action["action_id"] == SEND:
            await _settle(slack, body, slack.languages.words()("proposal-changed"))
            return
        decision = Decision(
            state="edited",
            reviewer_id=reviewer,
            answer=text,
            sent_anyway=bool(check.findings),
            remember=bool(check.findings) and action["action_id"] == SEND_ANYWAY,
        )
        await decide_and_refresh(slack, body, review_id, decision)
    except CitedeskError as error:
        await refuse(slack, body, error)
        return
    await _settle(slack, body, slack.languages.words()("proposal-sent", name=person(reviewer)))


async def discard(slack: SlackServices, body: Mapping[str, Any]) -> None:
    """Discard a proposed answer, with its text."""
    reviewer = str(body["user"]["id"])
    try:
        await slack.reviews.open_review(str(body["actions"][0]["value"]), reviewer)
    except CitedeskError as error:
        await refuse(slack, body, error)
        return
    await _settle(slack, body, slack.languages.words()("proposal-discarded"))


async def _settle(slack: SlackServices, body: Mapping[str, Any], text: str) -> None:
    """Replace the preview by what became of it."""
    client = await slack.workspaces.client(team_of(body))
    try:
        await client.chat_update(
            channel=str(body["channel"]["id"]),
            ts=str(body["message"]["ts"]),
            text=text,
            blocks=[section(text).to_dict()],
        )
    except CALL_ERRORS:
        # The decision is stored, and a second press is refused.
        return


def plain_text(text: str) -> str:
    """Return a message's text as it was typed: Slack escapes three characters and puts links into angle brackets."""
    links = _LINK.sub(_typed_link, text)
    return links.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _typed_link(found: re.Match[str]) -> str:
    target, label = found["target"].removeprefix("mailto:"), found["label"] or ""
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    # What was typed as an address or as example.com has its own words as label.
    return target if not label or label in target else f"[{label}]({target})"
