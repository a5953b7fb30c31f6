"""What the page offers besides the workspace: questions to try, and who answers them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.sandbox.workspace import Role, Workspace

_LOOK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question to try and what it shows. `role` is the one role that it is for, None for everybody."""

    question: str
    shows: str
    role: Role | None = None


class Menu:
    """The choices of a visitor. `answerers` maps the names of who can answer to their labels, the first one chosen.

    `is_serving` tells whether the one that was chosen answers already.
    """

    def __init__(self, workspace: Workspace, answerers: Mapping[str, str], suggestions: Sequence[Suggestion]) -> None:
        self._workspace = workspace
        self._answerers = dict(answerers)
        self.suggestions = tuple(suggestions)
        self.chosen = next(iter(answerers), "")
        self.is_serving = False

    async def choose(self, name: str) -> bool:
        """Choose who answers; False if there is nobody of this name."""
        if name not in self._answerers:
            return False
        if name != self.chosen:
            self.chosen, self.is_serving = name, False
            await self._workspace.changed()
        return True

    async def serving(self, name: str) -> None:
        """Note that the one of this name answers from now on."""
        self.is_serving = name == self.chosen
        await self._workspace.changed()

    async def ready(self) -> None:
        """Return when the one that was chosen answers; at once where nobody can be chosen."""
        while self._answerers and not self.is_serving:
            await self._workspace.wait_for_change(self._workspace.version, _LOOK_SECONDS)

    async def another_than(self, name: str) -> None:
        """Return when another one is chosen."""
        while self.chosen == name:
            await self._workspace.wait_for_change(self._workspace.version, _LOOK_SECONDS)

    def as_json(self) -> dict[str, Any]:
        """Return the menu as the page reads it."""
        return {
            "suggestions": [asdict(suggestion) for suggestion in self.suggestions],
            "answerers": [{"id": name, "label": label} for name, label in self._answerers.items()],
            "answerer": self.chosen,
            "is_serving": self.is_serving,
        }
