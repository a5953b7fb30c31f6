"""The `Store` port: everything that Citedesk keeps between requests.

Each table is a protocol. A store has all of them, and so has a transaction:

    async with store.transaction() as tx:
        if await tx.inbox.finish(job):
            await tx.outbox.send(messages)

When the `async with` block ends, all writes of the body are on disk; if the body raises, none is. Inside the body use
only `tx`: a call of the store itself raises StoreError. Wait for nothing but `tx`, because other writers wait
meanwhile.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Literal, Protocol

from bot.store.records import (
    ALL_TENANTS,
    Conversation,
    Counts,
    CuratedAnswer,
    Embedded,
    Feedback,
    FinishedRequest,
    Forgotten,
    Gap,
    Job,
    KeptTurn,
    Outgoing,
    QueueAge,
    QueueLength,
    RequestFilter,
    Retention,
    Review,
    ReviewEvent,
    ReviewFilter,
    Scope,
    Spent,
)
from bot.store.shared import (
    Installations,
    Listening,
    Locks,
    OwnTenants,
    Replicas,
    Signals,
    SignInStates,
)
from index.errors import CitedeskError
from pipeline.types import ThreadTurn, Trace


class StoreError(CitedeskError):
    """The store cannot be opened, is closed, failed, or was used wrongly inside a transaction."""

    code = "STORE_UNAVAILABLE"


class StoreUnavailableError(StoreError):
    """The store is full, read-only, damaged or away. `bot.store.outage` has logged it, so nobody else needs to."""


class LeaseLostError(CitedeskError):
    """A job is not held any more, so nothing of its work is stored."""

    code = "LEASE_LOST"


class Queue(Protocol):
    """Jobs that survive a crash. One worker at a time holds a job, under a lease.

    Tenants take turns: the next job is one of the tenant with the fewest jobs at work, and its oldest.

    A method that takes a `Job` changes nothing and returns False unless that job is still held: by its owner, at its
    attempt. So a worker that was frozen for longer than its lease cannot end a job that another one has taken over. A
    finished or dead job keeps its key, so that it is not added again, and loses its payload.
    """

    async def add(self, keys: Sequence[str], payload: str, tenant_id: str = "") -> bool:
        """Store a job under its first key and reserve the others. Return False if any key is known already."""

    async def claim(self, owner: str, lease_s: float, limit: int) -> list[Job]:
        """Give `owner` a lease of `lease_s` seconds on due jobs that nobody holds; return them, oldest first.

        Which ones, if there are more than `limit`, is the turn of their tenants.
        """

    async def renew(self, jobs: Collection[Job], lease_s: float) -> frozenset[str]:
        """Extend the leases of these jobs to `lease_s` seconds from now. Return the keys of those that are held."""

    async def release(self, owner: str) -> None:
        """End the leases of `owner`, so that any worker may take the jobs at once. Their attempts still count."""

    async def retry(self, job: Job, after_s: float) -> bool:
        """End the lease of a held job and make it due in `after_s` seconds."""

    async def finish(self, job: Job) -> bool:
        """Mark a held job as done."""

    async def bury(self, job: Job) -> bool:
        """Mark a held job as a dead letter."""

    async def replace(self, key: str, payload: str) -> bool:
        """Change the payload of a waiting job and end its lease. Return False if it is not waiting."""

    async def withdraw(self, key: str) -> bool:
        """Mark a waiting job as done, whoever holds it. Return False if it is not waiting."""

    async def payload(self, key: str) -> str | None:
        """Return the payload of a waiting job; None if it is not waiting."""

    async def purge(self, days: int) -> int:
        """Delete jobs that ended and were added more than `days` days ago, 5,000 at most; return how many."""

    async def length(self, scope: Scope = ALL_TENANTS) -> QueueLength:
        """Return how many jobs wait, and how many of those added in the last seven days are dead letters."""

    async def neglected(self, after_s: float, scope: Scope = ALL_TENANTS) -> dict[str, str]:
        """Return the jobs, by key with their payloads, that have been free and due for `after_s` seconds.

        None is while any job of the queue is held: then there is a worker, and they wait their turn.
        """

    async def age(self) -> QueueAge:
        """Return how long the oldest jobs of all tenants wait."""


class Outbox(Queue, Protocol):
    """The queue of messages to post. The key of a job is the key of its message.

    Products have no idempotency keys, so the queue keeps what tells one copy of a message from another: the id of the
    copy that counts, and before that the id of the first message that a product turns into the message, its anchor.
    """

    async def send(self, messages: Sequence[Outgoing], after_s: float = 0.0) -> None:
        """Queue messages, due in `after_s` seconds. A message whose key is known is not queued again."""

    async def finish(self, job: Job, posted: str = "") -> bool:
        """Mark a held message as posted; `posted` is the id of the copy that counts."""

    async def anchor(self, job: Job, message_id: str) -> bool:
        """Store the anchor of a held message; later jobs of it bring it back."""

    async def posted(self, key: str) -> str:
        """Return the id of the copy that counts; "" if the message is not posted, or has no id."""

    async def forget(self, key: str) -> None:
        """Delete a message, posted or not, so that its key may be used again."""

    async def states(self, key: str) -> frozenset[str]:
        """Return the states, waiting, done or dead, of a message and of those whose keys add a colon and more to it."""


class Reviews(Protocol):
    """Reviews and their append-only history."""

    async def open(self, review: Review) -> bool:
        """Store a new review. Return False if one with this id is stored already, and was not taken back."""

    async def get(self, review_id: str) -> Review | None:
        """Return a review; None if there is none with this id."""

    async def locked(self, review_id: str) -> Review | None:
        """Return an open review to change in this transaction; None if it is not open.

        Until the transaction ends, others that lock the same review wait.
        """

    async def save(self, review: Review, user_id: str, what: str) -> Review:
        """Store a changed review, with `what` as a line of its history. Return it with its time of decision, if any."""

    async def listed(self, wanted: ReviewFilter) -> list[Review]:
        """Return reviews by the time of their opening: oldest first if only open ones are wanted, else newest first."""

    async def open_in(self, tenant_id: str) -> list[Review]:
        """Return the open reviews of a tenant, oldest first.

        Until the transaction ends, others that ask for them wait, so that one question is not opened twice.
        """

    async def decided_in(self, tenant_id: str, days: int) -> list[Review]:
        """Return the reviews of a tenant decided in the last days, the last decision first, 1,000 at most."""

    async def without_card(self) -> list[Review]:
        """Return the open reviews whose `card_after` has passed, oldest first."""

    async def asked_by(self, tenant_id: str, request_id: str) -> Review | None:
        """Return the open review that waits for a request, the first one or one that joined; None if there is none.

        It is locked as by `locked`.
        """

    async def awaiting(self, where: Conversation) -> Review | None:
        """Return the newest open review that waits for an answer of this person in this thread.

        If the question was asked by a slash command, any direct message of the person is the answer.
        """

    async def due(self, remind_s: float, expire_s: float) -> tuple[list[Review], list[Review]]:
        """Return two lists of open reviews: those older than `remind_s` seconds without a reminder, and the expired.

        A review expires after `expire_s` seconds.
        """

    async def remind(self, review_id: str) -> bool:
        """Record the reminder of a review. Return False if there was one before."""

    async def set_card(self, review_id: str, surface: str, channel: str, card_id: str) -> None:
        """Store where the card of a review was posted in a chat product."""

    async def card(self, review_id: str, surface: str) -> tuple[str, str] | None:
        """Return channel and message id of a review's newest card in a chat product; None if it was not posted."""

    async def cards(self, review_id: str, surface: str) -> list[tuple[str, str]]:
        """Return channel and message id of each card of a review in a chat product, the newest first."""

    async def of_card(self, surface: str, channel: str, card_id: str) -> Review | None:
        """Return the review whose card is this message; None if it is no card."""

    async def events(self, review_id: str) -> list[ReviewEvent]:
        """Return the history of a review, oldest first."""

    async def purge(self, days: int) -> int:
        """Empty the texts of reviews that ended more than `days` days ago; return how many."""


