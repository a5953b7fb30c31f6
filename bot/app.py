"""The composition root: builds embedder, retriever, pipeline, use cases and runtime from the settings."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import structlog

from bot.delivery.building import Building, BuildNote, OwnedIndex
from bot.delivery.digest import Digests
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.following import Following
from bot.delivery.listening import Listener
from bot.delivery.presence import Presence
from bot.delivery.refetching import Refetching
from bot.delivery.runtime import Product, Runtime
from bot.desk.curated import CuratedDesk
from bot.desk.gaps import GapDesk
from bot.desk.index_builds import IndexBuilds
from bot.desk.joining import ask_alike
from bot.desk.operations import Operations
from bot.desk.presses import PressLimits
from bot.desk.questions import Directory, QuestionDesk
from bot.desk.reporting import Reporting
from bot.desk.review_views import ReviewViews
from bot.desk.reviews import ReviewDesk
from bot.desk.use_cases import UseCases
from bot.process_state import ProcessState
from bot.settings import Settings, embedders_dir, environment_name
from bot.store.port import Store, StoreError
from bot.store.sqlite.store import SqliteStore
from bot.surfaces.membership import Directories
from bot.surfaces.review_board import Boards
from bot.telemetry.metrics import Metrics
from bot.telemetry.watched import TOP_LEVEL
from bot.tenants import ALONE, Tenancy, Tenant
from index.ann import SearchRules
from index.builder import BuildRules, Coverage, build
from index.embedding.model import OnnxEmbedder, open_embedder
from index.embedding.reranker import Reranker, open_reranker
from index.errors import BuildRefusedError, BuildStoppedError, SettingsError
from index.excerpts import ExcerptRules
from index.live import LiveRetriever
from index.publishing.live_name import LiveLog
from index.publishing.replica import Keeping, PublishedSnapshots
from index.publishing.storage import Storage
from index.reading.documents import LoadRules
from index.reading.sources import Location
from index.reading.sources.services.place import ServicePlace
from index.reranking import Reranking
from index.retrieval import Retriever, Snapshots
from index.snapshot import SnapshotFolder
from index.snapshot_writing import Progress
from pipeline.answering import Pipeline
from pipeline.budgets import Key, SpentSince, nothing_spent
from pipeline.caching import MemoryAnswerCache
from pipeline.drafting import Writer
from pipeline.extractive.quoter import SectionQuoter
from pipeline.limits import Admission, AdmissionLimits, PipelineLimits
from pipeline.proof.verify import VerificationLimits
from pipeline.rate_limits import RateLimits, Window, memory_rate_limits
from pipeline.safety.policy import withheld

if TYPE_CHECKING:
    from index.pgvector.snapshots import PgvectorSnapshots

_log = structlog.get_logger(__name__)


def build_embedder(settings: Settings) -> OnnxEmbedder:
    """Return the embedding model of the settings. It is exported on first use and loaded when it is needed.

    Raises IndexUnavailableError.
    """
    return open_embedder(embedders_dir(settings), settings.index.embedding_model, settings.index.precision)


def build_rules(settings: Settings, *, force: bool = False, only_changes: bool = False) -> BuildRules:
    """Return the rules for building the index."""
    index = settings.index
    return BuildRules(
        load=LoadRules(
            max_bytes=index.max_document_bytes,
            unlabelled=index.unlabelled,
            seconds=index.document_s,
            memory_bytes=index.document_memory_bytes,
            fetch_delay_s=index.fetch_delay_s,
            pages_max=index.pages_max,
            private_hosts=index.private_hosts,
            access=tuple(index.access.items()),
            links=tuple(index.links.items()),
        ),
        search=_search_rules(settings),
        withheld=withheld,
        max_drop=index.max_drop,
        keep_snapshots=index.keep_snapshots,
        force=force,
        only_changes=only_changes,
        tables=index_database(settings) if index.vectors == "pgvector" else None,
    )


def places(settings: Settings) -> tuple[Location, ...]:
    """Return the places that are indexed: those of index.paths, then the services."""
    return (*settings.index.paths, *services(settings))


def services(settings: Settings) -> tuple[ServicePlace, ...]:
    """Return the services that are indexed."""
    return tuple(
        ServicePlace(
            kind=service.kind,
            name=service.name,
            url=service.address,
            user=service.user,
            token_env=service.token_env or "",
            spaces=service.spaces,
            locales=service.locales,
            readers=service.readers,
            groups=service.groups,
            articles_max=service.articles_max,
        )
        for service in settings.index.services
    )


def build_storage(settings: Settings) -> Storage | None:
    """Return the object storage of snapshots; None if none is set. Raises SettingsError."""
    place = settings.snapshots
    if place.url is None:
        return None
    try:
        # obstore comes with the extra `cluster`, and takes time to load.
        from index.publishing.object_storage import Place, opened  # noqa: PLC0415
    except ImportError:
        raise SettingsError("setting snapshots.url needs the extra: pip install 'citedesk[cluster]'") from None
    return opened(Place(place.url, place.endpoint, place.region))


def build_published(settings: Settings) -> PublishedSnapshots | None:
    """Return the snapshots of all machines; None if they stay on this one. Raises SettingsError."""
    storage = build_storage(settings)
    if storage is None:
        return None
    keep, place = settings.index.keep_snapshots, settings.snapshots
    keeping = Keeping(keep, place.keep, timedelta(hours=place.grace_h))
    return PublishedSnapshots(SnapshotFolder(settings.data_dir), storage, LiveLog(storage), keeping)


def build_snapshots(settings: Settings) -> PublishedSnapshots | SnapshotFolder:
    """Return the snapshots that are kept: those of all machines, or of this one. Raises SettingsError."""
    return build_published(settings) or SnapshotFolder(settings.data_dir)


def build_retriever(settings: Settings, embedder: OnnxEmbedder, reranker: Reranker | None = None) -> LiveRetriever:
    """Return a retriever that always searches the live snapshot, with the reranker of the settings if none is given.

    Raises SettingsError if that is unusable.
    """
    excerpts = ExcerptRules(settings.index.whole_chunks, settings.index.excerpt_chars)
    reranker = reranker or build_reranker(settings)
    reranking = Reranking(reranker, settings.index.reranker_candidates) if reranker else None
    database = index_database(settings)
    return LiveRetriever(settings.data_dir, embedder, _search_rules(settings), excerpts, reranking, database)


def index_database(settings: Settings) -> "PgvectorSnapshots | None":
    """Return the database of the index, to which nothing is connected yet. None if there is no address of one.

    It is also for settings that keep the next snapshot in files: the live one may be in it still. Raises SettingsError.
    """
    url = (settings.index.database_url or settings.store.url).get_secret_value()
    if not url:
        if settings.index.vectors == "pgvector":
            raise SettingsError("setting index.vectors: pgvector needs index.database_url or store.url")
        return None
    try:
        from index.pgvector.database import Database  # noqa: PLC0415 - its libraries are an extra
        from index.pgvector.snapshots import PgvectorSnapshots  # noqa: PLC0415
    except ImportError:
        raise SettingsError("setting index.vectors: pgvector needs `pip install 'citedesk[cluster]'`") from None
    return PgvectorSnapshots(Database(url, settings.index.database_connections))


def build_reranker(settings: Settings) -> Reranker | None:
    """Return the reranker of the settings, loaded; it is exported on first use. None if none is set.

    Raises SettingsError.
    """
    index = settings.index
    if index.reranker is None:
        return None
    return open_reranker(embedders_dir(settings), index.reranker, index.precision, index.reranker_s)


def _search_rules(settings: Settings) -> SearchRules:
    return SearchRules(settings.index.exact_chunks, settings.index.recall)


def build_pipeline(
    settings: Settings,
    embedder: OnnxEmbedder,
    retriever: Retriever | None = None,
    state: ProcessState | None = None,
    writer: Writer | None = None,
) -> Pipeline:
    """Return the pipeline over the live snapshot, unless another `retriever` is given. Raises SettingsError.

    `state` holds its cache and rate limits; one that nobody shares is used if none is given. `writer` is used in place
    of one of its own.
    """
    limits = settings.limits
    retriever = retriever or build_retriever(settings, embedder)
    state = state or _state_of_its_own(settings)
    return Pipeline(
        retriever=retriever,
        quoter=SectionQuoter(embedder, retriever.chunks_of),
        writer=None if settings.llm.provider == "extractive" else writer or _build_writer(settings, state.rates),
        admission=Admission(
            AdmissionLimits(
                per_user=limits.per_user,
                per_tenant=limits.per_tenant,
                per_route=limits.per_route,
                in_flight=limits.in_flight,
                queue_retry_s=limits.queue_retry_s,
                concurrency=settings.llm.concurrency,
                tenant_tokens_per_day=limits.tenant_tokens_per_day,
            ),
            state.rates,
        ),
        cache=state.answers,
        limits=pipeline_limits(settings),
    )


def pipeline_limits(settings: Settings) -> PipelineLimits:
    """Return the limits of the pipeline's stages."""
    limits = settings.limits
    return PipelineLimits(
        question_chars=limits.question_chars,
        pasted_chars=limits.pasted_chars,
        retrieved_chunks=limits.retrieved_chunks,
        prompt_tokens=limits.prompt_tokens,
        answer_chars=limits.answer_chars,
        quote_chars_min=limits.quote_chars_min,
        reply_chars=limits.reply_chars,
        sufficiency_min=limits.sufficiency_min,
        sufficiency_quote=limits.sufficiency_quote,
        low_confidence=settings.review.low_confidence,
        fallback_reserve_s=limits.fallback_reserve_s,
        cache_fresh_s=limits.cache_fresh_s,
        cache_stale_s=limits.cache_stale_s,
        nearest_documents=limits.nearest_documents,
    )


