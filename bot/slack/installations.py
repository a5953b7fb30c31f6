"""Which workspaces may install the app, and the installations that earlier releases kept in a file of their own."""

import logging
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from slack_bolt.error import BoltError
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlite3 import SQLite3InstallationStore

from bot.tenants import Tenancy

_NEWEST_OF_EACH = (
    "SELECT team_id, user_id FROM slack_installations WHERE client_id = ? AND team_id <> '' "
    "GROUP BY team_id, user_id ORDER BY max(id)"
)


class NotAdmittedError(BoltError):
    """A workspace may not install the app. Bolt passes errors of its own type on to the page that tells the browser."""


def names(team_id: str, listed: Collection[str], tenancy: Tenancy) -> bool | None:
    """Tell whether the settings name a workspace; None if they name none, so that the first one is served."""
    name = tenancy.name_of(team_id)
    if name or name is None:
        return name is not None
    return team_id in listed if listed or tenancy.tenants else None


def in_file(file: Path, client_id: str) -> list[Installation]:
    """Return the newest installation by each person in each workspace, in the order in which they came."""
    kept = SQLite3InstallationStore(database=str(file), client_id=client_id, logger=logging.getLogger(__name__))
    with closing(kept.connect()) as connection:
        found = connection.execute(_NEWEST_OF_EACH, (client_id,)).fetchall()
    installations = [kept.find_installation(enterprise_id=None, team_id=team, user_id=user) for team, user in found]
    return [installation for installation in installations if installation]
