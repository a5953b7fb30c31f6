"""Connect a chat product to the process that serves it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.delivery.digest import Digests
from bot.delivery.dispatcher import Dispatcher, Handlers
from bot.delivery.listening import Listener
from bot.desk.questions import Directory
from bot.desk.use_cases import UseCases
from bot.settings import Settings
from bot.surfaces.answering import Answering
from bot.surfaces.card_placing import CardPlacing, UnplacedCards
from bot.surfaces.membership import Directories
from bot.surfaces.posting import Posting
from bot.surfaces.product import ChatProduct, Diagnosis
from bot.surfaces.review_board import Board, Boards
from bot.surfaces.running_questions import RunningQuestions

if TYPE_CHECKING:
    from aiohttp import web

IsAlive = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Runtime:
    """The parts of the process that a chat product uses. `wake_inbox` and `wake_outbox` wake the workers."""

    settings: Settings
    use_cases: UseCases
    directories: Directories
    boards: Boards
    digests: Digests
    dispatcher: Dispatcher
    listener: Listener
    running: RunningQuestions
    unplaced: UnplacedCards
    wake_inbox: Callable[[], None]
    wake_outbox: Callable[[], None]

    def connect(self, surface: str, product: ChatProduct, directory: Directory, board: Board) -> None:
        """Register a chat product with the workers, the review boards and the directories."""
        questions, delivery = self.use_cases.questions, self.settings.delivery
        answering = Answering(
            product, questions, self.use_cases.reviews, self.boards, self.running, delivery.attempts, self.wake_outbox
        )
        cards = CardPlacing(self.boards, self.use_cases.reviews, self.unplaced)
        posting = Posting(product, questions, delivery, self.boards, cards)
        self.directories.add(surface, directory)
        self.boards.add(surface, board)
        self.dispatcher.add(surface, Handlers(answering.work, posting.deliver))


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

    async def check(self, settings: Settings) -> Sequence[Diagnosis]:
        """Return the results of the product's checks, in the order in which to mend them."""
