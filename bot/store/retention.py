"""What a store deletes when, the same in every store."""

from bot.store.port import Tables
from bot.store.records import Retention


async def purge(tables: Tables, kept: Retention) -> None:
    """Delete texts and rows that are older than they are kept; of very many, some each time."""
    await tables.reviews.purge(kept.review_text_days)
    await tables.gaps.purge(kept.gap_text_days)
    await tables.turns.purge(kept.turn_text_days)
    await tables.posted.purge(kept.review_text_days)
    await tables.feedback.purge(kept.review_text_days)
    for queue in (tables.inbox, tables.outbox, tables.builds):
        await queue.purge(kept.job_days)
    await tables.requests.purge(kept.trace_days)
