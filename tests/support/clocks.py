"""A clock that stands still until a test moves it."""


class Clock:
    """Gives the seconds that a test has set."""

    def __init__(self, start: float = 0.0) -> None:
        self.time = start

    def __call__(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.time += seconds
