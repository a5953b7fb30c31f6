"""What an edit of a message does to its question in review: new words, and a new draft for them."""

from bot.desk.kept import redrafted
from bot.desk.reviews import ReviewDesk
from bot.store.records import Asked, JoinedAsker, Review, Turn
from pipeline.normalizing import unmarked
from pipeline.types import NeedsReview


async def reword(reviews: ReviewDesk, tenant_id: str, request_id: str, text: str) -> Review | None:
    """Store that an asker has edited a question in review; None if no open review has it or it says the same.

    The question changes and loses its draft, unless a reviewer is at work. If others ask the same, or the question was
    read from its thread, it stays, and the reviewers read the new wording below it.
    """
    words = unmarked(text)
    async with reviews.questions.store.transaction() as tx:
        review = await tx.reviews.asked_by(tenant_id, request_id) if words else None
        if review is None:
            return None
        ask = next(ask for ask in review.asks if ask.request_id == request_id)
        if ask.question == words:
            return None
        return await tx.reviews.save(_reworded(review, ask, words), ask.conversation.user_id, "question edited")


async def redraft(reviews: ReviewDesk, review: Review) -> Review | None:
    """Write the draft of a reworded question. Return None if it keeps its draft, gets none or has changed."""
    if _keeps_its_draft(review):
        return None
    asked = Asked(text=review.question, where=review.conversation)
    reply = await reviews.questions.ask(f"{review.review_id}-edited", asked, (), lambda _: None, approval=True)
    case = redrafted(review.case, reply.outcome)
    async with reviews.questions.store.transaction() as tx:
        current = await tx.reviews.locked(review.review_id)
        if current is None or case is None or _drafted_for(current) != _drafted_for(review):
            return None
        read = reply.review.drawn_from if reply.review else ()
        with_draft = current.model_copy(update={"case": case, "drawn_from": read})
        return await tx.reviews.save(with_draft, "", "drafted again")


def _reworded(review: Review, ask: JoinedAsker, words: str) -> Review:
    below = {"exchange": (*review.exchange, Turn(user_id=ask.conversation.user_id, text=words))}
    if ask.request_id != review.request_id:
        joined = tuple(one.model_copy(update={"question": words}) if one == ask else one for one in review.joined)
        return review.model_copy(update={"joined": joined} | below)
    if review.joined or review.own_words:
        return review.model_copy(update={"own_words": words} | below)
    if _keeps_its_draft(review):
        return review.model_copy(update={"question": words})
    # Nobody may approve the draft of the old wording. Its sources are better than none until there is a new one.
    case = NeedsReview(reason=review.case.reason, draft=None, sources=review.case.sources)
    return review.model_copy(update={"question": words, "case": case, "drawn_from": ()})


def _keeps_its_draft(review: Review) -> bool:
    return bool(review.joined or review.own_words or review.claimed_by)


def _drafted_for(review: Review) -> tuple[object, ...]:
    """Return what must stay as it is while a draft is written. Who claims or joins has seen the review without it."""
    return review.asks, review.claimed_by, review.case
