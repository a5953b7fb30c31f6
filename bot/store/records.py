"""The records of the store. All are frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from pipeline.types import Citation, FrozenModel, NeedsReview, Source, Trace

ReviewState = Literal["open", "approved", "edited", "rejected", "expired", "withdrawn"]


class Scope(FrozenModel):
    """Which tenants: those in `ids`, or with `others` all but those."""

    ids: frozenset[str] = frozenset()
    others: bool = True

    def has(self, tenant_id: str) -> bool:
        """Tell whether a tenant is one of them."""
        return (tenant_id in self.ids) != self.others


ALL_TENANTS = Scope()


class Conversation(FrozenModel):
    """Where a question was asked and its answer goes.

    `private` marks a conversation of the asker and the bot alone, `shared_outside` a channel that people of other
    organizations read. `service_url` is the address for messages, if the product has one for each conversation.
    `team_id` is the team that a channel belongs to. `language` is the asker's locale, such as de-DE, "" if unknown.
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
    language: str = ""


class Asked(FrozenModel):
    """A question as it was received.

    `message_id` is the message that holds it. `response_url` is where an answer goes that only the asker sees.
    `is_reply` marks a reply in a thread, which may be a follow-up. `suggested` marks a question that the bot suggested
    and the asker chose by a button, so that no message shows it. `untagged` marks a message in a channel's thread that
    does not mention the bot: the worker drops it without a trace if it turns out to be meant for others. `quoted` is
    the text of the message that it quotes and replies to, as far as the product shows it, `quoted_id` its id.
    """

    text: str
    where: Conversation
    message_id: str = ""
    response_url: str = ""
    is_reply: bool = False
    has_files: bool = False
    suggested: bool = False
    untagged: bool = False
    quoted: str = ""
    quoted_id: str = ""


class BuildOrder(FrozenModel):
    """An order to build the index: who gave it, and where and in which language its result is told.

    `response_url` is where that goes if only the person who gave it sees it.
    """

    where: Conversation
    response_url: str = ""


class Outgoing(FrozenModel):
    """One message to post. Its key keeps it from being queued twice.

    If `channel_id` is a user id, it is a direct message. `card_of` is the id of the review whose card it is.
    `decides` is the id of the review whose decision it brings to an asker. `progress_id` is the progress message that
    it completes. `payload` is for the product of `surface` alone: the rendered message, and what posting it needs.
    `checks` is the key of a message whose copies are looked for; such a job posts nothing. `resumed` marks the reply
    to a question whose first try was broken off, and may have left its progress message. `asked_at` is when the
    message to which it is the reply was received, as an ISO timestamp in UTC; "" if it is no reply.
    """

    key: str
    request_id: str
    surface: str
    tenant_id: str
    channel_id: str
    thread_id: str = ""
    text: str
    card_of: str = ""
    decides: str = ""
    progress_id: str = ""
    checks: str = ""
    resumed: bool = False
    asked_at: str = ""
    payload: dict[str, Any] = Field(default_factory=dict)


class Turn(FrozenModel):
    """One message about a review: a reviewer's question, the asker's answer or a reader's complaint."""

    user_id: str
    text: str


class JoinedAsker(FrozenModel):
    """Somebody who asked the question of an open review again, and where; they get the same answer.

    `question` is what they wrote, "" in a review of an older version.
    """

    request_id: str
    conversation: Conversation
    question: str = ""


class Rejection(FrozenModel):
    """That a reviewer looked at a question and had no answer. `note` is the reason for the askers, "" without one."""

    review_id: str
    by: str
    at: str
    note: str = ""


class Review(FrozenModel):
    """A question that a reviewer decides on.

    `answer` is the text that was sent, `note` the reviewer's reason for a rejection. `sent_anyway` marks an edited text
    that failed verification. `curated_id` is the approved answer that is reviewed again. Times are ISO timestamps in
    UTC. `joined` are those who asked the same while it was open. `readable_groups` are those whose documents the draft
    may use; None in a review of an older version, which nobody joins. `drawn_from` is everything that a model read for
    a draft that is not proved, cited or not. `own_words` is what the asker wrote, where `question` was rewritten from a
    thread, may mean something only there, or comes from somebody who has taken it back. `first_request_id` is the
    request of `conversation`, "" if it is the one that opened the review. `rejected_before` is the last rejection of
    the same question for the same readers. Until `card_after`, an ISO timestamp, the review has no card then, because
    reviewers have just looked at it; "" if it has one.
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
    joined: tuple[JoinedAsker, ...] = ()
    readable_groups: tuple[str, ...] | None = None
    drawn_from: tuple[Source, ...] = ()
    own_words: str = ""
    first_request_id: str = ""
    rejected_before: Rejection | None = None
    card_after: str = ""

    @property
    def request_id(self) -> str:
        """The request of the first ask that is left."""
        return self.first_request_id or self.review_id

    @property
    def asks(self) -> tuple[JoinedAsker, ...]:
        """Each time that the question was asked, the first one first."""
        first = JoinedAsker(
            request_id=self.request_id, conversation=self.conversation, question=self.own_words or self.question
        )
        return (first, *self.joined)

    @property
    def askers(self) -> tuple[str, ...]:
        """The user ids of everybody who asked, the first one first, each once."""
        return tuple(dict.fromkeys([self.conversation.user_id, *(j.conversation.user_id for j in self.joined)]))


class Decision(FrozenModel):
    """A reviewer's decision about a review.

    `remember` tells that others who ask the same may get the answer, too, even if it cites nothing.
    """

    state: Literal["approved", "edited", "rejected"]
    reviewer_id: str
    answer: str = ""
    note: str = ""
    sent_anyway: bool = False
    remember: bool = False


class ReviewEvent(FrozenModel):
    """One line of a review's history."""

    review_id: str
    at: str
    user_id: str
    what: str


