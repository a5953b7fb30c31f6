"""A burst (1,000 questions in full) and Slack's redelivery of each: all acknowledged in time, each answered once."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

from support.models import shared_embedder
from support.process import context, slack_process
from support.size import sized
from support.workspace import ASKER, SUPPORT

from bot.sandbox import acts
from bot.sandbox.server import Sandbox
from bot.sandbox.workspace import BOT_USER_ID, Message
from index.builder import BuildRules, build

_EVENTS = sized(1000, 200)
_PATIENCE_S = 400.0
_MAX_ACK_S = 3.0
_MAX_GROWTH_MB = 400.0
_QUESTIONS = (
    "When does the first payment reminder go out?",
    "How do I switch on two-step login?",
    "How long is an invitation valid?",
    "Can I get my money back?",
    "Is there a Linux app?",
)


def _events(sandbox: Sandbox) -> tuple[list[Message], list[dict[str, Any]]]:
    """Return the questions and the events that they cause: a message and a mention each."""
    asked, bodies = [], []
    channel = sandbox.workspace.channels[SUPPORT]
    for number in range(_EVENTS):
        words = f"<@{BOT_USER_ID}> {_QUESTIONS[number % len(_QUESTIONS)]}"
        message = Message(sandbox.workspace.new_ts(), SUPPORT, ASKER, words, [])
        sandbox.workspace.add(message)
        asked.append(message)
        bodies += [acts._event_body(event) for event in acts._events(channel, message)]
    return asked, bodies


async def test_a_burst_of_events_at_once_and_each_again(tmp_path: Path, articles: Path) -> None:
    await asyncio.to_thread(build, [articles], tmp_path, shared_embedder(), BuildRules())
    async with Sandbox() as sandbox:
        bot = slack_process(context(), tmp_path, articles, sandbox)
        bot.start()
        await bot.ready()
        before = bot.memory_mb()
        asked, bodies = _events(sandbox)

        async def delivered(body: dict[str, Any], retry: int) -> float:
            begun = time.monotonic()
            answer = await sandbox.socket.send("events_api", body, retry, "timeout" if retry else "")
            assert answer.acknowledged
            return time.monotonic() - begun

        # Each question comes as a mention and as a message, and each of the two comes again.
        times = await asyncio.gather(*(delivered(body, retry) for retry in (0, 1) for body in bodies))
        peak = bot.memory_mb()
        end = time.monotonic() + _PATIENCE_S
        while await bot.waiting():
            assert time.monotonic() < end, "questions or replies still wait"
            peak = max(peak, bot.memory_mb())
            await asyncio.sleep(0.5)
        replies = Counter(
            m.thread_ts for m in sandbox.workspace.messages if m.user == BOT_USER_ID and m.channel == SUPPORT
        )
        assert await bot.stop() == 0
    times.sort()
    p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(
        f"\n{len(times)} deliveries acknowledged: p50 {p50:.2f} s, p99 {p99:.2f} s, longest {times[-1]:.2f} s; "
        f"{len(replies)} replies, {sum(n > 1 for n in replies.values())} doubled; "
        f"memory {before:.0f} MB before, {peak:.0f} MB at most"
    )
    assert times[-1] < _MAX_ACK_S
    assert replies == {question.ts: 1 for question in asked}
    assert peak - before < _MAX_GROWTH_MB