class Requests(Protocol):
    """The traces of finished requests."""

    async def save(self, trace: Trace) -> None:
        """Store a trace. It replaces an earlier one of the same request."""

    async def get(self, request_id: str) -> Trace | None:
        """Return the trace of a request; None if there is none."""

    async def set_verdict(self, request_id: str, verdict: str) -> None:
        """Change the verdict of a stored request."""

    async def since(self, since: datetime, scope: Scope = ALL_TENANTS) -> list[Trace]:
        """Return the traces that were stored since then, oldest first."""

    async def listed(self, wanted: RequestFilter) -> list[FinishedRequest]:
        """Return finished requests with their times, newest first."""

    async def tokens_since(self, tenant_id: str, since: datetime) -> int:
        """Return the input and output tokens of a tenant's requests that were stored since then."""

    async def spent_since(self, since: datetime, scope: Scope = ALL_TENANTS) -> list[Spent]:
        """Return what each tenant's requests have used that were stored since then, by the tenants' ids."""

    async def purge(self, days: int) -> int:
        """Delete traces that are older than `days` days, 5,000 at most; return how many."""

    async def outcomes_by_day(self, days: int, scope: Scope = ALL_TENANTS) -> list[tuple[str, str, int]]:
        """Return (day, outcome, count) of the last `days` times 24 hours, oldest first. Days are ISO dates in UTC."""


