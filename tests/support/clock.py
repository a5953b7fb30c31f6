"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class Clock:
    """A clock of UTC, for whatever takes `now: Callable[[], datetime]`."""

    def __init__(self, time: datetime | None = None) -> None:
        self.time = time or datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time

    def move(self, **span: float) -> None:
        """Move on by a timedelta's arguments: `move(hours=5)`."""
        self.time += timedelta(**span)