def _build_writer(settings: Settings, rates: RateLimits) -> Writer:
    # The client takes a quarter of a second to load, and a bot without a model server does not need it.
    from bot.models import build_writer  # noqa: PLC0415

    return build_writer(settings, rates)


def store_file(settings: Settings) -> Path:
    """Return the path of the SQLite store."""
    return settings.data_dir / "citedesk.sqlite"


def is_stored(settings: Settings) -> bool:
    """Tell whether there may be a store already: opening a database is the only way to know."""
    return bool(settings.store.url.get_secret_value()) or store_file(settings).is_file()


async def open_store(settings: Settings, now: Callable[[], datetime] | None = None) -> Store:
    """Open the store of the settings. Raises StoreError, and SettingsError if its library is not installed.

    `now` takes the place of the store's clock.
    """
    if not settings.store.url.get_secret_value():
        return await SqliteStore(store_file(settings), now or (lambda: datetime.now(UTC))).open()
    try:
        from bot.store.postgres.database import PoolRules  # noqa: PLC0415 - its library is an extra
        from bot.store.postgres.store import PostgresStore  # noqa: PLC0415
    except ImportError:
        raise SettingsError("setting store.url: PostgreSQL needs `pip install 'citedesk[cluster]'`") from None
    rules = PoolRules(settings.store.connections, settings.store.connection_s, settings.store.statement_s)
    return await PostgresStore(settings.store.url.get_secret_value(), rules, now).open()


