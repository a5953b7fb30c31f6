"""Merge all sources of settings, check them, and say in one line what is wrong and where it stands."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.configuration.fields import KeyPath, annotation_of, dotted, nearest
from bot.configuration.origins import COMMAND_LINE, DEFAULT, Merged, Origin
from bot.configuration.secrets import CREDENTIALS, SECRETS_DIR, add_secrets
from bot.configuration.toml_file import from_folder, read_toml
from bot.configuration.variables import CONFIG, PREFIX, add_variables
from index.errors import SettingsError

_Model = TypeVar("_Model", bound=BaseModel)
_PLAINER = {
    "tuple_type": 'give a list, such as ["a", "b"]',
    "list_type": 'give a list, such as ["a", "b"]',
    "frozen_set_type": 'give a list, such as ["a", "b"]',
    "dict_type": "give a table",
    "model_type": "give a table",
    "string_type": "give a text in quotes",
    "path_type": "give a text in quotes",
    "missing": "is missing",
}


@dataclass(frozen=True, slots=True)
class Loaded(Generic[_Model]):
    """Settings and where each value comes from.

    `file` is the file that was read, if any. `unknown` are variables that begin with CITEDESK_ and set nothing.
    """

    settings: _Model
    file: Path | None
    unknown: tuple[str, ...]
    _merged: Merged

    def origin_of(self, path: KeyPath) -> Origin:
        """Return where the value of a setting comes from."""
        return self._merged.own_origin_of(path)


def loaded(model: type[_Model], config: Path | None, overrides: Mapping[str, Any]) -> Loaded[_Model]:
    """Return the settings of all sources. `overrides` win over every source; `config` names the file.

    Raises SettingsError with one line that names the first wrong setting and where it stands.
    """
    file = read_toml(config or _named_file())
    merged = Merged(file.text)
    if file.path is not None:
        _add_file(merged, model, file.path, file.values)
    _add_folders(merged, model, overrides)
    unknown = add_variables(merged, model, os.environ)
    merged.add(overrides, COMMAND_LINE)
    try:
        settings = model.model_validate(merged.values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise SettingsError(_words(model, first, merged) + _and_more(error.error_count())) from None
    return Loaded(settings, file.path, tuple(unknown), merged)


def _named_file() -> Path | None:
    name = os.environ.get(CONFIG)
    return Path(name) if name else None


def _add_file(merged: Merged, model: type[BaseModel], path: Path, values: Mapping[str, Any]) -> None:
    folder = path.parent
    if folder.resolve() != Path.cwd():
        values = from_folder(model, values, folder)
    merged.add(values, Origin("file", str(path)))


def _add_folders(merged: Merged, model: type[BaseModel], overrides: Mapping[str, Any]) -> None:
    chosen = overrides.get(SECRETS_DIR) or os.environ.get(f"{PREFIX}{SECRETS_DIR.upper()}")
    folder = chosen or merged.values.get(SECRETS_DIR)
    if isinstance(folder, str | Path) and str(folder):
        add_secrets(merged, model, Path(folder), "secret file")
    if credentials := os.environ.get(CREDENTIALS):
        add_secrets(merged, model, Path(credentials), "credential")


def _words(model: type[BaseModel], error: ErrorDetails, merged: Merged) -> str:
    """Return what is wrong with a setting, without its value, and where it stands."""
    path = _named(model, error)
    if error["type"] == "extra_forbidden":
        near = nearest(model, path)
        words = "there is no such setting" + (f"; did you mean {dotted(near)}?" if near else "")
    else:
        words = _PLAINER.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    origin = merged.origin_of(path)
    return f"setting {dotted(path)}: {words}" + ("" if origin in (DEFAULT, COMMAND_LINE) else f" (from {origin.words})")


def _named(model: type[BaseModel], error: ErrorDetails) -> KeyPath:
    """Return the setting that an error is about, without the names of types that pydantic puts behind it."""
    path = error["loc"]
    if error["type"] in {"extra_forbidden", "missing"}:
        return path
    known = [length for length in range(1, len(path) + 1) if annotation_of(model, path[:length]) is not None]
    return path[: max(known, default=1)]


def _and_more(count: int) -> str:
    return f" (and {count - 1} more)" if count > 1 else ""
