"""The installations of the Slack app in the shared store, behind Bolt's interfaces, on both stores."""

import asyncio
import time
from typing import Any

import pytest
from slack_sdk.oauth.installation_store import Bot, Installation

from bot.slack.installations import NotAdmittedError
from bot.slack.stored_installations import StoredInstallations, StoredStates
from bot.slack.token_keys import TokenKeys, new_key
from bot.store.port import Store

_KEYS = TokenKeys.of(new_key())


def _installation(team: str | None = "T1", user: str = "U1", token: str = "xoxb-1", **more: Any) -> Installation:  # noqa: ANN401, S107
    return Installation(
        app_id="A1", team_id=team, user_id=user, bot_token=token, bot_id="B1", bot_user_id="UB",
        bot_scopes=["chat:write", "commands"], installed_at=time.time(), **more,
    )  # fmt: skip


async def test_an_installation_is_found_as_it_was_stored(store: Store) -> None:
    installations = StoredInstallations(store, "1.2", _KEYS)
    ending = int(time.time()) + 3600
    stored = _installation(
        bot_refresh_token="xoxe-1", bot_token_expires_at=ending, user_token="xoxp-1", user_scopes=["users:read"],
        custom_values={"our": "own"}, enterprise_id="E1",
    )  # fmt: skip
    await installations.async_save(stored)
    found = await installations.async_find_installation(enterprise_id=None, team_id="T1")
    assert found is not None
    assert vars(found) == vars(stored)
    bot = await installations.async_find_bot(enterprise_id="E1", team_id="T1")
    assert bot is not None
    assert vars(bot) == vars(stored.to_bot())


async def test_whoever_installs_last_gives_the_bot_its_token_for_all(store: Store) -> None:
    installations = StoredInstallations(store, "1.2", _KEYS)
    await installations.async_save(_installation(user="U1", token="xoxb-old", user_token="xoxp-1"))
    await installations.async_save(_installation(user="U2", token="xoxb-new"))
    theirs = await installations.async_find_installation(enterprise_id=None, team_id="T1", user_id="U1")
    assert theirs is not None
    assert (theirs.user_id, theirs.user_token, theirs.bot_token) == ("U1", "xoxp-1", "xoxb-new")
    assert await installations.async_find_installation(enterprise_id=None, team_id="T1", user_id="U9") is None


async def test_a_rotated_token_takes_the_place_of_the_old_one(store: Store) -> None:
    installations = StoredInstallations(store, "1.2", _KEYS)
    await installations.async_save(_installation(bot_refresh_token="xoxe-1", bot_token_expires_at=1))
    bot = await installations.async_find_bot(enterprise_id=None, team_id="T1")
    assert isinstance(bot, Bot)
    bot.bot_token, bot.bot_refresh_token, bot.bot_token_expires_at = "xoxb-2", "xoxe-2", 9
    await installations.async_save_bot(bot)
    kept = await installations.async_find_bot(enterprise_id=None, team_id="T1")
    assert kept is not None
    assert (kept.bot_token, kept.bot_refresh_token, kept.bot_token_expires_at) == ("xoxb-2", "xoxe-2", 9)


async def test_only_workspaces_on_the_list_or_else_the_first_are_admitted(store: Store) -> None:
    first = StoredInstallations(store, "1.2", _KEYS)
    with pytest.raises(NotAdmittedError):
        await first.async_save(_installation(team=None, enterprise_id="E1", is_enterprise_install=True))
    assert await first.admits("T1")
    assert not await first.admits("")
    await first.async_save(_installation("T1"))
    with pytest.raises(NotAdmittedError):
        await first.async_save(_installation("T2"))
    assert (await first.admits("T1"), await first.admits("T2")) == (True, False)
    listed = StoredInstallations(store, "1.2", _KEYS, ("T2", "T3"))
    await listed.async_save(_installation("T2"))
    assert [await listed.admits(team) for team in ("T1", "T2", "T3")] == [False, True, True]


async def test_of_workspaces_that_install_the_app_at_once_one_is_admitted(store: Store) -> None:
    installations = StoredInstallations(store, "1.2", _KEYS)
    ended = await asyncio.gather(
        *(installations.async_save(_installation(f"T{n}")) for n in range(8)), return_exceptions=True
    )
    assert sum(end is None for end in ended) == 1
    assert sum(isinstance(end, NotAdmittedError) for end in ended) == 7


async def test_what_was_revoked_is_gone(store: Store) -> None:
    installations = StoredInstallations(store, "1.2", _KEYS)
    for user in ("U1", "U2"):
        await installations.async_save(_installation(user=user))
    await installations.async_delete_installation(enterprise_id=None, team_id="T1", user_id="U2")
    assert await installations.async_find_bot(enterprise_id=None, team_id="T1") is not None
    await installations.async_delete_all(enterprise_id=None, team_id="T1")
    assert await installations.async_find_bot(enterprise_id=None, team_id="T1") is None


async def test_a_state_is_good_once_and_at_any_process(store: Store) -> None:
    states, elsewhere = StoredStates(store.sign_in_states, 600), StoredStates(store.sign_in_states, 600)
    state = await states.async_issue()
    assert (await elsewhere.async_consume(state), await states.async_consume(state)) == (True, False)
    over = await StoredStates(store.sign_in_states, -1).async_issue()
    assert not await states.async_consume(over)
