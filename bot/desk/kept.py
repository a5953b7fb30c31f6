"""What a question leaves in the store, apart from its trace: a review, a gap, a turn (pure)."""

from collections.abc import Sequence

from bot.desk.numbering import numbered
from bot.store.records import Asked, Feedback, Gap, KeptTurn, Review, Turn
from pipeline.normalizing import unmarked
from pipeline.types import (
    Answered,
    Blocked,
    Draft,
    Failure,
    NeedsReview,
    NotEnoughInfo,
    Outcome,
    RequestContext,
    Source,
    Trace,
)


def review_of(question: str, asked: Asked, case: NeedsReview, context: RequestContext) -> Review:
    """Return the review of a question."""
    own_words = unmarked(asked.text)
    return Review(
        review_id=context.request_id,
        question=question,
        conversation=asked.where,
        case=numbered(case),
        readable_groups=tuple(sorted(context.readable_groups)),
        own_words=own_words if own_words != question else "",
    )


def review_wanted(question: str, asked: Asked, context: RequestContext, near: tuple[Source, ...] = ()) -> Review:
    """Return the review of a question that the asker wants a person to answer, with the nearest sources."""
    case = NeedsReview(reason=Failure.INSUFFICIENT_CONTEXT, draft=None, sources=near)
    return review_of(question, asked, case, context)


def review_of_disputed(
    review_id: str, asked: Asked, asked_again: Review | None, complaints: Sequence[Feedback]
) -> Review:
    """Return the review of a disputed answer, with the new draft of `asked_again` if there is one."""
    nothing = NeedsReview(reason=Failure.DISPUTED, draft=None, sources=())
    case = asked_again.case if asked_again else nothing
    return Review(
        review_id=review_id,
        question=unmarked(asked.text),
        conversation=asked.where,
        case=case.model_copy(update={"reason": Failure.DISPUTED}),
        drawn_from=asked_again.drawn_from if asked_again else (),
        exchange=complaint_turns(complaints),
    )


def redrafted(case: NeedsReview, outcome: Outcome) -> NeedsReview | None:
    """Return a case with a new draft; without a draft if there is no answer, None if no draft was tried."""
    match outcome:
        case NeedsReview():
            return numbered(outcome.model_copy(update={"reason": case.reason}))
        case Answered(form="remembered"):
            return NeedsReview(reason=case.reason, draft=None, sources=())
        case Answered(text=text, citations=citations, sources=sources):
            draft = Draft(status="answered", answer=text, confidence="high", citations=citations)
            return NeedsReview(reason=case.reason, draft=draft, sources=sources)
        case NotEnoughInfo() | Blocked():
            return NeedsReview(reason=case.reason, draft=None, sources=())
        case _:
            return None


def gap_of(asked: Asked, outcome: Outcome, trace: Trace) -> Gap | None:
    """Return the gap that a question shows which the documents do not answer; None for any other, and for a greeting.

    It holds what the asker wrote. A rewritten question may repeat an earlier answer, and all admins read gaps.
    """
    is_remembered = isinstance(outcome, Answered) and outcome.form == "remembered"
    if not (is_remembered or isinstance(outcome, NotEnoughInfo)) or asks_nothing(outcome):
        return None
    nearest = outcome.nearest if isinstance(outcome, NotEnoughInfo) else ()
    return Gap(
        request_id=trace.request_id,
        tenant_id=asked.where.tenant_id,
        user_id=asked.where.user_id,
        question=unmarked(asked.text),
        reason=trace.verdict,
        nearest=tuple(document.document_id for document in nearest),
    )


def turn_of(asked: Asked, outcome: Outcome, request_id: str, read_as: str) -> KeptTurn | None:
    """Return a question and its answer for follow-ups; None for a greeting."""
    if asks_nothing(outcome):
        return None
    answer = outcome.text if isinstance(outcome, Answered) else ""
    return KeptTurn(request_id=request_id, where=asked.where, question=read_as or asked.text, answer=answer)


def complaint_turns(complaints: Sequence[Feedback]) -> tuple[Turn, ...]:
    """Return complaints as turns of a review's exchange."""
    return tuple(
        Turn(user_id=c.user_id, text=": ".join(part for part in (c.reason.replace("_", " "), c.note) if part))
        for c in complaints
    )


def asks_nothing(outcome: Outcome) -> bool:
    """Tell whether an outcome belongs to small talk, which leaves neither a trace nor a gap nor a turn."""
    return isinstance(outcome, NotEnoughInfo) and outcome.reason is Failure.NO_QUESTION
