"""How often a person may press buttons, give commands and open the bot's home.

Each of these costs calls of the chat product and work in the store, though it asks no question.
"""

from dataclasses import dataclass
from typing import Literal

from pipeline.rate_limits import RateLimits, Window

# Telling costs a call of the chat product, too.
_TOLD = Window(requests=1, seconds=10)
# A client refreshes cards by itself, one request for each card that it shows.
Kind = Literal["press", "opens_review", "refresh"]


@dataclass(frozen=True, slots=True)
class TooFast:
    """A press that is not taken. `wait_s` are the seconds until one is; `is_told` is whether the presser knows."""

    wait_s: float
    is_told: bool


@dataclass(frozen=True, slots=True)
class PressLimits:
    """The limits of each person in a tenant. Presses that can open a review have one of their own."""

    rates: RateLimits
    presses: Window
    reviews: Window

    async def refused(self, tenant_id: str, user_id: str, kind: Kind) -> TooFast | None:
        """Count a press; return None if it may be taken. What is refused is not counted."""
        window = self.reviews if kind == "opens_review" else self.presses
        wait = await self.rates.request((kind, tenant_id, user_id), window)
        if wait is None:
            return None
        return TooFast(wait, await self.rates.request(("told", tenant_id, user_id), _TOLD) is not None)