def _slack() -> Product:
    # Bolt and the Teams SDK take a third of a second each to load, so only the products in use are loaded.
    from bot.slack.serving import SlackServing  # noqa: PLC0415

    return SlackServing()


def _teams() -> Product:
    from bot.teams.serving import TeamsServing  # noqa: PLC0415

    return TeamsServing()


# Every chat product, by the name of its section in the settings. `Settings.products` has the same names.
PRODUCTS: Mapping[str, Callable[[], Product]] = {"slack": _slack, "teams": _teams}


def build_process_state(settings: Settings, store: Store) -> ProcessState:
    """Return the state for a process that serves: it shares what `settings.shared` says. Raises SettingsError."""
    state = _state_of_its_own(settings, _spent_since(store))
    if not settings.shared.url.get_secret_value():
        return state
    require_valkey_client()
    from bot.shared.opening import open_shared  # noqa: PLC0415

    return open_shared(settings, state, _spent_since(store))


def require_valkey_client() -> None:
    """Raise SettingsError if the library of the shared server is not installed."""
    if find_spec("valkey") is None:
        raise SettingsError("setting shared.url: the shared server needs `pip install 'citedesk[cluster]'`")


def _state_of_its_own(settings: Settings, spent_since: SpentSince = nothing_spent) -> ProcessState:
    return ProcessState(
        answers=MemoryAnswerCache(settings.limits.cache_answers),
        rates=memory_rate_limits(spent_since),
        metrics=Metrics(routes=(*settings.products, "cli")),
    )


