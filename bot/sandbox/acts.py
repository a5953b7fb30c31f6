"""Turn what a person does on the page into the payloads that Slack would send."""

import asyncio
import re
import secrets
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from bot.sandbox import blockkit
from bot.sandbox.delivery import RETRY_SECONDS, AppAnswer, Kind, Transport, deliver
from bot.sandbox.methods import ApiError, checked_view, message_json
from bot.sandbox.workspace import APP_ID, BOT_NAME, BOT_USER_ID, TEAM_ID, Channel, Message, Workspace

_NO_ANSWER = "The app did not answer in time. Try again."


class NotPossibleError(Exception):
    """The person cannot do this, for example because the message does not exist. The page shows the message."""


class Acts:
    """The actions of people, one method each. `base_url` returns the sandbox's own address, for response URLs.

    `retry_seconds` are the pauses before an event is delivered again. A method raises NotPossibleError if the person is
    not in the channel, or the message or the modal is not there for this person.
    """

    def __init__(self, workspace: Workspace, transport: Transport, base_url: Callable[[], str]) -> None:
        self._workspace = workspace
        self._transport = transport
        self._base_url = base_url
        self._tasks: set[asyncio.Task[None]] = set()
        self.retry_seconds: tuple[float, ...] = RETRY_SECONDS

    async def post(
        self, user: str, channel_id: str, text: str, thread_ts: str | None, files: Sequence[dict[str, Any]] = ()
    ) -> Message:
        """Post a person's message and return it; deliver its events in the background."""
        channel = self._channel(user, channel_id)
        message = Message(
            self._workspace.new_ts(), channel.id, user, self._slack_text(text), [], thread_ts, files=list(files)
        )
        self._workspace.add(message)
        await self._workspace.changed()
        for event in _events(channel, message):
            self._start(self._deliver("events_api", _event_body(event)))
        return message

    async def edit(self, user: str, channel_id: str, ts: str, text: str) -> None:
        """Change the text of a person's own message."""
        channel, message = self._own_message(user, channel_id, ts)
        before = message_json(message)
        message.text, message.edited = self._slack_text(text), True
        await self._workspace.changed()
        after = {**message_json(message), "edited": {"user": user, "ts": self._workspace.new_ts()}}
        event = _hidden_event(channel, "message_changed", self._workspace.new_ts())
        body = _event_body({**event, "message": after, "previous_message": before})
        self._start(self._deliver("events_api", body))

    async def delete(self, user: str, channel_id: str, ts: str) -> None:
        """Delete a person's own message."""
        channel, message = self._own_message(user, channel_id, ts)
        self._workspace.remove(message)
        await self._workspace.changed()
        event = _hidden_event(channel, "message_deleted", self._workspace.new_ts())
        body = _event_body({**event, "deleted_ts": ts, "previous_message": message_json(message)})
        self._start(self._deliver("events_api", body))

    async def shortcut(self, user: str, channel_id: str, ts: str) -> None:
        """Choose "Ask Citedesk about this" in a message's menu."""
        channel = self._channel(user, channel_id)
        message = self._workspace.message(channel.id, ts)
        if message is None or message.visible_to not in {None, user}:
            raise NotPossibleError("no such message")
        payload = {
            "type": "message_action",
            "callback_id": "ask_about_this",
            **self._interaction_fields(user),
            "channel": {"id": channel.id, "name": channel.name},
            "message_ts": ts,
            "message": message_json(message),
            "response_url": self._response_url(channel.id, user),
            "action_ts": self._workspace.new_ts(),
        }
        answer = await deliver(self._transport, "interactive", payload)
        if not answer.acknowledged:
            await self._notice(user, _NO_ANSWER)

    async def stop(self, user: str, channel_id: str, thread_ts: str) -> None:
        """Press Stop in a thread in which the bot is working."""
        channel = self._channel(user, channel_id)
        event = {
            "type": "agent_session_stopped",
            "channel": channel.id,
            "thread_ts": thread_ts,
            "user": user,
            "event_ts": self._workspace.new_ts(),
            "streaming_message_ts": [
                m.ts for m in self._workspace.messages if m.thread_ts == thread_ts and m.is_streaming
            ],
        }
        self._start(self._deliver("events_api", _event_body(event)))

    async def open_tab(self, user: str, tab: str) -> None:
        """Open a tab of the app, "home" or "messages"."""
        channel = self._workspace.direct_channel(user)
        event = {
            "type": "app_home_opened",
            "user": user,
            "channel": channel.id if channel else "",
            "tab": tab,
            "event_ts": self._workspace.new_ts(),
        }
        self._start(self._deliver("events_api", _event_body(event)))

    async def press_home(self, user: str, block_id: str, action: dict[str, Any], values: dict[str, Any]) -> None:
        """Use an element of App Home. `values` is the state of its inputs, as in the payload."""
        view = self._workspace.homes.get(user)
        if view is None:
            raise NotPossibleError("App Home is empty")
        payload = {
            "type": "block_actions",
            **self._interaction_fields(user),
            "container": {"type": "view", "view_id": view["id"]},
            "view": {**view, "state": {"values": values}},
            "actions": [{**action, "block_id": block_id, "action_ts": self._workspace.new_ts()}],
        }
        answer = await deliver(self._transport, "interactive", payload)
        if not answer.acknowledged:
            await self._notice(user, _NO_ANSWER)

    async def command(self, user: str, channel_id: str, text: str) -> None:
        """Run a slash command and show the app's answer to the person."""
        channel = self._channel(user, channel_id)
        name, _, rest = text.strip().partition(" ")
        payload = {
            "team_id": TEAM_ID,
            "team_domain": "sandbox",
            "channel_id": channel.id,
            "channel_name": "directmessage" if channel.is_im else channel.name,
            "user_id": user,
            "user_name": self._workspace.people[user].name.lower(),
            "command": name,
            "text": _escaped_with_links(rest),
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": self._response_url(channel.id, user),
            "trigger_id": self._workspace.new_trigger(user),
        }
        answer = await deliver(self._transport, "slash_commands", payload)
        if not answer.acknowledged:
            await self._notice(user, f"{name} failed: {_NO_ANSWER}")
        elif answer.body.get("text") or answer.body.get("blocks"):
            await self._say(channel.id, user, None, answer.body)

    async def press(self, user: str, channel_id: str, ts: str, block_id: str, action: dict[str, Any]) -> None:
        """Press a button of a message. `action` is its entry in the payload, without block and timestamp."""
        channel = self._channel(user, channel_id)
        message = self._workspace.message(channel.id, ts)
        if message is None or message.visible_to not in {None, user}:
            raise NotPossibleError("no such message")
        if action["type"] == "feedback_buttons":
            message.chosen[f"{user}:{block_id}"] = str(action["value"])
        payload = {
            "type": "block_actions",
            **self._interaction_fields(user),
            "container": {
                "type": "message",
                "message_ts": ts,
                "channel_id": channel.id,
                "is_ephemeral": message.visible_to is not None,
                **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
            },
            "channel": {"id": channel.id, "name": "directmessage" if channel.is_im else channel.name},
            "message": message_json(message),
            "state": {"values": {}},
            "response_url": self._response_url(channel.id, user, message),
            "actions": [{**action, "block_id": block_id, "action_ts": self._workspace.new_ts()}],
        }
        answer = await deliver(self._transport, "interactive", payload)
        if not answer.acknowledged:
            await self._notice(user, _NO_ANSWER)
        await self._workspace.changed()

    async def submit(self, user: str, view_id: str, values: dict[str, dict[str, Any]]) -> None:
        """Submit the open modal. `values` is block id to action id to what the person has filled in."""
        if self._workspace.view_of.get(user) != view_id:
            raise NotPossibleError("this dialog is not open")
        view = self._workspace.views[view_id]
        payload = {
            "type": "view_submission",
            **self._interaction_fields(user),
            "view": {**view, "state": {"values": _state(view, values)}},
            "response_urls": [],
        }
        self._take_view_answer(user, view_id, await deliver(self._transport, "interactive", payload))
        await self._workspace.changed()

    async def close(self, user: str) -> None:
        """Close the open modal without submitting it."""
        self._workspace.view_of.pop(user, None)
        await self._workspace.changed()

    async def respond(self, token: str, body: dict[str, Any]) -> str | None:
        """Post what the app sends to a response URL; return Slack's error code, None if it is posted."""
        response_url = self._workspace.response_urls.get(token)
        if response_url is None:
            return "invalid_url"
        if error := response_url.take(time.monotonic()):
            return error
        if errors := blockkit.block_errors(body.get("blocks") or []):
            return errors[0]
        if body.get("replace_original") and response_url.message_ts:
            message = self._workspace.message(response_url.channel, response_url.message_ts)
            if message:
                message.text, message.blocks = str(body.get("text") or ""), list(body.get("blocks") or [])
        else:
            await self._say(response_url.channel, response_url.user, response_url.thread_ts, body)
        await self._workspace.changed()
        return None

    async def finish(self) -> None:
        """Cancel the deliveries that are under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take_view_answer(self, user: str, view_id: str, answer: AppAnswer) -> None:
        if not answer.acknowledged:
            self._workspace.notices[user] = _NO_ANSWER
        elif answer.body.get("response_action") == "errors":
            self._workspace.view_errors[view_id] = dict(answer.body.get("errors") or {})
        elif answer.body.get("response_action") == "update":
            try:
                self._workspace.open_view(user, checked_view(answer.body.get("view"), "modal"))
            except ApiError as error:
                self._workspace.notices[user] = f"We had some trouble connecting ({error.error})."
        else:
            self._workspace.view_of.pop(user, None)

    async def _say(self, channel: str, user: str, thread_ts: str | None, body: dict[str, Any]) -> None:
        hidden = body.get("response_type", "ephemeral") == "ephemeral"
        message = Message(
            self._workspace.new_ts(),
            channel,
            BOT_USER_ID,
            str(body.get("text") or ""),
            list(body.get("blocks") or []),
            thread_ts,
            user if hidden else None,
        )
        self._workspace.add(message)
        await self._workspace.changed()

    async def _notice(self, user: str, text: str) -> None:
        self._workspace.notices[user] = text
        await self._workspace.changed()

    async def _deliver(self, kind: Kind, payload: dict[str, Any]) -> None:
        await deliver(self._transport, kind, payload, self.retry_seconds)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _channel(self, user: str, channel_id: str) -> Channel:
        channel = self._workspace.channels.get(channel_id)
        if user not in self._workspace.people or channel is None or user not in channel.members:
            raise NotPossibleError("no such person or channel")
        return channel

    def _slack_text(self, text: str) -> str:
        """Return a typed text as Slack sends it: escaped, with ids for mentions."""
        names = {BOT_NAME: BOT_USER_ID, **{person.name: person.id for person in self._workspace.people.values()}}
        text = _escaped_with_links(text)
        for name, user in names.items():
            text = re.sub(rf"@{name}\b", f"<@{user}>", text)
        return text

    def _own_message(self, user: str, channel_id: str, ts: str) -> tuple[Channel, Message]:
        channel = self._channel(user, channel_id)
        message = self._workspace.message(channel.id, ts)
        if message is None or message.user != user:
            raise NotPossibleError("no such message of yours")
        return channel, message

    def _interaction_fields(self, user: str) -> dict[str, Any]:
        name = self._workspace.people[user].name.lower()
        return {
            "user": {"id": user, "username": name, "name": name, "team_id": TEAM_ID},
            "api_app_id": APP_ID,
            "team": {"id": TEAM_ID, "domain": "sandbox"},
            "trigger_id": self._workspace.new_trigger(user),
            "is_enterprise_install": False,
        }

    def _response_url(self, channel: str, user: str, message: Message | None = None) -> str:
        return f"{self._base_url()}/response/{self._workspace.new_response_url(channel, user, message)}"


def _events(channel: Channel, message: Message) -> list[dict[str, Any]]:
    event: dict[str, Any] = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": TEAM_ID,
        "channel": channel.id,
        "event_ts": message.ts,
        "channel_type": _channel_type(channel),
    }
    if message.thread_ts:
        event["thread_ts"] = message.thread_ts
    if message.files:
        event |= {"subtype": "file_share", "files": message.files}
    mentioned = not channel.is_im and f"<@{BOT_USER_ID}>" in message.text
    # Slack sends a mention twice to an app that subscribes to both kinds of event.
    mention = {k: v for k, v in event.items() if k != "channel_type"} | {"type": "app_mention"}
    return [event, mention] if mentioned else [event]


def _event_body(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "team_id": TEAM_ID,
        "context_team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(6).upper()}",
        "event_time": int(time.time()),
        "authorizations": [
            {"team_id": TEAM_ID, "user_id": BOT_USER_ID, "is_bot": True, "is_enterprise_install": False}
        ],
        "is_ext_shared_channel": False,
    }


def _state(view: dict[str, Any], values: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the state of a modal's inputs as Slack sends it; its shape depends on the type of the element."""
    elements = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
    state: dict[str, Any] = {}
    for block_id, element in elements.items():
        filled_in = (values.get(block_id) or {}).get(element["action_id"])
        state[block_id] = {element["action_id"]: {"type": element["type"], **_input_value(element, filled_in)}}
    return state


def _input_value(element: dict[str, Any], filled_in: Any) -> dict[str, Any]:  # noqa: ANN401 - text, a value or values
    match element["type"]:
        case "static_select":
            chosen = filled_in or (element.get("initial_option") or {}).get("value")
            return {"selected_option": next((o for o in element["options"] if o["value"] == chosen), None)}
        case "checkboxes":
            return {"selected_options": [o for o in element["options"] if o["value"] in (filled_in or [])]}
        case _:
            return {"value": filled_in or None}


def _hidden_event(channel: Channel, subtype: str, ts: str) -> dict[str, Any]:
    return {
        "type": "message",
        "subtype": subtype,
        "hidden": True,
        "channel": channel.id,
        "channel_type": _channel_type(channel),
        "ts": ts,
        "event_ts": ts,
    }


def _channel_type(channel: Channel) -> str:
    return "im" if channel.is_im else ("group" if channel.is_private else "channel")


def _escaped_with_links(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"(https?://[^\s&]+)", r"<\1>", text)
