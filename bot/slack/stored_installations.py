"""The installations of the app, encrypted, and the states of those under way, in the store."""

import asyncio
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.slack.installations import NotAdmittedError, in_file, names
from bot.slack.token_keys import SealedWithAnotherKeyError, TokenKeys
from bot.store.port import Store, Tables
from bot.store.records import Installed
from bot.store.shared import SignInStates
from bot.tenants import ALONE, Tenancy
from index.errors import SettingsError

_log = structlog.get_logger(__name__)
# What belongs to the bot rather than to the person who installed it.
_OF_THE_BOT = ("bot_token", "bot_id", "bot_user_id", "bot_scopes", "bot_refresh_token", "bot_token_expires_at")


class StoredInstallations(AsyncInstallationStore):
    """Bolt's store of installations, for the workspaces in `listed`; without any, for the first that was stored.

    Documents, reviewers and admins are the same for all of these, so no other one is let in but those of `tenancy`,
    which have their own. With tenants, no workspace is let in for being the first.
    """

    def __init__(
        self,
        store: Store,
        client_id: str,
        keys: TokenKeys,
        listed: Collection[str] = (),
        tenancy: Tenancy = ALONE,
    ) -> None:
        self._store = store
        self._app = client_id
        self._keys = keys
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
            await tx.installations.save(_installed(self._app, installation, self._keys))

    async def async_save_bot(self, bot: Bot) -> None:
        """Store the rotated token of a bot."""
        team_id = bot.team_id or ""
        async with self._store.transaction() as tx:
            if newest := await tx.installations.newest(self._app, team_id):
                installation = _with_bot(_read(newest, self._keys), bot)
                await tx.installations.save(_installed(self._app, installation, self._keys))

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
        if not theirs or not newest:
            return None
        return _with_bot(_read(theirs, self._keys), _read(newest, self._keys).to_bot())

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


async def taken_over(file: Path, client_id: str, store: Store, keys: TokenKeys) -> int:
    """Move the installations of a file, in which earlier releases kept them, into the store; return how many.

    What the store has already is newer and stays. The file, with tokens that are not encrypted, is deleted.
    """
    if not await asyncio.to_thread(file.is_file):
        return 0
    moved = 0
    for found in await asyncio.to_thread(in_file, file, client_id):
        async with store.transaction() as tx:
            if await tx.installations.newest(client_id, found.team_id or "", found.user_id) is None:
                await tx.installations.save(_installed(client_id, found, keys))
                moved += 1
    await asyncio.to_thread(file.unlink)
    _log.info("installations_moved", count=moved)
    return moved


async def sealed_anew(client_id: str, store: Store, keys: TokenKeys) -> int:
    """Encrypt with the newest key what was stored in plain text or with an older key; return how much that was.

    Raises SettingsError if no key decrypts an installation.
    """
    stale = [found for found in await store.installations.listed(client_id) if not keys.is_current(found.payload)]
    for found in stale:
        try:
            payload = keys.sealed(keys.opened(found.payload))
        except SealedWithAnotherKeyError:
            raise SettingsError(
                f"setting slack.token_keys: no key decrypts the tokens of workspace {found.tenant_id}; add the key that"
                " encrypted them, or run `citedesk store forget-installations` and install the app again"
            ) from None
        await store.installations.replace(found, payload)
    if stale:
        _log.info("installations_encrypted", count=len(stale))
    return len(stale)


def _installed(app: str, installation: Installation, keys: TokenKeys) -> Installed:
    payload = keys.sealed(json.dumps(vars(installation)))
    return Installed(app, installation.team_id or "", installation.user_id, payload)


def _read(installed: Installed, keys: TokenKeys) -> Installation:
    fields: dict[str, Any] = json.loads(keys.opened(installed.payload))
    return Installation(**fields)


def _with_bot(installation: Installation, bot: Bot) -> Installation:
    for name in _OF_THE_BOT:
        setattr(installation, name, getattr(bot, name))
    return installation
