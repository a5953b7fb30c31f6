"""Read settings and paths of secrets from environment variables."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot.configuration.fields import (
    KeyPath,
    annotation_of,
    dotted,
    holds_others,
    is_secret,
    nearest,
    resolved,
    takes_nothing,
)
from bot.configuration.origins import Merged, Origin
from index.errors import SettingsError
from index.secret_files import read_secret

PREFIX, _FILE = "CITEDESK_", "_FILE"
CONFIG = f"{PREFIX}CONFIG"
# Variables that people already have.
FAMILIAR_NAMES: Mapping[str, KeyPath] = {
    "SLACK_BOT_TOKEN": ("slack", "bot_token"),
    "SLACK_APP_TOKEN": ("slack", "app_token"),
    "SLACK_SIGNING_SECRET": ("slack", "signing_secret"),
    "SLACK_API_URL": ("slack", "api_url"),
    "MICROSOFT_APP_ID": ("teams", "app_id"),
    "MICROSOFT_APP_PASSWORD": ("teams", "app_secret"),
    "MICROSOFT_APP_TENANT_ID": ("teams", "tenant_id"),
    "OPENAI_API_KEY": ("llm", "api_key"),
    "OPENAI_BASE_URL": ("llm", "base_url"),
}
# Kubernetes sets such variables for a service called citedesk or citedesk-…
# https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_SERVICE_LINK = re.compile(
    r"CITEDESK_(?:[A-Z0-9_]+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_[A-Z]+)?)"
)
_LINK_VALUE = re.compile(r"(?:tcp|udp|sctp)://")


@dataclass(frozen=True, slots=True)
class _Found:
    """A variable that sets a setting; `is_file` if it names the file of a secret."""

    name: str
    path: KeyPath
    value: str
    is_file: bool


def variable_of(path: KeyPath) -> str:
    """Return the name of the variable that sets a setting."""
    familiar = next((name for name, own in FAMILIAR_NAMES.items() if own == path), None)
    return familiar or PREFIX + "__".join(map(str, path)).upper()


def add_variables(merged: Merged, model: type[BaseModel], environment: Mapping[str, str]) -> list[str]:
    """Let the variables win over what is merged; return the names of those that are probably not meant for Citedesk.

    The familiar names come first, so that one that begins with CITEDESK_ wins. Raises SettingsError.
    """
    unknown: list[str] = []
    found = [one for one in _familiar(environment) if is_known(one.name, model)]
    for name, value in sorted(environment.items()):
        if _is_ours(name.upper(), value):
            own = _own(name, value, model, merged.values)
            if own:
                found.append(own)
            elif value:
                unknown.append(_unknown(name, model))
    _refuse_both(found)
    for one in found:
        _put(merged, model, one)
    return unknown


def _familiar(environment: Mapping[str, str]) -> Iterator[_Found]:
    for name, path in FAMILIAR_NAMES.items():
        for is_file in (False, True):
            written = name + _FILE * is_file
            if value := environment.get(written):
                yield _Found(written, path, value, is_file)


def _is_ours(name: str, value: str) -> bool:
    if not name.startswith(PREFIX) or name == CONFIG:
        return False
    is_link = _SERVICE_LINK.fullmatch(name) or (name.endswith("_PORT") and _LINK_VALUE.match(value))
    return not is_link


def _own(name: str, value: str, model: type[BaseModel], values: Mapping[str, Any]) -> _Found | None:
    """Return what a variable sets; None if it sets nothing."""
    parts = name[len(PREFIX) :].split("__")
    if path := resolved(model, parts, values):
        return _Found(name, path, value, is_file=False)
    if not name.upper().endswith(_FILE):
        return None
    parts[-1] = parts[-1][: -len(_FILE)]
    path = resolved(model, parts, values)
    return _Found(name, path, value, is_file=True) if path and is_secret(annotation_of(model, path)) else None


def _unknown(name: str, model: type[BaseModel]) -> str:
    """Return the name of a variable that may be somebody else's. Raises SettingsError if it is meant for a setting."""
    path = tuple(name[len(PREFIX) :].lower().split("__"))
    near = nearest(model, path, surely=len(path) == 1)
    if near is None and len(path) == 1:
        return name
    has_file = name.upper().endswith(_FILE) and near and is_secret(annotation_of(model, near))
    meant = f"; did you mean {variable_of(near)}{_FILE if has_file else ''}?" if near else ""
    raise SettingsError(f"setting {dotted(path)}: there is no such setting{meant} (from {name})")


def _refuse_both(found: list[_Found]) -> None:
    for one in found:
        for other in found:
            if one.path == other.path and other.is_file and not one.is_file and one.value and other.value:
                raise SettingsError(
                    f"setting {dotted(one.path)}: {one.name} and {other.name} are both set, so remove one"
                )


def _put(merged: Merged, model: type[BaseModel], found: _Found) -> None:
    annotation = annotation_of(model, found.path)
    # `NAME=` in a list of variables says that there is no value.
    if not found.value and (found.is_file or takes_nothing(annotation)):
        return
    if found.is_file:
        merged.put(found.path, read_secret(Path(found.value), found.name), Origin("secret file", found.name))
    else:
        merged.put(found.path, _parsed(found, annotation), Origin("variable", found.name))


def _parsed(found: _Found, annotation: Any) -> Any:  # noqa: ANN401 - settings have many types
    """Return the value of a variable: what holds others is written as JSON. Raises SettingsError."""
    if not holds_others(annotation):
        return found.value
    try:
        return json.loads(found.value)
    except ValueError:
        raise SettingsError(
            f"setting {dotted(found.path)}: a list or table in a variable is JSON, such as "
            f"""'["a", "b"]' or '{{"a": "b"}}' (from {found.name})"""
        ) from None


def is_known(name: str, model: type[BaseModel]) -> bool:
    """Tell whether a variable sets a setting, names the file of a secret, or names the file of the settings."""
    familiar = FAMILIAR_NAMES.get(name.removesuffix(_FILE))
    if familiar:
        return not name.endswith(_FILE) or is_secret(annotation_of(model, familiar))
    return name == CONFIG or (name.startswith(PREFIX) and _own(name, "", model, {}) is not None)
