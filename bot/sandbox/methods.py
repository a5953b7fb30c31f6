"""Web API methods as Slack's reference describes them: arguments, limits and errors.

Each returns the fields of Slack's answer. It raises ApiError where Slack answers `ok: false`.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.sandbox import blockkit
from bot.sandbox.workspace import APP_ID, BOT_ID, BOT_NAME, BOT_USER_ID, TEAM_ID, Channel, Message, Workspace

Arguments = Mapping[str, Any]
Method = Callable[[Workspace, Arguments], Awaitable[dict[str, Any]]]
_SESSIONS = frozenset({"processing", "active", "suspended", "closed"})
_MAX_PROMPTS = 4
_MAX_LOADING = 10
_MAX_PAGE = 1000


class ApiError(Exception):
    """Slack's answer `ok: false`, with an error code and further fields."""

    def __init__(self, error: str, **details: Any) -> None:  # noqa: ANN401 - goes out as JSON
        super().__init__(error)
        self.error = error
        self.details = details


async def api_test(_: Workspace, __: Arguments) -> dict[str, Any]:
    """Return nothing but `ok`."""
    return {}


async def auth_test(_: Workspace, __: Arguments) -> dict[str, Any]:
    """Return the identity of the bot and its workspace."""
    return {
        "url": "https://sandbox.slack.test/",
        "team": "Sandbox",
        "team_id": TEAM_ID,
        "user": BOT_NAME.lower(),
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


async def post_message(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Post a message of the bot; in a thread this ends the status there."""
    channel = _open_for_posts(space, arguments)
    text, blocks = content(arguments)
    message = Message(
        ts=space.new_ts(),
        channel=channel.id,
        user=BOT_USER_ID,
        text=text,
        blocks=blocks,
        thread_ts=thread_of(space, channel, arguments),
        metadata=arguments.get("metadata"),
    )
    space.add(message)
    if message.thread_ts:
        space.status.pop((channel.id, message.thread_ts), None)
    await space.changed()
    return {"channel": channel.id, "ts": message.ts, "message": message_json(message)}


async def post_ephemeral(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Post a message that only one person sees."""
    channel = _open_for_posts(space, arguments)
    user = str(arguments.get("user") or "")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    text, blocks = content(arguments)
    thread = thread_of(space, channel, arguments)
    message = Message(space.new_ts(), channel.id, BOT_USER_ID, text, blocks, thread, user)
    space.add(message)
    await space.changed()
    return {"message_ts": message.ts}


async def update(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Change a message of the bot."""
    message = _own_message(space, arguments, "cant_update_message")
    if message.is_streaming:
        raise ApiError("streaming_state_conflict")
    message.text, message.blocks = content(arguments)
    message.metadata = arguments.get("metadata") or message.metadata
    message.edited = True
    await space.changed()
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message_json(message)}


async def delete(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Delete a message of the bot."""
    message = _own_message(space, arguments, "cant_delete_message")
    space.remove(message)
    await space.changed()
    return {"channel": message.channel, "ts": message.ts}


async def replies(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Return a thread, its parent first."""
    channel, ts = channel_of(space, arguments), str(arguments.get("ts") or "")
    if space.message(channel.id, ts) is None:
        raise ApiError("thread_not_found")
    found = [m for m in space.messages if m.channel == channel.id and ts in {m.ts, m.thread_ts} and not m.visible_to]
    return _page(sorted(found, key=lambda m: m.ts), arguments)


async def history(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Return a channel's messages, newest first, without those in threads."""
    channel = channel_of(space, arguments)
    found = [m for m in space.messages if m.channel == channel.id and not m.thread_ts and not m.visible_to]
    return _page(sorted(found, key=lambda m: m.ts, reverse=True), arguments)


async def open_conversation(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Return the id of the direct conversation with a person."""
    channel = space.direct_channel(str(arguments.get("users") or ""))
    if channel is None:
        raise ApiError("user_not_found")
    return {"channel": {"id": channel.id}}


async def members(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Return the user ids of the members of a channel."""
    channel = channel_of(space, arguments)
    return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}


async def conversation_info(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Return a channel, and who can read it. A public channel is shown to a bot that is not in it."""
    channel = _seen(space, arguments)
    return {
        "channel": {
            "id": channel.id,
            "name": channel.name,
            "is_channel": not channel.is_im,
            "is_im": channel.is_im,
            "is_member": BOT_USER_ID in channel.members,
            "is_private": channel.is_private,
            "is_ext_shared": channel.is_ext_shared,
            "is_archived": channel.is_archived,
        }
    }


async def usergroup_users(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Return the user ids of the members of a user group."""
    group = space.usergroups.get(str(arguments.get("usergroup") or ""))
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": sorted(group)}


async def user_info(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Return the profile of a person."""
    person = space.people.get(str(arguments.get("user")))
    if person is None:
        raise ApiError("user_not_found")
    about = {"id": person.id, "team_id": TEAM_ID, "name": person.name.lower(), "real_name": person.name}
    if str(arguments.get("include_locale")).lower() in {"1", "true"}:
        about["locale"] = person.locale
    return {"user": {**about, "is_restricted": person.is_guest, "is_ultra_restricted": False, "is_stranger": False}}


async def open_view(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Open a modal for the person whose action gave the trigger id."""
    view = checked_view(arguments.get("view"), "modal")
    user, problem = space.take_trigger(str(arguments.get("trigger_id") or ""))
    if user is None:
        raise ApiError(problem or "invalid_trigger_id")
    stored = space.open_view(user, view)
    await space.changed()
    return {"view": stored}


async def publish_view(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Show App Home to one person."""
    view = checked_view(arguments.get("view"), "home")
    user = str(arguments.get("user_id") or "")
    if user not in space.people:
        raise ApiError("user_not_found")
    space.homes[user] = {**view, "id": f"V{secrets.token_hex(6).upper()}", "team_id": TEAM_ID, "app_id": APP_ID}
    await space.changed()
    return {"view": space.homes[user]}


async def set_status(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Show a status of the bot in a thread; an empty one ends it."""
    channel, thread = str(arguments.get("channel_id")), str(arguments.get("thread_ts") or "")
    if channel not in space.channels or not thread:
        raise ApiError("channel_not_found" if thread else "invalid_thread_ts")
    if len(arguments.get("loading_messages") or []) > _MAX_LOADING:
        raise ApiError("invalid_arguments")
    space.status[channel, thread] = str(arguments.get("status") or "")
    await space.changed()
    return {}


async def set_prompts(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Set the questions that the agent view suggests."""
    prompts = list(arguments.get("prompts") or [])
    if not 0 < len(prompts) <= _MAX_PROMPTS or any({"title", "message"} - set(prompt) for prompt in prompts):
        raise ApiError("invalid_arguments")
    # Slack's agent view accepts a call with a thread and ignores it.
    if not arguments.get("thread_ts"):
        space.prompts[str(arguments.get("channel_id"))] = prompts
        await space.changed()
    return {}


async def set_session(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Set the status of the agent's session in a thread."""
    status = str(arguments.get("status"))
    if status not in _SESSIONS:
        raise ApiError("invalid_arguments")
    space.sessions[str(arguments.get("channel_id")), str(arguments.get("thread_ts") or "")] = status
    await space.changed()
    return {}


def channel_of(space: Workspace, arguments: Arguments) -> Channel:
    """Return the channel that a call names. Raises ApiError if the bot is not in it."""
    channel = _seen(space, arguments)
    if BOT_USER_ID not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _seen(space: Workspace, arguments: Arguments) -> Channel:
    """Return the channel that a call names. A private one that the bot is not in does not exist for it."""
    name = str(arguments.get("channel") or "")
    channel = space.direct_channel(name) if name.startswith("U") else space.channels.get(name)
    if channel is None or (channel.is_private and BOT_USER_ID not in channel.members):
        raise ApiError("channel_not_found")
    return channel


def _open_for_posts(space: Workspace, arguments: Arguments) -> Channel:
    channel = channel_of(space, arguments)
    if channel.is_archived:
        raise ApiError("is_archived")
    return channel


def thread_of(space: Workspace, channel: Channel, arguments: Arguments) -> str | None:
    """Return the timestamp of the thread that a call names, None if it names none. Raises ApiError."""
    thread = arguments.get("thread_ts")
    if not thread:
        return None
    if space.message(channel.id, str(thread)) is None:
        raise ApiError("invalid_thread_ts")
    return str(thread)


def content(arguments: Arguments) -> tuple[str, list[dict[str, Any]]]:
    """Return text and blocks of a message. Raises ApiError."""
    text, blocks = str(arguments.get("text") or ""), arguments.get("blocks") or []
    if not text and not blocks:
        raise ApiError("no_text")
    if len(text) > blockkit.MAX_TEXT:
        raise ApiError("msg_too_long")
    return text, checked_blocks(blocks)


def checked_blocks(blocks: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - unchecked JSON
    """Return the blocks of a message. Raises ApiError."""
    if errors := blockkit.block_errors(blocks):
        raise ApiError("invalid_blocks", errors=errors, response_metadata={"messages": errors})
    if blockkit.markdown_length(blocks) > blockkit.MAX_MARKDOWN_TOTAL:
        raise ApiError("msg_blocks_too_long")
    return [dict(block) for block in blocks]


def checked_view(view: Any, kind: str) -> dict[str, Any]:  # noqa: ANN401 - unchecked JSON
    """Return a view of type `kind`, "modal" or "home". Raises ApiError."""
    errors = blockkit.view_errors(view)
    if errors or dict(view).get("type") != kind:
        raise ApiError("invalid_arguments", response_metadata={"messages": errors or [f"[ERROR] must be a {kind}"]})
    return dict(view)


def message_json(message: Message, *, with_metadata: bool = True) -> dict[str, Any]:
    """Return a message in the form that it has in Slack's payloads."""
    body: dict[str, Any] = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "blocks": message.blocks,
        "team": TEAM_ID,
    }
    if message.is_bot:
        body |= {"bot_id": BOT_ID, "app_id": APP_ID}
    if message.thread_ts:
        body["thread_ts"] = message.thread_ts
    if message.metadata and with_metadata:
        body["metadata"] = message.metadata
    if message.files:
        body["files"] = message.files
    return body


def _own_message(space: Workspace, arguments: Arguments, error: str) -> Message:
    channel = channel_of(space, arguments)
    message = space.message(channel.id, str(arguments.get("ts") or ""))
    if message is None:
        raise ApiError("message_not_found")
    if not message.is_bot or message.visible_to:
        raise ApiError(error)
    return message


def _page(messages: list[Message], arguments: Arguments) -> dict[str, Any]:
    oldest, latest = str(arguments.get("oldest") or ""), str(arguments.get("latest") or "~")
    limit = min(int(arguments.get("limit") or 100), _MAX_PAGE)
    start = int(arguments.get("cursor") or 0)
    inside = [m for m in messages if oldest <= m.ts <= latest]
    shown = inside[start : start + limit]
    more = start + limit < len(inside)
    with_metadata = str(arguments.get("include_all_metadata", "")).lower() in {"1", "true"}
    return {
        "messages": [message_json(m, with_metadata=with_metadata) for m in shown],
        "has_more": more,
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }
