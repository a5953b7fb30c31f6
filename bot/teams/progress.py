"""The progress view in Teams: the typing indicator, and in a personal chat the steps of the work, never a draft."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import structlog

from bot.store.lease import Lease
from bot.store.records import Conversation
from bot.surfaces.words import Words
from bot.teams.connector import Connector
from bot.teams.payloads import address_of
from pipeline.recorder import Progress

_log = structlog.get_logger(__name__)
_API_ERRORS = (aiohttp.ClientError, TimeoutError)
_STEPS = frozenset({"retrieve", "generate", "verify", "judge"})
# Teams accepts one stream update per second. Only its response to an update tells that the asker pressed Stop.
_UPDATE_INTERVAL_S = 1.5
_LAST_UPDATE_S = 2.0
_FORBIDDEN = 403
# Teams ends a stream with status 403 for five reasons, and only their text tells them apart: the time is over, the
# message is complete or too long, streaming is not allowed, or the asker pressed Stop.
_STOPPED = re.compile(r"cancell?ed by (?:the )?user", re.IGNORECASE)


class TeamsProgress:
    """Shows the progress of one question as a stream, which the reply ends."""

    def __init__(self, connector: Connector, where: Conversation, after_s: float, words: Words) -> None:
        self._connector = connector
        self._where = where
        self._after_s = after_s
        self._words = words
        self._step = "retrieve"
        self._ending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stream_id = ""
        self.stopped = False

    def start(self, stop: Callable[[], object], lease: Lease) -> None:
        """Begin to show progress in the background. `stop` is called when the asker presses Stop."""
        self._task = asyncio.create_task(self._show(stop, lease))

    def watch(self, progress: Progress) -> None:
        """Show the stage that the pipeline has reached, with the next update."""
        self._step = progress.stage if progress.stage in _STEPS else self._step

    async def end(self) -> str:
        """Stop showing progress; return the id of the stream that the reply must end, "" if there is none."""
        self._ending.set()
        if self._task:
            # A request that is still running may have begun a stream, and the reply needs its id.
            await asyncio.wait([self._task], timeout=_LAST_UPDATE_S)
            self._task.cancel()
        return "" if self.stopped else self._stream_id

    async def discard(self) -> None:
        """Stop showing progress. Teams itself ends a stream that gets no reply."""
        await self.end()

    async def _show(self, stop: Callable[[], object], lease: Lease) -> None:
        try:
            await self._send({"type": "typing"})
            # Teams allows one stream per chat, and only in personal chats.
            if not self._where.private or await self._ends_within(self._after_s):
                return
            sequence = 1
            while not self._ending.is_set() and lease.left_s() > 0:
                posted = await self._send(
                    informative(self._words.of("teams-step", self._step), sequence, self._stream_id)
                )
                self._stream_id = self._stream_id or posted
                sequence += 1
                await self._ends_within(_UPDATE_INTERVAL_S)
        except aiohttp.ClientResponseError as error:
            if self._stream_id and is_stop(error):
                self.stopped = True
                stop()
                return
            _log.info("progress_not_shown", reason=error.status)
        except _API_ERRORS as error:
            _log.info("progress_not_shown", reason=type(error).__name__)

    async def _ends_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._ending.wait()
        except TimeoutError:
            return False

    async def _send(self, activity: Mapping[str, Any]) -> str:
        where = self._where
        return await self._connector.send(where.service_url, address_of(where.channel_id, where.thread_id), activity)


def is_stop(error: aiohttp.ClientResponseError) -> bool:
    """Tell whether Teams refused an update because the asker pressed Stop."""
    return error.status == _FORBIDDEN and bool(_STOPPED.search(error.message))


def informative(text: str, sequence: int, stream_id: str) -> dict[str, Any]:
    """Return a stream update that shows `text`; without `stream_id` it begins a stream."""
    return {"type": "typing", "text": text, "entities": [_stream("informative", stream_id, streamSequence=sequence)]}


def ending(activity: Mapping[str, Any], stream_id: str) -> dict[str, Any]:
    """Return a message as the last part of a stream."""
    return {**activity, "entities": [*activity.get("entities", []), _stream("final", stream_id)]}


def _stream(kind: str, stream_id: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    named = {"streamId": stream_id} if stream_id else {}
    return {"type": "streaminfo", "streamType": kind, **named, **more}
