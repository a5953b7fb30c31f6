"""Review boards: a review has a card in every chat product, is decided in any, and is updated in all."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from bot.desk.permissions import NO_NAMES, Names
from bot.desk.review_changes import Messages
from bot.desk.reviews import ReviewDesk, ReviewView
from bot.store.records import Outgoing, Review


class Board(Protocol):
    """Shows reviews to the reviewers in one chat product, and tells the asker how they end."""

    async def cards(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the card of a review; none where this product has no place for it."""

    async def reminder(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the reminder of a review that waits."""

    async def refresh(self, view: ReviewView) -> None:
        """Update the posted card of a review."""

    def escalated(self, review: Review) -> Sequence[Outgoing]:
        """Return the message that tells the asker that a person has the question now."""

    def decided(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return the message that tells the asker how a review ended."""

    def asked_back(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return a reviewer's question to the asker."""

    def answer_of_asker(self, review: Review, card: tuple[str, str], names: Names) -> Sequence[Outgoing]:
        """Return the asker's answer, to be shown beside this card."""


class Boards:
    """The boards of the chat products that are served. The asker hears of a review where the question was asked."""

    def __init__(self, reviews: ReviewDesk) -> None:
        self._reviews = reviews
        self._store = reviews.questions.store
        self._boards: dict[str, Board] = {}

    def add(self, surface: str, board: Board) -> None:
        """Show reviews in one more chat product."""
        self._boards[surface] = board

    async def cards(self, review: Review) -> Sequence[Outgoing]:
        """Return the cards of a new review."""
        view = await self._reviews.view(review)
        return [card for board in self._boards.values() for card in await board.cards(view)]

    async def escalated(self, review: Review) -> Sequence[Outgoing]:
        """Return the messages of an escalation: one to the asker, and the cards."""
        return [*self._to_asker(review, lambda board: board.escalated(review)), *await self.cards(review)]

    async def reminder(self, review: Review) -> Sequence[Outgoing]:
        """Return the reminders of a review that waits."""
        view = await self._reviews.view(review)
        return [message for board in self._boards.values() for message in await board.reminder(view)]

    async def refresh(self, review: Review) -> ReviewView:
        """Update the cards of a review; return how they show it."""
        view = await self._reviews.view(review)
        await asyncio.gather(*(board.refresh(view) for board in self._boards.values()))
        return view

    async def decided_by(self, reviewer_id: str) -> Messages:
        """Return what renders this reviewer's decision for the asker."""
        names = await self._store.people.names([reviewer_id])
        return lambda review: self._decided(review, names)

    def expired(self, review: Review) -> Sequence[Outgoing]:
        """Return the message that tells the asker that a review expired."""
        return self._decided(review, NO_NAMES)

    async def asked_back_by(self, reviewer_id: str) -> Messages:
        """Return what renders this reviewer's question for the asker."""
        names = await self._store.people.names([reviewer_id])
        return lambda review: self._to_asker(review, lambda board: board.asked_back(review, names))

    async def answer_of_asker(self, review: Review) -> Messages:
        """Return what renders the asker's answer for the reviewers."""
        names = await self._store.people.names([review.conversation.user_id])
        places = {surface: await self._store.reviews.card(review.review_id, surface) for surface in self._boards}

        def shown(changed: Review) -> Sequence[Outgoing]:
            return [
                message
                for surface, place in places.items()
                if place
                for message in self._boards[surface].answer_of_asker(changed, place, names)
            ]

        return shown

    def _decided(self, review: Review, names: Names) -> Sequence[Outgoing]:
        # The asker did not request a second review of an approved answer, and so hears only of an edit.
        is_unasked = bool(review.curated_id) and review.state != "edited"
        return () if is_unasked else self._to_asker(review, lambda board: board.decided(review, names))

    def _to_asker(self, review: Review, tell: Callable[[Board], Sequence[Outgoing]]) -> Sequence[Outgoing]:
        board = self._boards.get(review.conversation.surface)
        return tell(board) if board else ()