def _spent_since(store: Store) -> SpentSince:
    """Return what tells the tokens that a tenant used, as the traces have them."""

    async def spent_since(key: Key, since: datetime) -> int:
        try:
            return await store.requests.tokens_since(key[0], since)
        except StoreError as error:
            _log.warning("budget_unknown", error=error.code)
            return 0

    return spent_since


def build_use_cases(  # noqa: PLR0913, PLR0917 - the composition root hands over what is shared
    settings: Settings,
    store: Store,
    embedder: OnnxEmbedder,
    directory: Directory,
    state: ProcessState,
    retriever: LiveRetriever | None = None,
    writer: Writer | None = None,
) -> UseCases:
    """Return the use cases, over a pipeline of their own, in which `writer` may take its part. Raises SettingsError."""
    retriever = retriever or build_retriever(settings, embedder)
    curated = CuratedDesk(
        store=store,
        version=state.curated,
        embedder=embedder,
        retriever=retriever,
        similarity=settings.review.curated_similarity,
        unsourced_days=settings.review.unsourced_days,
        alike=partial(ask_alike, settings.channels),
    )

    pipeline = replace(build_pipeline(settings, embedder, retriever, state, writer), curated=curated)
    questions = QuestionDesk(
        pipeline=pipeline,
        store=store,
        embedder=embedder,
        directory=directory,
        access=settings.access,
        channels=settings.channels,
        deadline_s=settings.limits.request_deadline_s,
        similarity=settings.review.curated_similarity,
        rejected_days=settings.review.rejected_days,
        again_after_h=settings.review.again_after_h,
        negative_feedback=settings.review.negative_feedback,
        keeps_gaps=settings.store.gap_text_days > 0,
        keeps_turns=settings.store.turn_text_days > 0,
        metrics=state.metrics,
    )
    reviews = ReviewDesk(
        questions=questions,
        curated=curated,
        views=ReviewViews(questions, retriever),
        retriever=retriever,
        settings=settings.review,
        limits=VerificationLimits(settings.limits.answer_chars, settings.limits.quote_chars_min),
    )
    reporting = build_reporting(settings, store, embedder, retriever)
    operations = Operations(
        questions=questions,
        builds=build_index_builds(settings, store, reporting.snapshots),
        retriever=retriever,
        snapshots=reporting.snapshots,
        gap_desk=reporting.gap_desk,
        reporting=reporting,
    )
    limits = settings.limits
    presses = PressLimits(state.rates, Window.parsed(limits.per_user_presses), Window.parsed(limits.per_user_reviews))
    return UseCases(questions, reviews, operations, presses)


def build_index_builds(settings: Settings, store: Store, snapshots: Snapshots) -> IndexBuilds:
    """Return the orders and builds of the index."""

    async def build_index(progress: Progress, *, only_changes: bool) -> Coverage:
        if not places(settings):
            raise BuildRefusedError(f"no folder to index: set {environment_name('index.paths')}")
        stopped = Event()
        try:
            return await asyncio.to_thread(_build, settings, progress, stopped, only_changes=only_changes)
        finally:
            # The thread cannot be cancelled, and the process would wait for it.
            stopped.set()

    return IndexBuilds(store, build_index, snapshots)


def build_note_of(surface: str) -> BuildNote:
    """Return how a chat product renders what is said of a build."""
    return PRODUCTS[surface]().build_note


@asynccontextmanager
async def building(
    settings: Settings, store: Store, indexes: Sequence[OwnedIndex], wake_outbox: Callable[[], None]
) -> AsyncIterator[Callable[[], bool]]:
    """Build what is ordered and what is due, of all these indexes, while the body runs.

    Yield what tells whether the worker runs.
    """
    async with AsyncExitStack() as stack:
        work = Building(store, indexes, settings.delivery, build_note_of, wake_outbox)
        is_working = await stack.enter_async_context(work.running())
        for index in indexes:
            await stack.enter_async_context(Refetching(index.settings, index.builds).running())
        yield is_working


