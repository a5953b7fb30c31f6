"""Review cards in all chat products: each product has one, reviewers decide in any, and all are updated."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakValueDictionary

from bot.desk.outlook import Outlook, outlook_of
from bot.desk.permissions import NO_NAMES, Names
from bot.desk.review_changes import Messages
from bot.desk.review_views import ReviewView
from bot.desk.reviews import ReviewDesk
from bot.store.records import Conversation, JoinedAsker, Outgoing, Review, ReviewFilter

_ALL_OPEN = ReviewFilter(limit=10_000)
_SHOWS_ALL = (True, False)


@dataclass(frozen=True, slots=True)
class RefusedCard:
    """A card that its product gave up, why, and whether reviewers get it as direct messages instead."""

    card: Outgoing
    reason: str
    is_sent_directly: bool


class Board(Protocol):
    """The review cards of one chat product, and the messages to askers about their reviews."""

    async def place(self, review: Review) -> Conversation | None:
        """Return the conversation in which the card of a review stands or will stand; None if none is set for it."""

    async def cards(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the card of a review; none if no channel is set for it in this product."""

    def direct_card(self, view: ReviewView, reviewer_id: str) -> Sequence[Outgoing]:
        """Return the card of a review for one reviewer alone; none if the product cannot write to them first."""

    async def reminder(self, view: ReviewView) -> Sequence[Outgoing]:
        """Return the reminder of an open review."""

    async def refresh(self, view: ReviewView) -> None:
        """Update the posted cards of a review."""

    def escalated(self, review: Review, outlook: Outlook) -> Sequence[Outgoing]:
        """Return the confirmation to the asker that a person has the question now, and what to expect."""

    def unreached(self, review: Review) -> Sequence[Outgoing]:
        """Return the message to the asker that no reviewer could be reached."""

    def cards_refused(self, review: Review, admin_id: str, refused: RefusedCard) -> Sequence[Outgoing]:
        """Return the message to an admin that a conversation takes no cards; none if the product cannot write first."""

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
        self._shown: dict[tuple[str, str], tuple[bool, bool]] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def add(self, surface: str, board: Board) -> None:
        """Register the board of a chat product."""
        # A new dictionary, because a product may connect while another task iterates over this one.
        self._boards = {**self._boards, surface: board}

    async def cards(self, review: Review) -> Sequence[Outgoing]:
        """Return the cards of a new review, in all products."""
        return [
            card for name, board in self._boards.items() for card in await board.cards(await self._view(name, review))
        ]

    @property
    def surfaces(self) -> Sequence[str]:
        """The chat products that have a board."""
        return tuple(self._boards)

    async def direct_cards(self, surface: str, review: Review) -> Sequence[Outgoing]:
        """Return the card of a review for each reviewer who may decide it, in one product."""
        board, views = self._boards[surface], self._reviews.views
        may = [who for who in sorted(views.reviewers_of(review)) if await views.may_decide(review, who)]
        return [card for who in may for card in board.direct_card(await views.view_for(review, who), who)]

    def unreached(self, review: Review) -> Sequence[Outgoing]:
        """Return the message to the asker that no reviewer could be reached."""
        return self._to_asker(review, lambda board: board.unreached(review))

    def cards_refused(self, review: Review, admin_id: str, refused: RefusedCard) -> Sequence[Outgoing]:
        """Return the messages to an admin, in all products, that a conversation takes no cards."""
        boards = self._boards.values()
        return [m for board in boards for m in board.cards_refused(review, admin_id, refused)]

    async def escalated(self, review: Review) -> Sequence[Outgoing]:
        """Return the messages of an escalation: the confirmation to the asker, and the cards."""
        cards = await self.cards(review)
        outlook = await self.outlook(review)
        return [*self._to_asker(review, lambda board: board.escalated(review, outlook)), *cards]

    async def outlook(self, review: Review) -> Outlook:
        """Return what the asker of a review may expect: who will look at it, and how long that usually takes.

        Nobody hurries to a question that was rejected before.
        """
        if review.card_after:
            return Outlook()
        return await outlook_of(self._store, review.conversation, self._reviews.views.reviewers_of(review))

    async def reminder(self, review: Review) -> Sequence[Outgoing]:
        """Return the reminders of an open review, in all products."""
        return [m for name, board in self._boards.items() for m in await board.reminder(await self._view(name, review))]

    async def refresh(self, review: Review) -> None:
        """Update the posted cards of a review. Updates of one review run in turn, so that the last one stays."""
        lock = self._locks.setdefault(review.review_id, asyncio.Lock())
        async with lock:
            views = {name: await self._view(name, review) for name in self._boards}
            await asyncio.gather(*(self._boards[name].refresh(view) for name, view in views.items()))

    async def refresh_stored(self, review_id: str) -> None:
        """Update the cards of a review to what is stored now."""
        if review := await self._store.reviews.get(review_id):
            await self.refresh(review)

    async def refresh_changed(self) -> None:
        """Update the cards of open reviews that may show less or more than they do: documents and readers change."""
        for review in await self._store.reviews.listed(_ALL_OPEN):
            # Of a card that an earlier process posted, assume that it shows all.
            before = {name: self._shown.get((name, review.review_id), _SHOWS_ALL) for name in self._boards}
            views = {name: await self._view(name, review) for name in self._boards}
            changed = [name for name, view in views.items() if before[name] != _shown_in(view)]
            await asyncio.gather(*(self._boards[name].refresh(views[name]) for name in changed))

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
        """Return the function that renders the asker's answer for the reviewers.

        Of several cards in one conversation only the newest gets it, because the messages have the same key.
        """
        names = await self._store.people.names([review.conversation.user_id])
        cards = {surface: await self._store.reviews.cards(review.review_id, surface) for surface in self._boards}

        def messages(changed: Review) -> Sequence[Outgoing]:
            return [
                message
                for surface, posted in cards.items()
                for card in posted
                for message in self._boards[surface].answer_of_asker(changed, card, names)
            ]

        return messages

    async def _view(self, surface: str, review: Review) -> ReviewView:
        """Return a review as the card of one product may show it, and remember what that is."""
        view = await self._reviews.views.view_in(review, await self._boards[surface].place(review))
        if review.state == "open":
            self._shown[surface, review.review_id] = _shown_in(view)
        else:
            self._shown.pop((surface, review.review_id), None)
        return view

    def _decided(self, review: Review, names: Names) -> Sequence[Outgoing]:
        # The asker did not request the second review of an approved answer, so only an edit is sent.
        is_unrequested = bool(review.curated_id) and review.state != "edited"
        # Who is left of several askers reads their own words, not those of who opened the review.
        own = _as_theirs(review, review.asks[0]) if review.first_request_id else review
        told = [] if is_unrequested else list(self._to_asker(own, lambda board: board.decided(own, names)))
        places = {_place(review.conversation)} if told else set()
        for asker in review.joined:
            if (place := _place(asker.conversation)) not in places:
                places.add(place)
                told += self._to_joined(review, asker, names)
        return [message.model_copy(update={"decides": review.review_id}) for message in told]

    def _to_joined(self, review: Review, asker: JoinedAsker, names: Names) -> Sequence[Outgoing]:
        """Return the decision for somebody who joined the review, as if the review had been theirs."""
        theirs = _as_theirs(review, asker)
        messages = self._to_asker(theirs, lambda board: board.decided(theirs, names))
        return [m.model_copy(update={"key": f"{m.key}:{asker.request_id}"}) for m in messages]

    def _to_asker(self, review: Review, render: Callable[[Board], Sequence[Outgoing]]) -> Sequence[Outgoing]:
        board = self._boards.get(review.conversation.surface)
        return render(board) if board else ()


def _as_theirs(review: Review, asker: JoinedAsker) -> Review:
    own = {"question": asker.question or review.question, "own_words": ""}
    return review.model_copy(update={"conversation": asker.conversation} | own)


def _shown_in(view: ReviewView) -> tuple[bool, bool]:
    return view.show_draft, view.is_outdated


def _place(where: Conversation) -> tuple[str, ...]:
    """Return where a message for a conversation goes: whoever asked twice in one thread is answered there once."""
    return where.surface, where.tenant_id, where.channel_id, where.thread_id
