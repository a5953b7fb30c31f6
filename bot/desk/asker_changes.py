"""What askers do to their open reviews: ask for the state, take a question back."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from bot.desk.outlook import Outlook, outlook_of
from bot.desk.reviews import ReviewDesk
from bot.store.port import LeaseLostError, Tables
from bot.store.records import Conversation, Job, JoinedAsker, Outgoing, Review
from pipeline.types import Failure

_UNREQUESTED = frozenset({Failure.DISPUTED, Failure.SOURCE_CHANGED})
Theirs = Callable[[JoinedAsker], bool]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The state of an open review, for an asker. `question` is what this asker wrote, "" if it is not known.

    `open_s` are the seconds since the review was opened. `claimed_by` is the id of the reviewer at work.
    """

    review: Review
    question: str
    open_s: float
    claimed_by: str | None
    claimed_name: str
    is_reminded: bool
    outlook: Outlook


async def waiting_in(reviews: ReviewDesk, where: Conversation) -> Review | None:
    """Return the newest open review that this person has asked for in this thread, or in their direct messages."""
    found = await reviews.questions.store.reviews.open_in(where.tenant_id)
    theirs = [review for review in found if any(_is_here(ask, where) for ask in _asks(review))]
    in_thread = [r for r in theirs if any(ask.conversation.thread_id == where.thread_id for ask in _asks(r))]
    return next(iter(reversed(in_thread or theirs)), None)


async def state_of(reviews: ReviewDesk, review: Review, where: Conversation) -> Waiting:
    """Return the state of an open review for the asker in `where`."""
    store = reviews.questions.store
    names = await store.people.names([review.claimed_by] if review.claimed_by else [])
    events = await store.reviews.events(review.review_id)
    opened = datetime.fromisoformat(review.opened_at) if review.opened_at else reviews.now()
    return Waiting(
        review=review,
        question=next((ask.question for ask in reversed(_asks(review)) if _is_here(ask, where)), ""),
        open_s=max(0.0, (reviews.now() - opened).total_seconds()),
        claimed_by=review.claimed_by,
        claimed_name=names.get(review.claimed_by or "", ""),
        is_reminded=any(event.what == "reminded" for event in events),
        outlook=await outlook_of(store, where, reviews.views.reviewers_of(review)),
    )


async def withdraw(reviews: ReviewDesk, review_id: str, where: Conversation, job: Job, told: Outgoing) -> Review | None:
    """Take back what this person has asked here. The review goes on for others who ask; None if it has ended.

    The `job` of the message that says so ends in the same transaction with `told` as its reply. Raises
    LeaseLostError.
    """
    async with reviews.questions.store.transaction() as tx:
        review = await _taken_back(tx, review_id, where.user_id, lambda ask: _is_here(ask, where))
        if review:
            if not await tx.inbox.finish(job):
                raise LeaseLostError(job.key)
            await tx.outbox.send([told])
        return review


async def withdraw_deleted(reviews: ReviewDesk, tenant_id: str, request_id: str) -> Review | None:
    """Take back the question of a message that was deleted; None if no open review has it."""
    async with reviews.questions.store.transaction() as tx:
        review = await tx.reviews.asked_by(tenant_id, request_id)
        if review is None:
            return None
        user_id = next(ask.conversation.user_id for ask in review.asks if ask.request_id == request_id)
        return await _taken_back(tx, review.review_id, user_id, lambda ask: ask.request_id == request_id)


def without(review: Review, request_ids: Collection[str]) -> Review:
    """Return a review without some of its asks; ended as withdrawn if none is left (pure)."""
    left = [ask for ask in review.asks if ask.request_id not in request_ids]
    if not left:
        return review.model_copy(update={"state": "withdrawn"})
    first, *others = left
    if first.request_id == review.request_id:
        return review.model_copy(update={"joined": tuple(others)})
    return review.model_copy(
        update={
            "conversation": first.conversation,
            "first_request_id": first.request_id,
            # Who is left must not read the words of who is gone. Of the latter a reviewer may have asked something.
            "own_words": first.question,
            "awaits_asker": False,
            "joined": tuple(others),
        }
    )


async def _taken_back(tx: Tables, review_id: str, user_id: str, theirs: Theirs) -> Review | None:
    review = await tx.reviews.locked(review_id)
    taken_back = [ask.request_id for ask in _asks(review) if theirs(ask)] if review else []
    if review is None or not taken_back:
        return None
    for request_id in taken_back:
        # A question that was taken back is not one that the documents should answer.
        await tx.gaps.forget(request_id)
    return await tx.reviews.save(without(review, taken_back), user_id, "withdrawn")


def _asks(review: Review) -> tuple[JoinedAsker, ...]:
    """Return the asks that a person waits for: nobody asked for the review of an answer that was given before."""
    return review.joined if review.case.reason in _UNREQUESTED else review.asks


def _is_here(ask: JoinedAsker, where: Conversation) -> bool:
    """Tell whether a question was asked by this person in this thread; their direct messages are one place."""
    asked_in = ask.conversation
    if (asked_in.user_id, asked_in.surface, asked_in.tenant_id) != (where.user_id, where.surface, where.tenant_id):
        return False
    in_private = asked_in.private and where.private
    return in_private or (asked_in.channel_id, asked_in.thread_id) == (where.channel_id, where.thread_id)