class CuratedAnswer(FrozenModel):
    """An approved answer, bound to the chunks that it cites. The id of a chunk changes with its text.

    `drawn_from` and `own_words` are those of its review. Older versions stored answers without them. An answer that
    cites nothing is remembered for a while: `asked_in` and `readable_groups` tell then for whom, else they are None.
    """

    curated_id: str
    tenant_id: str
    question: str
    answer: str
    citations: tuple[Citation, ...]
    sources: tuple[Source, ...]
    approved_by: str
    approved_at: str
    sent_anyway: bool = False
    drawn_from: tuple[Source, ...] = ()
    own_words: str = ""
    asked_in: Conversation | None = None
    readable_groups: tuple[str, ...] | None = None

    @property
    def is_remembered(self) -> bool:
        """Whether no document proves the answer."""
        return self.asked_in is not None

    @property
    def chunk_ids(self) -> frozenset[str]:
        """Ids of the cited chunks."""
        return frozenset(citation.chunk_id for citation in self.citations)


class Gap(FrozenModel):
    """A question that ended without an answer. `nearest` are the ids of the nearest documents."""

    request_id: str
    tenant_id: str
    user_id: str
    question: str
    reason: str
    nearest: tuple[str, ...] = ()
    at: str = ""


class Feedback(FrozenModel):
    """A reader's feedback on an answer. Requests with the same answer have the same `answer_hash`."""

    request_id: str
    user_id: str
    helpful: bool
    reason: str = ""
    note: str = ""
    answer_hash: str = ""


class KeptTurn(FrozenModel):
    """A stored question and its answer, for products in which a bot cannot read a conversation. `answer` may be ""."""

    request_id: str
    where: Conversation
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a queue, held by `owner`. `attempts` includes the present one. `anchor` is that of a message, or "".

    `received_at` is when it was added, as an ISO timestamp in UTC.
    """

    key: str
    payload: str
    attempts: int
    owner: str
    anchor: str = ""
    received_at: str = ""


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days texts and rows are kept. Feedback and ids of posted messages count as texts of reviews.

    `job_days` are those of keys of finished questions and messages, `trace_days` those of traces.
    """

    review_text_days: int
    gap_text_days: int
    turn_text_days: int
    job_days: int
    trace_days: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was changed or deleted of a person, as rows by table, and what was kept that has to do with them."""

    rows: Mapping[str, int]
    kept: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class QueueLength:
    """Jobs that wait or are worked on, and dead letters among the jobs added in the last seven days."""

    waiting: int
    dead: int


# An order to build the index that waits for so many seconds, while no other one is worked on, is neglected. Whoever
# builds looks for orders far more often.
NEGLECTED_S = 15.0


@dataclass(frozen=True, slots=True)
class QueueAge:
    """How long the oldest jobs of a queue wait, in seconds; 0.0 if none does.

    `oldest_s` counts from when a job came, or was to begin, until it is done, also while somebody works on it.
    `overdue_s` counts while a job is due and nobody works on it.
    """

    oldest_s: float
    overdue_s: float


@dataclass(frozen=True, slots=True)
class Spent:
    """What the requests of a tenant have used: input and output tokens, and US dollars as far as prices are set."""

    tenant_id: str
    tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Outcomes of the last 24 hours by kind, open reviews, waiting jobs, and dead letters of seven days.

    `neglected_builds` are orders to build the index that wait although no process builds.
    """

    outcomes: dict[str, int]
    open_reviews: int
    waiting_questions: int = 0
    waiting_replies: int = 0
    dead_letters: int = 0
    neglected_builds: int = 0


class ReviewFilter(FrozenModel):
    """Which reviews to list: their states, who claimed them, and how many at most.

    Reviews whose ids end with `except_ending` are left out, and so are those of other tenants than `scope` names.
    """

    states: tuple[ReviewState, ...] = Field(default=("open",))
    claimed_by: str | None = None
    except_ending: str = ""
    limit: int = 100
    scope: Scope = ALL_TENANTS


class RequestFilter(FrozenModel):
    """Which finished requests to list: their outcomes, all if none is named, from when on, and how many at most."""

    since: datetime
    outcomes: tuple[str, ...] = ()
    limit: int = 100
    scope: Scope = ALL_TENANTS


@dataclass(frozen=True, slots=True)
class FinishedRequest:
    """The trace of a finished request, and when it was stored: an ISO time in UTC."""

    at: str
    trace: Trace


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vector of a stored question, as bytes of float32[n], unit length."""

    key: str
    vector: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signal:
    """A word from one process to all. `what` is an id. Without a topic it says that signals may have been missed."""

    topic: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class Replica:
    """A process that serves, the release that it runs, and its snapshot of the index. Times are ISO times in UTC."""

    owner: str
    started_at: str
    seen_at: str
    version: str
    snapshot: str


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation of a chat app in a workspace by a person. `payload` holds tokens."""

    app: str
    tenant_id: str
    user_id: str
    payload: str = field(repr=False)
