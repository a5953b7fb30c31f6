"""How long a worker surely holds a job."""

import time

# Also counts the time for which a machine was suspended, where the system has such a clock.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Lease:
    """A lease as its holder sees it: it ends no later here than in the store, whatever delayed the claim."""

    def __init__(self, until: float) -> None:
        self._until = until

    def left_s(self) -> float:
        """Return the seconds that are surely left; 0 or less if the lease may have ended."""
        return self._until - boot_time()

    def extend(self, until: float) -> None:
        """Let the lease end at `until` on `boot_time`'s clock, because it was renewed."""
        self._until = until


def boot_time() -> float:
    """Return seconds on a clock that nobody sets."""
    return time.clock_gettime(_CLOCK)
