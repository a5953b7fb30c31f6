"""Open or change a review and queue its messages, in one transaction."""

from collections.abc import Awaitable, Callable, Sequence

from bot.store.port import Store, Tables
from bot.store.records import JoinedAsker, Outgoing, Review

Change = Callable[[Review], Review]
# Renders the messages about a change. It runs inside the transaction, so it must not wait for anything.
Messages = Callable[[Review], Sequence[Outgoing]]
# Renders the messages about a new review, before it is stored.
Announce = Callable[[Review], Awaitable[Sequence[Outgoing]]]
# Tells whether an open review asks the same for the same readers, so that a new asker can join it.
Joins = Callable[[Review], bool]


def no_messages(_: Review) -> Sequence[Outgoing]:
    """Return no messages."""
    return ()


def joins_none(_: Review) -> bool:
    """Join no review."""
    return False


async def opened(store: Store, review: Review, announce: Announce, joins: Joins = joins_none) -> Review | None:
    """Store a new review, or join its asker to an open one; queue the messages and return the review as stored.

    Return None if the review is stored, or its asker has joined, already.
    """
    messages = await announce(review)
    async with store.transaction() as tx:
        stored = await open_or_join(tx, review, joins)
        if stored is None:
            return None
        for message in messages:
            # Whoever took the question back and asks again gets the messages again, and so do the reviewers.
            await tx.outbox.forget(message.key)
        await tx.outbox.send(without_cards(messages, stored, review))
    return stored


async def open_or_join(tx: Tables, review: Review, joins: Joins) -> Review | None:
    """Store a new review, or join its asker to the oldest open one that `joins` takes; return the review as stored.

    Return None if the review is stored, or its asker has joined, already.
    """
    for candidate in await tx.reviews.open_in(review.conversation.tenant_id):
        if joins(candidate) and (twin := await tx.reviews.locked(candidate.review_id)):
            return await _joined(tx, twin, review)
    return review if await tx.reviews.open(review) else None


def without_cards(messages: Sequence[Outgoing], stored: Review | None, review: Review) -> Sequence[Outgoing]:
    """Return the messages about a new review, without its card if it comes later.

    Where its asker joined another review, which has its card, there is no card either.
    """
    if stored is None or (stored.review_id == review.review_id and not review.card_after):
        return messages
    return [message for message in messages if not message.card_of]


async def _joined(tx: Tables, twin: Review, review: Review) -> Review | None:
    if review.review_id in {ask.request_id for ask in twin.asks}:
        return None
    asker = JoinedAsker(
        request_id=review.review_id,
        conversation=review.conversation,
        question=review.own_words or review.question,
    )
    joined = twin.model_copy(update={"joined": (*twin.joined, asker)})
    return await tx.reviews.save(joined, review.conversation.user_id, "joined")


async def changed(
    store: Store, review_id: str, user_id: str, what: str, change: Change, messages: Messages = no_messages
) -> Review | None:
    """Change an open review, queue its messages and return it; None if it is not open.

    `what` is the line of history. Changes of the same review run one after the other. If `change` raises, nothing is
    stored.
    """
    async with store.transaction() as tx:
        review = await tx.reviews.locked(review_id)
        if review is None:
            return None
        review = await tx.reviews.save(change(review), user_id, what)
        await tx.outbox.send(messages(review))
    return review
