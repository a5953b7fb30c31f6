"""The records that the store keeps, all frozen."""

from dataclasses import dataclass
from typing import Literal

from pipeline.types import FrozenModel, NeedsReview

ReviewState = Literal["open", "approved", "edited", "rejected"]


class Conversation(FrozenModel):
    """Where a question was asked and where its answer belongs."""

    surface: str
    tenant_id: str
    user_id: str
    channel_id: str
    thread_id: str
    private: bool


class Review(FrozenModel):
    """A question that a person decides on. `answer` is the decided text, `note` the reviewer's reason."""

    review_id: str
    question: str
    conversation: Conversation
    case: NeedsReview
    state: ReviewState = "open"
    answer: str = ""
    note: str = ""
    decided_by: str | None = None


class Decision(FrozenModel):
    """What a reviewer wants done with a review."""

    state: Literal["approved", "edited", "rejected"]
    reviewer_id: str
    answer: str = ""
    note: str = ""


class ReviewEvent(FrozenModel):
    """One line of a review's history."""

    review_id: str
    at: str
    user_id: str
    what: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Outcomes of the last day by kind, and reviews that wait."""

    outcomes: dict[str, int]
    open_reviews: int
