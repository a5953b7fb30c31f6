"""Remember where each value of the settings comes from, while later sources win over earlier ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from bot.configuration.fields import KeyPath
from bot.configuration.toml_file import lines_of

Kind = Literal["default", "file", "secret file", "credential", "variable", "command line", "tenant"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: the name of the file or variable, and the line in the file if it is known."""

    kind: Kind
    name: str = ""
    line: int | None = None

    @property
    def words(self) -> str:
        """The origin in a few words."""
        at = f"{self.name}, line {self.line}" if self.line else self.name
        return at or self.kind


DEFAULT, COMMAND_LINE = Origin("default"), Origin("command line")


@dataclass
class Merged:
    """The values of all sources so far, as nested tables, with the origin of each. `text` is that of the file."""

    text: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    _origins: dict[KeyPath, Origin] = field(default_factory=dict)

    def add(self, values: Mapping[str, Any], origin: Origin) -> None:
        """Let values win over those that are there."""
        _merge(self.values, values)
        self._note((), values, origin)

    def put(self, path: KeyPath, value: Any, origin: Origin) -> None:  # noqa: ANN401 - settings have many types
        """Let one value win over what is there. What is no table where one belongs stays, to be refused later."""
        place: Any = self.values
        for key in path[:-1]:
            place = place[key] if isinstance(key, int) else place.setdefault(key, {})
            if not isinstance(place, dict | list):
                return
        if isinstance(place, dict) and isinstance(value, Mapping) and isinstance(place.get(path[-1]), dict):
            _merge(place[path[-1]], value)
        else:
            place[path[-1]] = value
        self._note(path, value, origin)

    def own_origin_of(self, path: KeyPath) -> Origin:
        """Return where a value comes from; the default if it is not set itself, whatever its table holds."""
        found = self._origins.get(path, DEFAULT)
        return replace(found, line=self._lines.get(path)) if found.kind == "file" else found

    def origin_of(self, path: KeyPath) -> Origin:
        """Return where a value, or the table that holds it, comes from."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._origins:
                return self.own_origin_of(path[:length])
        return DEFAULT

    @cached_property
    def _lines(self) -> Mapping[KeyPath, int]:
        # Only whoever asks for a line waits for it.
        return lines_of(self.text)

    def _note(self, path: KeyPath, value: Any, origin: Origin) -> None:  # noqa: ANN401
        if path:
            self._origins[path] = origin
        if isinstance(value, Mapping):
            for key, one in value.items():
                self._note((*path, key), one, origin)
        elif isinstance(value, list):
            for number, one in enumerate(value):
                self._note((*path, number), one, origin)


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping):
            if not isinstance(into.get(key), dict):
                into[key] = {}
            _merge(into[key], value)
        else:
            into[key] = value
