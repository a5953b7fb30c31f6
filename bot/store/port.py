"""The `Store` port: everything that Citedesk remembers between requests.

Each table is a protocol. A store has all of them, and so has a transaction:

    async with store.transaction() as tx:
        if await tx.inbox.finish(key):
            await tx.outbox.send(messages)

What the body did is on disk when the `async with` block ends; if the body raises, nothing of it is. Inside the body
only `tx` may be used: a call of the store itself would wait for the transaction to end. The body must not wait for
anything but `tx`, because other writers wait meanwhile.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Literal, Protocol

from bot.store.records import (
    Conversation,
    Counts,
    CuratedAnswer,
    Embedded,
    Feedback,
    Gap,
    Job,
    KeptTurn,
    Outgoing,
    QueueLength,
    Review,
    ReviewEvent,
    ReviewFilter,
)
from index.errors import CitedeskError
from pipeline.types import ThreadTurn, Trace


class StoreError(CitedeskError):
    """The store cannot be opened or is closed, a statement failed, or a call would wait for ever."""

    code = "STORE_UNAVAILABLE"


class Queue(Protocol):
    """Jobs that survive a crash, taken by one worker at a time under a lease.

    A finished or dead job keeps its key, so that it never comes again, and loses its payload.
    """

    async def add(self, keys: Sequence[str], payload: str) -> bool:
        """Store a job under its keys; False if any of them is known, that is, it came before."""

    async def claim(self, owner: str, lease_s: float, limit: int) -> list[Job]:
        """Return due jobs that nobody holds, oldest first, now held by `owner` for `lease_s` seconds."""

    async def renew(self, owner: str, lease_s: float) -> None:
        """Extend the lease of everything that `owner` holds."""

    async def release(self, owner: str) -> None:
        """Give back what `owner` holds: any worker may take it at once. The attempt still counts."""

    async def retry(self, key: str, after_s: float) -> None:
        """Give one job back, due again in `after_s` seconds."""

    async def replace(self, key: str, payload: str) -> bool:
        """Change the payload of a waiting job; False if it is no longer waiting."""

    async def finish(self, key: str) -> bool:
        """Mark a job as done; False if it was not waiting."""

    async def bury(self, key: str) -> bool:
        """Mark a job as a dead letter; False if it was not waiting."""

    async def payload(self, key: str) -> str | None:
        """Return the payload of a waiting job."""

    async def length(self) -> QueueLength:
        """Return how many jobs wait, and how many were buried in the last seven days."""


class Outbox(Queue, Protocol):
    """The queue of messages to post. The key of a job is the key of its message."""

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """Queue messages; one whose key is known is not queued again."""


class Reviews(Protocol):
    """Reviews and their append-only history."""

    async def open(self, review: Review) -> bool:
        """Store a new review; False if this request has one already."""

    async def get(self, review_id: str) -> Review | None:
        """Return a review as it stands."""

    async def locked(self, review_id: str) -> Review | None:
        """Return an open review for a change in this transaction; None if it is not open.

        Until the transaction ends, another one that locks the same review waits.
        """

    async def save(self, review: Review, user_id: str, what: str) -> Review:
        """Store a changed review with a line of history; return it with the time of its decision, if it has one."""

    async def listed(self, wanted: ReviewFilter) -> list[Review]:
        """Return reviews, oldest first while open, newest first once decided."""

    async def awaiting(self, where: Conversation) -> Review | None:
        """Return the newest open review that waits for an answer of this person in this thread.

        A review whose question was asked by a command is answered in any direct message.
        """

    async def due(self, remind_s: float, expire_s: float) -> tuple[list[Review], list[Review]]:
        """Return the open reviews to remind of, once each, and those older than `expire_s` seconds."""

    async def remind(self, review_id: str) -> bool:
        """Note that the reviewers are reminded of a review; False if they were before."""

    async def set_card(self, review_id: str, surface: str, channel: str, card_id: str) -> None:
        """Note where the card of a review was posted in a chat product."""

    async def card(self, review_id: str, surface: str) -> tuple[str, str] | None:
        """Return channel and message id of a review's card in a chat product."""

    async def events(self, review_id: str) -> list[ReviewEvent]:
        """Return the history of a review, oldest first."""

    async def purge(self, days: int) -> int:
        """Empty the texts of reviews decided more than `days` days ago; return how many."""


class Requests(Protocol):
    """The traces of finished requests."""

    async def save(self, trace: Trace) -> None:
        """Store a trace; it replaces one of the same request."""

    async def get(self, request_id: str) -> Trace | None:
        """Return the trace of a request."""

    async def set_verdict(self, request_id: str, verdict: str) -> None:
        """Change the verdict of a stored request."""

    async def since(self, since: datetime) -> list[Trace]:
        """Return the traces of the requests finished since then, oldest first."""

    async def outcomes_by_day(self, days: int) -> list[tuple[str, str, int]]:
        """Return (day, outcome, count) of the last days, oldest first; days are UTC."""


