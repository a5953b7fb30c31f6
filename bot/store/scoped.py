"""The store as some of the tenants see it: whatever belongs to others does not exist.

Tables whose rows name no tenant (names of people, messages that hold an answer, hashes of disputed answers) get the
name of the tenant put before an id: the same id may exist in another workspace.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Literal

from bot.store.port import (
    CuratedAnswers,
    FeedbackOnAnswers,
    Gaps,
    Outbox,
    People,
    Posted,
    Queue,
    Requests,
    Reviews,
    Store,
    Tables,
    Threads,
    Turns,
)
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
    KeptTurn,
    RequestFilter,
    Retention,
    Review,
    ReviewEvent,
    ReviewFilter,
    Scope,
    Signal,
    Spent,
)
from bot.store.shared import Installations, OwnTenants, Replicas, Signals, SignInStates
from pipeline.types import ThreadTurn, Trace

_AFTER_NAME = "/"


class ScopedReviews:
    """`bot.store.port.Reviews` of some tenants."""

    def __init__(self, reviews: Reviews, requests: Requests, scope: Scope) -> None:
        self._reviews, self._requests, self._scope = reviews, requests, scope

    async def open(self, review: Review) -> bool:
        """Store a new review. Return False if one with this id is stored already, and was not taken back."""
        # Whoever forges the id of another tenant's request must not open its review as theirs.
        trace, known = await self._requests.get(review.review_id), await self._reviews.get(review.review_id)
        is_free = not trace or self._scope.has(trace.tenant_id)
        return is_free and self._is_ours(known or review) and await self._reviews.open(review)

    async def get(self, review_id: str) -> Review | None:
        """Return a review; None if there is none with this id."""
        return self._ours(await self._reviews.get(review_id))

    async def locked(self, review_id: str) -> Review | None:
        """Return an open review to change in this transaction; None if it is not open."""
        return self._ours(await self._reviews.locked(review_id))

    async def save(self, review: Review, user_id: str, what: str) -> Review:
        """Store a changed review, with `what` as a line of its history."""
        return await self._reviews.save(review, user_id, what)

    async def listed(self, wanted: ReviewFilter) -> list[Review]:
        """Return reviews by the time of their opening."""
        return await self._reviews.listed(wanted.model_copy(update={"scope": self._scope}))

    async def open_in(self, tenant_id: str) -> list[Review]:
        """Return the open reviews of a tenant, oldest first."""
        return await self._reviews.open_in(tenant_id) if self._scope.has(tenant_id) else []

    async def decided_in(self, tenant_id: str, days: int) -> list[Review]:
        """Return the reviews of a tenant decided in the last days, the last decision first."""
        return await self._reviews.decided_in(tenant_id, days) if self._scope.has(tenant_id) else []

    async def without_card(self) -> list[Review]:
        """Return the open reviews whose `card_after` has passed, oldest first."""
        return [review for review in await self._reviews.without_card() if self._is_ours(review)]

    async def asked_by(self, tenant_id: str, request_id: str) -> Review | None:
        """Return the open review that waits for a request; None if there is none."""
        return self._ours(await self._reviews.asked_by(tenant_id, request_id))

    async def awaiting(self, where: Conversation) -> Review | None:
        """Return the newest open review that waits for an answer of this person in this thread."""
        return self._ours(await self._reviews.awaiting(where))

    async def due(self, remind_s: float, expire_s: float) -> tuple[list[Review], list[Review]]:
        """Return the open reviews that wait for a reminder, and the expired."""
        to_remind, expired = await self._reviews.due(remind_s, expire_s)
        return [r for r in to_remind if self._is_ours(r)], [r for r in expired if self._is_ours(r)]

    async def remind(self, review_id: str) -> bool:
        """Record the reminder of a review. Return False if there was one before."""
        return await self.get(review_id) is not None and await self._reviews.remind(review_id)

    async def set_card(self, review_id: str, surface: str, channel: str, card_id: str) -> None:
        """Store where the card of a review was posted in a chat product."""
        if await self.get(review_id):
            await self._reviews.set_card(review_id, surface, channel, card_id)

    async def card(self, review_id: str, surface: str) -> tuple[str, str] | None:
        """Return channel and message id of a review's newest card in a chat product; None if it was not posted."""
        return next(iter(await self.cards(review_id, surface)), None)

    async def cards(self, review_id: str, surface: str) -> list[tuple[str, str]]:
        """Return channel and message id of each card of a review in a chat product, the newest first."""
        return await self._reviews.cards(review_id, surface) if await self.get(review_id) else []

    async def of_card(self, surface: str, channel: str, card_id: str) -> Review | None:
        """Return the review whose card is this message; None if it is no card."""
        return self._ours(await self._reviews.of_card(surface, channel, card_id))

    async def events(self, review_id: str) -> list[ReviewEvent]:
        """Return the history of a review, oldest first."""
        return await self._reviews.events(review_id) if await self.get(review_id) else []

    async def purge(self, days: int) -> int:
        """Empty the texts of reviews that ended more than `days` days ago, of all tenants."""
        return await self._reviews.purge(days)

    def _is_ours(self, review: Review) -> bool:
        return self._scope.has(review.conversation.tenant_id)

    def _ours(self, review: Review | None) -> Review | None:
        return review if review and self._is_ours(review) else None


