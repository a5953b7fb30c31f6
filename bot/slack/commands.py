"""`/citedesk`: ask, reindex, status, help."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog

from bot.desk import Desk, Status
from bot.slack.conversation import Slack
from bot.slack.events import SURFACE
from bot.slack.render import SlackMessage, reply_message, section, small
from bot.slack.reviewing import post_card
from bot.slack.text import SECTION_CHARS, cut, escape
from bot.store.records import Conversation
from index.builder import Coverage
from index.errors import CitedeskError

Respond = Callable[..., Coroutine[Any, Any, Any]]
_log = structlog.get_logger(__name__)
# A response_url takes five messages in 30 minutes: the start, three steps of progress, the end.
_PROGRESS_STEPS = (0.25, 0.5, 0.75)
_PROGRESS_PAUSE_S = 5.0
_SKIPPED_SHOWN = 20
_HELP = (
    "*Citedesk answers from your team's documents, with sources, or says that it cannot.*\n"
    "• Mention me in a channel, or write to me directly, and ask.\n"
    "• `/citedesk ask QUESTION` answers only to you.\n"
    "• `/citedesk status` shows the index and the queue.\n"
    "• `/citedesk reindex` reads the documents anew (admins).\n"
    "• `/citedesk help` shows this."
)


async def handle(slack: Slack, command: Mapping[str, Any], respond: Respond) -> None:
    """Run one `/citedesk` command; every path answers, only to the person who typed it."""
    name, _, rest = str(command.get("text") or "").strip().partition(" ")
    try:
        match name.lower():
            case "ask":
                await _ask(slack, command, rest.strip(), respond)
            case "reindex":
                await _reindex(slack.desk, str(command["user_id"]), respond)
            case "status":
                await respond(blocks=[section(_status_text(await slack.desk.status()))], text="Citedesk status")
            case "" | "help":
                await respond(text=_HELP)
            case _:
                await respond(text=f"I do not know `{escape(cut(name, 40))}`.\n{_HELP}")
    except CitedeskError as error:
        await respond(text=str(error) if error.code == "BUILD_REFUSED" else error.user_message)


async def _ask(slack: Slack, command: Mapping[str, Any], text: str, respond: Respond) -> None:
    where = Conversation(
        surface=SURFACE,
        tenant_id=str(command["team_id"]),
        user_id=str(command["user_id"]),
        # A decision that comes later reaches the asker in a direct message, not in the channel.
        channel_id=str(command["user_id"]),
        thread_id="",
        private=True,
    )
    reply = await slack.desk.ask(text, where)
    message = reply_message(reply, text)
    await respond(text=message.text, blocks=list(message.blocks))
    if reply.review:
        await post_card(slack.client, slack.desk, slack.reviewers_channel, reply.review)


async def _reindex(desk: Desk, user_id: str, respond: Respond) -> None:
    desk.require_admin(user_id)
    await respond(text="Reindexing has begun. I will report here.")
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

    coverage = await desk.reindex(user_id, progress)
    message = coverage_message(coverage)
    await respond(text=message.text, blocks=list(message.blocks))


def coverage_message(coverage: Coverage) -> SlackMessage:
    """Return the coverage report: what was seen, indexed and skipped, and why."""
    head = (
        f"Reindexed: {coverage.indexed} of {coverage.seen} files, {coverage.chunks:,} chunks "
        f"({coverage.reused:,} unchanged)."
    )
    lines = [f"• `{escape(s.document_id)}`: {escape(s.reason)}" for s in coverage.skipped[:_SKIPPED_SHOWN]]
    more = len(coverage.skipped) - _SKIPPED_SHOWN
    if more > 0:
        lines.append(f"…and {more} more; `citedesk index status` lists all.")
    skipped = [section(cut("*Skipped*\n" + "\n".join(lines), SECTION_CHARS))] if lines else []
    return SlackMessage(head, (section(f":white_check_mark: {head}"), *skipped, small(f"`{coverage.snapshot}`")))


def _status_text(status: Status) -> str:
    manifest = status.manifest
    index = (
        f"{len(manifest.documents)} documents, {manifest.chunk_count:,} chunks, built {manifest.created_at}"
        if manifest
        else "no index can be served; run `/citedesk reindex`"
    )
    outcomes = ", ".join(f"{kind.replace('_', ' ')} {n}" for kind, n in status.counts.outcomes.items()) or "none"
    return (
        f"*Index*: {index}\n*Answers by*: {status.provider}\n"
        f"*Last 24 hours*: {outcomes}\n*Reviews waiting*: {status.counts.open_reviews}"
    )
