"""Reviews in every chat product that is served: a card in each, decided in any, shown in all."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from bot.desk.permissions import Names
from bot.store.records import Outgoing, Review
from bot.store.sqlite.store import SqliteStore

Told = Callable[[Review], Sequence[Outgoing]]


class Board(Protocol):
    """How one chat product shows reviews to reviewers, and what comes of them to the asker."""

    async def cards(self, review: Review) -> Sequence[Outgoing]:
        """Return the card of a review; none where this product has no place for it."""

    async def reminder(self, review: Review) -> Sequence[Outgoing]:
        """Return the reminder of a review that waits."""

    async def refresh(self, review: Review) -> None:
        """Show a review as it stands now."""

    def escalated(self, review: Review) -> Sequence[Outgoing]:
        """Return the word to the asker that a person has the question now."""

    def decided(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return what the asker gets at the end of a review."""

    def asked_back(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return a reviewer's question to the asker."""

    def answer_of_asker(self, review: Review, card: tuple[str, str], names: Names) -> Sequence[Outgoing]:
        """Return what the asker answered, for those who see this card."""


class Boards:
    """The boards of the chat products that are served. The asker hears of a review where the question was asked."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._boards: dict[str, Board] = {}

    def add(self, surface: str, board: Board) -> None:
        """Show reviews in one more chat product."""
        self._boards[surface] = board

    async def cards(self, review: Review) -> Sequence[Outgoing]:
        """Return the cards of a new review."""
        return [card for board in self._boards.values() for card in await board.cards(review)]

    async def escalated(self, review: Review) -> Sequence[Outgoing]:
        """Return what goes out when an asker wants a person: a word to the asker, and the cards."""
        own = self._boards.get(review.conversation.surface)
        return [*(own.escalated(review) if own else ()), *await self.cards(review)]

    async def reminder(self, review: Review) -> Sequence[Outgoing]:
        """Return the reminders of a review that waits."""
        return [message for board in self._boards.values() for message in await board.reminder(review)]

    async def refresh(self, review: Review) -> None:
        """Show a review everywhere as it stands now."""
        await asyncio.gather(*(board.refresh(review) for board in self._boards.values()))

    async def decided_by(self, reviewer_id: str) -> Told:
        """Return how to tell the asker what this reviewer decided."""
        names = await self._store.people.names([reviewer_id])
        return lambda review: self._own(review, lambda board: board.decided(review, names))

    def expired(self, review: Review) -> Sequence[Outgoing]:
        """Return what the asker gets when a review ended without anybody's decision."""
        return self._own(review, lambda board: board.decided(review, {}))

    async def asked_back_by(self, reviewer_id: str) -> Told:
        """Return how to put this reviewer's question to the asker."""
        names = await self._store.people.names([reviewer_id])
        return lambda review: self._own(review, lambda board: board.asked_back(review, names))

    async def answer_of_asker(self, review: Review) -> Told:
        """Return how to show the reviewers what the asker answered."""
        names = await self._store.people.names([review.conversation.user_id])
        places = {surface: await self._store.reviews.card(review.review_id, surface) for surface in self._boards}

        def said(changed: Review) -> Sequence[Outgoing]:
            return [
                message
                for surface, place in places.items()
                if place
                for message in self._boards[surface].answer_of_asker(changed, place, names)
            ]

        return said

    def _own(self, review: Review, tell: Callable[[Board], Sequence[Outgoing]]) -> Sequence[Outgoing]:
        board = self._boards.get(review.conversation.surface)
        return tell(board) if board else ()
