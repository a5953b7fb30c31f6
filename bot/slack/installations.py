"""The installations of the app, in one SQLite file beside the store. Only admitted workspaces are stored and served."""

import logging
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from slack_bolt.error import BoltError
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlite3 import SQLite3InstallationStore

from bot.tenants import ALONE, Tenancy


class NotAdmittedError(BoltError):
    """A workspace may not install the app. Bolt passes errors of its own type on to the page that tells the browser."""


class Installations(SQLite3InstallationStore):
    """Bolt's store of installations, for the workspaces in `listed`; without any, for the first that was stored.

    Documents, reviewers and admins are the same for all of these, so no other one is let in but those of `tenancy`,
    which have their own. With tenants, no workspace is let in for being the first.
    """

    def __init__(self, file: Path, client_id: str, listed: Collection[str] = (), tenancy: Tenancy = ALONE) -> None:
        super().__init__(database=str(file), client_id=client_id, logger=logging.getLogger(__name__))
        self._listed, self._tenancy = frozenset(listed), tenancy
        self.init()  # type: ignore[no-untyped-call]
        # The file holds tokens.
        file.chmod(0o600)

    async def admits(self, team_id: str) -> bool:
        """Tell whether a workspace may install the app and is served."""
        return self._admits(team_id)

    def save(self, installation: Installation) -> None:
        """Store an installation. Raises NotAdmittedError for other workspaces, and for a whole organization."""
        if installation.is_enterprise_install or not self._admits(installation.team_id or ""):
            raise NotAdmittedError(installation.team_id or installation.enterprise_id or "")
        # A workspace is looked up by its own id, also where an organization owns it.
        installation.enterprise_id = None
        super().save(installation)

    def _admits(self, team_id: str) -> bool:
        is_named = names(team_id, self._listed, self._tenancy)
        return (bool(team_id) and self._first() in {None, team_id}) if is_named is None else is_named

    def everything(self) -> list[Installation]:
        """Return the newest installation by each person in each workspace, in the order in which they came."""
        query = (
            "SELECT team_id, user_id FROM slack_installations WHERE client_id = ? AND team_id <> '' "
            "GROUP BY team_id, user_id ORDER BY max(id)"
        )
        with closing(self.connect()) as connection:
            found = connection.execute(query, (self.client_id,)).fetchall()
        installations = [self.find_installation(enterprise_id=None, team_id=team, user_id=user) for team, user in found]
        return [installation for installation in installations if installation]

    def _first(self) -> str | None:
        """Return the id of the workspace that was stored first and never was apart; None before the first."""
        query = "SELECT team_id FROM slack_bots WHERE client_id = ? AND team_id <> '' ORDER BY id"
        with closing(self.connect()) as connection:
            found = [str(row[0]) for row in connection.execute(query, (self.client_id,))]
        return next((team_id for team_id in found if self._tenancy.name_of(team_id) == ""), None)


def names(team_id: str, listed: Collection[str], tenancy: Tenancy) -> bool | None:
    """Tell whether the settings name a workspace; None if they name none, so that the first one is served."""
    name = tenancy.name_of(team_id)
    if name or name is None:
        return name is not None
    return team_id in listed if listed or tenancy.tenants else None
