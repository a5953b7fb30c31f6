"""The questions that this process is working on. Stop, an edit or a deletion interrupts the work."""

import asyncio
import json
from typing import Any, Literal

from bot.desk.questions import Reply
from bot.store.port import Store
from bot.store.records import Asked, Conversation
from bot.store.shared import INTERRUPT, STOP

# Replies that could not be settled are few; another process may settle one of them.
_KEPT_REPLIES = 200
Why = Literal["stopped", "edited", "deleted"]


class RunningQuestions:
    """The running questions of all chat products, by inbox key."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[Conversation, asyncio.Task[Any]]] = {}
        self._reasons: dict[str, Why] = {}
        self._replies: dict[str, tuple[Asked, Reply]] = {}

    def begin(self, key: str, where: Conversation, task: asyncio.Task[Any]) -> None:
        """Register the task that works on a question."""
        self._running[key] = (where, task)

    def end(self, key: str) -> None:
        """Remove a question and cancel its task if it still runs."""
        if running := self._running.pop(key, None):
            running[1].cancel()

    def interrupt(self, key: str, why: Why) -> None:
        """Cancel the work on a question if it still runs, and keep the reason."""
        running = self._running.get(key)
        if running and not running[1].done():
            self._reasons[key] = why
            running[1].cancel()

    def reason(self, key: str) -> Why | None:
        """Return why the work on a question was interrupted, once; None if nobody interrupted it."""
        return self._reasons.pop(key, None)

    def keep(self, key: str, asked: Asked, reply: Reply) -> None:
        """Keep the reply to a question until it is settled; of too many the oldest is dropped."""
        self._replies[key] = (asked, reply)
        if len(self._replies) > _KEPT_REPLIES:
            self.forget(next(iter(self._replies)))

    def kept(self, key: str, asked: Asked) -> Reply | None:
        """Return the reply that is kept; None if there is none, or if it is one to another wording."""
        known = self._replies.get(key)
        return known[1] if known and known[0] == asked else None

    def forget(self, key: str) -> None:
        """Drop the reply to a question."""
        self._replies.pop(key, None)

    def stop(self, tenant_id: str, channel_id: str, thread_id: str, user_id: str) -> None:
        """Stop the work on the questions of this person in this thread."""
        place = (tenant_id, channel_id, thread_id, user_id)
        asked_there = [
            key
            for key, (where, _) in self._running.items()
            if (where.tenant_id, where.channel_id, where.thread_id, where.user_id) == place
        ]
        for key in asked_there:
            self.interrupt(key, "stopped")


async def withdraw(store: Store, key: str, text: str | None) -> None:
    """Replace the text of a waiting question after an edit, or drop it after a deletion (`text` is None).

    Whoever works on it holds it no more, and is told so.
    """
    payload = await store.inbox.payload(key)
    if payload is None:
        return
    if text is None:
        await store.inbox.withdraw(key)
    else:
        edited = Asked.model_validate_json(payload).model_copy(update={"text": text})
        await store.inbox.replace(key, edited.model_dump_json())
    await store.signals.notify(INTERRUPT, json.dumps([key, "deleted" if text is None else "edited"]))


async def stop(store: Store, tenant_id: str, channel_id: str, thread_id: str, user_id: str) -> None:
    """Stop the work on the questions of this person in this thread, whatever process does it."""
    await store.signals.notify(STOP, json.dumps([tenant_id, channel_id, thread_id, user_id]))
