"""What happens to a review card that cannot be posted: reviewers get it directly, else the asker is told the truth."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import structlog

from bot.desk.reviews import ReviewDesk
from bot.store.port import Tables
from bot.store.records import Outgoing, Review
from bot.surfaces.review_board import Boards, RefusedCard

_log = structlog.get_logger(__name__)
Place = tuple[str, str, str]


@dataclass(slots=True)
class UnplacedCards:
    """The conversations that took no review card, until they take one."""

    places: set[Place] = field(default_factory=set)

    def refused(self, message: Outgoing) -> bool:
        """Remember that a conversation took no card. Return False if that is known."""
        is_new = _place(message) not in self.places
        self.places.add(_place(message))
        return is_new

    def posted(self, message: Outgoing) -> None:
        """Remember that a conversation took a card."""
        self.places.discard(_place(message))


@dataclass(frozen=True, slots=True)
class Instead:
    """What is sent in place of a card.

    `direct` is the card for each reviewer alone, `notices` are for admins. `unreached` tells the asker that no reviewer
    was reached: for the case that no card of the review was posted, and none waits to be, under any of `keys`.
    """

    review_id: str
    direct: Sequence[Outgoing]
    notices: Sequence[Outgoing]
    unreached: Sequence[Outgoing]
    keys: Sequence[str]
    surfaces: Sequence[str]

    async def send(self, tx: Tables) -> None:
        """Queue the messages in a transaction that has buried the card."""
        await tx.outbox.send([*self.direct, *self.notices])
        if not await self._is_reached(tx):
            _log.error("no_reviewer_reached", review_id=self.review_id)
            await tx.outbox.send(self.unreached)

    async def _is_reached(self, tx: Tables) -> bool:
        # Of two last cards that are given up at the same time, the later one must see the other.
        await tx.reviews.locked(self.review_id)
        posted = [await tx.reviews.card(self.review_id, surface) for surface in self.surfaces]
        waiting = [await tx.outbox.payload(key) for key in self.keys]
        return any(posted) or any(waiting)


@dataclass(frozen=True, slots=True)
class CardPlacing:
    """Finds another way for review cards that a chat product gives up."""

    boards: Boards
    reviews: ReviewDesk
    unplaced: UnplacedCards

    async def instead_of(self, card: Outgoing, reason: str) -> Instead | None:
        """Return what to send in place of a card; None if its review is not open any more.

        Admins are told once for each conversation that takes no cards, and again if it took one in between.
        """
        review = await self.reviews.questions.store.reviews.get(card.card_of)
        if review is None or review.state != "open":
            return None
        cards = await self.boards.cards(review)
        # Also those of other products, which an earlier refusal may have sent.
        directs = {surface: await self.boards.direct_cards(surface, review) for surface in self.boards.surfaces}
        direct = directs[card.surface]
        is_direct = card.key in {one.key for one in direct}
        return Instead(
            review_id=review.review_id,
            direct=() if is_direct else direct,
            notices=() if is_direct else self._notices(review, RefusedCard(card, reason, bool(direct))),
            unreached=self.boards.unreached(review),
            keys=[one.key for one in chain(cards, *directs.values())],
            surfaces=self.boards.surfaces,
        )

    def _notices(self, review: Review, refused: RefusedCard) -> Sequence[Outgoing]:
        card = refused.card
        if not self.unplaced.refused(card):
            return []
        _log.error("cards_refused", surface=card.surface, channel_id=card.channel_id, reason=refused.reason)
        admins = sorted(self.reviews.questions.access.admins)
        return [notice for admin in admins for notice in self.boards.cards_refused(review, admin, refused)]


def _place(message: Outgoing) -> Place:
    return message.surface, message.tenant_id, message.channel_id
