"""Connect a chat product to the process that serves it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from bot.delivery.digest import Digests
from bot.delivery.dispatcher import Dispatcher, Handlers
from bot.delivery.following import Following
from bot.delivery.listening import Listener
from bot.delivery.presence import Presence
from bot.desk.questions import Directory
from bot.desk.use_cases import UseCases
from bot.settings import Settings
from bot.store.records import ALL_TENANTS, BuildOrder, Outgoing, Scope
from bot.surfaces.answering import Answering
from bot.surfaces.card_placing import CardPlacing, UnplacedCards
from bot.surfaces.membership import Directories
from bot.surfaces.posting import Posting
from bot.surfaces.product import ChatProduct, Diagnosis
from bot.surfaces.review_board import Board, Boards
from bot.surfaces.running_questions import RunningQuestions
from bot.surfaces.words import Words
from bot.telemetry.metrics import Metrics
from bot.tenants import Tenancy, Tenant
from index.builder import Coverage

if TYPE_CHECKING:
    from aiohttp import web

IsAlive = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts of the process that a chat product uses. `wake_inbox` and `wake_outbox` wake the workers.

    `following` follows the live snapshot of all machines, None if snapshots stay on this one.

    Each tenant that is apart has a runtime of its own, with its settings, use cases, directories, boards and digests;
    `tenants` of the top level are theirs. `scope` are the tenants that a runtime serves. `now` returns the time in UTC.
    """

    settings: Settings
    use_cases: UseCases
    directories: Directories
    boards: Boards
    digests: Digests
    dispatcher: Dispatcher
    listener: Listener
    presence: Presence
    running: RunningQuestions
    unplaced: UnplacedCards
    wake_inbox: Callable[[], None]
    wake_outbox: Callable[[], None]
    following: Following | None = None
    scope: Scope = ALL_TENANTS
    tenant: Tenant | None = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tenants: Sequence["Runtime"] = ()

    @property
    def all(self) -> Sequence["Runtime"]:
        """This runtime and those of the tenants."""
        return (self, *self.tenants)

    @property
    def tenancy(self) -> Tenancy:
        """The tenants that are apart."""
        return Tenancy(tuple(one.tenant for one in self.tenants if one.tenant), self.scope)

    def in_product(self, surface: str) -> Sequence["Runtime"]:
        """Return the runtimes of the tenants whose people can ask in a chat product."""
        return tuple(one for one in self.tenants if one.tenant and one.tenant.has(surface))

    @property
    def metrics(self) -> Metrics:
        """The metrics of this process."""
        return self.use_cases.questions.metrics

    def exposition(self) -> bytes:
        """Return the metrics of this process in Prometheus' text format."""
        pipelines = [one.use_cases.questions.pipeline for one in self.all]
        open_circuits: dict[str, bool] = {}
        for pipeline in pipelines:
            for server, is_open in pipeline.open_circuits.items():
                open_circuits[server] = is_open or open_circuits.get(server, False)
        in_flight = sum(pipeline.admission.in_flight for pipeline in pipelines)
        return self.metrics.exposition(in_flight, open_circuits)

    def connect(self, surface: str, product: ChatProduct, directory: Directory, board: Board) -> None:
        """Register a chat product with the workers, the review boards and the directories."""
        questions, delivery = self.use_cases.questions, self.settings.delivery
        answering = Answering(
            product, questions, self.use_cases.reviews, self.boards, self.running, delivery.attempts, self.wake_outbox
        )
        cards = CardPlacing(self.boards, self.use_cases.reviews, self.unplaced)
        posting = Posting(product, questions, delivery, self.boards, cards, self.now)
        self.directories.add(surface, directory)
        self.boards.add(surface, board)
        name = self.tenant.name if self.tenant else ""
        self.dispatcher.add(surface, Handlers(answering.work, posting.deliver), name)


@dataclass(frozen=True, slots=True)
class Served:
    """How events reach a chat product: HTTP routes, and a connection to enter while the bot runs.

    The connection yields a function that tells whether it is alive; None if the product needs no connection.
    """

    routes: Sequence["web.RouteDef"]
    connection: AbstractAsyncContextManager[IsAlive | None]


class Product(Protocol):
    """A chat product as the process and `citedesk doctor` see it."""

    def serving(self, runtime: Runtime) -> AbstractAsyncContextManager[Served]:
        """Connect the product to the process while the context is entered. Raises SettingsError."""

    def build_note(self, key: str, build_id: str, order: BuildOrder, said: Coverage | str, words: Words) -> Outgoing:
        """Return a message about a build of the index to whoever ordered it (pure)."""

    async def check(self, settings: Settings) -> Sequence[Diagnosis]:
        """Return the results of the product's checks, in the order in which to mend them."""