class ScopedRequests:
    """`bot.store.port.Requests` of some tenants."""

    def __init__(self, requests: Requests, scope: Scope) -> None:
        self._requests, self._scope = requests, scope

    async def save(self, trace: Trace) -> None:
        """Store a trace."""
        await self._requests.save(trace)

    async def get(self, request_id: str) -> Trace | None:
        """Return the trace of a request; None if there is none."""
        trace = await self._requests.get(request_id)
        return trace if trace and self._scope.has(trace.tenant_id) else None

    async def set_verdict(self, request_id: str, verdict: str) -> None:
        """Change the verdict of a stored request."""
        if await self.get(request_id):
            await self._requests.set_verdict(request_id, verdict)

    async def since(self, since: datetime, scope: Scope = ALL_TENANTS) -> list[Trace]:  # noqa: ARG002 - ours alone
        """Return the traces that were stored since then, oldest first."""
        return await self._requests.since(since, self._scope)

    async def listed(self, wanted: RequestFilter) -> list[FinishedRequest]:
        """Return finished requests with their times, newest first."""
        return await self._requests.listed(wanted.model_copy(update={"scope": self._scope}))

    async def purge(self, days: int) -> int:
        """Delete traces that are older than `days` days, of all tenants."""
        return await self._requests.purge(days)

    async def tokens_since(self, tenant_id: str, since: datetime) -> int:
        """Return the input and output tokens of a tenant's requests that were stored since then."""
        return await self._requests.tokens_since(tenant_id, since) if self._scope.has(tenant_id) else 0

    async def spent_since(self, since: datetime, scope: Scope = ALL_TENANTS) -> list[Spent]:  # noqa: ARG002 - ours alone
        """Return what each tenant's requests have used that were stored since then."""
        return await self._requests.spent_since(since, self._scope)

    async def outcomes_by_day(self, days: int, scope: Scope = ALL_TENANTS) -> list[tuple[str, str, int]]:  # noqa: ARG002
        """Return (day, outcome, count) of the last days."""
        return await self._requests.outcomes_by_day(days, self._scope)


class ScopedFeedback:
    """`bot.store.port.FeedbackOnAnswers` of some tenants. Two tenants may have got the same answer."""

    def __init__(self, feedback: FeedbackOnAnswers, requests: Requests, scope: Scope, name: str) -> None:
        self._feedback, self._requests, self._scope, self._name = feedback, requests, scope, name

    async def save(self, feedback: Feedback) -> int:
        """Store feedback. Return how many people find this answer bad now; 0 for a request of another tenant."""
        trace = await self._requests.get(feedback.request_id)
        if trace and not self._scope.has(trace.tenant_id):
            return 0
        own = own_id(self._name, feedback.answer_hash) if feedback.answer_hash else ""
        return await self._feedback.save(feedback.model_copy(update={"answer_hash": own}))

    async def complaints(self, request_id: str) -> list[Feedback]:
        """Return bad feedback with a reason on the answer to a request; oldest first."""
        found = await self._feedback.complaints(request_id)
        return [complaint for complaint in found if is_own_id(self._name, complaint.answer_hash)]

    async def counts(self, days: int, tenant_id: str | None = None, scope: Scope = ALL_TENANTS) -> tuple[int, int]:  # noqa: ARG002
        """Return how many of the last days' feedback was good, and how many bad."""
        return await self._feedback.counts(days, tenant_id, self._scope)

    async def purge(self, days: int) -> None:
        """Empty notes that are older than `days` days, of all tenants."""
        await self._feedback.purge(days)


