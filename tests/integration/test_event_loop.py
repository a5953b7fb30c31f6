"""Models, FAISS, SQLite and builds run on threads: the event loop is never held up."""

import asyncio
import time
from pathlib import Path

from blockbuster import blockbuster_ctx
from support.models import shared_embedder
from support.workspace import ADMIN, shown, workspace

from index.builder import BuildRules, build

_LONGEST_S = 0.5


async def _longest_pause(stop: asyncio.Event) -> float:
    longest, last = 0.0, time.monotonic()
    while not stop.is_set():
        # The clock of the test: how much later than this it wakes is what is measured.
        await asyncio.sleep(0.01)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    return longest


async def test_questions_are_answered_and_nothing_blocks_while_the_index_is_built(
    tmp_path: Path, articles: Path
) -> None:
    build([articles], tmp_path, shared_embedder(), BuildRules())
    async with workspace(tmp_path, articles) as desk:
        stop = asyncio.Event()
        pauses = asyncio.create_task(_longest_pause(stop))
        with blockbuster_ctx(scanned_modules=["bot.slack", "bot.store", "bot.desk", "pipeline", "index"]):
            await desk.command(ADMIN, "/citedesk reindex")
            questions = [await desk.ask("When does the first payment reminder go out?") for _ in range(5)]
            replies = [await desk.exactly_one_reply(question) for question in questions]
            await desk.until(lambda: [m for m in desk.hidden(ADMIN) if "Reindexed" in m.text], 1)
        stop.set()
        assert all("7 days" in shown(reply) for reply in replies)
        assert await pauses < _LONGEST_S
