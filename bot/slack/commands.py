"""The commands of `/citedesk`, except `ask`: the intake stores that question in the inbox."""

import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block

from bot.desk.explaining import Explained
from bot.desk.gaps import GapCluster
from bot.desk.operations import Usage
from bot.desk.permissions import NO_NAMES, Names, people_of
from bot.slack.blocks import section, small
from bot.slack.gap_views import gap_buttons
from bot.slack.home_blocks import outcome_bars, status_text
from bot.slack.payloads import COMMAND, SURFACE, team_of
from bot.slack.report_view import report_message
from bot.slack.services import SlackServices
from bot.slack.text import SECTION_CHARS, escape, escaped_within, person
from bot.store.records import BuildOrder, Conversation, Review, ReviewFilter
from bot.surfaces.command_messages import (
    GAPS_SHOWN,
    REVIEWS_SHOWN,
    error_words,
    gap_words,
    reopened_lines,
    reopened_words,
    rolled_back_words,
    stages_words,
    usage_words,
)
from bot.surfaces.refusals import decision_words
from bot.surfaces.why_words import why_words
from bot.surfaces.wording import cut
from bot.surfaces.words import ENGLISH, Words, message_of
from index.errors import CitedeskError
from index.retrieval import Rollback

Respond = Callable[..., Coroutine[Any, Any, Any]]
# As in the manifest: Slack shows it in one language.
_SHORTCUT = "Ask Citedesk about this"
# What the help shows of each command, in its order; what a message says of one is "help-" and its name.
_SHOWN = (
    ("ask", "ask …"),
    ("status", "status"),
    ("reviews", "reviews"),
    ("reindex", "reindex"),
    ("rollback", "rollback"),
    ("why", "why ID"),
    ("usage", "usage"),
    ("report", "report"),
    ("gaps", "gaps"),
    ("help", "help"),
)


async def handle(slack: SlackServices, command: Mapping[str, Any], respond: Respond) -> None:
    """Run one command and answer the person who typed it; a CitedeskError is answered in words.

    Without a name, or with an unknown one, the answer is the help.
    """
    name, _, rest = str(command.get("text") or "").strip().partition(" ")
    user_id, tenant_id = str(command["user_id"]), team_of(command)
    words = await slack.words_of(tenant_id, user_id)
    call = _CommandCall(slack, user_id, tenant_id, rest.strip().strip("`"), respond, words, command)
    run = COMMANDS.get(name.lower() or "help")
    try:
        if run:
            await run(call)
        else:
            unknown = words("unknown-command", name=f"`{escape(cut(name, 40))}`")
            await respond(text=f"{unknown}\n{help_text(words)}")
    except CitedeskError as error:
        await respond(text=error_words(error, words))


@dataclass(frozen=True, slots=True)
class _CommandCall:
    slack: SlackServices
    user_id: str
    tenant_id: str
    argument: str
    respond: Respond
    words: Words
    command: Mapping[str, Any]

    async def answer(self, title: str, blocks: Sequence[Block]) -> None:
        await self.respond(text=self.words(title), blocks=list(blocks))


def help_text(words: Words = ENGLISH) -> str:
    """Return what can be asked and commanded, as mrkdwn."""
    shortcut = f"*{_SHORTCUT}*"
    lines = [
        words(message_of("help", name), command=f"`{COMMAND} {shown}`", shortcut=shortcut) for name, shown in _SHOWN
    ]
    return "\n".join([f"*{words('help-head')}*", *(f"• {line}" for line in (words("help-mention"), *lines))])


async def _help(call: _CommandCall) -> None:
    await call.respond(text=help_text(call.words))


async def _reindex(call: _CommandCall) -> None:
    build_id = f"b-{secrets.token_hex(6)}"
    before = await call.slack.operations.order_build(build_id, await _build_order(call))
    await call.respond(text=call.words("reindexing-next" if before else "reindexing"))


async def _build_order(call: _CommandCall) -> BuildOrder:
    """Return an order whose result goes to the response URL, or as a direct message if there is none."""
    where = Conversation(
        surface=SURFACE,
        tenant_id=call.tenant_id,
        user_id=call.user_id,
        channel_id=str(call.command.get("channel_id") or call.user_id),
        thread_id="",
        private=True,
        language=await call.slack.membership.locale(call.tenant_id, call.user_id),
    )
    return BuildOrder(where=where, response_url=str(call.command.get("response_url") or ""))


async def _rollback(call: _CommandCall) -> None:
    rolled = await call.slack.operations.rollback(call.user_id, call.argument)
    if rolled.done:
        await call.respond(text=rolled_back_words(rolled.plan.manifest, call.words))
    else:
        await call.answer("title-rollback", reopened_blocks(rolled.plan, call.words))


async def _status(call: _CommandCall) -> None:
    status = await call.slack.operations.status(call.user_id)
    await call.answer("title-status", [section(status_text(status, call.words))])


