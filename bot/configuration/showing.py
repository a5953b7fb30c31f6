"""Return settings as they may be shown: secrets as whether they are set, addresses without what may be secret."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretStr

from bot.configuration.fields import KeyPath, is_secret

HIDDEN = "***"
_WORD = re.compile(r"\S+")
# What servers get beside the question can hold a key under any name.
_FREE = "extra_body"


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting as it may be shown: its path, a value for JSON, and whether the value is a secret."""

    path: KeyPath
    value: Any
    is_secret: bool = False

    @property
    def text(self) -> str:
        """The value as a line of text; a secret says whether it is set."""
        if self.is_secret:
            return "(set)" if self.value else "(not set)"
        return "(none)" if self.value is None else json.dumps(self.value, ensure_ascii=False)


def without_password(text: str) -> str:
    """Return a text without user and password of the addresses in it."""
    return _WORD.sub(lambda word: _without_sign_in(word[0]), text)


def _without_sign_in(word: str) -> str:
    scheme, is_address, rest = word.partition("://")
    sign_in, has_sign_in, host = rest.rpartition("@")
    if not (is_address and has_sign_in):
        return word
    user = sign_in.partition("@")[0]
    # A password may hold a slash or an @, and then the last @ ends it.
    if ":" in user.partition("/")[0]:
        return f"{scheme}://{HIDDEN}@{host}"
    return word if set("/?#") & set(user) else f"{scheme}://{HIDDEN}{rest.removeprefix(user)}"


def _without_query(word: str) -> str:
    """Return an address with its query hidden, which may hold a key."""
    scheme, is_address, rest = word.partition("://")
    path, has_query, query = rest.partition("?")
    if not (is_address and has_query):
        return word
    _, has_fragment, fragment = query.partition("#")
    return f"{scheme}://{path}?{HIDDEN}{has_fragment}{fragment}"


def shown_settings(table: BaseModel, path: KeyPath = ()) -> Iterator[Shown]:
    """Yield all settings of a table. Of tables that lists and tables hold, such as a tenant, those that are set."""
    for name in type(table).model_fields:
        yield from _field(table, name, path)


def _shown(value: Any, path: KeyPath) -> Iterator[Shown]:  # noqa: ANN401 - settings have many types
    if isinstance(value, SecretStr):
        yield Shown(path, bool(value.get_secret_value()), is_secret=True)
    elif isinstance(value, BaseModel):
        is_section = len(path) == 1
        names = type(value).model_fields if is_section else [n for n in type(value).model_fields if _is_set(value, n)]
        for name in names:
            yield from _field(value, name, path)
    elif members := _tables(value):
        for key, member in members.items():
            yield from _shown(member, (*path, key))
    else:
        yield Shown(path, _plain(value, path))


def _field(table: BaseModel, name: str, path: KeyPath) -> Iterator[Shown]:
    value = getattr(table, name)
    if value is None and is_secret(type(table).model_fields[name].annotation):
        yield Shown((*path, name), value=False, is_secret=True)
    else:
        yield from _shown(value, (*path, name))


def _is_set(table: BaseModel, name: str) -> bool:
    return name in table.model_fields_set


def _tables(value: Any) -> Mapping[str | int, Any]:  # noqa: ANN401
    """Return the members of a list or table that holds tables or secrets, by key or number; none if it is another."""
    members = value if isinstance(value, Mapping) else dict(enumerate(value)) if isinstance(value, tuple) else {}
    return members if any(isinstance(member, BaseModel | SecretStr) for member in members.values()) else {}


def _plain(value: Any, path: KeyPath) -> Any:  # noqa: ANN401
    """Return a value as JSON has it."""
    if isinstance(value, Mapping):
        return {str(key): HIDDEN if path[-1] == _FREE else _plain(one, path) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one, path) for one in value]
    if isinstance(value, frozenset | set):
        return sorted(_plain(one, path) for one in value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return _WORD.sub(lambda word: _without_query(word[0]), without_password(str(value)))
