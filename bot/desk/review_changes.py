"""Open or change a review together with the messages about it, in one transaction."""

from collections.abc import Awaitable, Callable, Sequence

from bot.store.port import Store
from bot.store.records import Outgoing, Review

Change = Callable[[Review], Review]
# Renders the messages about a change. It runs inside the transaction, so it must not wait for anything.
Messages = Callable[[Review], Sequence[Outgoing]]
# Renders the messages about a new review, before the review is stored.
Announce = Callable[[Review], Awaitable[Sequence[Outgoing]]]


def no_messages(_: Review) -> Sequence[Outgoing]:
    """Return no message."""
    return ()


async def opened(store: Store, review: Review, announce: Announce) -> Review | None:
    """Store a new review and queue its messages; return None if its request has a review already."""
    messages = await announce(review)
    async with store.transaction() as tx:
        if not await tx.reviews.open(review):
            return None
        await tx.outbox.send(messages)
    return review


async def changed(
    store: Store, review_id: str, user_id: str, what: str, change: Change, messages: Messages = no_messages
) -> Review | None:
    """Change an open review and queue the messages of the change; return None if it is not open.

    Of two that change a review at once, the second one sees what the first one did. `change` may raise; then nothing
    is changed.
    """
    async with store.transaction() as tx:
        review = await tx.reviews.locked(review_id)
        if review is None:
            return None
        review = await tx.reviews.save(change(review), user_id, what)
        await tx.outbox.send(messages(review))
    return review
