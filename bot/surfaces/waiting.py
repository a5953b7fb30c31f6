"""What askers do while a person is checking: ask for news, take the question back, delete or edit the message."""

from collections.abc import Callable

from bot.desk.asker_changes import state_of, waiting_in, withdraw, withdraw_deleted
from bot.desk.questions import request_id_of
from bot.desk.reviews import ReviewDesk
from bot.desk.rewording import redraft, reword
from bot.store.records import Asked, Job, Outgoing, Review
from bot.surfaces.review_board import Boards
from bot.surfaces.waiting_words import state_words, withdrawn_words
from bot.surfaces.words import ENGLISH, Words
from pipeline.normalizing import unmarked
from pipeline.understanding.waiting import waiting_talk


async def is_about_a_review(reviews: ReviewDesk, asked: Asked) -> bool:
    """Tell whether a message asks for news of an open review of its writer here, or takes its question back."""
    return waiting_talk(unmarked(asked.text)) is not None and await waiting_in(reviews, asked.where) is not None


async def settle_talk(
    reviews: ReviewDesk,
    boards: Boards,
    job: Job,
    asked: Asked,
    reply: Callable[[str], Outgoing],
    words: Words = ENGLISH,
) -> bool:
    """Do what a message says about its writer's open review here, and finish its job with a reply.

    Return False, and do nothing, if it is about none. `job` is that of the message. `reply` renders a text.
    """
    talk = waiting_talk(unmarked(asked.text))
    if talk is None or asked.response_url or (talk == "news" and await _answers_a_reviewer(reviews, asked)):
        return False
    review = await waiting_in(reviews, asked.where)
    if review is None:
        return False
    state = await state_of(reviews, review, asked.where)
    if talk == "news":
        await reviews.questions.settle(job, asked, None, [reply(state_words(state, asked.where, words))])
        return True
    told = reply(withdrawn_words(state.question, asked.where, words))
    withdrawn = await withdraw(reviews, review.review_id, asked.where, job, told)
    if withdrawn:
        await boards.refresh(withdrawn)
    return withdrawn is not None


async def _answers_a_reviewer(reviews: ReviewDesk, asked: Asked) -> bool:
    """Tell whether "no answer yet" answers what a reviewer asked its writer. With a question mark it asks."""
    return "?" not in asked.text and await reviews.questions.store.reviews.awaiting(asked.where) is not None


async def question_changed(reviews: ReviewDesk, tenant_id: str, key: str, text: str | None) -> Review | None:
    """Store that the message of a question in review was edited, or deleted (`text` is None).

    Return the changed review; None if no review has changed. `key` is the inbox key of the message.
    """
    request_id = request_id_of(key)
    if text is None:
        return await withdraw_deleted(reviews, tenant_id, request_id)
    return await reword(reviews, tenant_id, request_id, text)


async def show_change(reviews: ReviewDesk, boards: Boards, review: Review, text: str | None) -> None:
    """Update the cards of a review that `question_changed` returned, and write the draft of an edited question."""
    await boards.refresh(review)
    if text is not None and (drafted := await redraft(reviews, review)):
        await boards.refresh(drafted)