def build_reporting(settings: Settings, store: Store, embedder: OnnxEmbedder, retriever: Retriever) -> Reporting:
    """Return what counts the last days, with the gaps."""
    gaps = GapDesk(store, retriever, embedder, settings.store.gap_text_days, settings.review.gap_similarity)
    return Reporting(store, retriever, build_snapshots(settings), gaps)


def build_runtime(
    settings: Settings,
    store: Store,
    embedder: OnnxEmbedder,
    state: ProcessState,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    tenancy: Tenancy = ALONE,
) -> Runtime:
    """Return the runtime, to which no chat product is connected yet, with those of its tenants. Raises SettingsError.

    `now` returns the time in UTC.
    """
    dispatcher = Dispatcher(settings.delivery, store, state.inbox_wake, state.outbox_wake, tenancy.name_of)
    shared = _Shared(embedder, build_reranker(settings), state, Listener(store, dispatcher, state), now)
    top = _build_runtime(settings, tenancy.top_store(store), shared)
    writer = top.use_cases.questions.pipeline.writer

    def of(tenant: Tenant) -> Runtime:
        alike = writer if _writes_alike(settings, tenant.settings) else None
        own = _build_runtime(tenant.settings, tenant.stored_in(store), shared, tenant.name, alike)
        return replace(own, tenant=tenant, scope=tenant.scope)

    return replace(top, scope=tenancy.top, tenants=tuple(map(of, tenancy.tenants)))


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the runtimes of all tenants share."""

    embedder: OnnxEmbedder
    reranker: Reranker | None
    state: ProcessState
    listener: Listener
    now: Callable[[], datetime]


def _writes_alike(one: Settings, other: Settings) -> bool:
    """Tell whether the same model servers, with the same bounds, write and judge for both."""
    bounds = ("output_tokens", "output_tokens_max", "response_bytes")
    limits = [[getattr(settings.limits, name) for name in bounds] for settings in (one, other)]
    return (one.llm, one.judge, limits[0]) == (other.llm, other.judge, limits[1])


def _build_runtime(
    settings: Settings, store: Store, shared: _Shared, name: str = "", writer: Writer | None = None
) -> Runtime:
    embedder, state, directories = shared.embedder, shared.state, Directories()
    retriever = build_retriever(settings, embedder, shared.reranker)
    use_cases = build_use_cases(settings, store, embedder, directories, state, retriever, writer)
    return Runtime(
        settings=settings,
        use_cases=use_cases,
        directories=directories,
        boards=Boards(use_cases.reviews),
        digests=Digests(settings.digest, use_cases.operations.reporting, directories, store, shared.now, name),
        dispatcher=shared.listener.dispatcher,
        listener=shared.listener,
        running=state.running,
        unplaced=state.unplaced,
        wake_inbox=state.inbox_wake.set,
        wake_outbox=state.outbox_wake.set,
        following=_following(settings, use_cases, retriever, state.snapshot_wake, name or TOP_LEVEL),
        presence=Presence(store, retriever),
        now=shared.now,
    )


def _following(
    settings: Settings, use_cases: UseCases, retriever: LiveRetriever, wake: asyncio.Event, tenant: str
) -> Following | None:
    published, metrics, poll_s = build_published(settings), use_cases.questions.metrics, settings.snapshots.poll_s
    return Following(published, retriever, retriever.reopen, metrics, poll_s, wake, tenant) if published else None


def _build(settings: Settings, progress: Progress, stopped: Event, *, only_changes: bool) -> Coverage:
    def checkpoint() -> None:
        if stopped.is_set():
            raise BuildStoppedError("the build was stopped")

    # The build has an embedding model of its own, so that questions need not wait for it.
    embedder, rules = build_embedder(settings), build_rules(settings, only_changes=only_changes)
    return build_for_all(
        settings, lambda: build(places(settings), settings.data_dir, embedder, rules, progress, checkpoint), checkpoint
    )


def build_for_all(
    settings: Settings, build_here: Callable[[], Coverage], checkpoint: Callable[[], None] = lambda: None
) -> Coverage:
    """Build; if snapshots are for several machines, from the live one of all, and publish the new one to all."""
    published = build_published(settings)
    return published.built(build_here, checkpoint) if published else build_here()
