"""Verified answers that all replicas share.

| key | value | expires |
| --- | --- | --- |
| `citedesk:answers:1:<sha256 of the CacheKey>` | the answer as JSON, and the seconds it is kept | after those seconds |
| `citedesk:disputed:<hash of the text>` | 1 | after the same seconds |

The server's clock alone decides how old an answer is: its age is the seconds it is kept less those that it has left.
A disputed answer is not deleted but marked, and the mark is asked for before an answer is given. So it does not matter
whether another replica stores the answer just before or just after, and no list of keys grows with the answers.
"""

import json
from dataclasses import asdict
from functools import partial
from hashlib import sha256

from pydantic import ValidationError

from bot.shared.server import SharedServer, SharedServerError
from pipeline.caching import CacheKey
from pipeline.types import Answered, FrozenModel

# The number of the format: raise it when a stored answer means something else than before.
_ANSWERS, _DISPUTED = "citedesk:answers:1", "citedesk:disputed"
# Longer values are none of ours: an answer is a few kilobytes.
_VALUE_BYTES = 262_144
# Disputes that wait for the server. The oldest gives way, as in any cache.
_WAITING_DISPUTES = 1000


class _Kept(FrozenModel):
    """An answer as it is stored, with the seconds for which it is kept from then on."""

    keep_s: int
    answer: Answered


class SharedAnswerCache:
    """`pipeline.caching.AnswerCache` on the shared server. Nothing is kept in the process.

    While the server does not answer, every question is a miss. A dispute of that time is sent as soon as it answers
    again, before anything else is read.
    """

    def __init__(self, server: SharedServer, keep_s: float) -> None:
        self._server = server
        self._keep_s = max(1, round(keep_s))
        self._disputes: dict[str, None] = {}

    async def get(self, key: CacheKey, max_age_s: float) -> Answered | None:
        """Return the answer if it is at most `max_age_s` seconds old, in whole seconds; with 0 none."""
        if max_age_s <= 0:
            return None
        try:
            await self._send_disputes()
            return await self._server.asked("answers", partial(self._read, _name(key), max_age_s))
        except SharedServerError:
            return None

    async def put(self, key: CacheKey, answer: Answered) -> None:
        """Remember a verified answer."""
        try:
            # The text of a model may hold halves of characters, which JSON cannot.
            kept = _Kept(keep_s=self._keep_s, answer=answer).model_dump_json()
        except ValueError:
            return
        try:
            await self._send_disputes()
            await self._server.asked("answers", partial(self._server.client.set, _name(key), kept, ex=self._keep_s))
        except SharedServerError:
            return

    async def forget(self, content_hash: str) -> None:
        """Mark an answer as disputed, whatever the question it is kept under."""
        self._disputes[content_hash] = None
        while len(self._disputes) > _WAITING_DISPUTES:
            del self._disputes[next(iter(self._disputes))]
        try:
            await self._send_disputes()
        except SharedServerError:
            return

    async def _send_disputes(self) -> None:
        for content_hash in tuple(self._disputes):
            mark = f"{_DISPUTED}:{content_hash}"
            await self._server.asked("answers", partial(self._server.client.set, mark, 1, ex=self._keep_s))
            self._disputes.pop(content_hash, None)

    async def _read(self, name: str, max_age_s: float) -> Answered | None:
        async with self._server.client.pipeline(transaction=False) as commands:
            commands.getrange(name, 0, _VALUE_BYTES)
            commands.ttl(name)
            value, left_s = await commands.execute()
        kept = _parsed(value)
        if kept is None or not 0 <= kept.keep_s - left_s <= max_age_s or left_s < 0:
            return None
        if await self._server.client.exists(f"{_DISPUTED}:{kept.answer.content_hash}"):
            return None
        return kept.answer.model_copy(update={"cached": True})


def _name(key: CacheKey) -> str:
    """Return the name of a key: the same for the same groups in any order. Questions are not readable in it."""
    text = json.dumps(asdict(key), sort_keys=True, default=sorted)
    return f"{_ANSWERS}:{sha256(text.encode()).hexdigest()}"


def _parsed(value: bytes) -> _Kept | None:
    """Return a stored answer; None if there is none or another version wrote it."""
    try:
        return _Kept.model_validate_json(value) if value else None
    except ValidationError:
        return None
