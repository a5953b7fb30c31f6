"""The progress view in Slack: a status at once, later a message with the steps of the work. No draft is shown."""

import asyncio
from collections.abc import Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.best_effort import BestEffortCalls
from bot.store.lease import Lease
from bot.store.records import Conversation
from bot.surfaces.wording import cut, linkable
from bot.surfaces.words import ENGLISH, Words
from pipeline.recorder import Progress

_LOADING = ("loading-reading", "loading-comparing", "loading-checking")
# The stages of the pipeline that are shown as steps.
_STEPS = ("retrieve", "generate", "verify", "judge")
_SOURCES = 3


class SlackProgress:
    """Shows the progress of one question. The steps appear after `after_s` seconds.

    `message_id` is the message that shows the steps, "" while there is none.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        best_effort: BestEffortCalls,
        where: Conversation,
        after_s: float,
        message_id: str = "",
        words: Words = ENGLISH,
    ) -> None:
        self._client = client
        self._best_effort = best_effort
        self._where = where
        self._after_s = after_s
        self._words = words
        self._tasks: dict[str, dict[str, Any]] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stream_start: asyncio.Task[bool] | None = None
        self._lease: Lease
        self.message_id = message_id

    def start(self, stop: Callable[[], object], lease: Lease) -> None:  # noqa: ARG002 - Stop comes as an event of its own
        """Begin to show and return at once."""
        self._lease = lease
        self._task = asyncio.create_task(self._show())

    def watch(self, progress: Progress) -> None:
        """Show the stage that the pipeline has reached."""
        if progress.stage == "retrieved" and "retrieve" in self._tasks:
            urls = {chunk.url: chunk.title for chunk in progress.chunks if chunk.url and linkable(chunk.url)}
            sources = [{"type": "url", "url": url, "text": cut(title, 100)} for url, title in urls.items()]
            self._tasks["retrieve"] |= {"status": "complete", "sources": sources[:_SOURCES]}
        elif progress.stage in _STEPS:
            for task in self._tasks.values():
                task["status"] = "complete"
            self._tasks[progress.stage] = {
                "type": "task_update",
                "id": progress.stage,
                "title": self._words.of("step", progress.stage),
                "status": "in_progress",
            }
        self._changed.set()

    async def end(self) -> str:
        """Stop showing; return the id of the message that the reply completes, "" if there is none."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._stream_start:
            await self._stream_start
        return self.message_id

    async def discard(self) -> None:
        """Stop showing and delete the progress message: the question was deleted."""
        where, message_id = self._where, await self.end()
        if message_id:
            await self._best_effort.call(
                where.tenant_id,
                "chat.delete",
                lambda: self._client.chat_delete(channel=where.channel_id, ts=message_id),
            )

    async def _show(self) -> None:
        where, tenant = self._where, self._where.tenant_id
        await self._best_effort.call(
            tenant,
            "agents.sessions.setStatus",
            lambda: self._client.agents_sessions_setStatus(
                channel_id=where.channel_id,
                thread_ts=where.thread_id,
                status="processing",
                initiator_user_id=where.user_id,
            ),
        )
        await self._best_effort.call(
            tenant,
            "assistant.threads.setStatus",
            lambda: self._client.assistant_threads_setStatus(
                channel_id=where.channel_id,
                thread_ts=where.thread_id,
                status=self._words("progress-status"),
                loading_messages=[self._words(message) for message in _LOADING],
            ),
        )
        await asyncio.sleep(self._after_s)
        if bool(self.message_id) or await asyncio.shield(self._starting_stream()):
            while True:
                await self._changed.wait()
                self._changed.clear()
                await self._append_to_stream()

    def _starting_stream(self) -> asyncio.Task[bool]:
        # `end` cancels `_show` but waits for this task: once Slack has made the message, its id must be known.
        self._stream_start = asyncio.create_task(self._start_stream())
        return self._stream_start

    async def _start_stream(self) -> bool:
        if self._lease.left_s() <= 0:
            return False
        self._changed.clear()
        started = await self._best_effort.call(
            self._where.tenant_id,
            "chat.startStream",
            lambda: self._client.chat_startStream(
                channel=self._where.channel_id,
                thread_ts=self._where.thread_id,
                recipient_team_id=self._where.tenant_id,
                recipient_user_id=self._where.user_id,
                task_display_mode="timeline",
                chunks=self._chunks(),
            ),
        )
        self.message_id = str(started["ts"]) if started else ""
        return bool(self.message_id)

    async def _append_to_stream(self) -> None:
        await self._best_effort.call(
            self._where.tenant_id,
            "chat.appendStream",
            lambda: self._client.chat_appendStream(
                channel=self._where.channel_id, ts=self.message_id, chunks=self._chunks()
            ),
        )

    def _chunks(self) -> list[dict[str, Any]]:
        return [dict(task) for task in self._tasks.values()] or [
            {"type": "task_update", "id": "retrieve", "title": self._words("step-retrieve"), "status": "pending"}
        ]