class ScopedCurated:
    """`bot.store.port.CuratedAnswers` of some tenants."""

    def __init__(self, curated: CuratedAnswers, scope: Scope) -> None:
        self._curated, self._scope = curated, scope

    async def save(self, answer: CuratedAnswer, embedder: str, vector: bytes) -> None:
        """Store an approved answer as live."""
        await self._curated.save(answer, embedder, vector)

    async def get(self, curated_id: str) -> CuratedAnswer | None:
        """Return a live answer; None if there is none with this id."""
        answer = await self._curated.get(curated_id)
        return answer if answer and self._scope.has(answer.tenant_id) else None

    async def live(self) -> list[CuratedAnswer]:
        """Return every live answer, oldest first."""
        return [answer for answer in await self._curated.live() if self._scope.has(answer.tenant_id)]

    async def vectors(self, tenant_id: str, embedder: str) -> list[Embedded]:
        """Return the vectors that this embedding model made of a tenant's live answers."""
        return await self._curated.vectors(tenant_id, embedder) if self._scope.has(tenant_id) else []

    async def of_other_models(self, embedder: str) -> list[CuratedAnswer]:
        """Return the live answers of other embedding models."""
        return [answer for answer in await self._curated.of_other_models(embedder) if self._scope.has(answer.tenant_id)]

    async def set_vector(self, curated_id: str, embedder: str, vector: bytes) -> None:
        """Replace the vector of an answer."""
        if await self.get(curated_id):
            await self._curated.set_vector(curated_id, embedder, vector)

    async def set_state(self, curated_id: str, state: Literal["live", "stale", "withdrawn"]) -> bool:
        """Change the state of an answer. Return False if it was in that state already, or is not live."""
        return await self.get(curated_id) is not None and await self._curated.set_state(curated_id, state)

    async def counts(self, scope: Scope = ALL_TENANTS) -> dict[str, int]:  # noqa: ARG002 - ours alone
        """Return the number of answers by state."""
        return await self._curated.counts(self._scope)

    async def purge_remembered(self, days: int) -> int:
        """Delete answers that cite nothing and are at least `days` days old, of all tenants."""
        return await self._curated.purge_remembered(days)


class ScopedGaps:
    """`bot.store.port.Gaps` of some tenants."""

    def __init__(self, gaps: Gaps, scope: Scope) -> None:
        self._gaps, self._scope = gaps, scope

    async def put(self, gap: Gap, embedder: str, vector: bytes) -> None:
        """Store a gap, unless its request has one."""
        await self._gaps.put(gap, embedder, vector)

    async def since(self, tenant_id: str, embedder: str, days: int) -> Sequence[tuple[Gap, bytes]]:
        """Return a tenant's gaps of the last days with their vectors, newest first."""
        return await self._gaps.since(tenant_id, embedder, days) if self._scope.has(tenant_id) else []

    async def forget(self, request_id: str) -> None:
        """Delete the gap of a request, because it has an answer now."""
        await self._gaps.forget(request_id)

    async def purge(self, days: int) -> int:
        """Delete gaps that are older than `days` days, of all tenants."""
        return await self._gaps.purge(days)


class ScopedPosted:
    """`bot.store.port.Posted` of one name."""

    def __init__(self, posted: Posted, name: str) -> None:
        self._posted, self._name = posted, name

    async def put(self, channel_id: str, message_id: str, request_id: str) -> None:
        """Store which request a message answers."""
        await self._posted.put(own_id(self._name, channel_id), message_id, request_id)

    async def request_of(self, channel_id: str, message_id: str) -> str | None:
        """Return the id of the request that a message answers; None if it is not stored."""
        return await self._posted.request_of(own_id(self._name, channel_id), message_id)

    async def purge(self, days: int) -> None:
        """Delete what is older than `days` days, of all tenants."""
        await self._posted.purge(days)


class ScopedTurns:
    """`bot.store.port.Turns` of one name."""

    def __init__(self, turns: Turns, requests: Requests, name: str) -> None:
        self._turns, self._requests, self._name = turns, requests, name

    async def put(self, turn: KeptTurn) -> None:
        """Store a question and its answer."""
        await self._turns.put(turn.model_copy(update={"where": self._place(turn.where)}))

    async def before(self, request_id: str, where: Conversation, minutes: float, limit: int) -> tuple[ThreadTurn, ...]:
        """Return the last turns of this person and the bot in this thread, oldest first."""
        return await self._turns.before(request_id, self._place(where), minutes, limit)

    async def question_of(self, request_id: str) -> str:
        """Return the question of a request; "" if it is not stored."""
        return await self._turns.question_of(request_id) if await self._requests.get(request_id) else ""

    async def purge(self, days: int) -> None:
        """Delete what is older than `days` days, of all tenants."""
        await self._turns.purge(days)

    def _place(self, where: Conversation) -> Conversation:
        return where.model_copy(update={"channel_id": own_id(self._name, where.channel_id)})


