"""Work on the inbox: every message gets one reply, in whatever chat product it was written."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import structlog

from bot.desk.questions import QuestionDesk, Reply, request_id_of
from bot.desk.reviews import ReviewDesk
from bot.store.lease import Lease
from bot.store.records import Asked, Job, Outgoing
from bot.surfaces.product import ChatProduct, Earlier, Notice, ProgressView, ThreadUnreadError
from bot.surfaces.review_board import Boards
from bot.surfaces.running_questions import RunningQuestions
from bot.surfaces.untagged import is_question_to_bot, mentions_somebody
from bot.surfaces.waiting import is_about_a_review, settle_talk
from pipeline.recorder import Progress, Watch
from pipeline.types import found_nothing
from pipeline.understanding.followups import without_small_talk

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers the messages of one chat product. After `attempts` tries a message is given up."""

    product: ChatProduct
    questions: QuestionDesk
    reviews: ReviewDesk
    boards: Boards
    running: RunningQuestions
    attempts: int
    wake_outbox: Callable[[], None]

    async def work(self, job: Job, lease: Lease) -> None:
        """Answer one message and put its reply into the outbox."""
        asked, request_id = await self._asked(job), request_id_of(job.key)
        if job.attempts > self.attempts:
            await self._give_up(job, asked, request_id)
            return
        earlier = await self.product.earlier(request_id, asked) if asked.untagged else None
        if earlier and not await self._is_for_bot(asked, earlier):
            await self._drop(job)
        elif command_reply := await self.product.command_reply(request_id, asked):
            await self._settle(job, asked, None, [command_reply])
        elif await self._settled_talk(job, asked, request_id):
            self.wake_outbox()
        elif not await self._passed_to_reviewer(job, asked, request_id):
            await self._answer(job, lease, asked, request_id, earlier)

    async def _is_for_bot(self, asked: Asked, earlier: Earlier) -> bool:
        """Tell whether a message without a mention is for the bot, now that its thread is read.

        The event of another person's message may have been lost, and the asker may have edited their own. Raises
        ThreadUnreadError for what may be an answer to a reviewer: nobody would miss it if it were dropped.
        """
        await self._note_whose_thread(asked, earlier)
        if earlier.others or mentions_somebody(asked.text):
            return False
        is_awaited = await self.questions.store.reviews.awaiting(asked.where) is not None
        if earlier.others is None:
            if is_awaited:
                raise ThreadUnreadError
            return False
        return is_awaited or is_question_to_bot(asked.text) or await is_about_a_review(self.reviews, asked)

    async def _note_whose_thread(self, asked: Asked, earlier: Earlier) -> None:
        threads = self.questions.store.threads
        if earlier.others:
            await threads.share(asked.where)
        elif earlier.others is False and not asked.where.private:
            await threads.asked(asked.where)

    async def _drop(self, job: Job) -> None:
        """Finish a message that is not for the bot: it gets no reply, and nothing of it is kept."""
        self.running.forget(job.key)
        await self.questions.store.inbox.finish(job)

    async def _asked(self, job: Job) -> Asked:
        """Return the question of a job with its asker's language, in which every later message about it is."""
        asked = Asked.model_validate_json(job.payload)
        language = await self.product.language(asked.where)
        return asked.model_copy(update={"where": asked.where.model_copy(update={"language": language})})

    async def _give_up(self, job: Job, asked: Asked, request_id: str) -> None:
        """Bury a message. A notice would interrupt people if the message, without a mention, was not for the bot."""
        progress = await self.product.progress(asked, resumed=True)
        if asked.untagged:
            await progress.discard()
            notices = []
        else:
            notices = [self.product.render_notice(request_id, asked, Notice.GIVEN_UP, await progress.end())]
        self.running.forget(job.key)
        await self._settle(job, asked, None, notices, dead=True)
        _log.error("question_given_up", request_id=request_id, attempts=job.attempts)

    async def _answer(self, job: Job, lease: Lease, asked: Asked, request_id: str, earlier: Earlier | None) -> None:
        progress = await self.product.progress(asked, resumed=job.attempts > 1)
        start = partial(progress.start, lambda: self.running.interrupt(job.key, "stopped"), lease)
        watch = _starting_late(progress, start) if asked.untagged else progress.watch
        ask = partial(self._ask, request_id, asked, earlier, watch)
        task = asyncio.create_task(self._asked_once(job, asked, ask))
        self.running.begin(job.key, asked.where, task)
        if not asked.untagged:
            start()
        try:
            reply = await task
            if asked.untagged and found_nothing(reply.outcome):
                # It was hardly meant for the bot: of 20 such questions to colleagues 16 end here, and of 20 to the
                # bot 7, which had no answer either.
                await progress.discard()
                await self._drop(job)
                return
        except asyncio.CancelledError:
            if not await self._interrupted(job, asked, request_id, progress):
                raise
            return
        finally:
            self.running.end(job.key)
            progress_id = await progress.end()
        names = await self.questions.names_in(reply.outcome)
        # The cards first: rendering them looks up the names of the reviewers.
        cards = await self.boards.cards(reply.review) if reply.review else ()
        if reply.review:
            reply = replace(reply, outlook=await self.boards.outlook(reply.review))
        message = self.product.render_reply(asked, reply, names, progress_id)
        if await self._settle(job, asked, reply, [message, *cards]):
            self.running.forget(job.key)

    async def _asked_once(self, job: Job, asked: Asked, ask: Callable[[], Awaitable[Reply]]) -> Reply:
        """Return the reply. If it was made before and could not be settled, the model is not asked again.

        It is, if the documents or their readers have changed meanwhile.
        """
        reply = self.running.kept(job.key, asked)
        if reply is None or not await self.questions.still_holds(reply, asked.where):
            reply = await ask()
        self.running.keep(job.key, asked, reply)
        return reply

    async def _ask(self, request_id: str, asked: Asked, earlier: Earlier | None, watch: Watch) -> Reply:
        if earlier is None:
            earlier = await self.product.earlier(request_id, asked)
            await self._note_whose_thread(asked, earlier)
        return await self.questions.ask(request_id, asked, without_small_talk(earlier.turns), watch)

    async def _interrupted(self, job: Job, asked: Asked, request_id: str, progress: ProgressView) -> bool:
        """Handle an interruption by Stop, an edit or a deletion. Return False if the process is stopping instead."""
        why = self.running.reason(job.key)
        if why is None:
            return False
        _log.info("question_interrupted", request_id=request_id, why=why)
        match why:
            case "stopped":
                message = self.product.render_notice(request_id, asked, Notice.STOPPED, await progress.end())
                await self._settle(job, asked, None, [message])
            case "deleted":
                await progress.discard()
            case "edited":
                pass  # The job has its new text already, and nobody holds it.
        return True

    async def _settled_talk(self, job: Job, asked: Asked, request_id: str) -> bool:
        """Reply to a message about its writer's open review: "any news?", "never mind". Return False for any other."""
        reply = partial(self.product.render_words, request_id, asked)
        words = self.product.words_for(asked)
        return await settle_talk(self.reviews, self.boards, job, asked, reply, words)

    async def _passed_to_reviewer(self, job: Job, asked: Asked, request_id: str) -> bool:
        """Add the message to the review that waits for its asker's answer. Return False if there is none."""
        # A private slash command belongs to no thread, so it cannot be the answer to a reviewer.
        review = None if asked.response_url else await self.questions.store.reviews.awaiting(asked.where)
        if review is None:
            return False
        shown = await self.boards.answer_of_asker(review)
        review = await self.reviews.asker_said(review.review_id, asked.where.user_id, asked.text, shown)
        await self.boards.refresh(review)
        await self._settle(job, asked, None, [self.product.render_notice(request_id, asked, Notice.PASSED_ON)])
        return True

    async def _settle(
        self, job: Job, asked: Asked, reply: Reply | None, outgoing: Sequence[Outgoing], *, dead: bool = False
    ) -> bool:
        """Settle a job and wake the outbox. Return False if another worker has taken the job over.

        The first message is the reply. Where an earlier try had begun, what that try showed may be left.
        """
        if outgoing:
            tried = {"resumed": job.attempts > 1, "asked_at": job.received_at}
            outgoing = [outgoing[0].model_copy(update=tried), *outgoing[1:]]
        settled = await self.questions.settle(
            job, asked, reply, outgoing, dead=dead, keep_turn=self.product.keeps_turns
        )
        self.wake_outbox()
        if settled and settled.joined:
            await self.boards.refresh(settled.joined)
        return settled is not None


def _starting_late(progress: ProgressView, start: Callable[[], None]) -> Watch:
    """Return a watcher that starts the view once there is something to write an answer from.

    Until then a message without a mention may turn out to be for others, who must not see the bot at work on it.
    """

    def watch(now: Progress) -> None:
        if now.stage == "prompt":
            start()
        progress.watch(now)

    return watch