class FeedbackOnAnswers(Protocol):
    """What readers think of answers."""

    async def save(self, feedback: Feedback) -> int:
        """Store a user's latest judgement; return how many people now find this answer bad."""

    async def complaints(self, request_id: str) -> list[Feedback]:
        """Return the complaints about the answer to this request, whoever got the same answer, oldest first."""

    async def counts(self, days: int) -> tuple[int, int]:
        """Return how many judgements of the last days were good, and how many bad."""

    async def purge(self, days: int) -> None:
        """Empty the notes that are older than `days` days."""


class CuratedAnswers(Protocol):
    """Answers that reviewers approved, with the vectors of their questions."""

    async def save(self, answer: CuratedAnswer, embedder: str, vector: bytes) -> None:
        """Store an approved answer as live; it replaces one with the same id."""

    async def get(self, curated_id: str) -> CuratedAnswer | None:
        """Return a live answer."""

    async def live(self) -> list[CuratedAnswer]:
        """Return every live answer, oldest first."""

    async def vectors(self, tenant_id: str, embedder: str) -> list[Embedded]:
        """Return the vectors of a tenant's live answers that this embedding model made."""

    async def of_other_models(self, embedder: str) -> list[CuratedAnswer]:
        """Return the live answers whose vectors another embedding model made: questions do not find them."""

    async def set_vector(self, curated_id: str, embedder: str, vector: bytes) -> None:
        """Replace the vector of an answer."""

    async def set_state(self, curated_id: str, state: Literal["live", "stale", "withdrawn"]) -> bool:
        """Change the state of an answer; False if it was in that state already."""

    async def counts(self) -> dict[str, int]:
        """Return how many answers there are in each state."""


class Gaps(Protocol):
    """Questions that ended without an answer, with their vectors."""

    async def put(self, gap: Gap, embedder: str, vector: bytes) -> None:
        """Store a gap; one of the same request stays as it is."""

    async def since(self, tenant_id: str, embedder: str, days: int) -> Sequence[tuple[Gap, bytes]]:
        """Return a tenant's gaps of the last days with their vectors, newest first, 2,000 at most."""

    async def forget(self, request_id: str) -> None:
        """Delete the gap of a request that has an answer now."""

    async def purge(self, days: int) -> int:
        """Delete gaps that are older than `days` days; return how many."""


class Posted(Protocol):
    """Which message holds the answer to which request: ids, no text."""

    async def put(self, channel_id: str, message_id: str, request_id: str) -> None:
        """Note which request a message answers."""

    async def request_of(self, channel_id: str, message_id: str) -> str | None:
        """Return the request that a message answers."""

    async def purge(self, days: int) -> None:
        """Delete what is older than `days` days."""


class Turns(Protocol):
    """Questions and answers of the last days, for products that let no bot read a conversation."""

    async def put(self, turn: KeptTurn) -> None:
        """Store a question and its answer; they replace those of the same request."""

    async def before(self, request_id: str, where: Conversation, minutes: float, limit: int) -> tuple[ThreadTurn, ...]:
        """Return what this person and the bot said here in the last minutes, oldest first, without this request."""

    async def question_of(self, request_id: str) -> str:
        """Return the question of a request; "" if it is not stored."""

    async def purge(self, days: int) -> None:
        """Delete what is older than `days` days."""


class People(Protocol):
    """Display names of people, by their id in the chat product."""

    async def put(self, user_id: str, name: str) -> None:
        """Store the name of a person."""

    async def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the names of those that are known."""


class Threads(Protocol):
    """Who has asked in which thread."""

    async def put(self, where: Conversation) -> None:
        """Note that this person has asked in this thread."""

    async def owns(self, where: Conversation) -> bool:
        """Tell whether this person has asked in this thread before."""


class Tables(Protocol):
    """All tables, as a store and a transaction have them."""

    @property
    def inbox(self) -> Queue:
        """Questions and commands that came in."""

    @property
    def outbox(self) -> Outbox:
        """Messages to post."""

    @property
    def reviews(self) -> Reviews:
        """Reviews and their history."""

    @property
    def requests(self) -> Requests:
        """Traces."""

    @property
    def feedback(self) -> FeedbackOnAnswers:
        """Judgements of readers."""

    @property
    def curated(self) -> CuratedAnswers:
        """Approved answers."""

    @property
    def gaps(self) -> Gaps:
        """Questions without an answer."""

    @property
    def posted(self) -> Posted:
        """Messages that hold answers."""

    @property
    def turns(self) -> Turns:
        """What was said where nobody can look it up."""

    @property
    def people(self) -> People:
        """Names."""

    @property
    def threads(self) -> Threads:
        """Threads that the bot was asked in."""


class Store(Tables, Protocol):
    """The tables, each call a transaction of its own, and transactions over several calls."""

    def transaction(self) -> AbstractAsyncContextManager[Tables]:
        """Begin a transaction: see the docstring of this module. Raises StoreError."""

    async def counts(self) -> Counts:
        """Return the outcomes of the last day, and how much waits or was given up."""

    async def purge(self, review_text_days: int, gap_text_days: int, turn_text_days: int) -> None:
        """Delete texts that are older than their days."""

    async def close(self) -> None:
        """Finish what waits and close the store."""
