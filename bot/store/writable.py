"""Tell whether a store takes writes, by a write."""

import secrets

from bot.store.port import Store


async def check_writable(store: Store) -> None:
    """Write a row and delete it in one transaction, so that nobody sees it. Raises StoreError.

    A lock alone would not do: a full disk is noticed when the pages of a commit are written.
    """
    # Of its own for each call: processes that write the same key would wait for one another.
    owner = f"check-{secrets.token_hex(6)}"
    async with store.transaction() as tx:
        await tx.replicas.put(owner, "", "")
        await tx.replicas.remove(owner)
