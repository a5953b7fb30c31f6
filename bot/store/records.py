"""The records that the store keeps, all frozen."""

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from pipeline.types import Citation, FrozenModel, NeedsReview, Source

ReviewState = Literal["open", "approved", "edited", "rejected", "expired"]


class Conversation(FrozenModel):
    """Where a question was asked and where its answer belongs.

    `shared_outside` marks a channel that people of other organizations read; `service_url` is where the product takes
    messages for it, if that differs from one conversation to another; `team_id` is the team that a channel is of.
    """

    surface: str
    tenant_id: str
    user_id: str
    channel_id: str
    thread_id: str
    private: bool
    shared_outside: bool = False
    service_url: str = ""
    team_id: str = ""


class Asked(FrozenModel):
    """A question as it came in. `message_id` is the message it stands in; `response_url` takes a hidden answer.

    `is_reply` marks one that may lean on what was said before it in its thread.
    """

    text: str
    where: Conversation
    message_id: str = ""
    response_url: str = ""
    is_reply: bool = False
    has_files: bool = False


class Outgoing(FrozenModel):
    """One message to post once. The key travels in the message's metadata.

    `channel_id` may be a user's id: then it is a direct message. `card_of` names the review whose card it is.
    `progress_id` is the progress message that it completes. `payload` holds what only the product of `surface`
    reads: the rendered message, and whatever its posting needs.
    """

    key: str
    request_id: str
    surface: str
    tenant_id: str
    channel_id: str
    thread_id: str = ""
    text: str
    card_of: str = ""
    progress_id: str = ""
    payload: dict[str, Any] = Field(default_factory=dict)


class Turn(FrozenModel):
    """One thing said between a reviewer and the asker about a review."""

    user_id: str
    text: str


class Review(FrozenModel):
    """A question that a person decides on. `answer` is the decided text, `note` the reviewer's reason.

    `sent_anyway` marks an edited text that verification objected to. `curated_id` names the approved answer
    that is looked at again.
    """

    review_id: str
    question: str
    conversation: Conversation
    case: NeedsReview
    state: ReviewState = "open"
    answer: str = ""
    note: str = ""
    decided_by: str | None = None
    opened_at: str = ""
    decided_at: str | None = None
    claimed_by: str | None = None
    claimed_at: str | None = None
    exchange: tuple[Turn, ...] = ()
    awaits_asker: bool = False
    sent_anyway: bool = False
    curated_id: str | None = None


class Decision(FrozenModel):
    """What a reviewer wants done with a review."""

    state: Literal["approved", "edited", "rejected"]
    reviewer_id: str
    answer: str = ""
    note: str = ""
    sent_anyway: bool = False


class ReviewEvent(FrozenModel):
    """One line of a review's history."""

    review_id: str
    at: str
    user_id: str
    what: str


class CuratedAnswer(FrozenModel):
    """An answer that a person approved, bound to the chunks that it cites: their ids change with their words."""

    curated_id: str
    tenant_id: str
    question: str
    answer: str
    citations: tuple[Citation, ...]
    sources: tuple[Source, ...]
    approved_by: str
    approved_at: str
    sent_anyway: bool = False

    @property
    def chunk_ids(self) -> frozenset[str]:
        """Ids of the cited chunks."""
        return frozenset(citation.chunk_id for citation in self.citations)


class Gap(FrozenModel):
    """A question that ended without an answer. `nearest` are the titles of documents that came close."""

    request_id: str
    tenant_id: str
    user_id: str
    question: str
    reason: str
    nearest: tuple[str, ...] = ()
    at: str = ""


class Feedback(FrozenModel):
    """What a reader thinks of an answer."""

    request_id: str
    user_id: str
    helpful: bool
    reason: str = ""
    note: str = ""
    answer_hash: str = ""


class KeptTurn(FrozenModel):
    """A question and its answer, kept where the chat product cannot be asked for them. `answer` may be empty."""

    request_id: str
    where: Conversation
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do. `attempts` counts this attempt."""

    key: str
    payload: str
    attempts: int


@dataclass(frozen=True, slots=True)
class QueueLength:
    """Jobs that wait or are worked on, and dead letters of the last week."""

    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Outcomes of the last day by kind, reviews that wait, jobs that wait, and dead letters of a week."""

    outcomes: dict[str, int]
    open_reviews: int
    waiting_questions: int = 0
    waiting_replies: int = 0
    dead_letters: int = 0


class ReviewFilter(FrozenModel):
    """Which reviews to list."""

    states: tuple[ReviewState, ...] = Field(default=("open",))
    claimed_by: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Embedded:
    """A stored text's vector: float32[n], unit length."""

    key: str
    vector: bytes = field(repr=False)
