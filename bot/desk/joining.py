"""Find the open reviews of the same question, so that it is decided once for everybody who asks it."""

from collections.abc import Callable, Sequence

from bot.desk.review_changes import Joins
from bot.store.records import Conversation, Review
from index.embedding.model import Embedder
from pipeline.proof.comparing import comparable
from pipeline.question_matching import same_question

Alike = Callable[[Conversation, Conversation], bool]


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


def _near_ids(review: Review, near: Sequence[Review], embedder: Embedder, similarity: float) -> frozenset[str]:
    mine, *theirs = embedder.embed([review.question, *(other.question for other in near)])
    return frozenset(o.review_id for o, vector in zip(near, theirs, strict=True) if mine @ vector >= similarity)


def _text(question: str) -> str:
    return comparable(question).strip(" ?!.")
