"""Answers that cite nothing: for whom they are remembered, and which of several is served (pure)."""

from collections.abc import Callable, Sequence

from bot.store.records import Conversation, CuratedAnswer, Review
from pipeline.types import Answered, Approval, RequestContext

Alike = Callable[[Conversation, Conversation], bool]


def is_for_others(review: Review) -> bool:
    """Tell whether a reviewer's answer would help others who ask the same, as far as one can tell from the review.

    It may be a private matter if the question was asked in private, was understood only from its thread, or if the
    asker has told the reviewer more than the question says.
    """
    in_private = any(ask.conversation.private for ask in review.asks)
    has_told_more = any(turn.user_id in review.askers for turn in review.exchange)
    return not (in_private or has_told_more or review.own_words)


def remembered_of(review: Review) -> CuratedAnswer | None:
    """Return the answer of a decided review for those who may read the same and ask where the same rules hold.

    None if it is not known what its readers could read.
    """
    if review.readable_groups is None or review.decided_by is None or review.decided_at is None:
        return None
    return CuratedAnswer(
        curated_id=review.curated_id or review.review_id,
        tenant_id=review.conversation.tenant_id,
        question=review.question,
        answer=review.answer,
        citations=(),
        sources=(),
        approved_by=review.decided_by,
        approved_at=review.decided_at,
        sent_anyway=review.sent_anyway,
        # The reviewer may have left words of the draft standing.
        drawn_from=review.drawn_from,
        own_words=review.own_words,
        asked_in=review.conversation,
        readable_groups=review.readable_groups,
    )


def is_for(answer: CuratedAnswer, context: RequestContext, alike: Alike) -> bool:
    """Tell whether a remembered answer is for whoever asks in this context: the rule by which askers join a review."""
    if answer.asked_in is None or answer.readable_groups is None:
        return False
    return answer.readable_groups == tuple(sorted(context.readable_groups)) and alike(answer.asked_in, _where(context))


def replaced_by(review: Review, answers: Sequence[CuratedAnswer], alike: Alike) -> list[CuratedAnswer]:
    """Return the remembered answers to the same question whose readers a newly decided review has answered anew."""
    return [
        answer
        for answer in answers
        if answer.asked_in is not None
        and answer.curated_id != (review.curated_id or review.review_id)
        and answer.readable_groups == review.readable_groups
        and alike(answer.asked_in, review.conversation)
    ]


def as_outcome(answer: CuratedAnswer) -> Answered:
    """Return a remembered answer as the outcome of a question."""
    return Answered(
        text=answer.answer,
        form="remembered",
        citations=(),
        sources=(),
        approved=Approval(curated_id=answer.curated_id, by=answer.approved_by, at=answer.approved_at),
    )


def _where(context: RequestContext) -> Conversation:
    return Conversation(
        surface=context.route,
        tenant_id=context.tenant_id,
        user_id=context.user_id,
        channel_id=context.channel_id,
        thread_id="",
        private=context.audience is None,
        shared_outside=context.outside,
        team_id=context.team_id,
    )