class FeedbackOnAnswers(Protocol):
    """Feedback of readers on answers."""

    async def save(self, feedback: Feedback) -> int:
        """Store feedback; it replaces the user's earlier one. Return how many people find this answer bad now."""

    async def complaints(self, request_id: str) -> list[Feedback]:
        """Return bad feedback with a reason on the answer to a request, whoever got the same answer; oldest first."""

    async def counts(self, days: int, tenant_id: str | None = None, scope: Scope = ALL_TENANTS) -> tuple[int, int]:
        """Return how many of the last days' feedback was good, and how many bad; in one tenant, if it is given.

        Feedback on a request that is not stored belongs to no tenant.
        """

    async def purge(self, days: int) -> None:
        """Empty notes that are older than `days` days."""


class CuratedAnswers(Protocol):
    """Answers that reviewers approved, with the vectors of their questions."""

    async def save(self, answer: CuratedAnswer, embedder: str, vector: bytes) -> None:
        """Store an approved answer as live. It replaces one with the same id. `vector` is float32[n], unit length."""

    async def get(self, curated_id: str) -> CuratedAnswer | None:
        """Return a live answer; None if there is none with this id."""

    async def live(self) -> list[CuratedAnswer]:
        """Return every live answer, oldest first."""

    async def vectors(self, tenant_id: str, embedder: str) -> list[Embedded]:
        """Return the vectors that this embedding model made of a tenant's live answers."""

    async def of_other_models(self, embedder: str) -> list[CuratedAnswer]:
        """Return the live answers of other embedding models. Questions do not find them until they get new vectors."""

    async def set_vector(self, curated_id: str, embedder: str, vector: bytes) -> None:
        """Replace the vector of an answer."""

    async def set_state(self, curated_id: str, state: Literal["live", "stale", "withdrawn"]) -> bool:
        """Change the state of an answer. Return False if it was in that state already, or is not stored."""

    async def counts(self, scope: Scope = ALL_TENANTS) -> dict[str, int]:
        """Return the number of answers by state; live ones that cite nothing count as "remembered"."""

    async def purge_remembered(self, days: int) -> int:
        """Delete answers that cite nothing and are at least `days` days old, in any state; return how many."""


class Gaps(Protocol):
    """Questions that ended without an answer, with their vectors."""

    async def put(self, gap: Gap, embedder: str, vector: bytes) -> None:
        """Store a gap, unless its request has one. `vector` is float32[n], unit length."""

    async def since(self, tenant_id: str, embedder: str, days: int) -> Sequence[tuple[Gap, bytes]]:
        """Return a tenant's gaps of the last days with their vectors, newest first, 2,000 at most."""

    async def forget(self, request_id: str) -> None:
        """Delete the gap of a request, because it has an answer now."""

    async def purge(self, days: int) -> int:
        """Delete gaps that are older than `days` days; return how many."""


class Posted(Protocol):
    """Which message holds the answer to which request. Only ids are stored."""

    async def put(self, channel_id: str, message_id: str, request_id: str) -> None:
        """Store which request a message answers."""

    async def request_of(self, channel_id: str, message_id: str) -> str | None:
        """Return the id of the request that a message answers; None if it is not stored."""

    async def purge(self, days: int) -> None:
        """Delete what is older than `days` days."""


