"""Questions that are being worked on, and what may come between: Stop, an edit, a deletion."""

import asyncio
from typing import Any, Literal

from bot.store.records import Asked
from bot.store.sqlite.queues import JobQueue

Why = Literal["stopped", "edited", "deleted"]


class Interruptions:
    """The running questions of one chat product, by their keys in the inbox."""

    def __init__(self, inbox: JobQueue) -> None:
        self._inbox = inbox
        self._running: dict[str, tuple[Asked, asyncio.Task[Any]]] = {}
        self._reasons: dict[str, Why] = {}

    def begin(self, key: str, asked: Asked, task: asyncio.Task[Any]) -> None:
        """Note that a question is being worked on by `task`."""
        self._running[key] = (asked, task)

    def end(self, key: str) -> None:
        """Forget a question; nothing of its work goes on."""
        if running := self._running.pop(key, None):
            running[1].cancel()

    def keys_of(self, tenant_id: str, channel_id: str, thread_id: str, user_id: str) -> list[str]:
        """Return the running questions of a person in a place."""
        place = (tenant_id, channel_id, thread_id, user_id)
        asked_by = {key: asked.where for key, (asked, _) in self._running.items()}
        return [k for k, w in asked_by.items() if (w.tenant_id, w.channel_id, w.thread_id, w.user_id) == place]

    def interrupt(self, key: str, why: Why) -> None:
        """Cancel the work on a question, if it is still going on."""
        running = self._running.get(key)
        if running and not running[1].done():
            self._reasons[key] = why
            running[1].cancel()

    def reason(self, key: str) -> Why | None:
        """Return why the work on a question was cancelled; None if the process is being stopped instead."""
        return self._reasons.pop(key, None)

    async def withdraw(self, key: str, text: str | None) -> None:
        """Take up an edit of a question that is not answered yet, or forget a deleted one (`text` is None)."""
        payload = await self._inbox.payload(key)
        if payload is None:
            return
        if text is None:
            await self._inbox.finish(key)
        else:
            edited = Asked.model_validate_json(payload).model_copy(update={"text": text})
            await self._inbox.replace(key, edited.model_dump_json())
        self.interrupt(key, "deleted" if text is None else "edited")
