"""Find reviews of the same question for the same readers: open ones to join, and decided ones to learn from."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.desk.review_changes import Joins
from bot.settings import ChannelSettings
from bot.store.records import Conversation, Rejection, Review
from index.embedding.model import Embedder
from pipeline.proof.comparing import comparable
from pipeline.question_matching import same_question

Alike = Callable[[Conversation, Conversation], bool]


def channel_of(channels: Mapping[str, ChannelSettings], where: Conversation) -> ChannelSettings:
    """Return the settings of a channel, else those of its team, else the defaults."""
    return channels.get(where.channel_id) or channels.get(where.team_id) or ChannelSettings()


def ask_alike(channels: Mapping[str, ChannelSettings], one: Conversation, other: Conversation) -> bool:
    """Tell whether questions in two conversations get answers from the same sources, language and reviewers."""
    outside = one.shared_outside == other.shared_outside
    return outside and one.surface == other.surface and channel_of(channels, one) == channel_of(channels, other)


def joins(review: Review, rivals: Sequence[Review], alike: Alike, embedder: Embedder, similarity: float) -> Joins:
    """Return which open reviews the asker of `review` can join: of the same question, for the same readers.

    A question is the same if its text is. Among `rivals` it is also the same if it matches as an approved question
    would: by its words, and by a cosine of at least `similarity`.
    """
    wanted = _text(review.question)

    def may_join(other: Review) -> bool:
        readable = other.readable_groups
        same_readers = readable is not None and readable == review.readable_groups
        return same_readers and alike(review.conversation, other.conversation)

    near = [
        r for r in rivals if may_join(r) and _text(r.question) != wanted and same_question(review.question, r.question)
    ]
    ids = _near_ids(review, near, embedder, similarity) if near else frozenset()
    return lambda other: may_join(other) and (_text(other.question) == wanted or other.review_id in ids)


def after_rejection(review: Review, decided: Sequence[Review], same: Joins, again_after_h: float) -> Review:
    """Return a review with the rejection of the same question before it, and with the time for its card, if any.

    `decided` are the decided reviews, the last decision first; `same` tells which of them ask the same for the same
    readers. A draft that the reviewers have not seen gets its card at once. What was asked in private is told to
    nobody else, and what means something only in its thread to nobody.
    """
    last = next((other for other in decided if same(other) and _may_be_told(review, other)), None)
    if last is None or last.state != "rejected" or last.decided_at is None:
        return review
    rejection = Rejection(review_id=last.review_id, by=last.decided_by or "", at=last.decided_at, note=last.note)
    is_new = review.case.draft is not None and _answer(review) != _answer(last)
    until = datetime.fromisoformat(last.decided_at) + timedelta(hours=again_after_h)
    card_after = "" if is_new else until.isoformat(timespec="microseconds")
    return review.model_copy(update={"rejected_before": rejection, "card_after": card_after})


def _may_be_told(review: Review, decided: Review) -> bool:
    if decided.own_words == decided.question:
        return False
    in_private = any(ask.conversation.private for ask in decided.asks)
    return not in_private or review.conversation.user_id in decided.askers


def _answer(review: Review) -> str:
    return review.case.draft.answer if review.case.draft else ""


def _near_ids(review: Review, near: Sequence[Review], embedder: Embedder, similarity: float) -> frozenset[str]:
    mine, *theirs = embedder.embed([review.question, *(other.question for other in near)])
    return frozenset(o.review_id for o, vector in zip(near, theirs, strict=True) if mine @ vector >= similarity)


def _text(question: str) -> str:
    return comparable(question).strip(" ?!.")
