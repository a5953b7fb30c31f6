"""Review cards in all chat products: each product has one, reviewers decide in any, and all are updated."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from bot.desk.permissions import NO_NAMES, Names
from bot.desk.review_changes import Messages
from bot.desk.reviews import ReviewDesk, ReviewView
from bot.store.records import Conversation, JoinedAsker, Outgoing, Review


class Board(Protocol):
    """The review cards of one chat product, and the messages to askers about their reviews."""

    async def cards(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the card of a review; none if no channel is set for it in this product."""

    async def reminder(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the reminder of an open review."""

    async def refresh(self, view: ReviewView) -> None:
        """Update the posted card of a review."""

    def escalated(self, review: Review) -> Sequence[Outgoing]:
        """Return the confirmation to the asker that a person has the question now."""

    def decided(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return the message to the asker about a decided or expired review."""

    def asked_back(self, review: Review, names: Names) -> Sequence[Outgoing]:
        """Return a reviewer's question to the asker."""

    def answer_of_asker(self, review: Review, card: tuple[str, str], names: Names) -> Sequence[Outgoing]:
        """Return the asker's answer as a message to the reviewers. `card` is channel and message id of the card."""


class Boards:
    """The boards of all chat products that are served. Askers get messages in the product in which they asked."""

    def __init__(self, reviews: ReviewDesk) -> None:
        self._reviews = reviews
        self._store = reviews.questions.store
        self._boards: dict[str, Board] = {}

    def add(self, surface: str, board: Board) -> None:
        """Register the board of a chat product."""
        self._boards[surface] = board

    async def cards(self, review: Review) -> Sequence[Outgoing]:
        """Return the cards of a new review, in all products."""
        view = await self._reviews.view(review)
        return [card for board in self._boards.values() for card in await board.cards(view)]

    async def escalated(self, review: Review) -> Sequence[Outgoing]:
        """Return the messages of an escalation: the confirmation to the asker, and the cards."""
        return [*self._to_asker(review, lambda board: board.escalated(review)), *await self.cards(review)]

    async def reminder(self, review: Review) -> Sequence[Outgoing]:
        """Return the reminders of an open review, in all products."""
        view = await self._reviews.view(review)
        return [message for board in self._boards.values() for message in await board.reminder(view)]

    async def refresh(self, review: Review) -> ReviewView:
        """Update the posted cards of a review; return the view that they show."""
        view = await self._reviews.view(review)
        await asyncio.gather(*(board.refresh(view) for board in self._boards.values()))
        return view

    async def decided_by(self, reviewer_id: str) -> Messages:
        """Return the function that renders this reviewer's decision for everybody who asked."""
        names = await self._store.people.names([reviewer_id])
        return lambda review: self._decided(review, names)

    def expired(self, review: Review) -> Sequence[Outgoing]:
        """Return the messages about an expired review to everybody who asked."""
        return self._decided(review, NO_NAMES)

    async def asked_back_by(self, reviewer_id: str) -> Messages:
        """Return the function that renders this reviewer's question for the asker."""
        names = await self._store.people.names([reviewer_id])
        return lambda review: self._to_asker(review, lambda board: board.asked_back(review, names))

    async def answer_of_asker(self, review: Review) -> Messages:
        """Return the function that renders the asker's answer for the reviewers, once for each posted card."""
        names = await self._store.people.names([review.conversation.user_id])
        places = {surface: await self._store.reviews.card(review.review_id, surface) for surface in self._boards}

        def messages(changed: Review) -> Sequence[Outgoing]:
            return [
                message
                for surface, place in places.items()
                if place
                for message in self._boards[surface].answer_of_asker(changed, place, names)
            ]

        return messages

    def _decided(self, review: Review, names: Names) -> Sequence[Outgoing]:
        # The asker did not request the second review of an approved answer, so only an edit is sent.
        is_unrequested = bool(review.curated_id) and review.state != "edited"
        told = [] if is_unrequested else list(self._to_asker(review, lambda board: board.decided(review, names)))
        places = {_place(review.conversation)} if told else set()
        for asker in review.joined:
            if (place := _place(asker.conversation)) not in places:
                places.add(place)
                told += self._to_joined(review, asker, names)
        return told

    def _to_joined(self, review: Review, asker: JoinedAsker, names: Names) -> Sequence[Outgoing]:
        """Return the decision for somebody who joined the review, as if the review had been theirs."""
        theirs = review.model_copy(update={"conversation": asker.conversation})
        messages = self._to_asker(theirs, lambda board: board.decided(theirs, names))
        return [m.model_copy(update={"key": f"{m.key}:{asker.request_id}"}) for m in messages]

    def _to_asker(self, review: Review, render: Callable[[Board], Sequence[Outgoing]]) -> Sequence[Outgoing]:
        board = self._boards.get(review.conversation.surface)
        return render(board) if board else ()


def _place(where: Conversation) -> tuple[str, ...]:
    """Return where a message for a conversation goes: whoever asked twice in one thread is answered there once."""
    return where.surface, where.tenant_id, where.channel_id, where.thread_id
