"""The installations of the app and the states of those under way, in the store that all processes share."""

import asyncio
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any
from uuid import uuid4

from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.slack.installations import Installations, NotAdmittedError, names
from bot.store.port import Store, Tables
from bot.store.records import Installed
from bot.store.shared import SignInStates
from bot.tenants import ALONE, Tenancy

# What belongs to the bot rather than to the person who installed it.
_OF_THE_BOT = ("bot_token", "bot_id", "bot_user_id", "bot_scopes", "bot_refresh_token", "bot_token_expires_at")


class StoredInstallations(AsyncInstallationStore):
    """Bolt's store of installations, for the workspaces in `listed`; without any, for the first that was stored.

    Those of `tenancy` are let in, too, as `Installations` does.
    """

    def __init__(self, store: Store, client_id: str, listed: Collection[str] = (), tenancy: Tenancy = ALONE) -> None:
        self._store = store
        self._app = client_id
        self._listed, self._tenancy = frozenset(listed), tenancy

    async def admits(self, team_id: str) -> bool:
        """Tell whether a workspace may install the app and is served."""
        return await self._admits(self._store, team_id)

    async def async_save(self, installation: Installation) -> None:
        """Store an installation. Raises NotAdmittedError for other workspaces, and for a whole organization."""
        team_id = installation.team_id or ""
        async with self._store.transaction() as tx:
            if installation.is_enterprise_install or not await self._admits(tx, team_id):
                raise NotAdmittedError(team_id or installation.enterprise_id or "")
            await tx.installations.save(Installed(self._app, team_id, installation.user_id, _text(installation)))

    async def async_save_bot(self, bot: Bot) -> None:
        """Store the rotated token of a bot."""
        team_id = bot.team_id or ""
        async with self._store.transaction() as tx:
            if newest := await tx.installations.newest(self._app, team_id):
                installation = _with_bot(_read(newest), bot)
                await tx.installations.save(Installed(self._app, team_id, newest.user_id, _text(installation)))

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """Return the bot of a workspace; None if the app is not installed there."""
        found = await self.async_find_installation(
            enterprise_id=enterprise_id, team_id=team_id, is_enterprise_install=is_enterprise_install
        )
        return found.to_bot() if found else None

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,  # noqa: ARG002 - a workspace is looked up by its own id
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """Return the newest installation in a workspace, by this person if one is given, with the newest bot."""
        if is_enterprise_install or not team_id:
            return None
        newest = await self._store.installations.newest(self._app, team_id)
        theirs = await self._store.installations.newest(self._app, team_id, user_id) if user_id else newest
        return _with_bot(_read(theirs), _read(newest).to_bot()) if theirs and newest else None

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Delete the installations in a workspace, because its bot is gone."""
        await self.async_delete_installation(enterprise_id=enterprise_id, team_id=team_id)

    async def async_delete_installation(
        self,
        *,
        enterprise_id: str | None,  # noqa: ARG002
        team_id: str | None,
        user_id: str | None = None,
    ) -> None:
        """Delete the installations in a workspace, those by one person if one is given."""
        if team_id:
            await self._store.installations.delete(self._app, team_id, user_id)

    async def _admits(self, tables: Tables, team_id: str) -> bool:
        if (is_named := names(team_id, self._listed, self._tenancy)) is not None:
            return is_named
        return bool(team_id) and await tables.installations.first_tenant(self._app) in {None, team_id}


class StoredStates(AsyncOAuthStateStore):
    """Bolt's store of states, each good once."""

    def __init__(self, states: SignInStates, lifetime_s: float) -> None:
        self._states = states
        self._lifetime_s = lifetime_s

    async def async_issue(self, *args: object, **kwargs: object) -> str:  # noqa: ARG002 - the library's signature
        """Return a new state."""
        state = str(uuid4())
        await self._states.issue(state, self._lifetime_s)
        return state

    async def async_consume(self, state: str) -> bool:
        """Tell whether a state is good; it is so no more."""
        return await self._states.consume(state)


async def taken_over(file: Path, client_id: str, store: Store) -> int:
    """Copy the installations of a file that are not in the store yet; return how many."""
    copied = 0
    for found in await asyncio.to_thread(_in_file, file, client_id):
        team_id = found.team_id or ""
        async with store.transaction() as tx:
            if await tx.installations.newest(client_id, team_id, found.user_id) is None:
                await tx.installations.save(Installed(client_id, team_id, found.user_id, _text(found)))
                copied += 1
    return copied


def _in_file(file: Path, client_id: str) -> list[Installation]:
    return Installations(file, client_id).everything() if file.is_file() else []


def _text(installation: Installation) -> str:
    return json.dumps(vars(installation))


def _read(installed: Installed) -> Installation:
    fields: dict[str, Any] = json.loads(installed.payload)
    return Installation(**fields)


def _with_bot(installation: Installation, bot: Bot) -> Installation:
    for name in _OF_THE_BOT:
        setattr(installation, name, getattr(bot, name))
    return installation
