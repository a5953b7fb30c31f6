"""Read citedesk.toml, and tell on which line each key stands."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.configuration.fields import KeyPath, inner, is_path
from index.errors import SettingsError

DEFAULT_FILE = Path("citedesk.toml")
_LONGEST = 10_000_000
# Lines in which the beginning of a mistake is searched: half a second.
_SEARCHED = 500
# What can end a statement of several lines.
_CLOSING = ("]", "}", '"""', "'''")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A file of settings: its path, its values, and the lines of its keys. No path: there is no file."""

    path: Path | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


def read_toml(named: Path | None) -> TomlFile:
    """Return what a file holds; without a name citedesk.toml in the current folder, if it is there.

    Raises SettingsError with one line that says what is wrong, with line and column if it is the syntax.
    """
    if named is None and not os.path.lexists(DEFAULT_FILE):
        return TomlFile()
    path = named or DEFAULT_FILE
    try:
        with path.open("rb") as stream:
            content = stream.read(_LONGEST + 1)
        text = content.decode("utf-8-sig")
        if len(content) > _LONGEST:
            raise SettingsError(f"{path} cannot be read: it is longer than {_LONGEST:,} bytes")
        return TomlFile(path, tomllib.loads(f"{text}\n"), text)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}{_hint(path, error)}") from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{path} cannot be read: line {line} is not in UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        words = " ".join(str(error).split())
        raise SettingsError(f"{path} cannot be read: {words}{_begun(text, words)}") from None


def _begun(text: str, words: str) -> str:
    """Return where the statement begins that is not valid, such as one with a bracket that is not closed.

    Nothing if `words` name that line.
    """
    lines, done = text.count("\n") + 1, 0
    if lines > _SEARCHED:
        return ""
    for begun, statement in _statements(text):
        done = begun + statement.count("\n") - 1
    is_said = done >= lines or f"(at line {done + 1}," in words
    return "" if is_said else f"; look from line {done + 1} on"


def _hint(path: Path, error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return f"; name the file in it, such as {path / DEFAULT_FILE}"
    return "; `citedesk init` writes one" if isinstance(error, FileNotFoundError) else ""


def from_folder(annotation: Any, value: Any, folder: Path) -> Any:  # noqa: ANN401 - settings have many types
    """Return values in which the relative paths of files and folders begin at `folder`, where the file is."""
    if isinstance(value, dict):
        return {key: from_folder(inner(annotation, key), one, folder) for key, one in value.items()}
    if isinstance(value, list):
        return [from_folder(inner(annotation, number), one, folder) for number, one in enumerate(value)]
    if isinstance(value, str) and is_path(annotation) and "://" not in value:
        return str(folder / value)
    return value


def lines_of(text: str) -> dict[KeyPath, int]:
    """Return the line on which each table and key of a valid file begins, counted from 1.

    tomllib does not tell lines, so it is given one statement at a time: as many lines as make it valid.
    """
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    lists: dict[KeyPath, int] = {}
    for number, statement in _statements(text):
        values = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _header(values, lists)
            found.setdefault(table, number)
        else:
            found.update({table + path: number for path in _paths(values)})
    return found


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement with the number of its first line."""
    begun, statement = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        is_first = not statement
        begun, statement = (number if is_first else begun), f"{statement}{line}\n"
        if not is_first and not any(mark in line for mark in _CLOSING):
            continue
        try:
            tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        yield begun, statement
        statement = ""


def _header(values: Any, lists: dict[KeyPath, int]) -> KeyPath:  # noqa: ANN401 - what tomllib returns
    """Return the path of the table that a header begins; `lists` counts the members of lists of tables so far."""
    path: KeyPath = ()
    while values:
        ((key, values),) = values.items()
        path += (key,)
        if isinstance(values, list):
            lists[path] = lists.get(path, 0) + 1
            values = values[0]
        if path in lists:
            path += (lists[path] - 1,)
    return path


def _paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:  # noqa: ANN401
    """Yield the paths of all that a value holds."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield from _paths(one, (*path, key))
