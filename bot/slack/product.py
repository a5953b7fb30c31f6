"""The inbox at work: a question becomes its one reply, and may be stopped, edited or withdrawn on the way."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from bot.desk.questions import Desk, Reply, request_id_of
from bot.desk.reviews import ReviewDesk
from bot.slack.best_effort import TROUBLE, Niceties, error_of
from bot.slack.clients import Workspaces
from bot.slack.outgoing import outgoing_for, plain
from bot.slack.payloads import Withdrawal
from bot.slack.progress import Steps
from bot.slack.render import APOLOGY, STOPPED, thread_turn
from bot.slack.review_cards import passed_on
from bot.store.records import Asked, Outgoing
from bot.store.sqlite.queues import Job
from bot.surfaces.review_board import Boards
from bot.surfaces.running_questions import Interruptions
from pipeline.types import ThreadTurn

_log = structlog.get_logger(__name__)
_EARLIER = 30


class Answering:
    """Works on the questions of the inbox."""

    def __init__(  # noqa: PLR0913, PLR0917 - the collaborators of the surface
        self,
        desk: Desk,
        reviews: ReviewDesk,
        workspaces: Workspaces,
        niceties: Niceties,
        boards: Boards,
        progress_after_s: float,
        attempts: int,
        wake_outbox: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._reviews = reviews
        self._workspaces = workspaces
        self._niceties = niceties
        self._boards = boards
        self._progress_after_s = progress_after_s
        self._attempts = attempts
        self._interruptions = Interruptions(desk.store.inbox)
        self._wake_outbox = wake_outbox

    async def work(self, job: Job) -> None:
        """Answer one question and hand its reply to the outbox."""
        asked = Asked.model_validate_json(job.payload)
        left_behind = await self._abandoned_progress(asked) if job.attempts > 1 else ""
        if job.attempts > self._attempts:
            sorry = plain(job.key, asked, APOLOGY).model_copy(update={"stream_id": left_behind})
            await self._settle(job, asked, None, [sorry], dead=True)
            _log.error("question_given_up", request_id=request_id_of(job.key), attempts=job.attempts)
            return
        if await self._goes_to_a_reviewer(job, asked):
            return
        steps = Steps(
            await self._workspaces.client(asked.where.tenant_id),
            self._niceties,
            asked.where,
            self._progress_after_s,
            left_behind,
        )
        if not asked.response_url:
            steps.start()
        task = asyncio.create_task(self._asked(job, asked, steps))
        self._interruptions.begin(job.key, asked, task)
        try:
            reply = await task
        except asyncio.CancelledError:
            if not await self._interruption(job, asked, steps):
                raise
            return
        finally:
            self._interruptions.end(job.key)
            stream_id = await steps.end()
        names = await self._desk.names_in(reply.outcome)
        message = outgoing_for(job.key, asked, reply, names).model_copy(update={"stream_id": stream_id})
        cards = await self._boards.cards(reply.review) if reply.review else ()
        await self._settle(job, asked, reply, [message, *cards])

    def stop(self, tenant_id: str, channel_id: str, thread_id: str, user_id: str) -> None:
        """Stop working on what this person asked in this thread; the reply says so."""
        for key in self._interruptions.keys_of(tenant_id, channel_id, thread_id, user_id):
            self._interruptions.interrupt(key, "stopped")

    async def withdraw(self, withdrawal: Withdrawal) -> None:
        """Take up an edit of a question that is not answered yet, or forget a deleted one."""
        await self._interruptions.withdraw(withdrawal.key, withdrawal.text)

    async def _interruption(self, job: Job, asked: Asked, steps: Steps) -> bool:
        """Do what an interruption asks for; False if the process is being stopped instead."""
        why = self._interruptions.reason(job.key)
        if why is None:
            return False
        _log.info("question_interrupted", request_id=request_id_of(job.key), why=why)
        if why == "edited":
            await self._desk.store.inbox.retry(job.key, 0.0)
            return True
        stream_id = await steps.end()
        if why == "stopped":
            message = plain(job.key, asked, STOPPED).model_copy(update={"stream_id": stream_id})
            await self._settle(job, asked, None, [message])
        elif stream_id:
            client = await self._workspaces.client(asked.where.tenant_id)
            await self._niceties.call(
                asked.where.tenant_id,
                "chat.delete",
                lambda: client.chat_delete(channel=asked.where.channel_id, ts=stream_id),
            )
        return True

    async def _asked(self, job: Job, asked: Asked, steps: Steps) -> Reply:
        earlier = await self._earlier(asked) if asked.is_reply else ()
        return await self._desk.ask(request_id_of(job.key), asked, earlier, steps.watch)

    async def _goes_to_a_reviewer(self, job: Job, asked: Asked) -> bool:
        """Hand a word of the asker to the review that waits for it."""
        where = asked.where
        review = await self._desk.store.reviews.awaiting(
            where.tenant_id, where.channel_id, where.thread_id, where.user_id
        )
        if review is None or asked.response_url:
            return False
        shown = await self._boards.answer_of_asker(review)
        review = await self._reviews.asker_said(review.review_id, where.user_id, asked.text, shown)
        await self._boards.refresh(review)
        await self._settle(job, asked, None, [plain(job.key, asked, passed_on())])
        return True

    async def _earlier(self, asked: Asked) -> tuple[ThreadTurn, ...]:
        """Return what the asker and the bot said in the thread before; nothing where it cannot be read."""
        client = await self._workspaces.client(asked.where.tenant_id)
        found = await self._niceties.call(
            asked.where.tenant_id,
            "conversations.replies",
            lambda: client.conversations_replies(
                channel=asked.where.channel_id,
                ts=asked.where.thread_id,
                latest=asked.message_id,
                include_all_metadata=True,
                limit=_EARLIER,
            ),
        )
        messages = (found.get("messages") or []) if found else []
        turns = [thread_turn(m, asked.where.user_id) for m in messages if str(m.get("ts")) < asked.message_id]
        return tuple(turn for turn in turns if turn)

    async def _abandoned_progress(self, asked: Asked) -> str:
        """Return the progress message that a killed process left behind, so that it becomes the answer."""
        if not asked.where.thread_id or asked.response_url:
            return ""
        client = await self._workspaces.client(asked.where.tenant_id)
        bot = await self._workspaces.bot_user_id(asked.where.tenant_id)
        try:
            page = await client.conversations_replies(
                channel=asked.where.channel_id,
                ts=asked.where.thread_id,
                oldest=asked.message_id or asked.where.thread_id,
                include_all_metadata=True,
                limit=_EARLIER,
            )
        except TROUBLE as error:
            _log.info("thread_not_read", reason=error_of(error))
            return ""
        own = [m for m in page.get("messages") or [] if m.get("user") == bot and not m.get("metadata")]
        return str(own[0]["ts"]) if own else ""

    async def _settle(
        self, job: Job, asked: Asked, reply: Reply | None, outgoing: Sequence[Outgoing], *, dead: bool = False
    ) -> None:
        await self._desk.settle(job.key, asked, reply, outgoing, dead=dead)
        self._wake_outbox()
