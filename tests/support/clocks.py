"""A clock that stands still until a test moves it."""

from collections.abc import Callable


class Clock:
    """Gives the seconds that a test has set."""

    def __init__(self, start: float = 0.0) -> None:
        self.time = start
        self.followers: list[Callable[[float], None]] = []

    def __call__(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        """Move on, and with the clock whatever follows it, such as a server that has a clock of its own."""
        self.time += seconds
        for follow in self.followers:
            follow(seconds)
