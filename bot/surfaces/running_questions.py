"""Questions that this process works on, and what can interrupt the work: Stop, an edit, a deletion."""

import asyncio
from typing import Any, Literal

from bot.store.port import Queue
from bot.store.records import Asked, Conversation

Why = Literal["stopped", "edited", "deleted"]


class RunningQuestions:
    """The questions of all chat products, by their keys in the inbox."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[Conversation, asyncio.Task[Any]]] = {}
        self._reasons: dict[str, Why] = {}

    def begin(self, key: str, where: Conversation, task: asyncio.Task[Any]) -> None:
        """Note that `task` works on a question."""
        self._running[key] = (where, task)

    def end(self, key: str) -> None:
        """Forget a question and cancel what is left of its work."""
        if running := self._running.pop(key, None):
            running[1].cancel()

    def interrupt(self, key: str, why: Why) -> None:
        """Cancel the work on a question if it is still going on."""
        running = self._running.get(key)
        if running and not running[1].done():
            self._reasons[key] = why
            running[1].cancel()

    def reason(self, key: str) -> Why | None:
        """Return and forget why the work on a question was cancelled; None if the process is being stopped."""
        return self._reasons.pop(key, None)

    def stop(self, tenant_id: str, channel_id: str, thread_id: str, user_id: str) -> None:
        """Stop the work on what this person asked in this thread."""
        place = (tenant_id, channel_id, thread_id, user_id)
        asked_there = [
            key
            for key, (where, _) in self._running.items()
            if (where.tenant_id, where.channel_id, where.thread_id, where.user_id) == place
        ]
        for key in asked_there:
            self.interrupt(key, "stopped")

    async def withdraw(self, inbox: Queue, key: str, text: str | None) -> None:
        """Take up an edit of a question that is not answered yet, or drop a deleted one (`text` is None)."""
        payload = await inbox.payload(key)
        if payload is None:
            return
        if text is None:
            await inbox.finish(key)
        else:
            edited = Asked.model_validate_json(payload).model_copy(update={"text": text})
            await inbox.replace(key, edited.model_dump_json())
        self.interrupt(key, "deleted" if text is None else "edited")