async def _why(call: _CommandCall) -> None:
    found = await call.slack.operations.why(call.user_id, call.tenant_id, call.argument)
    await call.answer("title-why", why_blocks(found, call.words))


async def _usage(call: _CommandCall) -> None:
    operations = call.slack.operations
    usage = await operations.usage(call.user_id)
    days = (await operations.status(call.user_id)).days
    await call.answer("title-usage", usage_blocks(usage, days, call.words))


async def _report(call: _CommandCall) -> None:
    report = await call.slack.operations.report(call.user_id, call.tenant_id)
    message = report_message(report, call.words, quotes=True)
    await call.respond(text=message.text, blocks=list(message.blocks))


async def _gaps(call: _CommandCall) -> None:
    gaps = await call.slack.operations.gaps(call.user_id, call.tenant_id)
    await call.answer("title-gaps", gap_blocks(gaps, call.words))


async def _reviews(call: _CommandCall) -> None:
    reviews = [view.review for view in await call.slack.reviews.views.listed(call.user_id, ReviewFilter())]
    names = await call.slack.questions.store.people.names([who for review in reviews for who in people_of(review)])
    await call.answer("title-reviews", review_blocks(reviews, names, call.words))


COMMANDS: Mapping[str, Callable[[_CommandCall], Coroutine[Any, Any, None]]] = {
    "help": _help,
    "status": _status,
    "reviews": _reviews,
    "reindex": _reindex,
    "rollback": _rollback,
    "why": _why,
    "usage": _usage,
    "report": _report,
    "gaps": _gaps,
}


def reopened_blocks(plan: Rollback, words: Words = ENGLISH) -> list[Block]:
    """Return the documents that a rollback opens to more people, and how to confirm it."""
    lines = "\n".join(f"• {line}" for line in reopened_lines(plan, words))
    return [
        section(f"*{reopened_words(plan, words)}*"),
        section(escaped_within(lines, SECTION_CHARS)),
        section(words("go-back", command=f"`{COMMAND} rollback {plan.manifest.name}`")),
    ]


def why_blocks(found: Explained, words: Words = ENGLISH) -> list[Block]:
    """Return why a request ended so: the paragraph, and in small print id, verdict and the time of each stage."""
    said = why_words(found, lambda user_id: person(user_id, found.names), escape, words)
    facts = f"`{found.trace.request_id}` · `{found.trace.verdict}` · {stages_words(found.trace, words)}"
    return [section(cut(said, SECTION_CHARS)), small(cut(facts, 1000))]


def usage_blocks(usage: Usage, days: Sequence[tuple[str, str, int]], words: Words = ENGLISH) -> list[Block]:
    """Return the usage of the last days and a chart of `days`, which are (day, outcome, count)."""
    head, sentence = usage_words(usage, words)
    return [section(f"*{head}*: {sentence}"), *([section(outcome_bars(days, words))] if days else [])]


def gap_blocks(clusters: Sequence[GapCluster], words: Words = ENGLISH) -> list[Block]:
    """Return the clusters of questions that the documents do not answer, GAPS_SHOWN at most."""
    if not clusters:
        return [section(words("no-gaps"))]
    blocks: list[Block] = [section(f"*{words('gaps')}*")]
    for cluster in clusters[:GAPS_SHOWN]:
        titles = escaped_within(", ".join(cluster.nearest), 300)
        near = f"\n{words('gap-nearest', titles=titles)}" if titles else ""
        first, *more = cluster.wordings
        others = "".join(f"\n• {escaped_within(question, 200)}" for question in more[:3])
        head = f"*{escaped_within(first, 300)}*\n{gap_words(cluster, words)}"
        blocks += [section(f"{head}{others}{near}"), gap_buttons(cluster, words)]
    if len(clusters) > GAPS_SHOWN:
        blocks.append(small(words("and-more", count=len(clusters) - GAPS_SHOWN)))
    return blocks


def review_blocks(reviews: Sequence[Review], names: Names = NO_NAMES, words: Words = ENGLISH) -> list[Block]:
    """Return the waiting reviews in the given order, REVIEWS_SHOWN at most."""

    def state_words(review: Review) -> str:
        return decision_words(review, lambda user_id: person(user_id, names), words)

    if not reviews:
        return [section(words("no-reviews"))]
    lines = [f"• {words.day(r.opened_at)}: {_asked(r, words)} ({state_words(r)})" for r in reviews[:REVIEWS_SHOWN]]
    if len(reviews) > REVIEWS_SHOWN:
        lines.append(words("and-more", count=len(reviews) - REVIEWS_SHOWN))
    text = "\n".join([f"*{words('reviews-waiting')}*", *lines, words("reviews-where")])
    return [section(cut(text, SECTION_CHARS))]


def _asked(review: Review, words: Words) -> str:
    return words("in-quotes", text=escaped_within(" ".join(review.question.split()), 140))
