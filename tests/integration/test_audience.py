"""Who may be told what: user groups, channel members, shared channels, and what is set for a channel."""

from dataclasses import replace
from pathlib import Path

from support.workspace import ADMIN, ASKER, REVIEWER, SUPPORT, Desk, shown, workspace

from bot.sandbox.workspace import BOT_USER_ID, Channel
from bot.settings import AccessSettings
from bot.slack.clients import OneWorkspace, build_client
from bot.slack.membership import SlackMembership
from bot.store.records import Conversation

_RESTRICTED = "How many months of fees may a support lead refund?"
_BY_USER_GROUP = {"slack_groups": {"leads": "S0LEADS"}, "reviewers": ["U0REVIEWER"], "admins": ["U0ADMIN"]}
_LEADS = Channel("C0LEADS", "leads", frozenset({REVIEWER, BOT_USER_ID}), is_private=True)


async def test_a_slack_user_group_opens_its_articles_to_its_members_in_private(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, access=_BY_USER_GROUP) as desk:
        assert "3 months" in shown(await desk.exactly_one_reply(await desk.ask(_RESTRICTED, REVIEWER, "D0REVIEWER")))
        assert "3 months" not in shown(await desk.exactly_one_reply(await desk.ask(_RESTRICTED, ASKER, "D0ASKER")))


async def test_in_a_channel_whose_members_all_may_read_them_restricted_articles_are_used(
    own_data: Path, articles: Path
) -> None:
    async with workspace(own_data, articles, access=_BY_USER_GROUP) as desk:
        desk.sandbox.workspace.channels[_LEADS.id] = _LEADS
        assert "3 months" in shown(await desk.exactly_one_reply(await desk.ask(_RESTRICTED, REVIEWER, _LEADS.id)))


async def test_in_a_public_channel_they_are_not_though_all_its_members_may_read_them(
    own_data: Path, articles: Path
) -> None:
    # Anybody in the workspace can read it without joining.
    for public_channels, is_shown in (("workspace", False), ("members", True)):
        access = _BY_USER_GROUP | {"public_channels": public_channels}
        async with workspace(own_data, articles, access=access) as desk:
            desk.sandbox.workspace.channels[_LEADS.id] = replace(_LEADS, is_private=False)
            reply = await desk.exactly_one_reply(await desk.ask(_RESTRICTED, REVIEWER, _LEADS.id))
            assert ("3 months" in shown(reply)) is is_shown


async def test_in_a_mixed_channel_they_are_not_and_who_may_read_more_can_ask_in_private(own_desk: Desk) -> None:
    question = await own_desk.ask(_RESTRICTED, REVIEWER, SUPPORT)
    reply = await own_desk.exactly_one_reply(question)
    assert "3 months" not in shown(reply)
    await own_desk.press(REVIEWER, reply, "Ask in private")
    (private,) = await own_desk.until(lambda: own_desk.messages("D0REVIEWER"), 1)
    assert "3 months" in shown(private)
    plain = await own_desk.exactly_one_reply(await own_desk.ask(_RESTRICTED, ASKER, SUPPORT))
    assert "Ask in private" not in shown(plain)


async def test_a_channel_can_be_limited_to_some_sources(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, channels={SUPPORT: {"sources": ["refund*", "plans.md"]}}) as desk:
        limited = await desk.exactly_one_reply(await desk.ask("When does the first payment reminder go out?"))
        assert "7 days after the due date" not in shown(limited)
        everywhere = await desk.ask("When does the first payment reminder go out?", ASKER, "D0ASKER")
        assert "7 days after the due date" in shown(await desk.exactly_one_reply(everywhere))


def _where(**fields: object) -> Conversation:
    base = {"surface": "slack", "tenant_id": "T0SANDBOX", "user_id": REVIEWER, "channel_id": _LEADS.id}
    return Conversation.model_validate({**base, "thread_id": "1", "private": False, **fields})


async def test_shared_unknown_and_large_channels_are_public_and_members_are_asked_for_once(own_desk: Desk) -> None:
    space, slack = own_desk.sandbox.workspace, own_desk.settings.slack
    token = own_desk.sandbox.credentials.bot_token
    workspaces = OneWorkspace(build_client(slack, token), "T0SANDBOX", BOT_USER_ID)
    space.channels[_LEADS.id] = _LEADS
    now = [0.0]
    access = AccessSettings.model_validate(_BY_USER_GROUP)
    directory = SlackMembership(workspaces, access, lambda: now[0])
    assert await directory.audience_of(_where()) == frozenset({"leads"})
    assert await directory.audience_of(_where(private=True)) is None
    assert await directory.audience_of(_where(shared_outside=True)) == frozenset()
    assert await directory.audience_of(_where(channel_id="C404")) == frozenset()
    assert await directory.audience_of(_where(tenant_id="T0FOREIGN")) == frozenset()
    open_ = Channel("C0OPEN", "open", _LEADS.members)
    space.channels[open_.id] = open_
    assert await directory.audience_of(_where(channel_id=open_.id)) == frozenset()
    joined = SlackMembership(workspaces, access.model_copy(update={"public_channels": "members"}))
    assert await joined.audience_of(_where(channel_id=open_.id)) == frozenset({"leads"})
    small = SlackMembership(workspaces, access.model_copy(update={"audience_members_max": 1}))
    assert await small.audience_of(_where()) == frozenset()
    asked = len(own_desk.sandbox.api.calls)
    space.channels[_LEADS.id] = Channel(_LEADS.id, "leads", _LEADS.members | {ADMIN}, is_private=True)
    assert await directory.audience_of(_where()) == frozenset({"leads"})
    assert len(own_desk.sandbox.api.calls) == asked
    directory.forget("T0SANDBOX", _LEADS.id)
    assert await directory.audience_of(_where()) == frozenset()
    space.usergroups["S0LEADS"] = frozenset()
    now[0] = 301.0
    assert await directory.groups_of("T0SANDBOX", REVIEWER) == frozenset()
