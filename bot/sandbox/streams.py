"""Streamed messages: chat.startStream, chat.appendStream and chat.stopStream, as in docs.slack.dev, reference.

Each returns the fields of Slack's answer. It raises ApiError where Slack answers `ok: false`.
"""

from typing import Any

from bot.sandbox.methods import ApiError, Arguments, channel_of, checked_blocks, message_json, thread_of
from bot.sandbox.workspace import BOT_USER_ID, Message, Workspace

_STATES = frozenset({"pending", "in_progress", "complete", "error"})
_MAX_MARKDOWN = 12_000


async def start(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Start a streamed message. It must be in a thread; in a channel it needs a recipient."""
    channel = channel_of(space, arguments)
    thread = thread_of(space, channel, arguments)
    if thread is None:
        raise ApiError("invalid_thread_ts")
    if not channel.is_im and not (arguments.get("recipient_user_id") and arguments.get("recipient_team_id")):
        raise ApiError("missing_recipient_user_id")
    message = Message(space.new_ts(), channel.id, BOT_USER_ID, "", [], thread, is_streaming=True)
    _add(message, arguments)
    space.add(message)
    await space.changed()
    return {"channel": channel.id, "ts": message.ts}


async def append(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """Add text and tasks to a streamed message."""
    message = _streaming(space, arguments)
    _add(message, arguments)
    await space.changed()
    return {"channel": message.channel, "ts": message.ts}


async def stop(space: Workspace, arguments: Arguments) -> dict[str, Any]:
    """End a streamed message and set its final blocks and metadata."""
    message = _streaming(space, arguments)
    blocks = checked_blocks(arguments.get("blocks") or [])
    _add(message, arguments)
    message.is_streaming = False
    message.blocks = blocks
    message.metadata = arguments.get("metadata")
    for task in message.tasks:
        task["status"] = "complete"
    if message.thread_ts:
        space.status.pop((message.channel, message.thread_ts), None)
    await space.changed()
    return {"channel": message.channel, "ts": message.ts, "message": message_json(message)}


def _streaming(space: Workspace, arguments: Arguments) -> Message:
    message = space.message(channel_of(space, arguments).id, str(arguments.get("ts") or ""))
    if message is None:
        raise ApiError("message_not_found")
    if not message.is_streaming:
        raise ApiError("message_not_in_streaming_state")
    return message


def _add(message: Message, arguments: Arguments) -> None:
    message.text += str(arguments.get("markdown_text") or "")
    if len(message.text) > _MAX_MARKDOWN:
        raise ApiError("msg_too_long")
    tasks = {task["id"]: task for task in message.tasks}
    for chunk in arguments.get("chunks") or []:
        if chunk.get("type") != "task_update" or chunk.get("status") not in _STATES or not chunk.get("title"):
            raise ApiError("invalid_chunks")
        tasks[chunk["id"]] = {**tasks.get(chunk["id"], {}), **chunk}
    message.tasks = list(tasks.values())
