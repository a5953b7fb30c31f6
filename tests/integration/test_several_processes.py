"""Two processes over one database: what one is told or stores reaches the other at once, not by polling."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.builders import draft
from support.scripted_llm import ScriptedLlm, Step, scripted_llm
from support.waiting import until
from support.workspace import ASKER, SUPPORT, Desk, shown, workspace

from bot.sandbox.server import Sandbox
from bot.store.records import Asked, Conversation, CuratedAnswer, Review, Signal
from bot.surfaces.running_questions import stop, withdraw
from pipeline.types import Failure, NeedsReview

pytest.importorskip("psycopg", reason="the extra `cluster` is not installed")
_NO = json.dumps({"status": "insufficient_context", "answer": "", "confidence": "low", "citations": []})
_QUESTION = "When does the first payment reminder go out?"
# Nothing in these tests may come by polling.
_NEVER = {"poll_s": 600.0}
_AT_ONCE_S = 3.0


@dataclass(frozen=True)
class _Two:
    working: Desk
    other: Desk
    server: ScriptedLlm


@asynccontextmanager
async def _two(own_data: Path, articles: Path, url: str, *steps: Step) -> AsyncIterator[_Two]:
    """Run two processes' worth of bot in one workspace; the second one takes no questions of its own."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(scripted_llm(*steps))
        sandbox = await stack.enter_async_context(Sandbox())
        model = {"provider": "openai", "base_url": server.url, "model": "m"}
        desks = [
            await stack.enter_async_context(
                workspace(own_data, articles, sandbox=sandbox, store={"url": url}, delivery=_NEVER, llm=model)
            )
            for _ in range(2)
        ]
        await desks[1].bot.runtime.dispatcher._inbox.stop(0.0)
        yield _Two(desks[0], desks[1], server)


def _where(thread: str) -> Conversation:
    return Conversation(
        surface="slack", tenant_id="T0SANDBOX", user_id=ASKER, channel_id=SUPPORT, thread_id=thread, private=False
    )


async def test_a_question_that_one_process_stores_is_answered_by_another_at_once(
    own_data: Path, articles: Path, postgres_url: str
) -> None:
    async with _two(own_data, articles, postgres_url, Step(_NO)) as two:
        said = await two.other.sandbox.acts.post(ASKER, SUPPORT, "Good morning, all!", None)
        asked = Asked(text=_QUESTION, where=_where(said.ts))
        async with asyncio.timeout(_AT_ONCE_S):
            await two.other.store.inbox.add(["message:1"], asked.model_dump_json())
            await until(lambda: two.working.replies(said))


async def test_a_stop_that_another_process_hears_of_stops_the_work(
    own_data: Path, articles: Path, postgres_url: str
) -> None:
    async with _two(own_data, articles, postgres_url, Step(_NO, held=asyncio.Event())) as two:
        question = await two.working.ask(_QUESTION)
        await until(lambda: two.server.requests)
        async with asyncio.timeout(_AT_ONCE_S):
            await stop(two.other.store, "T0SANDBOX", SUPPORT, question.ts, ASKER)
            assert "Stopped" in shown(await two.working.reply_to(question))


async def test_an_edit_that_another_process_hears_of_is_what_is_answered(
    own_data: Path, articles: Path, postgres_url: str
) -> None:
    async with _two(own_data, articles, postgres_url, Step(_NO, held=asyncio.Event()), Step(_NO)) as two:
        question = await two.working.ask(_QUESTION)
        await until(lambda: two.server.requests)
        (key,) = two.working.bot.runtime.running._running
        async with asyncio.timeout(_AT_ONCE_S):
            await withdraw(two.other.store, key, "How do I switch on two-step login?")
            await until(lambda: len(two.server.requests) == 2)
            await two.working.reply_to(question)
        assert "two-step login" in json.dumps(two.server.requests[1])
        await two.working.settled()
        assert len(two.working.replies(question)) == 1


async def test_a_deletion_that_another_process_hears_of_ends_the_work(
    own_data: Path, articles: Path, postgres_url: str
) -> None:
    async with _two(own_data, articles, postgres_url, Step(_NO, held=asyncio.Event())) as two:
        question = await two.working.ask(_QUESTION)
        await until(lambda: two.server.requests)
        (key,) = two.working.bot.runtime.running._running
        async with asyncio.timeout(_AT_ONCE_S):
            await withdraw(two.other.store, key, None)
            await until(lambda: two.server.closed_early == 1)
        await two.working.settled()
        assert two.working.replies(question) == []


async def test_an_interruption_that_is_old_by_now_stops_no_later_work(
    own_data: Path, articles: Path, postgres_url: str
) -> None:
    held = asyncio.Event()
    async with _two(own_data, articles, postgres_url, Step(_NO, held=held)) as two:
        question = await two.working.ask(_QUESTION)
        await until(lambda: two.server.requests)
        (key,) = two.working.bot.runtime.running._running
        await two.other.store.signals.notify("interrupt", json.dumps([key, "edited"]))
        for nonsense in (Signal("interrupt", "{"), Signal("stop", "[1]"), Signal("unheard", "of")):
            await two.other.store.signals.notify(nonsense.topic, nonsense.what)
        await asyncio.sleep(0.3)
        held.set()
        assert "Not enough info" in shown(await two.working.exactly_one_reply(question))
    assert two.server.closed_early == 0


async def test_an_approved_answer_of_one_process_is_known_to_the_other_at_once(
    own_data: Path, articles: Path, postgres_url: str
) -> None:
    async with _two(own_data, articles, postgres_url) as two:
        version = two.working.bot.use_cases.reviews.curated.version
        await asyncio.sleep(0.3)
        before = version.number
        answer = CuratedAnswer(
            curated_id="r-1", tenant_id="T0SANDBOX", question=_QUESTION, answer="Soon.", citations=(), sources=(),
            approved_by="R", approved_at="2026-11-28T00:00:00+00:00",
        )  # fmt: skip
        async with asyncio.timeout(_AT_ONCE_S):
            await two.other.store.curated.save(answer, "e", b"v")
            await until(lambda: version.number > before)
            seen = version.number
            await two.other.store.curated.set_state("r-1", "withdrawn")
            await until(lambda: version.number > seen)


async def test_two_processes_send_one_reminder(own_data: Path, articles: Path, postgres_url: str) -> None:
    async with _two(own_data, articles, postgres_url) as two:
        case = NeedsReview(reason=Failure.UNVERIFIED, draft=draft(), sources=())
        async with two.working.store.transaction() as tx:
            await tx.reviews.open(Review(review_id="r-1", question="How?", conversation=_where("1.0"), case=case))
        settings = two.working.settings.review.model_copy(update={"remind_after_h": 1e-9})
        for desk in (two.working, two.other):
            object.__setattr__(desk.bot.use_cases.reviews, "settings", settings)
        await asyncio.gather(two.working.bot.maintenance.sweep(), two.other.bot.maintenance.sweep())
        events = await two.working.store.reviews.events("r-1")
        assert [event.what for event in events] == ["opened", "reminded"]


async def test_one_process_at_a_time_does_what_one_does(own_data: Path, articles: Path, postgres_url: str) -> None:
    async with _two(own_data, articles, postgres_url) as two:
        async with two.working.store.lead("build") as first, two.other.store.lead("build") as second:
            assert (first, second) == (True, False)
        async with two.other.store.lead("build") as later:
            assert later