class ScopedPeople:
    """`bot.store.port.People` of one name."""

    def __init__(self, people: People, name: str) -> None:
        self._people, self._name = people, name

    async def put(self, user_id: str, name: str) -> None:
        """Store the name of a person."""
        await self._people.put(own_id(self._name, user_id), name)

    async def names(self, user_ids: Collection[str]) -> dict[str, str]:
        """Return the names of these users, as far as they are known."""
        ids = {own_id(self._name, user_id): user_id for user_id in user_ids}
        return {ids[own]: name for own, name in (await self._people.names(list(ids))).items()}


class ScopedTables:
    """`bot.store.port.Tables` of some tenants. Queues are worked on for all; their jobs name their tenant."""

    def __init__(self, tables: Tables, scope: Scope, name: str) -> None:
        self.inbox: Queue = tables.inbox
        self.outbox: Outbox = tables.outbox
        self.builds: Queue = tables.builds
        self.reviews: Reviews = ScopedReviews(tables.reviews, tables.requests, scope)
        self.requests: Requests = ScopedRequests(tables.requests, scope)
        self.feedback: FeedbackOnAnswers = ScopedFeedback(tables.feedback, tables.requests, scope, name)
        self.curated: CuratedAnswers = ScopedCurated(tables.curated, scope)
        self.gaps: Gaps = ScopedGaps(tables.gaps, scope)
        self.posted: Posted = ScopedPosted(tables.posted, name)
        self.turns: Turns = ScopedTurns(tables.turns, self.requests, name)
        self.people: People = ScopedPeople(tables.people, name)
        self.threads: Threads = tables.threads
        self.signals: Signals = tables.signals
        self.replicas: Replicas = tables.replicas
        self.installations: Installations = tables.installations
        self.sign_in_states: SignInStates = tables.sign_in_states
        self.own_tenants: OwnTenants = tables.own_tenants


class ScopedStore(ScopedTables):
    """`bot.store.port.Store` of some tenants. `name` is "" for the top level of the settings."""

    def __init__(self, store: Store, scope: Scope, name: str = "") -> None:
        super().__init__(store, scope, name)
        self._store, self._scope, self._name = store, scope, name

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[ScopedTables]:
        """Begin a transaction, as `bot.store.port` describes. Raises StoreError."""
        async with self._store.transaction() as tx:
            yield ScopedTables(tx, self._scope, self._name)

    def listen(self) -> AsyncIterator[Signal]:
        """Yield the signals of all processes as they come."""
        return self._store.listen()

    def lead(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Yield whether this process holds the lock of this name while the body runs."""
        return self._store.lead(own_id(self._name, name))

    async def counts(self, scope: Scope = ALL_TENANTS) -> Counts:  # noqa: ARG002 - ours alone
        """Return the outcomes of the last 24 hours, and the numbers of waiting and dead jobs and open reviews."""
        return await self._store.counts(self._scope)

    async def purge(self, kept: Retention) -> None:
        """Delete texts and rows that are older than they are kept, of all tenants."""
        await self._store.purge(kept)

    async def check_writable(self) -> None:
        """Write a row, and delete it in the same transaction."""
        await self._store.check_writable()

    async def forget(self, user_id: str, *, approved: bool = False, dry_run: bool = False) -> Forgotten:
        """Delete or replace all texts and ids of a person, of all tenants."""
        return await self._store.forget(user_id, approved=approved, dry_run=dry_run)

    async def close(self) -> None:
        """Close the store for all."""
        await self._store.close()


def own_id(name: str, an_id: str) -> str:
    """Return an id as it is stored for the tenant of this name; as it is for the top level."""
    return f"{name}{_AFTER_NAME}{an_id}" if name else an_id


def is_own_id(name: str, an_id: str) -> bool:
    """Tell whether an id is stored for the tenant of this name."""
    return an_id.startswith(own_id(name, "")) if name else _AFTER_NAME not in an_id
