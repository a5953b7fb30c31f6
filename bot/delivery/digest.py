"""The weekly digest: a report in the channel that an admin has chosen, once a week in each chat product."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from bot.desk.evidence import Readers
from bot.desk.questions import Directory
from bot.desk.reporting import Report, Reporting
from bot.settings import DigestSettings
from bot.store.port import Store
from bot.store.records import Conversation, Outgoing
from bot.store.scoped import own_id

_log = structlog.get_logger(__name__)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# A digest that is later than this, because the bot did not run, waits for the next week.
_LATE = timedelta(hours=24)


class Bulletin(Protocol):
    """Where the digest of a chat product is posted, and how it looks."""

    def place(self) -> Conversation | None:
        """Return the channel of the digest; None if none is set."""

    def digest(self, key: str, where: Conversation, report: Report) -> Outgoing:
        """Return the digest as a message with this key."""


def due_week(settings: DigestSettings, now: datetime) -> str | None:
    """Return the week whose digest is due, such as "2026-W48"; None if the last hour to post one is too long ago.

    `now` is in UTC. The week is that of the day on which the digest was to be posted, in the time zone of the settings.
    """
    zone = ZoneInfo(settings.timezone)
    today = now.astimezone(zone).date()
    since = (today.weekday() - _WEEKDAYS.index(settings.weekday)) % 7
    days = (today - timedelta(days=back) for back in (since, since + 7))
    # An hour that the clocks skip is read as the one after it, one that comes twice as the first.
    slots = (datetime.combine(day, time(settings.hour), zone) for day in days)
    slot = next(slot for slot in slots if slot.astimezone(UTC) <= now)
    year, week, _ = slot.isocalendar()
    return f"{year}-W{week:02}" if now - slot.astimezone(UTC) < _LATE else None


class Digests:
    """Queues the digests that are due. The key of a message in the outbox holds its week, so that it is queued once.

    `name` is that of the tenant, "" for the top level of the settings.
    """

    def __init__(
        self,
        settings: DigestSettings,
        reporting: Reporting,
        directory: Directory,
        store: Store,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        name: str = "",
    ) -> None:
        self._settings, self._reporting, self._directory, self._store = settings, reporting, directory, store
        self._now, self._name = now, name
        self._bulletins: dict[str, Bulletin] = {}
        self._queued: set[str] = set()

    def add(self, surface: str, bulletin: Bulletin) -> None:
        """Register the digest of a chat product."""
        self._bulletins[surface] = bulletin

    async def queue_due(self) -> bool:
        """Queue the digest of this week for each product, if it is due and was not queued; tell whether one was."""
        now = self._now()
        week = due_week(self._settings, now)
        bulletins = self._bulletins.items() if week else ()
        due = {own_id(self._name, f"digest:{surface}:{week}"): bulletin for surface, bulletin in bulletins}
        fresh = {key: bulletin for key, bulletin in due.items() if key not in self._queued}
        for key, bulletin in fresh.items():
            if where := bulletin.place():
                # Everybody who reads the channel reads the digest.
                readers = Readers(await self._directory.audience_of(where) or frozenset())
                report = await self._reporting.report(where.tenant_id or None, readers, until=now)
                await self._store.outbox.send([bulletin.digest(key, where, report)])
                _log.info("digest_queued", surface=where.surface, week=week)
            self._queued.add(key)
        return bool(fresh)
