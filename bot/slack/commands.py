"""The commands of `/citedesk`, except `ask`: the intake stores that question in the inbox."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from slack_sdk.models.blocks import Block

from bot.desk.operations import GapCluster, Operations, Usage
from bot.desk.permissions import NO_NAMES, Names, people_of
from bot.slack.blocks import section, small
from bot.slack.home_blocks import outcome_bars, status_text
from bot.slack.payloads import COMMAND, team_of
from bot.slack.render import SlackMessage
from bot.slack.services import SlackServices
from bot.slack.text import SECTION_CHARS, SMALL_CHARS, escape, escaped_within, person
from bot.store.records import Review, ReviewFilter
from bot.surfaces.command_messages import (
    GAPS_SHOWN,
    REVIEWS_SHOWN,
    SKIPPED_SHOWN,
    coverage_words,
    error_words,
    gap_words,
    outcome_words,
    remark_lines,
    reopened_lines,
    reopened_words,
    rolled_back_words,
    stages_words,
    usage_words,
    why_facts,
)
from bot.surfaces.refusals import decision_words
from bot.surfaces.wording import cut
from bot.surfaces.words import ENGLISH
from index.builder import Coverage
from index.errors import CitedeskError
from index.retrieval import Rollback
from pipeline.types import Trace

Respond = Callable[..., Coroutine[Any, Any, Any]]
# A response URL takes five messages in 30 minutes: the start, three steps of progress, the end.
_PROGRESS_STEPS = (0.25, 0.5, 0.75)
_PROGRESS_PAUSE_S = 5.0
_HELP = (
    "*Citedesk answers from your team's documents, with sources, or says that it cannot.*\n"
    "• Mention me in a channel, or write to me directly, and ask. In a thread of ours, just go on asking.\n"
    "• `/citedesk ask QUESTION` answers only to you. *Ask Citedesk about this*, in a message's menu, does too.\n"
    "• `/citedesk status` shows the index and the queue.\n"
    "• `/citedesk reviews` lists what waits for a reviewer (reviewers).\n"
    "• `/citedesk reindex` reads the documents anew, `/citedesk rollback` goes back to the index before (admins).\n"
    "• `/citedesk why ID` explains a request, `/citedesk usage` counts, `/citedesk gaps` lists what people asked "
    "and the documents do not answer (admins).\n"
    "• `/citedesk help` shows this."
)


async def handle(slack: SlackServices, command: Mapping[str, Any], respond: Respond) -> None:
    """Run one command and answer the person who typed it; a CitedeskError is answered in words.

    Without a name, or with an unknown one, the answer is the help.
    """
    name, _, rest = str(command.get("text") or "").strip().partition(" ")
    call = _CommandCall(slack, str(command["user_id"]), team_of(command), rest.strip().strip("`"), respond)
    run = _COMMANDS.get(name.lower() or "help")
    try:
        if run:
            await run(call)
        else:
            await respond(text=f"I do not know `{escape(cut(name, 40))}`.\n{_HELP}")
    except CitedeskError as error:
        await respond(text=error_words(error))


@dataclass(frozen=True, slots=True)
class _CommandCall:
    slack: SlackServices
    user_id: str
    tenant_id: str
    argument: str
    respond: Respond

    async def answer(self, text: str, blocks: Sequence[Block]) -> None:
        await self.respond(text=text, blocks=list(blocks))


async def _help(call: _CommandCall) -> None:
    await call.respond(text=_HELP)


async def _reindex(call: _CommandCall) -> None:
    await reindex(call.slack.operations, call.user_id, call.respond)


async def _rollback(call: _CommandCall) -> None:
    rolled = await call.slack.operations.rollback(call.user_id, call.argument)
    if rolled.done:
        await call.respond(text=rolled_back_words(rolled.plan.manifest))
    else:
        await call.answer("Rollback", reopened_blocks(rolled.plan))


async def _status(call: _CommandCall) -> None:
    await call.answer("Citedesk status", [section(status_text(await call.slack.operations.status(call.user_id)))])


async def _why(call: _CommandCall) -> None:
    await call.answer("Why", why_blocks(await call.slack.operations.why(call.user_id, call.argument)))


async def _usage(call: _CommandCall) -> None:
    operations = call.slack.operations
    usage = await operations.usage(call.user_id)
    await call.answer("Usage", usage_blocks(usage, (await operations.status(call.user_id)).days))


async def _gaps(call: _CommandCall) -> None:
    await call.answer("Gaps", gap_blocks(await call.slack.operations.gaps(call.user_id, call.tenant_id)))


async def _reviews(call: _CommandCall) -> None:
    reviews = [view.review for view in await call.slack.reviews.views.listed(call.user_id, ReviewFilter())]
    names = await call.slack.questions.store.people.names([who for review in reviews for who in people_of(review)])
    await call.answer("Reviews", review_blocks(reviews, names))


_COMMANDS: Mapping[str, Callable[[_CommandCall], Coroutine[Any, Any, None]]] = {
    "help": _help,
    "status": _status,
    "reviews": _reviews,
    "reindex": _reindex,
    "rollback": _rollback,
    "why": _why,
    "usage": _usage,
    "gaps": _gaps,
}


async def reindex(operations: Operations, user_id: str, respond: Respond) -> None:
    """Build the index; answer at its start, at three steps at most, and with the coverage report.

    Raises NotAdminError, BuildRefusedError.
    """
    operations.require_admin(user_id)
    await respond(text=ENGLISH("reindexing"))
    loop = asyncio.get_running_loop()
    steps = list(_PROGRESS_STEPS)
    answered_at = [time.monotonic()]

    def progress(done: int, total: int) -> None:
        # Runs on the build's thread, so the answer is handed to the event loop.
        due = bool(steps) and total > 0 and done / total >= steps[0] and done < total
        if due and time.monotonic() - answered_at[0] >= _PROGRESS_PAUSE_S:
            steps.pop(0)
            answered_at[0] = time.monotonic()
            asyncio.run_coroutine_threadsafe(respond(text=f"Reindexing: {done:,} of {total:,} chunks."), loop)

    coverage = await operations.reindex(user_id, progress)
    message = coverage_message(coverage, datetime.now(UTC).date())
    await respond(text=message.text, blocks=list(message.blocks))


def coverage_message(coverage: Coverage, today: date) -> SlackMessage:
    """Return the coverage report: how much was seen, indexed and skipped, and why, and what was not seen."""
    head = coverage_words(coverage)
    lines = [f"• `{escape(s.name)}`: {escape(s.reason)}" for s in coverage.skipped[:SKIPPED_SHOWN]]
    more = len(coverage.skipped) - SKIPPED_SHOWN
    if more > 0:
        lines.append(f"…and {more} more; `citedesk index status` lists all.")
    skipped = [section(cut("*Skipped*\n" + "\n".join(lines), SECTION_CHARS))] if lines else []
    remarks = escaped_within("\n".join(f"• {line}" for line in remark_lines(coverage, today)), SMALL_CHARS)
    noted = [small(remarks)] if remarks else []
    head_block = section(f":white_check_mark: {head}")
    return SlackMessage(head, (head_block, *skipped, *noted, small(f"`{coverage.snapshot}`")))


def reopened_blocks(plan: Rollback) -> list[Block]:
    """Return the documents that a rollback opens to more people, and how to confirm it."""
    lines = "\n".join(f"• {line}" for line in reopened_lines(plan))
    return [
        section(f"*{reopened_words(plan)}*"),
        section(escaped_within(lines, SECTION_CHARS)),
        section(f"To go back all the same: `{COMMAND} rollback {plan.manifest.name}`"),
    ]


def why_blocks(trace: Trace) -> list[Block]:
    """Return the trace of a request: outcome, verdict, facts and the time of each stage."""
    lines = [f"{name}: {value}" for name, value in why_facts(trace)]
    return [
        section(f"`{trace.request_id}` ended as *{outcome_words(trace)}*, verdict `{trace.verdict}`."),
        section(escaped_within("\n".join(lines), SECTION_CHARS)),
        small(cut(stages_words(trace), 1000)),
    ]


def usage_blocks(usage: Usage, days: Sequence[tuple[str, str, int]]) -> list[Block]:
    """Return the usage of the last days and a chart of `days`, which are (day, outcome, count)."""
    head, words = usage_words(usage)
    return [section(f"*{head}*: {words}"), *([section(outcome_bars(days))] if days else [])]


def gap_blocks(clusters: Sequence[GapCluster]) -> list[Block]:
    """Return the clusters of questions that the documents do not answer, GAPS_SHOWN at most."""
    if not clusters:
        return [section(ENGLISH("no-gaps"))]
    blocks: list[Block] = [section("*Asked, and not answered by the documents*")]
    for cluster in clusters[:GAPS_SHOWN]:
        first = cluster.gaps[0]
        near = f"\nnearest: {escaped_within(', '.join(cluster.nearest), 300)}" if cluster.nearest else ""
        others = "".join(f"\n• {escaped_within(' '.join(gap.question.split()), 200)}" for gap in cluster.gaps[1:4])
        head = f"*{escaped_within(' '.join(first.question.split()), 300)}*\n{gap_words(cluster)}"
        blocks.append(section(f"{head}{others}{near}"))
    if len(clusters) > GAPS_SHOWN:
        blocks.append(small(f"…and {len(clusters) - GAPS_SHOWN} more."))
    return blocks


def review_blocks(reviews: Sequence[Review], names: Names = NO_NAMES) -> list[Block]:
    """Return the waiting reviews in the given order, REVIEWS_SHOWN at most."""

    def state_words(review: Review) -> str:
        return decision_words(review, lambda user_id: person(user_id, names))

    if not reviews:
        return [section(ENGLISH("no-reviews"))]
    lines = [
        f"• {ENGLISH.day(r.opened_at)}: “{escaped_within(' '.join(r.question.split()), 140)}” ({state_words(r)})"
        for r in reviews[:REVIEWS_SHOWN]
    ]
    if len(reviews) > REVIEWS_SHOWN:
        lines.append(f"…and {len(reviews) - REVIEWS_SHOWN} more")
    text = "\n".join(["*Waiting for a reviewer*", *lines, "Decide them on their cards, or on my Home tab."])
    return [section(cut(text, SECTION_CHARS))]
