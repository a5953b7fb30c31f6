"""`/citedesk`: everything but `ask`, which the inbox takes."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block

from bot.desk.operations import GapCluster, Operations, Usage
from bot.desk.permissions import NO_NAMES, Names, decision_words, people_of
from bot.slack.home_blocks import outcome_bars, status_text
from bot.slack.payloads import team_of
from bot.slack.render import SlackMessage, section, small
from bot.slack.services import SlackServices
from bot.slack.text import SECTION_CHARS, escape, escaped_within, person
from bot.store.records import Review, ReviewFilter
from bot.surfaces.command_messages import (
    GAPS_SHOWN,
    NO_GAPS,
    NO_REVIEWS,
    PLAIN_ERRORS,
    REINDEXING,
    REVIEWS_SHOWN,
    SKIPPED_SHOWN,
    coverage_words,
    gap_words,
    outcome_words,
    stages_words,
    usage_words,
    why_facts,
)
from bot.surfaces.wording import cut, day
from index.builder import Coverage
from index.errors import CitedeskError
from pipeline.types import Trace

Respond = Callable[..., Coroutine[Any, Any, Any]]
# A response_url takes five messages in 30 minutes: the start, three steps of progress, the end.
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
    """Run one `/citedesk` command; every path answers, only to the person who typed it."""
    name, _, rest = str(command.get("text") or "").strip().partition(" ")
    typed = _Typed(slack, str(command["user_id"]), team_of(command), rest.strip().strip("`"), respond)
    run = _COMMANDS.get(name.lower() or "help")
    try:
        if run:
            await run(typed)
        else:
            await respond(text=f"I do not know `{escape(cut(name, 40))}`.\n{_HELP}")
    except CitedeskError as error:
        plain = f"{str(error)[:1].upper()}{str(error)[1:]}."
        await respond(text=plain if error.code in PLAIN_ERRORS else error.user_message)


@dataclass(frozen=True, slots=True)
class _Typed:
    slack: SlackServices
    user_id: str
    tenant_id: str
    rest: str
    respond: Respond

    async def say(self, text: str, blocks: Sequence[Block]) -> None:
        await self.respond(text=text, blocks=list(blocks))


async def _help(typed: _Typed) -> None:
    await typed.respond(text=_HELP)


async def _reindex(typed: _Typed) -> None:
    await reindex(typed.slack.operations, typed.user_id, typed.respond)


async def _rollback(typed: _Typed) -> None:
    manifest = await typed.slack.operations.rollback(typed.user_id)
    await typed.respond(text=f"Serving the index of {manifest.created_at[:16]} UTC again: `{manifest.name}`.")


async def _status(typed: _Typed) -> None:
    await typed.say("Citedesk status", [section(status_text(await typed.slack.operations.status()))])


async def _why(typed: _Typed) -> None:
    await typed.say("Why", why_blocks(await typed.slack.operations.why(typed.user_id, typed.rest)))


async def _usage(typed: _Typed) -> None:
    operations = typed.slack.operations
    usage = await operations.usage(typed.user_id)
    await typed.say("Usage", usage_blocks(usage, (await operations.status()).days))


async def _gaps(typed: _Typed) -> None:
    await typed.say("Gaps", gap_blocks(await typed.slack.operations.gaps(typed.user_id, typed.tenant_id)))


async def _reviews(typed: _Typed) -> None:
    reviews = await typed.slack.reviews.listed(typed.user_id, ReviewFilter())
    names = await typed.slack.questions.store.people.names([who for review in reviews for who in people_of(review)])
    await typed.say("Reviews", review_blocks(reviews, names))


_COMMANDS: Mapping[str, Callable[[_Typed], Coroutine[Any, Any, None]]] = {
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
    """Build the index, telling how far it is."""
    operations.require_admin(user_id)
    await respond(text=REINDEXING)
    loop = asyncio.get_running_loop()
    steps = list(_PROGRESS_STEPS)
    last = [time.monotonic()]

    def progress(done: int, total: int) -> None:
        # Called on the build's thread.
        due = bool(steps) and total > 0 and done / total >= steps[0] and done < total
        if due and time.monotonic() - last[0] >= _PROGRESS_PAUSE_S:
            steps.pop(0)
            last[0] = time.monotonic()
            asyncio.run_coroutine_threadsafe(respond(text=f"Reindexing: {done:,} of {total:,} chunks."), loop)

    coverage = await operations.reindex(user_id, progress)
    message = coverage_message(coverage)
    await respond(text=message.text, blocks=list(message.blocks))


def coverage_message(coverage: Coverage) -> SlackMessage:
    """Return the coverage report: what was seen, indexed and skipped, and why."""
    head = coverage_words(coverage)
    lines = [f"• `{escape(s.document_id)}`: {escape(s.reason)}" for s in coverage.skipped[:SKIPPED_SHOWN]]
    more = len(coverage.skipped) - SKIPPED_SHOWN
    if more > 0:
        lines.append(f"…and {more} more; `citedesk index status` lists all.")
    skipped = [section(cut("*Skipped*\n" + "\n".join(lines), SECTION_CHARS))] if lines else []
    return SlackMessage(head, (section(f":white_check_mark: {head}"), *skipped, small(f"`{coverage.snapshot}`")))


def why_blocks(trace: Trace) -> list[Block]:
    """Return the path that a request took."""
    lines = [f"{name}: {told}" for name, told in why_facts(trace)]
    return [
        section(f"`{trace.request_id}` ended as *{outcome_words(trace)}*, verdict `{trace.verdict}`."),
        section(escaped_within("\n".join(lines), SECTION_CHARS)),
        small(cut(stages_words(trace), 1000)),
    ]


def usage_blocks(usage: Usage, days: Sequence[tuple[str, str, int]]) -> list[Block]:
    """Return what was asked and what it took."""
    head, told = usage_words(usage)
    return [section(f"*{head}*: {told}"), *([section(outcome_bars(days))] if days else [])]


def gap_blocks(clusters: Sequence[GapCluster]) -> list[Block]:
    """Return what people asked and the documents do not answer, as a list to work from."""
    if not clusters:
        return [section(NO_GAPS)]
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
    """Return the reviews that wait, oldest first."""

    def stands(review: Review) -> str:
        return decision_words(review, lambda user_id: person(user_id, names))

    if not reviews:
        return [section(NO_REVIEWS)]
    lines = [
        f"• {day(r.opened_at)}: “{escaped_within(' '.join(r.question.split()), 140)}” ({stands(r)})"
        for r in reviews[:REVIEWS_SHOWN]
    ]
    if len(reviews) > REVIEWS_SHOWN:
        lines.append(f"…and {len(reviews) - REVIEWS_SHOWN} more")
    told = "\n".join(["*Waiting for a reviewer*", *lines, "Decide them on their cards, or on my Home tab."])
    return [section(cut(told, SECTION_CHARS))]
