"""The inbox at work for Teams: a question becomes its one reply, a command its answer."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.desk.questions import Desk, Reply, request_id_of
from bot.desk.reviews import ReviewDesk
from bot.settings import Settings
from bot.store.records import Asked, Outgoing
from bot.store.sqlite.queues import Job
from bot.surfaces.review_board import Boards
from bot.surfaces.running_questions import Interruptions
from bot.surfaces.wording import is_pleasantry
from bot.teams.commands import Commands, command_in
from bot.teams.connector import Connector
from bot.teams.outgoing import to_asker
from bot.teams.progress import Steps
from bot.teams.render import TeamsMessage, apology, passed_on, reply_message, stopped
from pipeline.types import Answered

_log = structlog.get_logger(__name__)
# A personal chat has no threads: what was said longer ago than this is another matter.
_FOLLOW_UP_MINUTES = 10.0
_EARLIER = 3


@dataclass(frozen=True, slots=True)
class Answering:
    """Works on what people write to the bot."""

    desk: Desk
    reviews: ReviewDesk
    boards: Boards
    connector: Connector
    commands: Commands
    settings: Settings
    interruptions: Interruptions
    wake_outbox: Callable[[], None]

    async def work(self, job: Job) -> None:
        """Answer one message and hand the reply to the outbox."""
        asked = Asked.model_validate_json(job.payload)
        request_id = request_id_of(job.key)
        if job.attempts > self.settings.delivery.attempts:
            _log.error("question_given_up", request_id=request_id, attempts=job.attempts)
            await self._settle(job, asked, None, [self._to(asked, request_id, apology())], dead=True)
        elif command := command_in(asked.text):
            said = await self.commands.run(request_id, asked, *command)
            await self._settle(job, asked, None, [self._to(asked, request_id, said)])
        elif not await self._goes_to_a_reviewer(job, asked):
            await self._answer(job, asked, request_id)

    async def _answer(self, job: Job, asked: Asked, request_id: str) -> None:
        earlier = await self.desk.store.turns.before(request_id, asked.where, _FOLLOW_UP_MINUTES, _EARLIER)
        if earlier and asked.text.strip() and is_pleasantry(asked.text) and not asked.has_files:
            await self._settle(job, asked, None, [])
            return
        steps = Steps(self.connector, asked.where, self.settings.teams.progress_after_s)
        task = asyncio.create_task(self.desk.ask(request_id, asked, earlier, steps.watch))
        self.interruptions.begin(job.key, asked, task)
        steps.start(lambda: self.interruptions.interrupt(job.key, "stopped"))
        try:
            reply = await task
        except asyncio.CancelledError:
            if not await self._interruption(job, asked, request_id):
                raise
            return
        finally:
            self.interruptions.end(job.key)
            stream_id = await steps.end()
        message = reply_message(reply, asked, await self.desk.names_in(reply.outcome))
        outgoing = [self._to(asked, request_id, message).model_copy(update={"stream_id": stream_id})]
        outgoing += await self.boards.cards(reply.review) if reply.review else ()
        await self._remember(asked, reply)
        await self._settle(job, asked, reply, outgoing)

    async def _interruption(self, job: Job, asked: Asked, request_id: str) -> bool:
        """Do what an interruption asks for; False if the process is being stopped instead."""
        why = self.interruptions.reason(job.key)
        if why is None:
            return False
        _log.info("question_interrupted", request_id=request_id, why=why)
        if why == "edited":
            await self.desk.store.inbox.retry(job.key, 0.0)
        if why == "stopped":
            await self._settle(job, asked, None, [self._to(asked, request_id, stopped())])
        return True

    async def _goes_to_a_reviewer(self, job: Job, asked: Asked) -> bool:
        """Hand a word of the asker to the review that waits for it."""
        where = asked.where
        review = await self.desk.store.reviews.awaiting(
            where.tenant_id, where.channel_id, where.thread_id, where.user_id
        )
        if review is None:
            return False
        shown = await self.boards.answer_of_asker(review)
        review = await self.reviews.asker_said(review.review_id, where.user_id, asked.text, shown)
        await self.boards.refresh(review)
        await self._settle(job, asked, None, [self._to(asked, request_id_of(job.key), passed_on())])
        return True

    async def _remember(self, asked: Asked, reply: Reply) -> None:
        """Keep what was said: Teams lets no bot read a conversation."""
        if self.settings.store.turn_text_days:
            answer = reply.outcome.text if isinstance(reply.outcome, Answered) else ""
            await self.desk.store.turns.put(reply.request_id, asked.where, reply.read_as or asked.text, answer)

    @staticmethod
    def _to(asked: Asked, request_id: str, message: TeamsMessage) -> Outgoing:
        return to_asker(request_id, request_id, asked.where, message)

    async def _settle(
        self, job: Job, asked: Asked, reply: Reply | None, outgoing: Sequence[Outgoing], *, dead: bool = False
    ) -> None:
        await self.desk.settle(job.key, asked, reply, outgoing, dead=dead)
        self.wake_outbox()