class Turns(Protocol):
    """Questions and answers of the last days, for products in which a bot cannot read a conversation."""

    async def put(self, turn: KeptTurn) -> None:
        """Store a question and its answer. They replace those of the same request."""

    async def before(self, request_id: str, where: Conversation, minutes: float, limit: int) -> tuple[ThreadTurn, ...]:
        """Return the last turns of this person and the bot in this thread, oldest first, without those of `request_id`.

        `limit` is the number of questions, `minutes` the age of the oldest.
        """

    async def question_of(self, request_id: str) -> str:
        """Return the question of a request; "" if it is not stored."""

    async def purge(self, days: int) -> None:
        """Delete what is older than `days` days."""


class People(Protocol):
    """Display names of people, by user id."""

    async def put(self, user_id: str, name: str) -> None:
        """Store the name of a person."""

    async def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the names of these users, as far as they are known."""


class Threads(Protocol):
    """Whose thread it is: the asker's, until another person speaks there; from then on nobody's, for good."""

    async def asked(self, where: Conversation) -> None:
        """Store that this person has asked the bot in this thread. Another's thread becomes nobody's."""

    async def spoke(self, where: Conversation) -> None:
        """Store that this person has spoken in this thread, if the bot was asked there by somebody else."""

    async def share(self, where: Conversation) -> None:
        """Make a thread, if it is known, nobody's, because several people speak in it."""

    async def owns(self, where: Conversation) -> bool:
        """Tell whether the thread is this person's."""


class Tables(Protocol):
    """The tables of a store or of a transaction."""

    @property
    def inbox(self) -> Queue:
        """Questions and commands to answer."""

    @property
    def outbox(self) -> Outbox:
        """Messages to post."""

    @property
    def builds(self) -> Queue:
        """Orders to build the index."""

    @property
    def reviews(self) -> Reviews:
        """Reviews and their history."""

    @property
    def requests(self) -> Requests:
        """Traces of finished requests."""

    @property
    def feedback(self) -> FeedbackOnAnswers:
        """Feedback of readers."""

    @property
    def curated(self) -> CuratedAnswers:
        """Approved answers."""

    @property
    def gaps(self) -> Gaps:
        """Questions without an answer."""

    @property
    def posted(self) -> Posted:
        """Messages that hold an answer."""

    @property
    def turns(self) -> Turns:
        """Questions and answers of products in which a bot cannot read a conversation."""

    @property
    def people(self) -> People:
        """Display names."""

    @property
    def threads(self) -> Threads:
        """Threads in which the bot was asked, and whose they are."""

    @property
    def signals(self) -> Signals:
        """Signals to all processes."""

    @property
    def replicas(self) -> Replicas:
        """Processes that serve."""

    @property
    def installations(self) -> Installations:
        """Workspaces in which a chat app is installed."""

    @property
    def sign_in_states(self) -> SignInStates:
        """States of installations that are under way."""

    @property
    def own_tenants(self) -> OwnTenants:
        """Tenants with documents of their own."""


class Store(Tables, Listening, Locks, Protocol):
    """The tables, and transactions over several calls.

    A call of the store itself is committed by itself. Calls that write two tables (`reviews.open`, `reviews.save`,
    `reviews.remind`) and `feedback.save`, which writes and counts, belong in a transaction.
    """

    def transaction(self) -> AbstractAsyncContextManager[Tables]:
        """Begin a transaction, as the docstring of this module describes. Raises StoreError."""

    async def counts(self, scope: Scope = ALL_TENANTS) -> Counts:
        """Return the outcomes of the last 24 hours, and the numbers of waiting and dead jobs and open reviews."""

    async def purge(self, kept: Retention) -> None:
        """Delete texts and rows that are older than they are kept; of very many, some each time."""

    async def check_writable(self) -> None:
        """Write a row, and delete it in the same transaction. Raises StoreError if the store takes no writes."""

    async def forget(self, user_id: str, *, approved: bool = False, dry_run: bool = False) -> Forgotten:
        """Delete or replace all texts and ids of a person, of all tenants, in one transaction; return what was changed.

        What they decided for others stays without their name, and so do approved answers to their questions, unless
        `approved`. With `dry_run` nothing is changed.
        """

    async def close(self) -> None:
        """Finish waiting calls and close the store."""
