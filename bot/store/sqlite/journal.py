"""Empty the journal of a store. It keeps older pages of the file, so also texts that were deleted since."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)
# Whoever reads the file keeps the journal as it is. Others cannot write during a try, so each is short.
_TRIES, _TRY_S, _PAUSE_S = 5, 0.2, 0.1


async def empty_journal(file: Path) -> None:
    """Write the journal into the file and cut it to nothing. If readers prevent that, it is logged."""
    for _ in range(_TRIES):
        if await asyncio.to_thread(_emptied, file):
            return
        await asyncio.sleep(_PAUSE_S)
    _log.warning("store_journal_not_emptied", store=str(file))


def _emptied(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(file, timeout=_TRY_S, isolation_level=None)) as connection:
            (is_busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error:
        return False
    return not is_busy
